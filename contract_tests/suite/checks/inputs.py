"""What breaks the schema is refused, with its code; what stands just inside it is not refused for the same reason; and neither changes anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mockserver.openapi.readings import INPUTS

from ..harness.envelope import Answer, are_assumed, at, in_words
from ..harness.findings import Verdict
from .edges import LEFT_OUT, breaking, keeping
from .model import FORMS, BehaviourModel
from .refusals import NOTHING, snapshot, unchanged
from .run import Run
from .session import CheckSession, guarded

LAW = "what breaks the schema is refused"
INSIDE = "what keeps the schema is not refused for breaking it"
UNDECLARED = "zz_undeclared"


def check(run: Run) -> Iterator[Verdict]:
    for name in () if run.is_quick else run.working:
        if not run.model.operations[name].spec.get("x-lenient"):
            yield from guarded(LAW, name, _operation(run, name))


def _operation(run: Run, name: str) -> Iterator[Verdict]:
    session = run.session(f"inputs {name}")
    sent = session.prepare(name, run.model.works(name))
    writes = not run.model.operations[name].is_safe
    before = snapshot(session) if writes else {}
    refused: dict[tuple[str, str], Answer] = {}
    found = list(_negative(session, name, sent, refused))
    what = "a request that breaks its schema"
    yield from session.in_one(LAW, name, tuple(refused.values()), found, what, _fields(refused)) or [session.held(LAW, name)]
    if writes and not found and all(answer.is_refusal for answer in refused.values()):
        yield from unchanged(session, name, before, None, f"{name}, refused for breaking its schema,", NOTHING)
    if not run.model.is_foreign:  # there a value at the limit of a keyword may break a rule that no keyword says
        yield from _positive(run, name, refused)


def _is_last(model: BehaviourModel, name: str, field: str, sent: Mapping[str, Any]) -> bool:
    """Whether a field is the only one in a body that need not be sent."""
    return [*_body_of(model, name, sent)] == [field] and not model.operations[name].request_body.get("required")


def _body_of(model: BehaviourModel, name: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the fields that stand in the body."""
    fields = model.fields(name)
    return {one: value for one, value in sent.items() if fields.get(one, ("body",))[0] == "body"}


def _fields(tried: Iterable[tuple[str, str]]) -> str:
    """A sentence that lists each field with the keywords that were violated."""
    keywords: dict[str, list[str]] = {}
    for field, keyword in tried:
        keywords.setdefault(field, []).append(keyword)
    return ", ".join(f"{field} ({', '.join(found)})" for field, found in keywords.items())


def _negative(session: CheckSession, name: str, sent: Mapping[str, Any], refused: dict[tuple[str, str], Answer]) -> Iterator[Verdict]:
    model = session.model
    media_type, schema = model.body(name)
    role = model.works(name).get("role", "")
    for field, (place, declared, needed) in model.fields(name).items():
        if place == "header" or (place == "path" and model.declared(name, field).get("x-lenient")):
            continue
        in_text = place != "body" or media_type in FORMS
        for keyword, value in breaking(model, declared, needed=needed and place != "path", in_text=in_text, value=sent.get(field)):
            if value == "" and model.may_be_blank(name, field):
                continue
            if value is LEFT_OUT and media_type in FORMS and _is_last(model, name, field, sent):
                continue  # a form without fields is no body, which the operation may take
            changed = {key: inner for key, inner in sent.items() if key != field} if value is LEFT_OUT else {**sent, field: value}
            if model.is_foreign and place == "body" and model.takes(name, _body_of(model, name, changed)):
                continue
            answer = session.dispatch(name, changed, role=role)
            refused[field, keyword] = answer
            yield from _judge(session, name, field, keyword, answer, value)
            if not answer.is_refusal and not model.strict and not model.operations[name].is_safe:
                sent = session.prepare(name, model.works(name))  # what was made takes the values that are given once
    if schema.get("additionalProperties") is False:
        answer = session.dispatch(name, {**sent, UNDECLARED: "x"}, role=role)
        refused[UNDECLARED, "additionalProperties"] = answer
        yield from _judge(session, name, UNDECLARED, "additionalProperties", answer, "x")


