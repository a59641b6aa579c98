"""Credentials that are missing, wrong or expired are refused on every operation, and a refused call changes nothing."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.openapi.readings import CREDENTIALS

from ..harness.envelope import Answer, RefusalFault, are_assumed, in_words
from ..harness.findings import Verdict
from .model import BehaviourModel, header_of
from .refusals import snapshot, unchanged
from .run import Run
from .session import CheckSession, guarded

LAW = "credentials are demanded"
OPEN = "a call without credentials needs none"
REFUSED = (401, 403)


def check(run: Run) -> Iterator[Verdict]:
    for name in run.working:
        yield from guarded(LAW, name, _operation(run, name))


def _operation(run: Run, name: str) -> Iterator[Verdict]:
    ways = run.model.operations[name].security
    session = run.session(f"access {name}")
    sent = session.prepare(name, run.model.works(name))
    if not ways or not all(ways):
        yield from _open(session, name, sent)
        return
    writes = not run.model.operations[name].is_safe
    before = snapshot(session) if writes else {}
    found: list[Verdict] = []
    answers: list[Answer] = []
    tried: list[str] = []
    for scheme, declared, reason, headers in _attempts(session, name, ways):
        answers.append(session.dispatch(name, sent, role=None, headers=headers))
        tried.append(f"{scheme} {reason}")
        found += _refused(session, name, answers[-1], scheme, declared, reason)
    ways_tried = ", ".join(dict.fromkeys(tried))
    yield from session.in_one(LAW, name, answers, found, "a call without valid credentials", ways_tried) or [session.held(LAW, name)]
    if writes and not found:
        yield from unchanged(session, name, before, _clause(run, name), f"{name}, refused for its credentials,")


def _attempts(
    session: CheckSession, name: str, ways: Sequence[Mapping[str, Mapping[str, Any]]]
) -> Iterator[tuple[str, Mapping[str, Any], str, Mapping[str, str]]]:
    """Scheme, its declaration, the defect of the credential, and the headers: each credential spoilt alone, then no credential at all."""
    for way, schemes in enumerate(ways):
        held = session.credentials(name, session.model.works(name).get("role", ""), way)
        if session.model.is_foreign and not {header_of(one) for one in schemes.values()} <= {header.lower() for header in held}:
            continue  # the role has no credential for this way
        for scheme, declared in schemes.items():
            for reason, headers in _spoiled(session, held, declared):
                yield scheme, declared, reason, headers
    yield *next(iter(ways[0].items())), "missing", {}


def _spoiled(session: CheckSession, held: Mapping[str, str], declared: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Wrong credentials, each with the reason why it must be refused."""
    own = header_of(declared)
    rest = {header: value for header, value in held.items() if header.lower() != own}
    mine = next((value for header, value in held.items() if header.lower() == own), "")
    yield "missing", rest
    kind, _, secret = mine.rpartition(" ")
    if session.model.is_foreign:
        # The mock of a foreign document takes any credential as that of another caller, but for one that says itself that it is none.
        word = f"invalid-{''.join(reversed(secret))[:40]}"
        wrong = base64.b64encode(f"{word}:{word}".encode()).decode() if kind.lower() == "basic" else word
        yield "wrong", {**rest, own: f"{kind} {wrong}".strip()}
        return
    wrong = "".join(reversed(secret)) if len(set(secret)) > 1 else f"{secret}9"
    yield "wrong", {**rest, own: f"{kind} {wrong}".strip()}
    yield "wrong", {**rest, own: f"{kind} {secret}x".strip()}
    for reason, role in declared.get("x-refused-roles", {}).items():
        if role in session.api.target.credentials:
            other = {header.lower(): value for header, value in session.api.credentials(role).items()}
            yield reason, {**rest, own: other[own]}


def _refused(session: CheckSession, name: str, answer: Answer, scheme: str, declared: Mapping[str, Any], reason: str) -> list[Verdict]:
    model = session.model
    codes = declared.get("x-fault-codes", {})
    code: Any = codes.get(reason, codes.get("wrong")) if codes else model.operations[name].fault_codes.get("unauthenticated")
    what = f"{name} with {scheme} {reason}"
    clause = _clause_of(model.operations[name].errors.get(code, {}), declared, model, name)
    if not answer.is_refusal and model.readings.is_open(name, CREDENTIALS, f"{scheme} {reason}"):
        return []
    if not answer.is_refusal:
        return [
            session.broken(LAW, name, f"{what} is not refused", clause=clause, pointer=f"{scheme} {reason}", expected="a refusal", got=str(answer))
        ]
    wrong = _differences(model, name, code, answer, declared.get("x-refused-as"), f"{scheme} {reason}")
    if wrong:
        text = f"{what} is refused otherwise than documented: {in_words(wrong)}"
        return [
            session.broken(
                LAW,
                name,
                text,
                clause=clause,
                pointer=f"{scheme} {reason}",
                expected=model.operations[name].errors.get(code, REFUSED),
                got=str(answer),
                assumed=are_assumed(wrong),
            )
        ]
    return []


def _differences(model: BehaviourModel, name: str, code: Any, answer: Answer, other: str | None, what: str) -> list[RefusalFault]:
    """How the refusal of a credential differs from its row, and from the row that may stand for any; readings may name ``what`` is wrong."""
    rows = [str(row) for row in (code, other) if row in model.operations[name].errors]
    found = [model.reader.differences(name, row, answer, CREDENTIALS, what) for row in rows]
    if rows:
        return [] if not all(found) else found[0]
    allowed = answer.status in REFUSED or model.reader.allows_status(name, answer, CREDENTIALS, what)
    return [] if allowed else [RefusalFault(f"the status is {answer.status}", assumed=False)]


def _clause_of(row: Mapping[str, Any], declared: Mapping[str, Any], model: Any, name: str) -> str | None:
    found: str | None = row.get("clause") or model.operations[name].spec.get("x-access-clause") or declared.get("x-clause")
    return found


def _clause(run: Run, name: str) -> str | None:
    code: Any = run.model.operations[name].fault_codes.get("unauthenticated")
    found: str | None = run.model.operations[name].errors.get(code, {}).get("clause")
    return found


def _open(session: CheckSession, name: str, sent: Mapping[str, Any]) -> Iterator[Verdict]:
    answer = session.dispatch(name, sent, role=None)
    if answer.status in REFUSED and answer.is_refusal:
        yield session.broken(OPEN, name, f"{name} demands credentials, though none are documented", expected="a success", got=str(answer))
    else:
        yield session.held(OPEN, name)
