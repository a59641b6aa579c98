"""Several faults in one call, and numbers in a form that is none: refused without a failure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..harness.findings import Verdict
from .edges import WRONG_TYPES
from .model import FORMS
from .run import Run
from .session import CheckSession, guarded
from .together import computations

SEVERAL = "a call with several faults is refused"
NUMBERS = "what is no number is refused where a number is asked for"
FAILED = 500
FORMATS = ("12abc", "1,000", "1.2.3", "0x10", "--5")
"""Texts that are no decimal number, and that a careless reader takes for one. A text such as 1e3 is a number to some readers."""


def check(run: Run) -> Iterator[Verdict]:
    if run.is_quick:
        return
    for name in run.working:
        operation = run.model.operations[name]
        if operation.is_safe or operation.spec.get("x-lenient") or not run.model.body(name)[0]:
            continue
        yield from guarded(SEVERAL, name, _several(run, name))
        yield from guarded(NUMBERS, name, _numbers(run, name))


def _several(run: Run, name: str) -> Iterator[Verdict]:
    session = run.session(f"several {name}")
    works = run.model.works(name)
    sent, role = session.prepare(name, works), str(works.get("role", ""))
    tried = 0
    for what, request in _faulty(session, name, sent):
        tried += 1
        answer = session.dispatch(name, request, role=role)
        if answer.is_refusal and answer.status < FAILED:
            continue
        how = f"fails with {answer.status}" if answer.status >= FAILED else "is not refused"
        clause = run.model.input_clause(name, "", "required")
        yield session.broken(SEVERAL, name, f"{name} {what} {how}", clause=clause, pointer=what, expected="a refusal", got=str(answer))
        return
    if tried:
        yield session.held(SEVERAL, name)


def _faulty(session: CheckSession, name: str, sent: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Requests with at least two faults, one of which every implementation has to refuse: a required field is missing."""
    model = session.model
    media_type, _ = model.body(name)
    fields = {field: found for field, found in model.fields(name).items() if found[0] == "body"}
    needed = [field for field, (_, _, needs) in fields.items() if needs]
    if len(needed) > 1:
        yield "without every required field", {field: value for field, value in sent.items() if field not in needed}
        yield f"without {needed[0]} and {needed[-1]}", {field: value for field, value in sent.items() if field not in (needed[0], needed[-1])}
    if media_type in FORMS or not needed:
        return
    types = {field: model.document.merge_all_of(schema).get("type", "") for field, (_, schema, _) in fields.items()}
    wrong = {field: WRONG_TYPES[types[field]] for field in sent if field != needed[0] and types.get(field) in WRONG_TYPES}
    if wrong:
        yield (
            f"without {needed[0]} and with a wrong type in every other field",
            {**{field: sent[field] for field in sent if field != needed[0]}, **wrong},
        )


def _numbers(run: Run, name: str) -> Iterator[Verdict]:
    """Each number of a body that a working call sends, in forms that are none."""
    session = run.session(f"numbers {name}")
    model, works = run.model, run.model.works(name)
    role = str(works.get("role", ""))
    fields = model.fields(name)
    variants: list[Mapping[str, Any]] = [{"send": {}}]
    for computation in computations(model, name):
        said = computation.get("send", {})
        variants += [{**computation, "send": one} for one in (said if isinstance(said, list) else [said]) if not computation.get("spends")]
    found, tried = [], set()
    for variant in variants:
        if variant.get("role", role) != role:
            continue
        said = {**works.get("send", {}), **variant["send"]}
        for field, value in said.items():
            place, schema, _ = fields.get(field, ("", {}, False))
            declared = model.document.merge_all_of(schema)
            is_number = declared.get("type") in ("integer", "number") and isinstance(value, (int, float, dict)) and "enum" not in declared
            if place != "body" or not is_number or field in tried or isinstance(value, bool):
                continue
            tried.add(field)
            session.steps(variant.get("after", works.get("after", ())))
            sent = session.prepare(name, {"after": [], "send": variant["send"], "without": variant.get("without", [])})
            taken = [text for text in FORMATS if not session.dispatch(name, {**sent, field: text}, role=role).is_refusal]
            if taken:
                text = f"{name}: {', '.join(taken)} is taken for {field}, which is a number"
                clause = _clause(run, name, field)
                found.append(session.broken(NUMBERS, name, text, clause=clause, pointer=f"/{field}", expected="a refusal", got=taken[0]))
    if tried:
        yield from found or [session.held(NUMBERS, name)]


def _clause(run: Run, name: str, field: str) -> str | None:
    codes = run.model.declared(name, field).get("x-fault-codes", {}).get("type", [])
    code = codes if isinstance(codes, str) else next(iter(codes), "")
    found: str | None = run.model.operations[name].errors.get(code, {}).get("clause") or run.model.input_clause(name, field, "type")
    return found
