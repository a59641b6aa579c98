"""What breaks the schema is refused, with its code; what stands just inside it is not refused for the same reason; and neither changes anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from contract_tests.laws.book import FORMS, WORKS
from contract_tests.laws.refusals import NOTHING, snapshot, unchanged, wrong_with
from contract_tests.laws.session import guarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contract_tests.harness.findings import Verdict
    from contract_tests.laws.book import Book
    from contract_tests.laws.run import Run
    from contract_tests.laws.session import Answer, Session

LAW = "what breaks the schema is refused"
INSIDE = "what keeps the schema is not refused for breaking it"
UNDECLARED = "zz_undeclared"
LEFT_OUT = object()
WRONG_TYPES: Mapping[str, Any] = {"string": {"a": 1}, "integer": "x", "number": "x", "boolean": "x", "object": "x", "array": "x"}
STRAY = ("\x01", "ñ x!", "x", "0", "")


def check(run: Run) -> Iterator[Verdict]:
    """Every constraint of every field that can be sent."""
    if run.is_quick:
        return
    for name in run.book.operations:
        if WORKS not in run.book.recipes(name) or run.book.operations[name].spec.get("x-lenient"):
            continue
        yield from guarded(LAW, name, _operation(run, name))


def _operation(run: Run, name: str) -> Iterator[Verdict]:
    session = run.session(f"inputs {name}")
    sent = session.prepare(name, run.book.works(name))
    writes = not run.book.is_read(name)
    before = snapshot(session) if writes else {}
    refused: dict[tuple[str, str], Answer] = {}
    found = list(_negative(session, name, sent, refused))
    yield from found or [session.held(LAW, name)]
    if writes and not found:
        yield from unchanged(session, name, before, None, f"{name}, refused for breaking its schema,", NOTHING)
    yield from _positive(run, name, refused)


def _negative(session: Session, name: str, sent: Mapping[str, Any], refused: dict[tuple[str, str], Answer]) -> Iterator[Verdict]:
    book = session.book
    media_type, schema = book.body(name)
    role = book.works(name).get("role", "")
    for field, (place, declared, needed) in book.fields(name).items():
        if place == "header" or (place == "path" and book.declared(name, field).get("x-lenient")):
            continue
        in_text = place != "body" or media_type in FORMS
        for keyword, value in breaking(book, declared, needed=needed and place != "path", in_text=in_text, value=sent.get(field)):
            changed = {key: inner for key, inner in sent.items() if key != field} if value is LEFT_OUT else {**sent, field: value}
            answer = session.dispatch(name, changed, role=role)
            refused[field, keyword] = answer
            yield from _judge(session, name, field, keyword, answer, value)
    if schema.get("additionalProperties") is False:
        answer = session.dispatch(name, {**sent, UNDECLARED: "x"}, role=role)
        yield from _judge(session, name, UNDECLARED, "additionalProperties", answer, "x")


def breaking(book: Book, schema: Any, *, needed: bool, in_text: bool, value: Any) -> Iterator[tuple[str, Any]]:
    """Values that break one keyword of a schema, and only values that break it on the wire too."""
    if needed:
        yield "required", LEFT_OUT
    declared = book.merged(schema)
    if "anyOf" in declared or "oneOf" in declared:
        if not in_text:
            tried = {str(wrong): (keyword, wrong) for one in declared.get("anyOf", declared.get("oneOf")) for keyword, wrong in breaking(book, one, needed=False, in_text=False, value=value)}
            yield from (pair for pair in tried.values() if not book.fits(schema, pair[1]))
        return
    kind = declared.get("type", "")
    if kind in WRONG_TYPES and not (in_text and kind in ("string", "object", "array")):
        yield "type", WRONG_TYPES[kind]
    if "enum" in declared and kind == "string":
        yield "enum", f"{declared['enum'][0]}x"
    if "enum" in declared and kind == "integer":
        yield "enum", max(item for item in declared["enum"] if item is not None) + 1
    if "pattern" in declared and "enum" not in declared and isinstance(value, str):
        low, high = declared.get("minLength", 0), declared.get("maxLength", 10_000)
        for text in (value + "x", value[:-1], *STRAY):
            if not re.search(declared["pattern"], text) and low <= len(text) <= high:
                yield "pattern", text
                break
    elif "pattern" in declared and "enum" not in declared:
        yield from (("pattern", text) for text in [text for text in STRAY if text and not re.search(declared["pattern"], text)][:1])
    if "maxLength" in declared and "enum" not in declared and declared["maxLength"] < 100_000:
        yield "maxLength", _long(declared, int(declared["maxLength"]) + 1)
    if declared.get("minLength", 0) >= 1:
        yield "minLength", _long(declared, int(declared["minLength"]) - 1)
    if "minimum" in declared and kind in ("integer", "number"):
        yield "minimum", declared["minimum"] - 1
    if "maximum" in declared and kind in ("integer", "number"):
        yield "maximum", declared["maximum"] + 1
    if declared.get("format") == "email":
        yield "format", "no-address"
    if kind == "array" and declared.get("minItems", 0) >= 1 and not in_text:
        yield "minItems", []
    if kind == "array" and "maxItems" in declared and isinstance(value, list) and value and not in_text:
        yield "maxItems", [value[0]] * (int(declared["maxItems"]) + 1)
    if kind == "object" and not in_text and isinstance(value, dict):
        for field in declared.get("required", ()):
            yield "required", {key: inner for key, inner in value.items() if key != field}
        for field, inner in declared.get("properties", {}).items():
            for keyword, wrong in breaking(book, inner, needed=False, in_text=False, value=value.get(field)):
                yield keyword, {**value, field: wrong}
    if kind == "array" and not in_text and isinstance(value, list) and value:
        for keyword, wrong in breaking(book, declared.get("items", {}), needed=False, in_text=False, value=value[0]):
            yield keyword, [wrong, *value[1:]]


def _long(declared: Mapping[str, Any], length: int) -> str:
    return ("a" * max(0, length - 12) + "@example.com")[-length:] if declared.get("format") == "email" and length else "a" * length


def _judge(session: Session, name: str, field: str, keyword: str, answer: Answer, value: Any) -> Iterator[Verdict]:
    book = session.book
    codes = book.declared(name, field).get("x-fault-codes", {}).get(keyword, [])
    codes = [codes] if isinstance(codes, str) else list(codes)
    clause = next((row for code in codes if (row := book.errors(name).get(code, {}).get("clause"))), None) or book.declared(name, field).get(
        "x-clause"
    )
    what = f"{name} without {field}" if value is LEFT_OUT else f"{name} with a {field} that breaks {keyword}"
    if not answer.is_refusal:
        yield session.broken(
            LAW, name, f"{what} is not refused", clause=clause, pointer=f"/{field} {keyword}", expected=codes or "a refusal", got=str(answer)
        )
        return
    if codes and not any(not wrong_with(book, name, code, answer) for code in codes):
        text = f"{what} is refused otherwise than documented"
        yield session.broken(LAW, name, text, clause=clause, pointer=f"/{field} {keyword}", expected=codes, got=str(answer))


def _positive(run: Run, name: str, refused: Mapping[tuple[str, str], Answer]) -> Iterator[Verdict]:
    """Values just inside of a constraint: not answered like the one just outside."""
    book = run.book
    session = run.session(f"inside {name}")
    found = []
    for field, (place, schema, _) in book.fields(name).items():
        if place in ("path", "header") or str(book.works(name).get("send", {}).get(field, "")).startswith("$"):
            continue
        for keyword, value in keeping(book, schema):
            outside = refused.get((field, keyword))
            if outside is None:
                continue
            inner = run.session(f"inside {name} {field} {keyword} {str(value)[:9]}")
            answer = inner.call(name, {"send": {field: value}})
            if answer.is_refusal and (answer.status, answer.body) == (outside.status, outside.body):
                text = f"{name}: the {field} {str(value)[:40]!r} keeps {keyword} and is refused as if it did not"
                found.append(
                    inner.broken(
                        INSIDE, name, text, clause=book.input_clause(name, field, keyword), pointer=f"/{field} {keyword}", got=str(answer)
                    )
                )
    yield from found or [session.held(INSIDE, name)]


def keeping(book: Book, schema: Any) -> Iterator[tuple[str, Any]]:
    """Values that just keep a keyword of a schema."""
    declared = book.merged(schema)
    kind = declared.get("type", "")
    if "anyOf" in declared or "oneOf" in declared:
        return
    if "enum" in declared:
        yield from (("enum", value) for value in declared["enum"] if value is not None)
        return
    if kind == "string" and "format" not in declared and "pattern" not in declared:
        if 0 < declared.get("maxLength", 0) < 100_000:
            yield "maxLength", "a" * declared["maxLength"]
        if declared.get("minLength", 0) >= 1:
            yield "minLength", "a" * declared["minLength"]
    if (
        kind == "string"
        and "pattern" in declared
        and 0 < declared.get("maxLength", 0) < 100_000
        and re.search(declared["pattern"], "a" * declared["maxLength"])
    ):
        yield "maxLength", "a" * declared["maxLength"]
    if kind in ("integer", "number"):
        yield from ((keyword, declared[keyword]) for keyword in ("minimum", "maximum") if keyword in declared)
