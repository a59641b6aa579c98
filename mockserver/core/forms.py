"""Form fields: brackets become objects and lists, text becomes the type that the document asks for.

Everything in a form is text. A value that does not read as the type asked for stays text, so that the validator reports it with the
vendor's code like any other violation.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mockserver.core.faults import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockserver.core.documents import Document

_INTEGER = re.compile(r"[+-]?\d{1,19}")
_NUMBER = re.compile(r"[+-]?\d{1,19}(\.\d{1,18})?")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}

MAX_DEPTH = 8
"""Brackets that a field name may nest."""


def gather(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Fields by name. A name sent twice holds a list; ``a[b]`` nests, ``a[]`` appends. Raises Malformed where names contradict each other."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        head, _, _ = name.partition("[")
        path = _BRACKETS.findall(name[len(head) :])
        if not path or head + "".join(f"[{part}]" for part in path) != name:
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
    elif isinstance(here[last], list) and len(path) == 1:
        here[last].append(value)
    elif isinstance(here[last], dict):
        raise Malformed(f"the field {name[:80]} is sent in two shapes")
    else:
        here[last] = [here[last], value]


def coerce(document: Document, schema: Any, value: Any) -> Any:
    """A value of a form or a parameter as the type that the schema asks for, or unchanged where it does not read as that type."""
    schema = document.resolve(schema)
    for combined in ("anyOf", "oneOf", "allOf"):
        for branch in schema.get(combined, ()):
            typed = coerce(document, branch, value)
            if typed is not value:
                return typed
    return _COERCIONS.get(schema.get("type", ""), _unchanged)(document, schema, value)


def _unchanged(_document: Document, _schema: Mapping[str, Any], value: Any) -> Any:
    return value


def _integer(_document: Document, _schema: Mapping[str, Any], value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and _INTEGER.fullmatch(value) else value


def _number(_document: Document, _schema: Mapping[str, Any], value: Any) -> Any:
    if not isinstance(value, str) or not value.isascii() or not _NUMBER.fullmatch(value):
        return value
    return float(value) if "." in value else int(value)


def _boolean(_document: Document, _schema: Mapping[str, Any], value: Any) -> Any:
    return _BOOLEANS.get(value.lower(), value) if isinstance(value, str) else value


def _array(document: Document, schema: Mapping[str, Any], value: Any) -> Any:
    items = value if isinstance(value, list) else [value]
    return [coerce(document, schema.get("items", {}), item) for item in items]


def _object(document: Document, schema: Mapping[str, Any], value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    properties: Mapping[str, Any] = schema.get("properties", {})
    typed: dict[str, Any] = {}
    for name, inner in value.items():
        if name not in properties:
            typed[name] = inner
        elif inner == "" and document.resolve(properties[name]).get("type") in ("integer", "number", "boolean"):
            continue  # an empty field cannot hold a number: it was left out
        else:
            typed[name] = coerce(document, properties[name], inner)
    return typed


_COERCIONS = {"integer": _integer, "number": _number, "boolean": _boolean, "array": _array, "object": _object}
