"""Documents, schemas, forms, JSON and requests: accepted and refused input."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.asgi.public_address import AS_CALLED
from mockserver.core.base import faults
from mockserver.core.base.faults import Fault, Malformed, MockBug, TooLarge
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import ClientGone, Request, read_body
from mockserver.core.engine.journal import SLACK, Journal, JournalEntry
from mockserver.core.operation.bodies import MAX_FIELDS, parse_json, parse_urlencoded
from mockserver.core.operation.forms import compile_coercer, gather
from mockserver.core.operation.parameters import python_name
from mockserver.openapi.documents import Document, read_document
from mockserver.openapi.errors import DocumentBroken, SetupError, Violation
from mockserver.openapi.schemas import SchemaCompiler, translate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = """
openapi: 3.0.3
info: {title: T, version: "1"}
servers: [{url: /t}]
paths:
  /a:
    get: {operationId: get_a, responses: {"200": {description: ok}}}
"""


def document(**components: Any) -> Document:
    return Document("t", "t.yaml", {"servers": [{"url": "/t"}], "paths": {}, "components": {"schemas": components}})


# Documents


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "line 2"),
        ("- a", "is no OpenAPI document"),
        (GOOD.replace("3.0.3", "3.1.0"), "3.1.0"),
        (GOOD.replace("servers", "servants"), "the key servers is missing"),
        (GOOD.replace("operationId: get_a, ", ""), "has no operationId"),
        (GOOD + "  /b:\n    get: {operationId: get_a, responses: {}}\n", "get_a is used by GET /a and GET /b"),
        (GOOD.replace("get: {operationId", "get: [operationId"), "t.yaml"),
        (GOOD + "  /c: 3\n", "paths cannot be read"),
        (GOOD.replace("responses", "parameters: [{$ref: '#/nowhere'}], responses"), "points at nothing"),
        (GOOD.replace("responses", "parameters: [{$ref: 'other.yaml'}], responses"), "cannot be followed"),
        ("\x00", "t.yaml"),
    ],
)
def test_a_broken_document_is_named_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(text)
    with pytest.raises(DocumentBroken, match=words) as error:
        read_document("t", file)
    assert "\n" not in str(error.value)
    assert "t.yaml" in str(error.value)


def test_a_missing_document_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentBroken, match="No such file"):
        read_document("t", tmp_path / "t.yaml")


def test_yaml_is_read_as_json_would_be(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(GOOD + "x: {on: 2026-01-01, no: yes, sure: true}\n")
    assert read_document("t", file).raw["x"] == {"on": "2026-01-01", "no": "yes", "sure": True}


def test_a_reference_in_a_circle_is_refused() -> None:
    circle = document(A={"$ref": "#/components/schemas/A"})
    with pytest.raises(DocumentBroken, match="cannot be followed"):
        circle.resolve({"$ref": "#/components/schemas/A"})


# Schemas


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "string", "nullable": True}, None, 1),
        ({"enum": ["a"], "nullable": True}, None, "b"),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, 2, 1),
        ({"type": "integer", "maximum": 1, "exclusiveMaximum": False}, 1, 2),
        ({"type": "object", "properties": {"nullable": {"type": "string"}}}, {"nullable": "x"}, {"nullable": None}),
        ({"type": "string", "format": "date-time"}, "2026-01-01T00:00:00Z", "today"),
        ({"$ref": "#/components/schemas/Tree"}, {"children": [{"children": []}]}, {"children": [{"children": 1}]}),
    ],
)
def test_a_schema_of_openapi_means_the_same_once_translated(schema: Any, good: Any, bad: Any) -> None:
    tree = {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}}
    validator = SchemaCompiler(document(Tree=tree)).compile(schema)
    assert validator.is_valid(good)
    assert validator.violations(good, "body") == []
    assert not validator.is_valid(bad)
    assert validator.violations(bad, "body")


def test_equal_schemas_are_compiled_once() -> None:
    compiler = SchemaCompiler(document())
    assert compiler.compile({"type": "string"}) is compiler.compile({"type": "string"})


def test_what_only_describes_is_left_out() -> None:
    assert translate({"type": "string", "description": "d", "x-y": 1, "example": "e"}) == {"type": "string"}


def test_violations_keep_pointer_keyword_and_order() -> None:
    schema = {
        "type": "object",
        "required": ["b", "a/b"],
        "properties": {
            "a/b": {"type": "string"},
            "b": {"type": "array", "items": {"type": "integer", "x-fault-codes": {"type": "c1"}}},
            "c": {"allOf": [{"type": "object", "properties": {"d": {"type": "string", "x-fault-codes": {"type": "c2"}}}}]},
        },
    }
    found = SchemaCompiler(document()).compile(schema).violations({"c": {"d": 1}, "b": [1, "x", "y"], "e": 1}, "body")
    assert [(violation.pointer, violation.keyword, violation.code) for violation in found] == [
        ("/a~1b", "required", None),
        ("/b/1", "type", "c1"),
        ("/b/2", "type", "c1"),
        ("/c/d", "type", "c2"),
    ]
    assert found[0].field == "a/b"


def test_a_violation_quotes_the_client_only_so_far() -> None:
    found = SchemaCompiler(document()).compile({"type": "integer"}).violations("x" * 10_000, "body")
    assert len(found[0].text) < 400


# Forms and JSON


@given(st.dictionaries(st.text(st.characters(exclude_characters="[]", codec="utf-8"), min_size=1), st.text(max_size=5), max_size=5))
def test_plain_fields_come_back_as_they_were(fields: dict[str, str]) -> None:
    assert gather(fields.items()) == fields


_KEYS = st.text("abc", min_size=1, max_size=2)
_TREES = st.recursive(st.text("xyz", max_size=3), lambda inner: st.dictionaries(_KEYS, inner, min_size=1, max_size=3), max_leaves=6)


def _brackets(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _brackets(inner, f"{name}[{key}]")
    else:
        yield name, value


@given(st.dictionaries(_KEYS, _TREES, max_size=3))
def test_brackets_carry_objects(tree: dict[str, Any]) -> None:
    pairs = [pair for key, value in tree.items() for pair in _brackets(value, key)]
    assert gather(pairs) == tree


@pytest.mark.parametrize(
    ("pairs", "fields"),
    [
        ([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}),
        ([("a[][b]", "1")], {"a": [{"b": "1"}]}),
        ([("a", "1"), ("a", "2"), ("a", "3")], {"a": ["1", "2", "3"]}),
        ([("a[b]", "1"), ("a[b]", "2"), ("a[b]", "3")], {"a": {"b": ["1", "2", "3"]}}),
        ([("a[b][]", "1"), ("a[b]", "2")], {"a": {"b": ["1", "2"]}}),
        ([("a[b", "1"), ("c]", "2"), ("[d]", "3"), ("", "4")], {"a[b": "1", "c]": "2", "[d]": "3", "": "4"}),
    ],
)
def test_lists_and_odd_names(pairs: list[tuple[str, str]], fields: dict[str, Any]) -> None:
    assert gather(pairs) == fields


@pytest.mark.parametrize("pairs", [[("a", "1"), ("a[b]", "2")], [("a[b]", "1"), ("a[]", "2")], [("a[b][c]", "1"), ("a[b]", "2")]])
def test_names_that_contradict_each_other_are_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(Malformed, match="two shapes"):
        gather(pairs)


@pytest.mark.parametrize(
    ("schema", "value", "typed"),
    [
        ({"type": "integer"}, "+12", 12),
        ({"type": "integer"}, str(2**63 - 1), 2**63 - 1),
        ({"type": "integer"}, "1" * 30, "1" * 30),
        ({"type": "integer"}, "\u0661", "\u0661"),
        ({"type": "number"}, "1e5", "1e5"),
        ({"type": "number"}, "NaN", "NaN"),
        ({"type": "number"}, "-0.5", -0.5),
        ({"type": "boolean"}, "0", False),
        ({"type": "boolean"}, "maybe", "maybe"),
        ({"type": "object"}, "text", "text"),
        ({"oneOf": [{"type": "integer"}, {"type": "boolean"}]}, "true", True),
        ({}, "as it is", "as it is"),
    ],
)
def test_text_becomes_the_type_asked_for_or_stays_text(schema: Any, value: str, typed: Any) -> None:
    assert compile_coercer(document(), schema)(value) == typed


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(_JSON)
def test_any_json_is_read(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    try:
        text.decode()
    except UnicodeDecodeError:
        with pytest.raises(Malformed):
            parse_json(text)
    else:
        assert parse_json(text) == value


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), _JSON, min_size=1, max_size=4), st.data())
def test_a_member_named_twice_is_refused(value: dict[str, Any], data: st.DataObject) -> None:
    twice = data.draw(st.sampled_from(sorted(value)))
    text = json.dumps(value)[:-1] + f", {json.dumps(twice)}: null}}"
    with pytest.raises(Malformed, match=r"twice|no JSON"):
        parse_json(text.encode())


def test_names_and_values_are_limited_in_number() -> None:
    with pytest.raises(Malformed, match=str(MAX_FIELDS)):
        parse_urlencoded(b"a&" * (MAX_FIELDS + 1))


# Requests


def _receive(*messages: dict[str, Any]) -> Any:
    waiting = deque(messages)

    async def receive() -> dict[str, Any]:
        return waiting.popleft()

    return receive


def test_a_body_is_read_in_parts() -> None:
    receive = _receive({"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.request", "body": b"b"})
    assert asyncio.run(read_body({"headers": []}, receive, 10)) == b"ab"


def test_a_body_that_is_announced_too_large_is_not_read() -> None:
    with pytest.raises(TooLarge):
        asyncio.run(read_body({"headers": [(b"content-length", b"11")]}, _receive(), 10))


def test_a_body_that_grows_too_large_is_not_read_on() -> None:
    receive = _receive({"type": "http.request", "body": b"x" * 8, "more_body": True}, {"type": "http.request", "body": b"x" * 8, "more_body": True})
    with pytest.raises(TooLarge):
        asyncio.run(read_body({"headers": []}, receive, 10))


def test_a_client_that_hangs_up_is_noticed() -> None:
    with pytest.raises(ClientGone):
        asyncio.run(read_body({"headers": []}, _receive({"type": "http.disconnect"}), 10))


def test_headers_of_one_name_are_joined() -> None:
    request = Request("GET", "/", raw_headers=[(b"A", b"1"), (b"a", b"2"), (b"content-type", b"Text/Plain; charset=x")])
    assert request.headers["a"] == "1, 2"
    assert request.media_type == "text/plain"


@pytest.mark.parametrize(
    ("headers", "server", "url"),
    [
        ([(b"host", b"example.com:80")], None, "http://example.com:80"),
        ([(b"host", b"[::1]:8000")], None, "http://[::1]:8000"),
        ([(b"host", b"evil.com/<script>")], ("127.0.0.1", 8000), "http://127.0.0.1:8000"),
        ([], None, "http://localhost"),
    ],
)
def test_the_address_under_which_a_client_came(headers: Any, server: Any, url: str) -> None:
    assert AS_CALLED.find_origin({"headers": headers, "server": server}) == url


@pytest.mark.parametrize(
    ("world", "prefix", "base_url", "own_url"),
    [
        ("default", "", "http://x", "http://x"),
        ("ci", "", "http://x", "http://x/~ci"),
        ("ci", "/~ci", "http://x/~ci", "http://x/~ci"),
    ],
)
def test_a_world_has_an_address_that_needs_no_header(world: str, prefix: str, base_url: str, own_url: str) -> None:
    request = Request("GET", "/", world=world, prefix=prefix, origin="http://x")
    assert (request.base_url, request.own_url) == (base_url, own_url)


def test_every_property_that_is_not_allowed_is_named() -> None:
    schema = {"type": "object", "additionalProperties": False, "properties": {"a": {}}}
    found = SchemaCompiler(document()).compile(schema).violations({"b": 1, "c": 2}, "body")
    assert sorted((violation.field, violation.keyword) for violation in found) == [("b", "additionalProperties"), ("c", "additionalProperties")]


@pytest.mark.parametrize(("name", "python"), [("X-Company-Id", "x_company_id"), ("limite", "limite"), ("page[size]", "page_size")])
def test_names_of_parameters_in_python(name: str, python: str) -> None:
    assert python_name(name) == python


def test_replies_are_encoded_by_what_they_hold() -> None:
    assert Reply(200, {"a": "ñ"}).encode() == '{"a":"ñ"}'.encode()
    assert Reply(200, b"x", media_type="text/plain").encode() == b"x"
    assert Reply(204).encode() == b""


# The journal


def _exchange(journal: Journal, world: str, size: int = 0) -> JournalEntry:
    request = Request("GET", "/", body=b"x" * size, world=world)
    exchange = JournalEntry(at=datetime(2026, 1, 1, tzinfo=UTC), request=request, status=200, reply_headers={}, payload=b"")
    journal.record(exchange)
    return exchange


def test_a_journal_keeps_the_newest_of_each_world() -> None:
    journal = Journal(per_world=2)
    made = [_exchange(journal, world) for world in ("a", "a", "b", "a")]
    assert list(journal.entries("a")) == [made[1], made[3]]
    assert list(journal.entries("b")) == [made[2]]
    assert journal.size == sum(exchange.size for exchange in made[1:])


def test_a_journal_is_bounded_in_bytes_over_all_worlds() -> None:
    journal = Journal(all_bytes=20_000)
    for number in range(50):
        _exchange(journal, f"w{number % 5}", size=2_000)
    assert journal.size <= 20_000
    assert sum(1 for number in range(5) for _ in journal.entries(f"w{number}")) == 20_000 // 5_000
    journal.clear("w4")
    assert list(journal.entries("w4")) == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.one_of(st.none(), st.integers(0, 5_000))), max_size=60), st.integers(1, 6))
def test_a_journal_keeps_the_newest_that_fit_whatever_comes_and_is_cleared(steps: list[tuple[str, int | None]], per_world: int) -> None:
    bound, own_bound = 30_000, 15_000
    journal, kept = Journal(per_world, bound, own_bound), list[JournalEntry]()
    for world, size in steps:
        mine = [one for one in kept if one.request.world == world]
        if size is None:
            journal.clear(world)
            kept = [one for one in kept if one.request.world != world]
            continue
        mine.append(_exchange(journal, world, size))
        kept.append(mine[-1])
        while len(mine) > per_world or (sum(one.size for one in mine) > own_bound and len(mine) > 1):
            kept.remove(mine.pop(0))
        while sum(one.size for one in kept) > bound and len(kept) > 1:
            kept.pop(0)
    for world in "abc":
        assert list(journal.entries(world)) == [one for one in kept if one.request.world == world]
    assert journal.size == sum(one.size for one in kept)
    assert all(journal.find(one.request.world, one.number) is one for one in kept)
    assert journal.find("a", len(steps) + 1) is None


def test_the_order_over_all_worlds_does_not_grow_with_what_is_gone() -> None:
    journal = Journal(per_world=3)
    for number in range(5_000):
        _exchange(journal, f"w{number % 2}")
    assert journal.remembered <= SLACK + 2 * 6
    assert [one.number for one in journal.entries("w1")] == [2498, 2499, 2500]


def test_one_exchange_larger_than_all_is_kept_alone() -> None:
    journal = Journal(all_bytes=10)
    _exchange(journal, "a")
    last = _exchange(journal, "a", size=100)
    assert list(journal.entries("a")) == [last]
    journal.clear("nobody")


# Faults


def test_the_family_of_faults_is_drawn_as_it_is() -> None:
    drawn = faults.__doc__ or ""
    for parent in (Fault, MockBug, SetupError):
        assert parent.__name__ in drawn
        for child in parent.__subclasses__():
            if child.__module__ == faults.__name__:
                assert f" {child.__name__} " in drawn


def test_a_violation_reads_as_a_sentence() -> None:
    assert str(Violation("body", "/a/b", "type", "1 is no text")) == "body/a/b: 1 is no text (type)"
    assert Violation("body", "", "type", "").field == ""


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1, "a": 2}',
        b'{"a" : 1, "b": {"c": 1, "c" : 1}}',
        b'[{"a": 1, "\\u0061": 2}]',
        b'{"a": "\\u003a", "a": 1}',
        b'{"a": "x:y", "a": "z"}',
        b'{"a:": 1, "a:": 2, "b": "\\u003A"}',
        b'{"a": {"b": 1}, "a": {"b": 1}}',
    ],
)
def test_a_member_named_twice_is_refused_however_it_is_written(text: bytes) -> None:
    with pytest.raises(Malformed, match="same member twice"):
        parse_json(text)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": "::", "b": ":"}',
        b'{"a": "\\u003a\\":", "b": [{"a": 1}, {"a": 2}]}',
        '{"á:": "ñ", "b" : "\\u00e1"}'.encode(),
        b'"a:b"',
        b'{"a": ' + b"[" * 99 + b"]" * 99 + b"}",
    ],
)
def test_colons_in_texts_and_deep_nesting_are_no_members(text: bytes) -> None:
    assert parse_json(text) == json.loads(text)


def test_a_schema_inside_itself_types_a_form_at_any_depth() -> None:
    tree = {"type": "object", "properties": {"size": {"type": "integer"}, "inner": {"$ref": "#/components/schemas/Tree"}}}
    raw = {"openapi": "3.0.3", "components": {"schemas": {"Tree": tree}}}
    typed = compile_coercer(Document("t", "t", raw), {"$ref": "#/components/schemas/Tree"})
    assert typed({"size": "1", "inner": {"size": "2", "inner": {"size": "3"}}}) == {"size": 1, "inner": {"size": 2, "inner": {"size": 3}}}
