"""What follows the stages: findings are confirmed by replay, what was created is deleted, accepted deviations are applied."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx

from ..harness.policy import PolicyError

if TYPE_CHECKING:
    from mockserver.openapi.operations import OperationSpec

    from ..harness.findings import Exchange
    from .contract import Contract
    from .findings_store import Cause
    from .session import VerifySession

SIGHTINGS = 2
"""Times that a cause has to be seen where a write cannot be sent again without another effect."""


def confirm(session: VerifySession, *, last: bool) -> None:
    """Ask each cause whether it comes again; what does not is taken back. Before the ``last`` time, what could not be asked stays."""
    session.findings_store.fold()
    causes = [cause for cause in session.findings_store.causes.values() if not cause.confirmed]
    for number, cause in enumerate(causes, 1):
        session.progress.step(f"confirming {number}/{len(causes)}: {cause.finding.sentence[:80]}")
        _confirm(session, cause, last=last)


def _confirm(session: VerifySession, cause: Cause, *, last: bool) -> None:
    try:
        again = cause.again(cause) if cause.again is not None else None
    except PolicyError:
        again = None
    if again is not None:
        cause.confirmed = True
        if again and len(again) <= len(cause.finding.exchanges or again):
            cause.finding = replace(cause.finding, exchanges=again)
    elif session.policy.stopped is not None:
        if last and cause.count < SIGHTINGS:
            session.findings_store.withdraw(cause, f"the run ended before it could be confirmed: {session.policy.stopped}")
    elif cause.count >= SIGHTINGS and session.target.control is None:
        cause.confirmed = True
        cause.note = cause.note or f"seen {cause.count} times in this run; sent again, the same requests meet what they did the first time"
    else:
        session.findings_store.withdraw(cause, "the same requests, sent again, did not show it")


def accept(session: VerifySession) -> None:
    """Mark the causes that the target file accepts."""
    rows = {" ".join(one.finding.split()): one for one in session.file.deviations}
    for cause in session.findings_store.causes.values():
        cause.deviation = rows.get(" ".join(cause.key.split()))


def clean_up(session: VerifySession) -> int:
    """Delete what this run has created, newest first, where an operation deletes it; how many deletions were accepted.

    A mock keeps each test's world apart and needs no cleaning.
    """
    if session.target.control is not None or session.policy.read_only or session.policy.dry_run:
        return 0
    done, seen = 0, set[str]()
    created, session.findings_store.created = list(reversed(session.findings_store.created)), []
    with session.client() as client:
        for exchange in created:
            path = _deletion(session.contract, exchange)
            if path is None or path in seen:
                continue
            seen.add(path)
            headers = {name: value for name, value in exchange.request_headers.items() if name.lower() in ("authorization", "cookie")}
            try:
                answer = client.delete(session.target.base_url.rstrip("/") + path, headers={**headers, **session.headers()})
            except (PolicyError, httpx.HTTPError):
                return done
            done += answer.is_success
    return done


def _deletion(contract: Contract, exchange: Exchange) -> str | None:
    """The path that deletes what an exchange created: that of its own collection and one parameter, filled from the answer."""
    creating = contract.operations[str(exchange.operation)]
    deleting = next((one for one in contract.operations.values() if one.method == "DELETE" and _below(creating, one)), None)
    if deleting is None:
        return None
    name = deleting.path.rstrip("/").rpartition("/")[2].strip("{}")
    try:
        identity = _found(json.loads(exchange.response_body), (name, "id"))
    except ValueError:
        return None
    # Parameters of the collection itself, such as a parent's id, stand in the URL of the creation.
    match = re.search(creating.pattern.pattern, exchange.url.partition("?")[0])
    if identity is None or match is None:
        return None
    return f"{match[0].rstrip('/')}/{identity}" + ("/" if deleting.path.endswith("/") else "")


def _below(creating: OperationSpec, deleting: OperationSpec) -> bool:
    return re.fullmatch(re.escape(creating.path.rstrip("/")) + r"/\{[^{}/]+\}/?", deleting.path) is not None


def _found(body: Any, names: tuple[str, ...]) -> str | None:
    """The identity in an answer, at its top or one envelope down."""
    if not isinstance(body, dict):
        return None
    for name in names:
        if isinstance(body.get(name), (str, int)):
            return str(body[name])
    return next((found for inner in body.values() if isinstance(inner, dict) and (found := _found(inner, names)) is not None), None)
