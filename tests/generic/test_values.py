"""Values fit their schema whatever it says, keep what is known, and are the same for the same seed."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.generic.values import MISSING, ValueMaker
from mockserver.openapi.documents import Document
from mockserver.openapi.inference.shapes import Shapes


def _maker(version: str = "3.1.0") -> ValueMaker:
    raw = {"openapi": version, "info": {"title": "t", "version": "1"}, "servers": [{"url": "/"}], "paths": {}}
    document = Document("t", "t.yaml", raw, has_skeleton=True)
    return ValueMaker(document, Shapes(document))


MAKER = _maker()
FORMATS = ["uuid", "date", "date-time", "email"]
TEXT, LISTED = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
SCALARS: Any = (
    st.fixed_dictionaries(
        {"type": st.just("string")}, optional={"minLength": st.integers(0, 5), "format": st.sampled_from(["uuid", "date", "date-time", "email"])}
    )
    | st.fixed_dictionaries({"type": st.just("integer")}, optional={"minimum": st.integers(-50, 50), "multipleOf": st.integers(1, 7)})
    | st.fixed_dictionaries({"type": st.just("number")}, optional={"exclusiveMinimum": st.integers(-50, 50)})
    | st.just({"type": "boolean"})
    | st.fixed_dictionaries({"enum": st.lists(st.integers() | st.text(max_size=5), min_size=1, max_size=3)})
    | st.fixed_dictionaries({"const": st.integers() | st.text(max_size=5)})
    | st.just({"type": ["string", "null"]})
)


def _nested(inner: Any) -> Any:
    names = st.dictionaries(st.sampled_from(["id", "name", "price", "tags", "owner", "created_at"]), inner, max_size=4)
    objects = names.flatmap(
        lambda properties: st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "properties": st.just(properties),
                "required": st.lists(st.sampled_from(sorted(properties)), unique=True) if properties else st.just([]),
            },
            optional={"additionalProperties": st.booleans()},
        )
    )
    lists = st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={"minItems": st.integers(0, 2)})
    return objects | lists | st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)})


SCHEMAS: Any = st.recursive(SCALARS, _nested, max_leaves=8)
ANYTHING: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "price", "tags", "other"]), inner, max_size=3),
    max_leaves=8,
)
BUSY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@BUSY
@given(SCHEMAS)
def test_a_made_value_fits_its_schema(schema: Any) -> None:
    MAKER.seed("any")
    assert MAKER.is_valid(schema, MAKER.make(schema, "name", "pet"))


@BUSY
@given(SCHEMAS, ANYTHING)
def test_anything_can_be_fitted(schema: Any, value: Any) -> None:
    MAKER.seed("any")
    assert MAKER.is_valid(schema, MAKER.fit(schema, value))


@BUSY
@given(SCHEMAS)
def test_the_same_seed_makes_the_same_value_and_a_value_that_fits_is_kept(schema: Any) -> None:
    MAKER.seed("a")
    first = MAKER.make(schema)
    MAKER.seed("a")
    assert MAKER.make(schema) == first
    assert MAKER.fit(schema, first) == first


def test_what_fits_is_kept_and_the_rest_is_made() -> None:
    schema = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}},
    }
    MAKER.seed("a")
    fitted = MAKER.fit(schema, {"id": "7", "tags": ["a", 5], "more": True})
    assert (fitted["id"], fitted["tags"], fitted["more"]) == (7, ["a", "5"], True)
    assert isinstance(fitted["name"], str)
    assert isinstance(MAKER.fit(schema, MISSING)["id"], int)


@pytest.mark.parametrize("pattern", ["((a*)*)*b{1000000000}", "(a{1000}){1000}", "((((x+)+)+)+)+"])
def test_a_pattern_that_repeats_without_end_makes_no_long_text(pattern: str) -> None:
    MAKER.seed("a")
    assert len(str(MAKER.make({"type": "string", "pattern": pattern}))) < 100_000


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 5, "maximum": 1},
        {"type": "string", "minLength": 3, "maxLength": 1},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
    ],
)
def test_keywords_that_contradict_each_other_raise_nothing(schema: Any) -> None:
    MAKER.seed("a")
    MAKER.make(schema)
    MAKER.fit(schema, {"x": 1})


def test_names_make_likely_values() -> None:
    MAKER.seed("a")
    schema = {
        "type": "object",
        "required": ["email", "country", "price"],
        "properties": {"email": {"type": "string"}, "country": {"type": "string"}, "price": {"type": "number"}},
    }
    made = MAKER.make(schema)
    assert "@" in made["email"]
    assert len(made["country"]) == 2
    assert 0 < made["price"] <= 501


@pytest.mark.parametrize("kind", ["integer", "number"])
@pytest.mark.parametrize("value", ["9" * 30, "-" + "9" * 30, "9" * 5_000, "²", "nan", "inf", "1e999", 1e300])
def test_what_becomes_a_number_is_one_that_json_can_hold(kind: str, value: object) -> None:
    MAKER.seed("any")
    fitted = MAKER.fit({"type": kind}, value)
    assert MAKER.is_valid({"type": kind}, fitted)
    assert orjson.loads(orjson.dumps(fitted)) == fitted
