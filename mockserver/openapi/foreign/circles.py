"""Schemas that contain themselves at the same place of a value, such as ``A: {allOf: [{$ref: A}]}``: no value could ever be checked against them.

A schema that contains itself below a property or an item is ordinary, and stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockserver.openapi.documents import MAX_REFERENCES
from mockserver.openapi.foreign.defects import Defects
from mockserver.openapi.pointers import split_pointer

LONGEST = MAX_REFERENCES - 1
"""References that may follow one another at one place of a value."""

_BRANCHES = ("allOf", "anyOf", "oneOf")
_SAME = ("not", "if", "then", "else")
_PREFIX = "#/components/schemas/"


def cut_circles(raw: dict[str, Any], defects: Defects) -> None:
    """Leave out each reference that closes such a circle, or makes such a chain longer than LONGEST."""
    schemas: dict[str, Any] = raw.get("components", {}).get("schemas", {})
    edges = {name: list(_same_place(schema)) for name, schema in schemas.items()}
    done: dict[str, int] = {}
    for name in schemas:
        _visit(name, edges, done, defects)


def _visit(start: str, edges: dict[str, list[dict[str, Any]]], done: dict[str, int], defects: Defects) -> None:
    """Visit what can be reached from a schema. ``done`` has the longest chain that begins at each schema that was visited to its end."""
    if start in done:
        return
    stack = [(start, iter(edges[start]))]
    is_open = {start}
    longest = {start: 0}
    while stack:
        name, waiting = stack[-1]
        for node in waiting:
            target = split_pointer(node["$ref"][1:])[-1]
            if target not in edges:
                continue
            if target in is_open or len(stack) >= LONGEST or done.get(target, 0) >= LONGEST - 1:
                why = "contains itself at the same place" if target in is_open else f"leads through more than {LONGEST} schemas"
                defects.at(("components", "schemas", name), f"the reference to {target} {why}", "read as if nothing were said there; remove it")
                del node["$ref"]
            elif target in done:
                longest[name] = max(longest[name], done[target] + 1)
            else:
                stack.append((target, iter(edges[target])))
                is_open.add(target)
                longest[target] = 0
                break
        else:
            stack.pop()
            is_open.discard(name)
            done[name] = longest[name]
            if stack:
                longest[stack[-1][0]] = max(longest[stack[-1][0]], done[name] + 1)


def _same_place(schema: Any) -> Iterator[dict[str, Any]]:
    """The nodes with a reference that apply to the same value as a schema."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict):
            continue
        if isinstance(node.get("$ref"), str) and node["$ref"].startswith(_PREFIX):
            yield node
        for key in _BRANCHES:
            waiting.extend(node.get(key, ()))
        waiting.extend(node[key] for key in _SAME if key in node)
        dependent = node.get("dependentSchemas")
        waiting.extend(dependent.values() if isinstance(dependent, dict) else ())