def _judge(session: CheckSession, name: str, field: str, keyword: str, answer: Answer, value: Any) -> Iterator[Verdict]:
    model = session.model
    codes = _codes(model, name, field, keyword)
    clause = next((row for code in codes if (row := model.operations[name].errors.get(code, {}).get("clause"))), None) or model.input_clause(
        name, field, keyword
    )
    what = f"{name} without {field}" if value is LEFT_OUT else f"{name} with a {field} that breaks {keyword}"
    place, subjects = f"/{field} {keyword}", (INPUTS, field, keyword, f"{field} {keyword}")
    assumed = not (model.demands(name, field) if value is LEFT_OUT else model.breaks_page(name, field, value))
    if not answer.is_refusal:
        if not model.readings.is_open(name, *subjects):
            expected = codes or "a refusal"
            text = f"{what} is not refused"
            yield session.broken(LAW, name, text, clause=clause, pointer=place, expected=expected, got=str(answer), assumed=assumed)
        return
    found = [model.reader.differences(name, code, answer, *subjects) for code in codes]
    if found and all(found):
        text = f"{what} is refused otherwise than documented: {in_words(found[0])}"
        assumed = assumed or any(are_assumed(one) for one in found)
        yield session.broken(LAW, name, text, clause=clause, pointer=place, expected=codes, got=str(answer), assumed=assumed)


def _codes(model: BehaviourModel, name: str, field: str, keyword: str) -> list[str]:
    """The rows of ``x-errors`` that answer a field that breaks a keyword."""
    general = model.operations[name].fault_codes
    codes = model.declared(name, field).get("x-fault-codes", {}).get(keyword, []) or general.get(keyword, general.get("invalid", []))
    return [codes] if isinstance(codes, str) else list(codes)


def _is_about_another_row(model: BehaviourModel, name: str, field: str, keyword: str, answer: Answer) -> bool:
    """Whether a refusal is documented for something else, such as a value that is taken: it does not say that the value breaks the keyword."""
    errors, codes = model.operations[name].errors, _codes(model, name, field, keyword)
    expected = {errors[code].get("code", code) for code in codes if code in errors}
    got = at(answer.body, model.envelope["code"]) if "code" in model.envelope else None
    return got not in expected and any(got == row.get("code", code) for code, row in errors.items())


def _positive(run: Run, name: str, refused: Mapping[tuple[str, str], Answer]) -> Iterator[Verdict]:
    """Values just inside of a constraint: not answered like the one just outside."""
    model = run.model
    session = run.session(f"inside {name}")
    found = []
    for field, (place, schema, _) in model.fields(name).items():
        by_state = (*model.works(name).get("by-state", ()), *model.works(name).get("never", ()))
        narrower = {*model.readings.taken(name), *model.readings.references(name)}
        if (
            place in ("path", "header")
            or field in by_state
            or field in narrower
            or str(model.works(name).get("send", {}).get(field, "")).startswith("$")
        ):
            continue
        for keyword, value in keeping(model, schema):
            outside = refused.get((field, keyword))
            if outside is None or _is_about_another_row(model, name, field, keyword, outside):
                continue
            inner = run.session(f"inside {name} {field} {keyword} {str(value)[:9]}")
            answer = inner.call(name, {"send": {field: value}})
            if answer.is_refusal and (answer.status, answer.body) == (outside.status, outside.body):
                text = f"{name}: the {field} {str(value)[:40]!r} keeps {keyword} and is refused as if it did not"
                found.append(
                    inner.broken(
                        INSIDE,
                        name,
                        text,
                        clause=model.input_clause(name, field, keyword),
                        pointer=f"/{field} {keyword}",
                        got=str(answer),
                        assumed=not model.describes(name, field, keyword),
                    )
                )
    yield from found or [session.held(INSIDE, name)]
