"""Credentials that are missing, wrong or expired are refused on every operation, and a refused call changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..harness.findings import Verdict
from .model import header_of
from .refusals import snapshot, unchanged, wrong_with
from .run import Run
from .session import Answer, CheckSession, guarded

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
    if not ways:
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
    if not answer.is_refusal:
        return [
            session.broken(LAW, name, f"{what} is not refused", clause=clause, pointer=f"{scheme} {reason}", expected="a refusal", got=str(answer))
        ]
    wrong = [f"the status is {answer.status}"] if answer.status not in (*REFUSED, *model.envelope.get("any-status", ())) else []
    if code in model.operations[name].errors:
        wrong = wrong_with(model, name, code, answer)
        if wrong and declared.get("x-refused-as"):
            wrong = [] if not wrong_with(model, name, declared["x-refused-as"], answer) else wrong
    elif declared.get("x-refused-as"):
        wrong = wrong_with(model, name, declared["x-refused-as"], answer)
    if wrong:
        text = f"{what} is refused otherwise than documented: {'; '.join(wrong)}"
        return [
            session.broken(
                LAW,
                name,
                text,
                clause=clause,
                pointer=f"{scheme} {reason}",
                expected=model.operations[name].errors.get(code, REFUSED),
                got=str(answer),
            )
        ]
    return []


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
