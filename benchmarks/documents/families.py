"""The resource families that path and schema make clear, without anything that a server understands of a document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.openapi.documents import Document
from mockserver.openapi.inference.shapes import Shapes, body_schema, success_schema
from mockserver.openapi.operations import OperationSpec

FAMILIES = 15
"""Families of one document that are tried at most."""
PLACEHOLDER = re.compile(r"\{([^}]+)\}")
KEYS = ("id", "uuid", "gid", "sid", "key", "slug", "code", "name", "number", "login", "username")
"""Names of keys, the likeliest first."""
LISTS = frozenset("data items results values entries content records rows resources value list elements objects result".split())
"""Usual names of lists in their bodies."""


def fold(name: str) -> str:
    """A name without case and separators."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@dataclass(frozen=True)
class Clear:
    """A family that path and schema make clear."""

    item: str
    collection: str
    at_item: Mapping[str, OperationSpec]
    at_collection: Mapping[str, OperationSpec]

    @property
    def placeholder(self) -> str:
        """The placeholder of the key."""
        return str(PLACEHOLDER.findall(self.item)[-1])


def clear_families(document: Document, shapes: Shapes) -> list[Clear]:
    """A path that ends in a placeholder and is read as an object, below a collection in which JSON creates."""
    paths: dict[str, dict[str, OperationSpec]] = {}
    for one in document.operations:
        paths.setdefault(one.path.rstrip("/"), {})[one.method] = one
    found = []
    for item, at_item in paths.items():
        collection, _, last = item.rpartition("/")
        if not PLACEHOLDER.fullmatch(last) or "POST" not in paths.get(collection, {}) or "GET" not in at_item:
            continue
        if any(other.rpartition("/")[0] == item and PLACEHOLDER.fullmatch(other.rpartition("/")[2]) for other in paths):
            continue  # one more placeholder names the record
        create, shown = paths[collection]["POST"], success_schema(at_item["GET"])
        sent = body_schema(create)
        is_json = any("json" in media_type for media_type in create.content)
        if is_json and shown is not None and shapes.of(shown).is_object and sent is not None and shapes.of(sent).properties:
            found.append(Clear(item, collection, at_item, paths[collection]))
    return found[:FAMILIES]


def objects(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in a value, the outermost first."""
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from objects(inner)


def key_names(path: str, placeholder: str) -> list[str]:
    """The folded names that the key of a family may have, the likeliest first."""
    noun = fold(path.rpartition("/")[2]).rstrip("s")
    return [fold(placeholder), f"{noun}id", f"{noun}key", *KEYS]


def find_key(body: Any, names: list[str]) -> Any:
    """The value of the first name that an object of a body has, the outermost object first; None if no object has one."""
    for holder in objects(body):
        for name in names:
            for key, value in holder.items():
                if fold(key) == name and isinstance(value, str | int) and not isinstance(value, bool):
                    return value
    return None


def find_item(body: Any, key: Any, names: list[str]) -> dict[str, Any] | None:
    """The object of a list that has a key; None if there is none."""
    holders = [holder for holder in objects(body) if any(str(value) == str(key) for value in holder.values())]
    named = next((one for one in holders if any(fold(name) in names and str(value) == str(key) for name, value in one.items())), None)
    return named if named is not None or str(key).isdigit() else next(iter(holders), None)  # a number may be anything


def shows_list(shapes: Shapes, schema: Any, noun: str) -> bool:
    """Whether a schema is a list or an object with one: the only one, or one that has a usual name or that of the collection."""
    shape = shapes.of(schema)
    if shape.is_list:
        return True
    for _ in range(2):
        names = [name for name, inner in shape.properties.items() if shapes.of(inner).is_list]
        if names:
            return len(names) == 1 or any(fold(name) in LISTS or fold(name).rstrip("s") == fold(noun).rstrip("s") for name in names)
        inner = [
            one
            for one in map(shapes.of, shape.properties.values())
            if one.is_object and any(shapes.of(part).is_list for part in one.properties.values())
        ]
        if len(inner) != 1:
            return False
        shape = inner[0]
    return False


def items_of(body: Any) -> list[Any] | None:
    """The outermost list of a body, one of objects first; None if there is none."""
    level, scalars = [body], None
    for _ in range(3):
        lists = [node for node in level if isinstance(node, list)]
        found = next((one for one in lists if any(isinstance(item, dict) for item in one)), None)
        if found is not None:
            return found
        scalars = scalars if scalars is not None else next(iter(lists), None)
        level = [inner for node in level if isinstance(node, dict) for inner in node.values()]
    return scalars
