"""Where an OpenAPI document, 2.0 or 3.x, has which kind of object, as a table; walks over a document follow it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

How = Literal["one", "map", "list"]
Rules = Mapping[str, tuple[How, str]]
Path = tuple[str | int, ...]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_SCHEMAS: tuple[How, str] = ("map", "schema")
_SCHEMA: tuple[How, str] = ("one", "schema")
_BRANCHES: tuple[How, str] = ("list", "schema")

GRAMMAR: Mapping[str, Rules] = {
    "document": {
        "paths": ("map", "path"),
        "webhooks": ("map", "path"),
        "components": ("one", "components"),
        "definitions": _SCHEMAS,
        "parameters": ("map", "parameter"),
        "responses": ("map", "response"),
        "securityDefinitions": ("map", "security"),
    },
    "components": {
        "schemas": _SCHEMAS,
        "responses": ("map", "response"),
        "parameters": ("map", "parameter"),
        "examples": ("map", "example"),
        "requestBodies": ("map", "body"),
        "headers": ("map", "header"),
        "securitySchemes": ("map", "security"),
        "links": ("map", "link"),
        "callbacks": ("map", "callback"),
        "pathItems": ("map", "path"),
        "mediaTypes": ("map", "media"),
    },
    "path": {"parameters": ("list", "parameter"), **dict.fromkeys(_METHODS, ("one", "operation"))},
    "operation": {
        "parameters": ("list", "parameter"),
        "requestBody": ("one", "body"),
        "responses": ("map", "response"),
        "callbacks": ("map", "callback"),
    },
    "parameter": {"schema": _SCHEMA, "content": ("map", "media"), "examples": ("map", "example")},
    "header": {"schema": _SCHEMA, "content": ("map", "media"), "examples": ("map", "example")},
    "body": {"content": ("map", "media")},
    "media": {"schema": _SCHEMA, "itemSchema": _SCHEMA, "x-emits": _SCHEMA, "examples": ("map", "example"), "encoding": ("map", "encoding")},
    "encoding": {"headers": ("map", "header")},
    "response": {"headers": ("map", "header"), "content": ("map", "media"), "schema": _SCHEMA, "links": ("map", "link")},
    "callback": {"*": ("one", "path")},
    "security": {},
    "example": {},
    "link": {},
    "schema": {
        "properties": _SCHEMAS,
        "patternProperties": _SCHEMAS,
        "dependentSchemas": _SCHEMAS,
        "$defs": _SCHEMAS,
        "definitions": _SCHEMAS,
        "additionalProperties": _SCHEMA,
        "unevaluatedProperties": _SCHEMA,
        "unevaluatedItems": _SCHEMA,
        "propertyNames": _SCHEMA,
        "items": _SCHEMA,
        "additionalItems": _SCHEMA,
        "contains": _SCHEMA,
        "prefixItems": _BRANCHES,
        "allOf": _BRANCHES,
        "anyOf": _BRANCHES,
        "oneOf": _BRANCHES,
        "not": _SCHEMA,
        "if": _SCHEMA,
        "then": _SCHEMA,
        "else": _SCHEMA,
    },
}

SECTIONS: Mapping[str, str] = {
    "schema": "schemas",
    "response": "responses",
    "parameter": "parameters",
    "example": "examples",
    "body": "requestBodies",
    "header": "headers",
    "security": "securitySchemes",
    "link": "links",
    "callback": "callbacks",
}
"""The section of ``components`` for each kind that may stand there and be referred to."""


def rule_of(kind: str, key: str) -> tuple[How, str] | None:
    """How the value of a key holds objects of the document, and of which kind they are; None for other data."""
    rules = GRAMMAR[kind]
    found = rules.get(key)
    if found is None and "*" in rules and not key.startswith("x-"):
        return rules["*"]
    return found


def children(kind: str, node: Any) -> Iterator[tuple[Path, str, Any]]:
    """The objects directly below an object: the path that leads to each, its kind, and the object."""
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        rule = rule_of(kind, key)
        if rule is None:
            continue
        how, inner = rule
        if how == "one":
            if isinstance(value, list) and key == "items":  # several items, as drafts before 2020-12 have them
                yield from (((key, index), inner, item) for index, item in enumerate(value))
            else:
                yield (key,), inner, value
        elif how == "map" and isinstance(value, dict):
            yield from (((key, name), inner, item) for name, item in value.items())
        elif how == "list" and isinstance(value, list):
            yield from (((key, index), inner, item) for index, item in enumerate(value))


def walk(kind: str, node: Any, path: Path = ()) -> Iterator[tuple[Path, str, Any]]:
    """Every object at and below an object, the outer ones first. The walk does not recurse, and sees what its caller has changed below a place."""
    waiting: list[tuple[Path, str, Any]] = [(path, kind, node)]
    while waiting:
        here, found, inner = waiting.pop()
        yield here, found, inner
        waiting.extend((here + steps, below, item) for steps, below, item in reversed(list(children(found, inner))))
