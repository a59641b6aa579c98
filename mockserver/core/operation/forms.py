"""Converts form fields: brackets become objects and lists, text becomes the type that the document declares.

Every value of a form is text. A text that cannot be converted stays as it is, so that the validator reports it with the vendor's code like any
other violation.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from mockserver.core.base.faults import Malformed
from mockserver.openapi import limits
from mockserver.openapi.documents import Document

Coercer = Callable[[Any], Any]

_INTEGER = re.compile(r"[+-]?\d{1,19}")
_NUMBER = re.compile(r"[+-]?\d{1,19}(\.\d{1,18})?")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_ANY_INTEGER = re.compile(r"[+-]?\d{1,400}")
_ANY_NUMBER = re.compile(r"[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,6})?")

MAX_DEPTH = limits.FORM_DEPTH.value
"""Levels of brackets at most in a field name."""


def gather(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Fields by name. A name sent twice holds a list, ``a[b]`` nests, ``a[]`` appends. Any other use of brackets is part of the name.

    Raises Malformed if names contradict each other or are nested too deep.
    """
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if "[" not in name and name not in fields:
            fields[name] = value
            continue
        head, _, _ = name.partition("[")
        path = _BRACKETS.findall(name[len(head) :])
        if not (head and path) or head + "".join(f"[{part}]" for part in path) != name:
            head, path = name, []
        if len(path) > MAX_DEPTH:
            raise Malformed(f"the field {name[:80]} is nested deeper than {MAX_DEPTH} levels")
        _put(fields, [head, *path], value, name)
    return fields


def _put(fields: dict[str, Any], path: list[str], value: Any, name: str) -> None:
    here: Any = fields
    for part, following in pairwise(path):
        inner: Any = [] if following == "" else {}
        if isinstance(here, list):
            here.append(inner)
            here = inner
            continue
        here = here.setdefault(part, inner)
        if type(here) is not type(inner):
            raise Malformed(f"the field {name[:80]} is sent in two shapes")
    last = path[-1]
    if isinstance(here, list):
        here.append(value)
    elif last not in here:
        here[last] = value
    elif isinstance(here[last], list):
        here[last].append(value)
    elif isinstance(here[last], dict):
        raise Malformed(f"the field {name[:80]} is sent in two shapes")
    else:
        here[last] = [here[last], value]


def compile_coercer(document: Document, schema: Any) -> Coercer:
    """A function that converts a value of a form or a parameter to the type of a schema. It returns a value that it cannot convert unchanged."""
    return _CoercerCompiler(document).compile(schema)


class _CoercerCompiler:
    """Compiles coercers, down to a depth that no form reaches. A schema is compiled once at each depth."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._scalars = _JSON_SCALARS if document.has_skeleton else _SCALARS
        self._nulls = ("", "null") if document.has_skeleton else ("",)
        self._made: dict[tuple[int, int], Coercer] = {}
        self._depth = 0

    def compile(self, schema: Any) -> Coercer:
        if self._depth > 2 * MAX_DEPTH:
            return _keep
        schema = self._document.resolve(schema)
        key = (id(schema), self._depth)  # the document keeps its schemas alive
        if key not in self._made:
            self._depth += 1
            self._made[key] = self._build(schema)
            self._depth -= 1
        return self._made[key]

    def _build(self, schema: Mapping[str, Any]) -> Coercer:
        branches = [self.compile(branch) for combined in ("anyOf", "oneOf", "allOf") for branch in schema.get(combined, ())]
        kind = schema.get("type", "")
        if isinstance(kind, list):
            return self._build_union(schema, kind)
        own = self._build_array(schema) if kind == "array" else self._build_object(schema) if kind == "object" else self._scalars.get(kind, _keep)
        if schema.get("nullable") is True and kind in _JSON_SCALARS and self._document.has_skeleton:
            own = _or_null(own)
        if not branches:
            return own

        def coerce(value: Any) -> Any:
            for branch in branches:
                typed = branch(value)
                if typed is not value:
                    return typed
            return own(value)

        return coerce

    def _build_union(self, schema: Mapping[str, Any], kinds: Sequence[str]) -> Coercer:
        """A coercer for one of several types: the first that can convert the value does."""
        scalars = [convert for kind, convert in self._scalars.items() if kind in kinds]
        to_array = self._build({**schema, "type": "array"}) if "array" in kinds else _keep
        to_object = self._build({**schema, "type": "object"}) if "object" in kinds else _keep

        def coerce(value: Any) -> Any:
            if isinstance(value, str) and value in self._nulls and "null" in kinds and "string" not in kinds:
                return None
            if isinstance(value, list | dict):
                return to_array(value) if isinstance(value, list) else to_object(value)
            typed = next((typed for convert in scalars if (typed := convert(value)) is not value), value)
            return typed if typed is not value or "string" in kinds else to_array(value)

        return coerce

    def _build_array(self, schema: Mapping[str, Any]) -> Coercer:
        coerce = self.compile(schema["items"]) if "items" in schema else _keep
        return lambda value: [coerce(item) for item in (value if isinstance(value, list) else [value])]

    def _build_object(self, schema: Mapping[str, Any]) -> Coercer:
        properties = {name: self.compile(inner) for name, inner in schema.get("properties", {}).items()}
        numeric = {
            name
            for name, inner in schema.get("properties", {}).items()
            if self._document.resolve(inner).get("type") in ("integer", "number", "boolean")
        }

        def coerce(value: Any) -> Any:
            if not isinstance(value, dict):
                return value
            typed: dict[str, Any] = {}
            for name, inner in value.items():
                if inner == "" and name in numeric:
                    continue  # an empty text is no number: the field counts as left out
                typed[name] = properties[name](inner) if name in properties else inner
            return typed

        return coerce


def _keep(value: Any) -> Any:
    return value


def _or_null(convert: Coercer) -> Coercer:
    """Clients that write every value as JSON does send the text ``null``."""
    return lambda value: None if value == "null" else convert(value)


def _to_integer(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and _INTEGER.fullmatch(value) else value


def _to_number(value: Any) -> Any:
    if not isinstance(value, str) or not value.isascii() or not _NUMBER.fullmatch(value):
        return value
    return float(value) if "." in value else int(value)


def _to_boolean(value: Any) -> Any:
    return _BOOLEANS.get(value.lower(), value) if isinstance(value, str) else value


def _to_json_integer(value: Any) -> Any:
    """A whole number of any size; a text with a fraction of zero is none."""
    if not isinstance(value, str) or not value.isascii() or not _ANY_INTEGER.fullmatch(value):
        return value
    return int(value)


def _to_json_number(value: Any) -> Any:
    """A number as JSON writes it, with an exponent too; one that is beyond all floating-point numbers stays a text."""
    if not isinstance(value, str) or not value.isascii() or not _ANY_NUMBER.fullmatch(value):
        return value
    number = _to_json_integer(value)
    if number is not value:
        return number
    converted = float(value)
    return converted if math.isfinite(converted) else value


def _to_json_boolean(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


_JSON_SCALARS: Mapping[str, Coercer] = {"integer": _to_json_integer, "number": _to_json_number, "boolean": _to_json_boolean}
"""For foreign documents, which say nothing of how a form spells a value: as JSON does."""
_SCALARS: Mapping[str, Coercer] = {"integer": _to_integer, "number": _to_number, "boolean": _to_boolean}
