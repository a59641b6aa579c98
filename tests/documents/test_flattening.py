"""Schemas that say in one object what several branches demand."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema_rs import validator_for

from mockserver.openapi.flattening import flatten

TEXT = {"type": "string"}
OPEN = {"type": "object", "nullable": True}
NULL = {"type": "object", "nullable": True, "enum": [None]}
THING = {"type": "object", "required": ["id"], "properties": {"id": TEXT}}
SCHEMAS: dict[str, Any] = {
    "Thing": THING,
    "Base": {"type": "object", "required": ["a"], "properties": {"a": {"type": "number"}, "owner": OPEN, "b": TEXT}, "example": {"a": 0.5}},
    "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}, {"type": "object"}]},
    "Tree": {"type": "object", "properties": {name: {"$ref": "#/components/schemas/Tree"} for name in ("left", "right", "up", "down")}},
    "Wood": {"type": "object", "properties": {name: {"$ref": "#/components/schemas/Wood"} for name in ("left", "right", "up", "down")}},
}


def resolve(node: Any) -> Any:
    return resolve(SCHEMAS[node["$ref"].rpartition("/")[2]]) if isinstance(node, dict) and "$ref" in node else node


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def thing(**more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": more}


@pytest.mark.parametrize(
    ("branches", "expected"),
    [
        ([ref("Thing")], ref("Thing")),
        ([thing(a=OPEN), thing(a=ref("Thing"))], thing(a=ref("Thing"))),
        ([thing(a=ref("Thing")), thing(a=OPEN)], thing(a=ref("Thing"))),
        ([thing(a=OPEN), thing(a={"anyOf": [ref("Thing"), NULL]})], thing(a={**THING, "nullable": True})),
        ([thing(a=TEXT, b=TEXT), thing(b={"not": {}})], thing(a=TEXT)),
        ([thing(a={"type": "number"}), thing(a={"type": "integer", "minimum": 3})], thing(a={"type": "integer", "minimum": 3})),
        ([thing(a={"type": "string", "enum": ["x", "y"]}), thing(a={"enum": ["y", "z"]})], thing(a={"type": "string", "enum": ["y"]})),
        ([thing(a={"anyOf": [TEXT, {"type": "integer"}]}), thing(a={"type": "integer", "minimum": 1})], thing(a={"type": "integer", "minimum": 1})),
        (
            [thing(a={"anyOf": [{"type": "number", "nullable": True}, TEXT]}), thing(a={"type": "string", "nullable": True})],
            thing(a={"type": "string", "nullable": True}),
        ),
        (
            [{"type": "array", "items": TEXT, "minItems": 1}, {"type": "array", "maxItems": 2}],
            {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 2},
        ),
        ([{"type": "object", "maxProperties": 0, "nullable": True}, {"type": "object", "required": ["id"], "nullable": True}], NULL),
    ],
)
def test_branches_are_one_schema(branches: list[Any], expected: Any) -> None:
    assert flatten({"allOf": branches}, resolve) == expected


def test_the_words_and_what_is_required_are_those_of_all() -> None:
    made = flatten({"allOf": [ref("Base"), {"type": "object", "required": ["b"], "description": "Inner."}], "description": "Outer."}, resolve)
    assert (made["required"], made["description"], "example" in made) == (["a", "b"], "Outer.", False)


@pytest.mark.parametrize(
    "branches",
    [
        [TEXT, {"type": "integer"}],
        [thing(a=TEXT) | {"additionalProperties": False}, thing(b=TEXT)],
        [ref("Loop"), thing(a=TEXT)],
        [ref("Tree"), ref("Wood")],
        [{"not": TEXT}, {"not": {"type": "integer"}}],
        [True, thing(a=TEXT)],
    ],
    ids=["no value", "closed", "itself", "ever deeper", "negations", "a boolean"],
)
def test_what_one_schema_cannot_say_stays(branches: list[Any]) -> None:
    assert flatten({"allOf": branches}, resolve)["allOf"] == branches


def test_data_of_examples_is_left_as_it_is() -> None:
    data = {"allOf": [{"type": "object"}], "properties": {"a": {"not": {}}}}
    document = {"schema": {"type": "object", "example": data, "properties": {"allOf": TEXT, "example": {"allOf": [TEXT]}}}}
    made = flatten(document, resolve)
    assert made["schema"]["example"] == data
    assert made["schema"]["properties"] == {"allOf": TEXT, "example": TEXT}


def test_a_flat_schema_takes_the_same_values() -> None:
    """Every value that the branches take, and no other one."""
    number = {"type": "number", "minimum": 1}
    branches = [ref("Base"), thing(a=number, owner=ref("Thing"))]
    flat = validator_for({**flatten({"allOf": branches}, resolve), "components": {"schemas": SCHEMAS}})
    each = [validator_for(resolve(ref("Base"))), validator_for(thing(a=number, owner=THING))]
    for value in ({"a": 1}, {"a": 0}, {}, {"a": 2, "owner": {}}, {"a": 2, "owner": {"id": "x"}}, {"a": 2, "b": 3}):
        assert flat.is_valid(value) == all(one.is_valid(value) for one in each), value
