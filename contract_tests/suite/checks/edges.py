"""Values just outside and just inside the limits of a schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .model import BehaviourModel

Pairs = Iterator[tuple[str, Any]]

LEFT_OUT = object()
"""Stands for a field that is not sent."""
WRONG_TYPES: Mapping[str, Any] = {"string": {"a": 1}, "integer": "x", "number": "x", "boolean": "x", "object": "x", "array": "x"}
STRAY = ("\x01", "ñ x!", "x", "0", "")
LONGEST = 100_000
"""Characters beyond which a limit is not tried."""
MOST_ITEMS = 1_000
"""Items beyond which a limit is not tried."""
ADDRESS = "@example.com"


def breaking(model: BehaviourModel, schema: Any, *, needed: bool, in_text: bool, value: Any) -> Pairs:
    """Keyword and value that breaks it, for each keyword of a schema; only values that break it on the wire too.

    ``in_text`` says that everything travels as text; ``value`` is one that keeps the schema.
    """
    if needed:
        yield "required", LEFT_OUT
    declared = model.document.merge_all_of(schema)
    ways = declared.get("anyOf", declared.get("oneOf"))
    if ways is not None:
        found = [] if in_text else [pair for way in ways for pair in breaking(model, way, needed=False, in_text=False, value=value)]
        yield from {str(wrong): (keyword, wrong) for keyword, wrong in found if not model.fits(schema, wrong)}.values()
        return
    kind = declared.get("type", "")
    if kind in WRONG_TYPES and not (in_text and kind in ("string", "object", "array")):
        yield "type", WRONG_TYPES[kind]
    if "enum" in declared:
        yield from _outside_enum(declared, kind)
    else:
        yield from _texts(model, declared, value)
        yield from _numbers(declared, kind)
    if not in_text:
        yield from _arrays(model, declared, kind, value)
        yield from _objects(model, declared, kind, value)


def _outside_enum(declared: Mapping[str, Any], kind: str) -> Pairs:
    if kind == "string":
        yield "enum", f"{declared['enum'][0]}x"
    elif kind == "integer":
        yield "enum", max(item for item in declared["enum"] if item is not None) + 1


def _texts(model: BehaviourModel, declared: Mapping[str, Any], value: Any) -> Pairs:
    low, high = int(declared.get("minLength", 0)), int(declared.get("maxLength", LONGEST))
    if "pattern" in declared:
        near = (f"{value}x", value[:-1]) if isinstance(value, str) else ()
        stray = (text for text in (*near, *STRAY) if low <= len(text) <= high and (near or text) and not re.search(declared["pattern"], text))
        yield from (("pattern", text) for text in list(stray)[:1])
    if high < LONGEST:
        yield "maxLength", _long(declared, high + 1)
    if 1 <= low < LONGEST:
        yield "minLength", _long(declared, low - 1)
    if declared.get("format") == "email" and not model.is_foreign:  # there a format is a remark, as the specification has it
        yield "format", "no-address"


def _long(declared: Mapping[str, Any], length: int) -> str:
    if declared.get("format") == "email" and length:
        return ("a" * max(0, length - len(ADDRESS)) + ADDRESS)[-length:]
    return "a" * length


def _numbers(declared: Mapping[str, Any], kind: str) -> Pairs:
    if kind in ("integer", "number"):
        if "minimum" in declared:
            yield "minimum", declared["minimum"] - 1
        if "maximum" in declared:
            yield "maximum", declared["maximum"] + 1


def _arrays(model: BehaviourModel, declared: Mapping[str, Any], kind: str, value: Any) -> Pairs:
    if kind != "array":
        return
    if declared.get("minItems", 0) >= 1:
        yield "minItems", []
    if isinstance(value, list) and value:
        if declared.get("maxItems", MOST_ITEMS) < MOST_ITEMS:
            yield "maxItems", [value[0]] * (int(declared["maxItems"]) + 1)
        for keyword, wrong in breaking(model, declared.get("items", {}), needed=False, in_text=False, value=value[0]):
            yield keyword, [wrong, *value[1:]]


def _objects(model: BehaviourModel, declared: Mapping[str, Any], kind: str, value: Any) -> Pairs:
    if kind != "object" or not isinstance(value, dict):
        return
    for field in declared.get("required", ()):
        yield "required", {name: inner for name, inner in value.items() if name != field}
    for field, inner in declared.get("properties", {}).items():
        for keyword, wrong in breaking(model, inner, needed=False, in_text=False, value=value.get(field)):
            yield keyword, {**value, field: wrong}


def keeping(model: BehaviourModel, schema: Any) -> Pairs:
    """Values at the limit of a keyword that still match the schema."""
    declared = model.document.merge_all_of(schema)
    kind = declared.get("type", "")
    if "anyOf" in declared or "oneOf" in declared:
        return
    if "enum" in declared:
        yield from (("enum", value) for value in declared["enum"] if value is not None)
        return
    if kind == "string" and "format" not in declared and "pattern" not in declared:
        if 0 < declared.get("maxLength", 0) < LONGEST:
            yield "maxLength", "a" * declared["maxLength"]
        if declared.get("minLength", 0) >= 1:
            yield "minLength", "a" * declared["minLength"]
    if (
        kind == "string"
        and "pattern" in declared
        and 0 < declared.get("maxLength", 0) < LONGEST
        and re.search(declared["pattern"], "a" * declared["maxLength"])
    ):
        yield "maxLength", "a" * declared["maxLength"]
    if kind in ("integer", "number"):
        yield from ((keyword, declared[keyword]) for keyword in ("minimum", "maximum") if keyword in declared)
