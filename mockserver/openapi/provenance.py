"""Where a constraint comes from: the vendor's page describes it, or we assumed it. ``x-provenance`` says so, of a place or of single keywords."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mockserver.openapi.documents import METHODS, Document
from mockserver.openapi.pointers import join_pointer

ASSUMED, DESCRIBED, LISTED = "assumed", "described", "listed"
NOT_DESCRIBED = (ASSUMED, LISTED)
"""Of an operation whose page gives only name and path, everything below them was assumed."""
KEYWORDS = (
    *("type", "format", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "required", "additionalProperties", "not"),
)
"""Keywords of a schema that restrict a value."""
LIMITS = ("x-max-bytes", "x-max-pixels", "x-media-types", "x-filename-pattern")
"""Keywords of ours that restrict what may be sent."""
OF_ROWS = ("status", "message", "code", "field")
"""Keys of a row of ``x-errors`` that an answer is compared with."""


@dataclass(frozen=True)
class Constraint:
    """One constraint of a document: the place as a JSON pointer, keyword, value, and whether we assumed it."""

    place: str
    keyword: str
    value: Any
    assumed: bool


def is_assumed(node: Mapping[str, Any], keyword: str, inherited: bool = False) -> bool:  # noqa: FBT001, FBT002 - what stands above
    """Whether a keyword of a node was assumed. A name of ``required`` may be marked alone, as ``required/name``."""
    said = node.get("x-provenance")
    if isinstance(said, str):
        return said in NOT_DESCRIBED
    if isinstance(said, Mapping):
        found = said.get(keyword, said.get(keyword.partition("/")[0]))
        return inherited if found is None else found == ASSUMED
    return inherited


def constraints(document: Document) -> Iterator[Constraint]:
    """Every constraint of a document that an implementation is judged by, in the order of the document."""
    raw = document.raw
    for path, item in raw["paths"].items():
        for method in METHODS:
            if method in item:
                yield from _constraints(item[method], ("paths", path, method), assumed=False)
    for part in ("parameters", "requestBodies", "responses", "headers", "schemas"):
        for name, node in raw.get("components", {}).get(part, {}).items():
            yield from _constraints(node, ("components", part, name), assumed=False)
    yield from _rows(raw.get("x-errors", {}), ("x-errors",), assumed=False)


def _constraints(node: Any, path: tuple[str | int, ...], *, assumed: bool) -> Iterator[Constraint]:
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from _constraints(item, (*path, number), assumed=assumed)
    if not isinstance(node, dict):
        return
    said = node.get("x-provenance")
    here = said in NOT_DESCRIBED if isinstance(said, str) else assumed
    place = join_pointer(path)
    if _is_schema(path, node):
        for keyword in KEYWORDS:
            if keyword == "required" and isinstance(node.get(keyword), list):
                yield from (Constraint(place, keyword, name, is_assumed(node, f"required/{name}", here)) for name in node[keyword])
            elif keyword in node:
                yield Constraint(place, keyword, node[keyword], is_assumed(node, keyword, here))
    yield from (Constraint(place, keyword, node[keyword], is_assumed(node, keyword, here)) for keyword in LIMITS if keyword in node)
    for key, inner in node.items():
        if key == "x-errors":
            yield from _rows(inner, (*path, key), assumed=here)
        elif not key.startswith("x-") and key not in ("example", "examples", "enum", "default", "links", "externalDocs"):
            below = said if isinstance(said, Mapping) and key == "schema" else None
            marked = {**inner, "x-provenance": {**below, **_marks(inner)}} if below and isinstance(inner, dict) else inner
            yield from _constraints(marked, (*path, key), assumed=here)


def _marks(node: Mapping[str, Any]) -> Mapping[str, str]:
    said = node.get("x-provenance", {})
    return said if isinstance(said, Mapping) else {}


def _rows(rows: Mapping[str, Any], path: tuple[str | int, ...], *, assumed: bool) -> Iterator[Constraint]:
    for name, row in rows.items():
        for key in OF_ROWS:
            if isinstance(row, dict) and key in row:
                yield Constraint(join_pointer((*path, name)), key, row[key], is_assumed(row, key, assumed))


def _is_schema(path: tuple[str | int, ...], node: Mapping[str, Any]) -> bool:
    """Whether a node below ``path`` is a schema, and not a mapping of names to schemas, a parameter or a body."""
    if "in" in node and "name" in node:
        return False
    holder = path[-2] if len(path) > 1 else ""
    return path[-1] in ("schema", "items", "additionalProperties", "not") or holder in ("properties", "schemas", "allOf", "anyOf", "oneOf")


def described(document: Document) -> Document:
    """The document without what was assumed: what breaks its schemas breaks the vendor's page."""
    raw = {key: value if key == "components" else _described(value, assumed=False) for key, value in document.raw.items()}
    if "components" in raw:
        raw["components"] = {
            part: value if part == "x-discrepancies" else _described(value, assumed=False) for part, value in document.raw["components"].items()
        }
    return replace(document, raw=raw)


def _described(node: Any, *, assumed: bool) -> Any:
    if isinstance(node, list):
        return [_described(item, assumed=assumed) for item in node]
    if not isinstance(node, dict):
        return node
    said = node.get("x-provenance")
    here = said in NOT_DESCRIBED if isinstance(said, str) else assumed
    kept: dict[str, Any] = {}
    marked = said if isinstance(said, Mapping) else {}
    for key, value in node.items():
        if key == "schema":
            below = {**value, "x-provenance": {**marked, **_marks(value)}} if marked and "$ref" not in value else value
            kept[key] = {} if here else _described(below, assumed=False)
        elif key == "headers":
            kept[key] = {name: _described(header, assumed=here) for name, header in value.items()}
        elif key == "required" and isinstance(value, list):
            kept[key] = [name for name in value if not is_assumed(node, f"required/{name}", here)]
        elif key == "required" and isinstance(value, bool):
            kept[key] = bool(value) and not is_assumed(node, key, here)
        elif key not in KEYWORDS or not is_assumed(node, key, here):
            kept[key] = value if key.startswith("x-") or key in ("example", "examples", "enum") else _described(value, assumed=here)
    if kept.get("required") == []:
        del kept["required"]
    return kept
