"""Properties that are written and never shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockserver.generic.values import DEPTH
from mockserver.openapi.inference.shapes import Shapes


def hide_write_only(shapes: Shapes, schema: Any, value: Any, depth: int = 0) -> Any:
    """A value without the properties that a schema marks as write-only: no answer shows them."""
    if depth > DEPTH or not isinstance(value, dict | list):
        return value
    shape = shapes.of(schema)
    if isinstance(value, list):
        return value if shape.items is None else [hide_write_only(shapes, shape.items, one, depth + 1) for one in value]
    return {
        name: hide_write_only(shapes, shape.properties[name], inner, depth + 1) if name in shape.properties else inner
        for name, inner in value.items()
        if not shapes.resolve(shape.properties.get(name, {})).get("writeOnly")
    }


def shows_write_only(shapes: Shapes, schema: Any) -> bool:
    """Whether a schema has write-only properties, at its top or below."""
    return any(isinstance(node, dict) and node.get("writeOnly") is True for node in _reached(shapes, schema))


def _reached(shapes: Shapes, schema: Any) -> Iterator[Any]:
    """Every schema that a schema holds or refers to, each once."""
    seen: set[int] = set()
    open_ones = [schema]
    while open_ones:
        node = open_ones.pop()
        node = shapes.resolve(node) if isinstance(node, dict) and "$ref" in node else node
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        open_ones += [
            inner for inner in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()) if isinstance(inner, dict | list)
        ]
