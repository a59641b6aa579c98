"""The text of a document becomes data with the types of JSON, and a mistake names its line."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.foreign.defects import Defects
from mockserver.openapi.foreign.parsing import parse_document

NUMBER = re.compile(r"\d[eE][-+]?\d")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
TREES: Any = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=15)


def parse(text: str | bytes, name: str = "a.yaml") -> tuple[Any, list[str]]:
    """The value of a text, and the defects found in it."""
    defects = Defects(name)
    value = parse_document(text.encode() if isinstance(text, str) else text, name, defects)
    return value, list(map(str, defects))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine takes long for a tree
@given(st.dictionaries(TEXTS, TREES, max_size=4))
def test_json_is_read_as_it_was_written(tree: Any) -> None:
    assert parse(orjson.dumps(tree), "a.json")[0] == tree


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine takes long for a tree
@given(st.dictionaries(TEXTS, TREES, max_size=4))
def test_yaml_is_read_as_it_was_written(tree: Any) -> None:
    assume(not NUMBER.search(str(tree)))  # the writer follows YAML 1.1, which leaves such a text without quotes
    assert parse(yaml.safe_dump(tree, allow_unicode=False).encode())[0] == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("200: ok", {"200": "ok"}),
        ("a: 2026-01-01", {"a": "2026-01-01"}),
        ("a: yes\nb: on\nc: true", {"a": "yes", "b": "on", "c": True}),
        ("a: 012\nb: 0o17\nc: 0x1F\nd: 1_000\ne: 12:30", {"a": 12, "b": 15, "c": 31, "d": "1_000", "e": "12:30"}),
        ("a: 1.5e3\nb: .5\nc: .inf\nd: 1e999", {"a": 1500.0, "b": 0.5, "c": ".inf", "d": "1e999"}),
        ("a: ~\nb:\nc: null\nd: ''", {"a": None, "b": None, "c": None, "d": ""}),
        ("a: !!str 1\nb: !!int '2'\nnull: 3", {"a": "1", "b": 2, "null": 3}),
        ("a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}\nf: {<<: [*x, {b: 3}], b: 4}", {"a": {"b": 1}, "c": {"b": 1}, "d": {"e": 2, "b": 1}, "f": {"b": 4}}),
        ("a: 99999999999999999999", {"a": 1e20}),
        ("{a: [1, {b: 2}]}", {"a": [1, {"b": 2}]}),
        ("", None),
    ],
)
def test_scalars_have_the_types_of_json(text: str, value: Any) -> None:
    assert parse(text) == (value, [])


def test_an_alias_is_a_copy_of_its_own() -> None:
    value, _ = parse("a: &x {b: 1}\nc: *x\n")
    value["a"]["b"] = 2
    assert value["c"] == {"b": 1}


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("a: [1, 2", "a.yaml", "a.yaml: line 2 column 1: did not find expected"),
        ("a:\n\tb: 1", "a.yaml", "a.yaml: line 2 column 1: found character that cannot start any token"),
        ('{"a": 1,\n "b": }', "a.json", "a.json: line 2 column 7: unexpected character"),
        ("a: *x", "a.yaml", "a.yaml: line 1: the alias x names nothing before it"),
        ("? [a]\n: 1", "a.yaml", "a.yaml: line 1 column 5: a key is no plain text"),
        (b"a: \xff", "a.yaml", "a.yaml: line 1 is not UTF-8; save the file in UTF-8"),
    ],
)
def test_a_mistake_names_line_and_column(text: str | bytes, name: str, words: str) -> None:
    with pytest.raises(DocumentBroken) as caught:
        parse(text, name)
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize(
    ("text", "value", "defect"),
    [
        ("a: 1\nb: 2\na: 3", {"a": 3, "b": 2}, "a.yaml line 3 column 4: the key a stands twice; the last one counts; remove the other"),
        ('{"a": 1, "a": 2}', {"a": 2}, "a.yaml: an object names a twice; the last one counts; remove the other"),
        ("a: x\x07y", {"a": "x y"}, "a.yaml line 1 column 5: a control character, which YAML does not allow; read as a space; remove it"),
        (
            "a: !include b.yaml",
            {"a": "b.yaml"},
            "a.yaml line 1 column 4: the YAML tag !include has no meaning in a document; read as plain data; remove the tag",
        ),
    ],
)
def test_what_is_odd_is_read_and_listed(text: str, value: Any, defect: str) -> None:
    assert parse(text) == (value, [defect])
