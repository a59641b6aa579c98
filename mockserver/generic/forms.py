"""How people write the records of a document's families: which properties there are, and what the server computes of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.core.state.codec import Misfits
from mockserver.core.state.field_schemas import DEPTH
from mockserver.core.state.forms import Given, Member
from mockserver.core.state.world import Transaction
from mockserver.generic.engine import SINGLE, Engine
from mockserver.generic.records import ANY, Item
from mockserver.openapi.errors import Violation
from mockserver.openapi.inference.shapes import Shapes

_KEPT = ("description", "default", "minLength", "maxLength", "pattern", "minimum", "maximum", "minItems", "maxItems", "nullable", "readOnly")
"""What is shown of a schema besides its type, its values and its parts."""
_TYPES = ("object", "array", "string", "integer", "number", "boolean")
_MEMBERS = 100
"""Properties of one nested object that are shown."""


class FamilyForm:
    """The form of the records of one family."""

    def __init__(self, engine: Engine, family: str) -> None:
        self._engine = engine
        self._records = engine.shelves[family]
        self._maker = engine.makers[family]
        # The key is given in its property, where there is one.
        key: Given = "once" if self._records.family.identity is None and not self._records.family.is_singleton else "never"
        self.given: Mapping[str, Given] = {"id": "never", "scope": "never", "key": key, "parents": "once"}

    def members(self) -> Mapping[str, Sequence[Member]]:
        """The properties of the record, and the records above it."""
        shapes, family = self._engine.values.shapes, self._records.family
        shape = shapes.of(family.schema)
        above = [
            Member(name, {"type": "string"}, name not in self._records.free, None if name in self._records.free else name, "once")
            for name in self._records.labels
        ]
        given: dict[str | None, Given] = {**dict.fromkeys(self._maker.parent_fields, "never"), family.identity: "once"}
        own = [
            Member(name, tell_schema(shapes, schema), name in shape.required, family.references.get(name), given.get(name, "always"))
            for name, schema in shape.properties.items()
        ]
        return {"parents": above, "data": own}

    def complete(self, world: Transaction, sent: Mapping[str, Any], misfits: Misfits) -> Mapping[str, Any]:
        """The fields of a new record. Its key is the one that was sent, in ``key`` or in its property, or the next one."""
        data, parents = sent.get("data", {}), sent.get("parents", {})
        if "id" in sent:
            return sent
        if not isinstance(data, dict) or not isinstance(parents, dict) or not all(isinstance(value, str) for value in parents.values()):
            return {"id": "", "key": "", "scope": "", "parents": {}, "data": {}, **sent}
        self._check_above(world, parents, misfits)
        family = self._records.family
        key = sent.get("key") or data.get(family.identity or "")
        if not isinstance(key, str | int) or isinstance(key, bool):
            key = SINGLE if family.is_singleton else self._maker.draw_key(world, parents)
        own = {} if family.identity is None else {family.identity: self._maker.type_key(str(key))}
        item = self._records.new(parents, str(key), {**data, **own, **self._maker.parent_keys(parents)})
        return {**sent, "id": item.id, "key": item.key, "scope": item.scope, "parents": dict(item.parents), "data": item.data}

    def _check_above(self, world: Transaction, parents: Mapping[str, str], misfits: Misfits) -> None:
        for name in parents:
            if name not in self._records.labels:
                misfits.add(f"/parents/{name}", f"is none of {', '.join(self._records.labels) or 'the records above it: there are none'}")
        for name in self._records.labels:
            value = parents.get(name)
            if name in self._records.free or value == ANY:
                continue
            if not value:
                misfits.add(f"/parents/{name}", "is missing")
            elif self._engine.find(world, name, parents, value) is None:
                misfits.add(f"/parents/{name}", f"refers to {value!r}, which {name} does not have")

    def find_fixed(self, found: Item, values: Mapping[str, Any], misfits: Misfits) -> None:
        """Note what would make the record another one: its key, and what it stands below."""
        for name in self.given:
            if name in values and values[name] != getattr(found, name):
                misfits.add(f"/{name}", "cannot change")
        identity, data = self._records.family.identity, values.get("data")
        if data is not None and identity is not None and identity in found.data and data.get(identity) != found.data[identity]:
            misfits.add(f"/data/{identity}", "cannot change, because it is the key of the record")

    def violations(self, before: Item | None, values: Mapping[str, Any]) -> list[Violation]:
        """What of the content breaks the document."""
        validator = self._engine.values.validator(self._records.family.schema)
        if validator is None or "data" not in values:
            return []
        known = set() if before is None else {(found.pointer, found.keyword, found.text) for found in validator.violations(before.data, "body")}
        return [
            Violation("body", f"/data{found.pointer}", found.keyword, found.text)
            for found in validator.violations(values["data"], "body")
            if (found.pointer, found.keyword, found.text) not in known
        ]


def tell_schema(shapes: Shapes, schema: Any, depth: int = DEPTH) -> dict[str, Any]:
    """A schema of a document for people: its references followed and its branches merged, some levels deep."""
    resolved, shape = shapes.resolve(schema), shapes.of(schema)
    told: dict[str, Any] = {name: resolved[name] for name in _KEPT if name in resolved}
    kinds = [kind for kind in _TYPES if kind in shape.kinds]
    if shape.is_object and "object" not in kinds:
        kinds.insert(0, "object")
    if "null" in (resolved.get("type") or ()) or None in shape.enum:
        told["nullable"] = True
    if shape.enum:
        told["enum"] = [value for value in shape.enum if value is not None]
    if len(kinds) > 1 and set(kinds) != {"integer", "number"}:
        return {**told, "anyOf": [{"type": kind} for kind in kinds]}
    if kinds:
        told["type"] = kinds[-1]
    if len(shape.formats) == 1:
        told["format"] = next(iter(shape.formats))
    if shape.is_list:
        told["items"] = tell_schema(shapes, shape.items, depth - 1) if depth > 0 and shape.items is not None else {}
    if shape.is_object and depth > 0:
        told["properties"] = {name: tell_schema(shapes, inner, depth - 1) for name, inner in list(shape.properties.items())[:_MEMBERS]}
    return told
