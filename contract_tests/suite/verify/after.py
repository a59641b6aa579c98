"""What follows the phases that judge: confirm findings by sending their requests again, delete what was created, mark accepted deviations."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import httpx
import pytest

from mockserver.openapi.operations import OperationSpec

from ..harness.findings import Exchange
from ..harness.policy import READING, PolicyError
from .cause import Cause
from .contract import Contract
from .events import Event, FindingConfirmed, FindingWithdrawn, StepTaken
from .findings_store import FindingsStore
from .session import VerifySession
from .target_file import Deviation

SIGHTINGS = 2
"""Times that a cause must be seen to stand if sending its requests again has another effect than the first time."""


def confirm(session: VerifySession, causes: Sequence[Cause], *, last: bool) -> Iterator[Event]:
    """Send the requests of each cause again, and yield whether it is confirmed or withdrawn.

    Before the ``last`` time, a cause that could not be tried again is neither.
    """
    seen = Counter[str]()
    for cause in causes:
        seen.update(dict.fromkeys(cause.former or [cause.key], cause.count))
    for number, cause in enumerate(causes, 1):
        yield StepTaken(f"confirming {number}/{len(causes)}: {cause.finding.sentence[:80]}")
        # The rows of one test have keys of their own; what several of them show was seen several times.
        event = _confirmation(session, cause, max(seen[key] for key in cause.former or [cause.key]), last=last)
        if event is not None:
            yield event


def _confirmation(session: VerifySession, cause: Cause, sightings: int, *, last: bool) -> FindingConfirmed | FindingWithdrawn | None:
    exchanges = _repeat(session, cause)
    if exchanges is not None:
        return FindingConfirmed(cause.key, exchanges if len(exchanges) <= len(cause.finding.exchanges or exchanges) else ())
    if session.policy.stopped is not None:
        if last and sightings < SIGHTINGS:
            return FindingWithdrawn(cause.key, f"the run ended before it could be confirmed: {session.policy.stopped}")
        return None
    if cause.count >= SIGHTINGS and session.target.control is None:
        return FindingConfirmed(
            cause.key, (), f"seen {cause.count} times in this run; sent again, the same requests meet what they did the first time"
        )
    if _has_used_up(session, cause):
        return FindingConfirmed(cause.key, (), "seen once: the call that showed it changed the state, and cannot be made again")
    return FindingWithdrawn(cause.key, "the same requests, sent again, did not show it")


def _has_used_up(session: VerifySession, cause: Cause) -> bool:
    """Whether the last call of a finding succeeded in changing a state that the target keeps, so that the same call means another thing now."""
    if session.target.control is not None or "reset" in session.target.hooks or not cause.finding.exchanges:
        return False
    last = cause.finding.exchanges[-1]
    operation = session.contract.operations.get(str(last.operation))
    return operation is not None and not operation.is_safe and last.method not in READING and not session.answers.is_refusal(last)


def _repeat(session: VerifySession, cause: Cause) -> tuple[Exchange, ...] | None:
    """The exchanges that show a cause once more; None if it did not come again, or could not be tried."""
    if cause.repeat is None or session.policy.stopped is not None:
        return None
    try:
        return cause.repeat(cause)
    except (PolicyError, pytest.skip.Exception):  # the latter: a hook of the target file failed
        return None


def accept(store: FindingsStore, deviations: Iterable[Deviation], hide: Callable[[str], str]) -> None:
    """Mark the causes that the target file accepts, by their key or by what the report shows of it. ``hide`` takes secrets out of a text."""
    rows = {" ".join(one.finding.split()): one for one in deviations}
    for cause in store.causes.values():
        names = [" ".join(name.split()) for key in (cause.key, *cause.former) for name in (key, hide(key))]
        cause.deviation = next((rows[name] for name in names if name in rows), None)


def clean_up(session: VerifySession, created: Iterable[Exchange]) -> None:
    """Delete what the run created, newest first, if an operation deletes it. A mock keeps the world of each test apart and needs no cleaning."""
    if session.target.control is not None or session.policy.read_only or session.policy.dry_run:
        return
    seen = set[str]()
    with session.client() as client, suppress(PolicyError, httpx.HTTPError):
        for exchange in reversed([*created]):
            path = _deletion(session.contract, exchange)
            if path is None or path in seen:
                continue
            seen.add(path)
            headers = {name: value for name, value in exchange.request_headers.items() if name.lower() in ("authorization", "cookie")}
            answer = client.delete(session.target.base_url.rstrip("/") + path, headers={**headers, **session.headers()})
            session.deleted[str(exchange.operation)] += answer.is_success


def _deletion(contract: Contract, exchange: Exchange) -> str | None:
    """The path that deletes what an exchange created: its collection and one parameter, filled from the answer; None if there is none."""
    creating = contract.operations[str(exchange.operation)]
    deleting = next((one for one in contract.operations.values() if one.method == "DELETE" and _is_item_of(one, creating)), None)
    if deleting is None:
        return None
    name = deleting.path.rstrip("/").rpartition("/")[2].strip("{}")
    try:
        identity = _identity(json.loads(exchange.response_body), (name, "id"))
    except ValueError:
        return None
    # Parameters of the collection itself, such as a parent's id, stand in the URL of the creation.
    match = re.search(creating.pattern.pattern, exchange.url.partition("?")[0])
    if identity is None or match is None:
        return None
    return f"{match[0].rstrip('/')}/{identity}" + ("/" if deleting.path.endswith("/") else "")


def _is_item_of(deleting: OperationSpec, creating: OperationSpec) -> bool:
    return re.fullmatch(re.escape(creating.path.rstrip("/")) + r"/\{[^{}/]+\}/?", deleting.path) is not None


def _identity(body: Any, names: tuple[str, ...]) -> str | None:
    """The first of some names that an answer has, at its top or inside an envelope."""
    if not isinstance(body, dict):
        return None
    for name in names:
        if isinstance(body.get(name), (str, int)):
            return str(body[name])
    return next((found for inner in body.values() if isinstance(inner, dict) and (found := _identity(inner, names)) is not None), None)
