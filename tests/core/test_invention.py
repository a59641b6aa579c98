"""Bodies generated from a schema match it, with any combination of keywords."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from mockserver.core.base import ids
from mockserver.openapi.documents import Document
from mockserver.openapi.examples import invent

SCHEMAS: dict[str, Any] = {
    "one property in two branches": {
        "allOf": [
            {"type": "object", "required": ["at"], "properties": {"at": {"type": "string", "format": "date-time"}}},
            {"type": "object", "properties": {"at": {"type": "string", "pattern": "-05:00$"}}},
        ]
    },
    "a moment in thousandths": {"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
    "a pattern": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{2}$"},
    "a property that is never there": {
        "allOf": [{"type": "object", "properties": {"a": {}}}, {"type": "object", "properties": {"a": {"not": {}}, "b": {}}}]
    },
    "an object that may not be empty": {"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer", "minimum": 3}},
    "an object that has to be empty": {"type": "object", "maxProperties": 0, "properties": {"a": {"type": "string"}}},
    "a closed object": {"type": "object", "additionalProperties": False, "required": ["a"], "properties": {"a": {"type": "boolean"}}},
    "a property without a schema": {"type": "object", "required": ["anything"]},
    "a list within bounds": {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number", "minimum": 1, "maximum": 2}},
    "a whole number between": {"type": "integer", "minimum": 10, "maximum": 20, "multipleOf": 5},
    "a long text": {"type": "string", "minLength": 60, "maxLength": 70},
    "one of two": {"oneOf": [{"type": "string", "enum": ["a"]}, {"type": "integer", "minimum": 1}]},
    "an identifier": {"type": "string", "format": "uuid", "minLength": 36, "maxLength": 36},
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_is_made_up_fits_its_schema(name: str) -> None:
    document = Document("toy", "toy.yaml", {})
    for number in range(30):
        value = invent(document, SCHEMAS[name], ids.generator(1, name, number))
        jsonschema.validate(value, SCHEMAS[name])


def test_the_same_chance_makes_the_same() -> None:
    document = Document("toy", "toy.yaml", {})
    one, same, other = (invent(document, {"type": "array", "minItems": 3}, ids.generator(1, "x", number)) for number in (1, 1, 2))
    assert one == same != other


def test_a_tree_has_an_end() -> None:
    tree = {"type": "object", "required": ["left", "right"], "properties": {key: {"$ref": "#/components/schemas/Place"} for key in ("left", "right")}}
    place = {"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "object", "maxProperties": 0}]}
    document = Document("toy", "toy.yaml", {"components": {"schemas": {"Tree": tree, "Place": place}}})
    assert {"left", "right"} <= set(invent(document, {"$ref": "#/components/schemas/Tree"}, ids.generator(1, "tree", 1)))


def test_a_list_that_has_to_hold_a_list_of_its_kind_has_an_end() -> None:
    here = {"$ref": "#/components/schemas/Loop"}
    loop = {"allOf": [{"type": "array", "minItems": 2, "items": here}, {"type": "array", "items": here}]}
    document = Document("toy", "toy.yaml", {"components": {"schemas": {"Loop": loop}}})
    assert len(invent(document, here, ids.generator(1, "loop", 1))) >= 2
