"""Where a record or a list stands in a body."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mockserver.openapi.inference.identity import find_identity
from mockserver.openapi.inference.model import Confidence
from mockserver.openapi.inference.shapes import Shapes
from mockserver.openapi.inference.words import fold, singular, split
from mockserver.openapi.pointers import escape_part

_WRAPPERS = ("data", "result", "item", "response", "payload", "attributes", "record", "object", "entity", "resource", "body", "content", "value")
_AROUND = frozenset("data result item response payload record".split())
_LISTS = (
    "data",
    "items",
    "results",
    "values",
    "entries",
    "content",
    "records",
    "rows",
    "resources",
    "value",
    "list",
    "elements",
    "objects",
    "result",
    "hits",
    "nodes",
    "edges",
    "collection",
    "response",
    "payload",
    "_embedded",
    "embedded",
    "page",
)
_FURNITURE = frozenset("links errors warnings meta metadata paging pagination facets aggregations included messages actions".split())
_DEPTH = 3


@dataclass(frozen=True)
class BodyPlace:
    """A value in a body: pointer, schema, and whether a record stands in a list of one."""

    pointer: str
    schema: Any
    wrapped: bool = False
    identity: str | None = None
    confidence: Confidence = Confidence.LIKELY
    because: str = ""


def find_record(shapes: Shapes, schema: Any, placeholder: str, noun: str) -> BodyPlace | None:
    """Where the record stands in a body that shows one; None if the body is no object with properties, and no list of them."""
    if schema is None:
        return None
    best: BodyPlace | None = None
    for pointer, inner, wrapped in _candidates(shapes, schema, noun):
        found = find_identity(shapes, inner, placeholder, noun)
        if found is None:
            continue
        if pointer == "" and not wrapped and (inside := _inside(shapes, inner, placeholder, noun)) is not None:
            return inside
        if found[1] is Confidence.CERTAIN:
            return BodyPlace(pointer, inner, wrapped, *found)
        best = best or BodyPlace(pointer, inner, wrapped, *found)
    if best is not None:
        return best
    return _without_identity(shapes, schema, noun)


def _inside(shapes: Shapes, schema: Any, placeholder: str, noun: str) -> BodyPlace | None:
    """The record of a body that shows the key beside it, as ``{"id": 1, "result": {…}}``."""
    properties = shapes.of(schema).properties
    scalars = sum(shapes.of(inner).is_scalar for inner in properties.values())
    for name, inner in properties.items():
        if fold(name) in _AROUND and len(shapes.of(inner).properties) > 2 * scalars:
            found = find_identity(shapes, inner, placeholder, noun)
            place = BodyPlace(f"/{escape_part(name)}", inner, because="the key stands beside the record")
            return place if found is None or found[1] is not Confidence.CERTAIN else BodyPlace(place.pointer, inner, False, *found)  # noqa: FBT003 - in no list
    return None


def _without_identity(shapes: Shapes, schema: Any, noun: str) -> BodyPlace | None:
    shape = shapes.of(schema)
    if shape.is_list:
        inner = shapes.of(shape.items)
        return BodyPlace("", shape.items, wrapped=True, because="no property is the key") if inner.properties else None
    if not shape.properties:
        return None
    named = [name for name in shape.properties if singular(fold(name)) == fold(noun) or fold(name) in _WRAPPERS]
    for name in named:
        if shapes.of(shape.properties[name]).properties and (len(named) == 1 or len(shape.properties) <= 2):  # noqa: PLR2004 - the record and one more
            return BodyPlace(f"/{escape_part(name)}", shape.properties[name], because="no property is the key")
    return BodyPlace("", schema, because="no property is the key")


def _candidates(shapes: Shapes, schema: Any, noun: str) -> Iterator[tuple[str, Any, bool]]:
    """Objects in a body with their pointers, breadth first, the likeliest of each level first."""
    level: list[tuple[str, Any, bool]] = [("", schema, False)]
    seen: set[int] = set()
    for _ in range(_DEPTH):
        below: list[tuple[str, Any, bool]] = []
        for pointer, here, wrapped in level:
            shape = shapes.of(here)
            if id(shape) in seen:
                continue
            seen.add(id(shape))
            if shape.is_list and shape.items is not None:
                if not wrapped and (pointer == "" or shapes.of(shape.items).properties):
                    below.append((pointer, shape.items, True))
                continue
            if not shape.properties:
                continue
            yield pointer, here, wrapped
            if wrapped:
                continue
            ranked = sorted(shape.properties.items(), key=lambda entry: _rank(entry[0], noun))
            below += [(f"{pointer}/{escape_part(name)}", inner, False) for name, inner in ranked if _rank(name, noun) < len(_WRAPPERS) + 2]
        level = below


def _rank(name: str, noun: str) -> int:
    folded, words = fold(name), split(name)
    if (
        folded == fold(noun)
        or "_".join([*words[:-1], singular(words[-1])] if words else []) == noun
        or (words and singular(words[-1]) == noun.rpartition("_")[2])
    ):
        return 0
    return 1 + _WRAPPERS.index(folded) if folded in _WRAPPERS else 100


def find_list(shapes: Shapes, schema: Any, noun: str, record: str = "") -> BodyPlace | None:
    """Where the list stands in a body that shows one; ``record`` is the component of the records, if it is known."""
    if schema is None:
        return None
    found: list[tuple[tuple[int, int], BodyPlace]] = []
    level: list[tuple[str, Any]] = [("", schema)]
    for depth in range(_DEPTH):
        below: list[tuple[str, Any]] = []
        for pointer, here in level:
            shape = shapes.of(here)
            if "array" in shape.kinds and shape.items is not None:
                inner = shapes.of(shape.items)
                if inner.is_object or inner.is_scalar or inner.is_open:
                    name = pointer.rpartition("/")[2]
                    rank = _list_rank(name, noun) if pointer else 0
                    if record and shapes.component(shape.items) == record:
                        rank = 0
                    elif inner.is_scalar and pointer:
                        rank += 50
                    found.append(((rank + depth, len(found)), BodyPlace(pointer, shape.items)))
                continue
            for name, inner in shape.properties.items():
                if (fold(name) not in _FURNITURE or _list_rank(name, noun) == 1) and (depth == 0 or _list_rank(name, noun) < 60):  # noqa: PLR2004 - a name that lists have
                    below.append((f"{pointer}/{escape_part(name)}", inner))
        if found and min(rank for rank, _ in found)[0] < 60:  # noqa: PLR2004 - a name that lists have
            break
        level = below
    if not found:
        return None
    (rank, _), place = min(found, key=lambda entry: entry[0])
    if rank < 60:  # noqa: PLR2004 - a name that lists have
        return BodyPlace(place.pointer, place.schema, confidence=Confidence.CERTAIN)
    lists = [place for (_, _), place in found if place.pointer.count("/") == 1]
    others = shapes.of(schema).properties
    if len(lists) == 1 and len(others) <= 6:  # noqa: PLR2004 - the list and what counts its pages
        sure = len(others) == 1 and shapes.of(lists[0].schema).properties
        return BodyPlace(lists[0].pointer, lists[0].schema, confidence=Confidence.CERTAIN if sure else Confidence.LIKELY)
    return None


def _list_rank(name: str, noun: str) -> int:
    folded, words = fold(name), split(name)
    if not words:
        return 99
    if "_".join([*words[:-1], singular(words[-1])]) == noun or singular(words[-1]) == noun.rpartition("_")[2]:
        return 1
    if folded in _LISTS:
        return 2 + _LISTS.index(folded)
    return 70
