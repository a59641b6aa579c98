"""What a field of a record has to be: as a JSON schema made of its type, and in words."""

from __future__ import annotations

from collections import abc
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from mockserver.core.state.codec import MOMENT, codec_for, is_a, list_alternatives, list_places

DEPTH = 3
"""Levels of a nested value that a schema describes."""
_CHOICES = 20
"""Values of an enumeration that are said in words."""
_MEMBERS = 8
"""Members of an object that are said in words."""

_SCALARS: dict[Any, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    MOMENT: {"type": "string", "format": "date-time"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    time: {"type": "string", "format": "time"},
    Decimal: {"type": "string", "format": "decimal"},
    bytes: {"type": "string", "format": "byte"},
    timedelta: {"type": "object", "properties": {name: {"type": "integer"} for name in ("days", "seconds", "microseconds")}},
}
_FORMATS = {
    "date-time": "a moment such as 2026-01-01T00:00:00Z",
    "date": "a date such as 2026-01-01",
    "time": "a time such as 12:30:00",
    "decimal": "a decimal number as text, such as 12.50",
    "byte": "bytes in Base64",
    "uuid": "a UUID",
    "email": "an address of e-mail",
    "uri": "an absolute address such as https://example.com/",
}
_TYPES = {"boolean": "true or false", "integer": "a whole number", "number": "a number", "string": "a text", "null": "null"}


def make_schema(kind: Any, depth: int = DEPTH) -> dict[str, Any]:
    """The schema of a field's type, in the language of OpenAPI 3.0; empty if any value fits, or beyond some levels."""
    alternatives = list_alternatives(kind)
    present = [one for one in alternatives if one is not NoneType]
    if len(present) < len(alternatives):
        return {**_make_union(present, depth), "nullable": True}
    return _make_union(present, depth)


def _make_union(kinds: list[Any], depth: int) -> dict[str, Any]:
    if set(kinds) == {int, float}:
        return {"type": "number"}
    if len(kinds) != 1:
        return {"anyOf": [make_schema(one, depth) for one in kinds]} if kinds else {}
    return _make_one(kinds[0], depth)


def _make_one(kind: Any, depth: int) -> dict[str, Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if kind in _SCALARS:
        return dict(_SCALARS[kind])
    if origin is Literal:
        return {"type": _type_of(arguments), "enum": list(arguments)}
    if origin is Annotated:
        return make_schema(arguments[0], depth)
    if is_a(kind, Enum):
        values = [member.value for member in kind]
        return {"type": _type_of(values), "enum": values}
    return _make_composed(kind, depth)


def _make_composed(kind: Any, depth: int) -> dict[str, Any]:
    """The schema of a list or an object."""
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if is_a(kind, tuple, list, frozenset):
        places = list_places(kind)
        mixed = len(set(places)) > 1
        items = make_schema(arguments[0], depth - 1) if arguments and depth > 0 and not mixed else {}
        return {"type": "array", "items": items, **({"minItems": len(places), "maxItems": len(places)} if places else {})}
    if is_dataclass(kind):
        fields = codec_for(origin).fields if depth > 0 else {}
        return {"type": "object", "properties": {name: make_schema(inner, depth - 1) for name, inner in fields.items()}}
    if is_a(kind, abc.Mapping):
        inner = make_schema(arguments[1], depth - 1) if depth > 0 and arguments else {}
        return {"type": "object", "additionalProperties": inner or True}
    return {}


def _type_of(values: Any) -> str:
    kinds = {type(value) for value in values}
    return {frozenset({bool}): "boolean", frozenset({int}): "integer"}.get(frozenset(kinds), "string")


def say_schema(schema: Mapping[str, Any], depth: int = 2) -> str:
    """What a value has to be, in words such as ``a whole number from 1 to 9, or null``."""
    said = _say_present(schema, depth)
    return f"{said}, or null" if schema.get("nullable") and not said.endswith("null") else said


def _say_present(schema: Mapping[str, Any], depth: int) -> str:
    if schema.get("enum"):
        listed = [str(value) if isinstance(value, str) and value else "the empty text" if value == "" else _write(value) for value in schema["enum"]]
        more = f" and {len(listed) - _CHOICES} more" if len(listed) > _CHOICES else ""
        return ("one of " if len(listed) > 1 else "") + ", ".join(listed[:_CHOICES]) + more
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(say_schema(one, depth) for one in schema["anyOf"]))
    kind = schema.get("type")
    if kind == "string":
        return _FORMATS.get(str(schema.get("format")), "a text") + _say_bounds(schema, "minLength", "maxLength", " of", " letters")
    if kind == "array":
        items = schema.get("items") or {}
        each = f", each {say_schema(items, depth - 1)}" if items and depth > 0 else ""
        return "a list" + _say_bounds(schema, "minItems", "maxItems", " of") + each
    if kind == "object":
        return "an object" + (_say_members(schema, depth) if depth > 0 else "")
    return _TYPES.get(str(kind), "any value") + _say_bounds(schema, "minimum", "maximum")


def _say_members(schema: Mapping[str, Any], depth: int) -> str:
    members = schema.get("properties") or {}
    if members:
        said = [f"{name} ({say_schema(inner, depth - 1)})" for name, inner in list(members.items())[:_MEMBERS]]
        return f" with {', '.join(said)}" + (f" and {len(members) - _MEMBERS} more" if len(members) > _MEMBERS else "")
    inner = schema.get("additionalProperties")
    return f" whose values are each {say_schema(inner, depth - 1)}" if isinstance(inner, Mapping) and inner else ""


def _say_bounds(schema: Mapping[str, Any], low: str, high: str, of: str = "", unit: str = "") -> str:
    least, most = schema.get(low), schema.get(high)
    if least is not None and least == most:
        return f"{of} {least}{unit}"
    if least not in (None, 0) and most is not None:
        return f"{of} {least} to {most}{unit}" if of else f" from {least} to {most}"
    if least is not None and (least or not of):
        return f"{of} at least {least}{unit}" if of else f" from {least}"
    return "" if most is None else f"{of} at most {most}{unit}" if of else f" up to {most}"


def _write(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
