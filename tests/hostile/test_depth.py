"""JSON that is nested too deep is refused when it is read, and the journal of its world goes on answering."""

from __future__ import annotations

import base64
from itertools import count
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.core.base.faults import Malformed
from mockserver.core.operation.bodies import PIECE, parse_json
from mockserver.openapi import limits
from tests.hostile.application import Application

DEEPEST = limits.JSON_DEPTH.value
DEPTHS = (DEEPEST - 1, DEEPEST, DEEPEST + 1, 253, 254, 256, 300, 900, 1_000, 1_023, 1_024, 1_025, 5_000, 100_000)
SHAPES = {"objects": (b'{"a":', b"}"), "lists": (b"[", b"]"), "both": (b'[{"]":', b"}]")}
JSON = "application/json"
TOKEN = "Bearer trincico-demo-token"
_numbers = count(1)


@pytest.fixture(scope="module")
def app() -> Application:
    return Application()


@pytest.fixture
def world(app: Application) -> Application:
    """A world of its own."""
    return Application(app.app, f"deep-{next(_numbers)}")


def nest(depth: int, shape: str) -> bytes:
    start, end = SHAPES[shape]
    levels = start.count(b"[") + start.count(b"{")
    return start * (depth // levels) + b"1" + end * (depth // levels)


def depth_of(value: Any) -> int:
    """The nesting of a value, counted level by level."""
    depth, level = 0, [value]
    while level := [inner for inner in level if isinstance(inner, dict | list)]:
        depth += 1
        level = [item for inner in level for item in (inner.values() if isinstance(inner, dict) else inner)]
    return depth


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("depth", DEPTHS)
def test_a_deep_body_is_refused_and_the_journal_goes_on_answering(world: Application, depth: int, shape: str) -> None:
    body = nest(depth, shape)
    for path in ("/trincico/invoices", "/serpi/api/v1/Sucursales"):
        refused = world.call("POST", path, body, content_type=JSON, authorization=TOKEN)
        assert 400 <= refused.status < 500, refused.body[:300]
    assert 400 <= world.call("POST", "/_mock/faults", body, content_type=JSON).status < 500
    expected = orjson.dumps({"call": {"body": {"a": 1}}})
    number = world.call("GET", "/_mock/journal").json()["exchanges"][0]["number"]
    for method, target, sent in (
        ("GET", "/_mock/journal", b""),
        ("GET", "/_mock/journal/har", b""),
        ("GET", f"/_mock/journal/{number}", b""),
        ("POST", "/_mock/journal/verify", expected),
        ("POST", f"/_mock/journal/{number}/replay", b""),
        ("GET", f"/console/journal/{number}", b""),
        ("GET", "/console/journal", b""),
    ):
        answer = world.call(method, target, sent, content_type=JSON if sent else "")
        assert answer.status == 200, (method, target, answer.status, answer.body[:300])


@pytest.mark.parametrize("depth", [9, 100, 1_000, 20_000])
def test_a_form_with_nested_brackets_is_refused(world: Application, depth: int) -> None:
    body = b"amount" + b"[a]" * depth + b"=1"
    answer = world.call("POST", "/monedero/wallet/sale", body, content_type="application/x-www-form-urlencoded", apikey="monedero-demo-apikey")
    assert answer.status == 400, answer.body
    assert world.call("GET", "/_mock/journal/har").status == 200


@pytest.mark.parametrize(("path", "header"), [("/trincico/invoices", "authorization"), ("/backoffice/api/v1/users/", "authorization")])
@pytest.mark.parametrize("depth", [500, 2_000, 20_000])
def test_a_token_with_a_nested_head_is_refused(world: Application, path: str, header: str, depth: int) -> None:
    head = base64.urlsafe_b64encode(b'{"alg":' + b"[" * depth + b"]" * depth + b"}").rstrip(b"=").decode()
    headers: dict[str, Any] = {header: f"Bearer {head}.e30.AAAA", "x_api_key": "backoffice-demo-key"}
    answer = world.call("GET", path, **headers)
    assert 400 <= answer.status < 500, answer.body


_texts = st.text(alphabet='[]{}"\\:, é\n', max_size=6)
_values = st.none() | st.booleans() | st.integers(-9, 9) | _texts
_json = st.recursive(_values, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3))


@given(_json, st.integers(min_value=0, max_value=130), st.sampled_from(sorted(SHAPES)))
def test_the_depth_of_a_text_is_that_of_its_value(value: Any, around: int, shape: str) -> None:
    start, end = SHAPES[shape]
    text = start * around + orjson.dumps(value) + end * around
    deep = depth_of(orjson.loads(text)) > DEEPEST
    if deep:
        with pytest.raises(Malformed, match=f"deeper than {DEEPEST} levels"):
            parse_json(text)
    else:
        assert parse_json(text) == orjson.loads(text)


LONG = "x" * (PIECE // 2)
_long = st.recursive(_values | st.just(LONG), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4), max_leaves=12)


@settings(deadline=None)
@given(_long, st.sampled_from([0, orjson.OPT_INDENT_2]), st.sampled_from(["", " \n", "\t"]))
def test_a_long_text_is_parsed_piece_by_piece_to_the_same_value(value: Any, option: int, before: str) -> None:
    text = before.encode() + orjson.dumps([LONG, LONG, {"a": value, "b": LONG, "c": LONG}], option=option)
    assert len(text) > PIECE
    assert parse_json(text) == orjson.loads(text)


LONG_MEMBER = b'"' + b"x" * (2 * PIECE) + b'"'


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1, "b": %b, "a": 2}',
        b'{"a": {"c": 1}, "b": %b, "a": 2}',
        b'{"a": %b, "a": %b}',
        b'[{"b": %b, "c": {"a": 1, "a": 2}}]',
        b'{"d:e": {"a": 1}, "b": %b, "d:e": 2}',
        b'{"\\u003a": 1, "b": %b, "\\u003a": 2}',
    ],
)
def test_a_member_that_a_long_text_names_twice_is_refused(text: bytes) -> None:
    with pytest.raises(Malformed, match="twice"):
        parse_json(text.replace(b"%b", LONG_MEMBER))


@pytest.mark.parametrize(
    "text",
    [
        b"[%b",
        b"[%b,]",
        b'{"a": %b',
        b'{"a" %b}',
        b"[%b] 1",
        b"[%b, NaN]",
        b'{"a": %b, "b": 01}',
        b'[%b, "\xff"]',
        b'{"\xff": %b}',
        b'[%b, "\\ud800"]',
    ],
)
def test_a_long_text_that_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(Malformed, match="no JSON"):
        parse_json(text.replace(b"%b", LONG_MEMBER))


@pytest.mark.parametrize("unit", [b"[", b'{"a":', b'[{"a":', b'{"a":['])
@pytest.mark.parametrize("times", [20_000, 200_000])
@pytest.mark.parametrize("end", [b"", b"1", b"1]", b"x"])
def test_a_long_deep_text_that_breaks_off_is_refused(unit: bytes, times: int, end: bytes) -> None:
    with pytest.raises(Malformed, match=r"nested deeper|no JSON"):
        parse_json(unit * times + end)


@given(st.binary(max_size=300) | st.text(alphabet='[]{}"\\:,1 ', max_size=600).map(str.encode))
def test_any_text_is_parsed_or_refused(text: bytes) -> None:
    try:
        value = parse_json(text)
    except Malformed:
        return
    assert depth_of(value) <= DEEPEST
