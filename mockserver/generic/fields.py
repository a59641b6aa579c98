"""What the server sets on a record: key, moments, and what no client sends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from mockserver.core.base.faults import Conflict
from mockserver.core.state.world import Transaction
from mockserver.generic.records import ANY, Records
from mockserver.generic.values import MISSING, ValueMaker, type_key
from mockserver.openapi.inference.model import Family
from mockserver.openapi.inference.words import fold, split

_CREATED = frozenset(
    """
    created createdat createdon createddate creationdate createtime createdtime datecreated creationtime timecreated
    inserted insertedat addedat registered registeredat
    """.split()
)
_UPDATED = frozenset(
    """
    updated updatedat updatedon updateddate updatetime modified modifiedat modifiedon lastmodified lastupdated
    lastmodifiedat dateupdated datemodified updatedtime modifiedtime lastmodifieddate changed changedat
    """.split()
)
_EPOCH_MS = 10**11
_KEYS = 50
"""How many keys are tried for a new record; a schema with a list of values has few."""
_SAFE = re.compile(r"[^A-Za-z0-9_.~-]+")


class FieldMaker:
    """Makes the values that the server sets on the records of one family."""

    def __init__(self, records: Records, values: ValueMaker) -> None:
        self.records = records
        self.family: Family = records.family
        self.values = values
        self.shape = values.shapes.of(self.family.schema)
        resolve = values.shapes.resolve
        self.read_only = frozenset(name for name, schema in self.shape.properties.items() if resolve(schema).get("readOnly"))
        self.write_only = frozenset(name for name, schema in self.shape.properties.items() if resolve(schema).get("writeOnly"))
        self.created = tuple(name for name in self.shape.properties if fold(name) in _CREATED and self._is_moment(name))
        self.updated = tuple(name for name in self.shape.properties if fold(name) in _UPDATED and self._is_moment(name))

    def _is_moment(self, name: str) -> bool:
        shape = self.values.shapes.of(self.shape.properties[name])
        return bool(shape.kinds & {"string", "integer", "number"}) and not shape.is_object

    def draw_key(self, world: Transaction, parents: Mapping[str, str]) -> Any:
        """The key of a new record, in the type of its property: no other record has it. Raises Conflict if its schema allows no further one."""
        kind = f"{self.records.table.name}.key"
        for _ in range(_KEYS):
            key = self.make_key(world.seed, world.draw(kind))
            if self.records.find(world, parents, str(key)) is None:
                return key
        raise Conflict(f"every key that a {self.family.noun} may have is taken")

    def make_key(self, seed: int, number: int) -> Any:
        """The number-th key of the family."""
        identity = self.family.identity
        schema = self.values.shapes.resolve(self.shape.properties.get(identity or "", self.family.key))
        own, named = self.values.shapes.of(schema).kinds, self.values.shapes.of(self.family.key).kinds
        if {"integer", "number"} & (own or named) or named == {"integer"}:
            low = max([bound for bound in (schema.get("minimum"), self.family.key.get("minimum")) if isinstance(bound, int)], default=1)
            whole = max(low, 1) + number - 1
            return str(whole) if own == {"string"} else whole
        self.values.seed(seed, self.records.table.name, "key", number)
        for wanted in (schema, self.family.key):
            text = self._text_key(wanted, number)
            if isinstance(text, str) and self.values.is_valid(dict(self.family.key), text) and self.values.is_valid(dict(schema), text):
                return text
        return self.values.make(dict(schema) or {"type": "string"}, identity or "id", self.family.noun)

    def _text_key(self, schema: Mapping[str, Any], number: int) -> Any:
        example = schema.get("example")
        if schema.get("pattern") or schema.get("format") in ("uuid", "date", "date-time", "email", "uri", "hostname", "ipv4", "ipv6"):
            return self.values.make(dict(schema), self.family.identity or "id", self.family.noun)
        if isinstance(example, str) and any(letter.isdigit() for letter in example) and not _SAFE.search(example):
            return self.values.imitate(example)
        word = _SAFE.sub(
            "-",
            str(
                self.values.fake.slug()
                if split(self.family.identity or "")[-1:] in (["slug"], ["name"], ["username"], ["login"])
                else self.family.noun
            ),
        )
        text = f"{word}-{number}" if schema.get("maxLength", 99) > len(word) + 6 else str(number)
        return text.ljust(schema.get("minLength", 0), "0")

    def moment(self, name: str, now: datetime) -> Any:
        """A moment in the form that a property has: text of a date or a time, seconds or milliseconds since 1970."""
        schema = self.values.shapes.resolve(self.shape.properties[name])
        shape = self.values.shapes.of(schema)
        if "string" in shape.kinds:
            written = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            return now.date().isoformat() if "date" in shape.formats else written
        example = shape.example
        seconds = now.timestamp()
        in_milliseconds = isinstance(example, int | float) and example > _EPOCH_MS
        return int(seconds * 1000) if in_milliseconds else int(seconds)

    def touch(self, world: Transaction, data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
        """The data of a record that was changed now. A moment that is among the changes stays."""
        return {**data, **{name: self.moment(name, world.now) for name in self.updated if name not in changes}}

    def complete(self, world: Transaction, sent: Mapping[str, Any], sendable: frozenset[str], parents: Mapping[str, str], key: Any) -> dict[str, Any]:
        """The data of a new record: what was sent, then what the server sets. ``sendable`` are the properties that a client may send."""
        family = self.family
        data = self.place(sent)
        if family.identity is not None:
            data[family.identity] = key
        data |= self._parent_keys(parents)
        for name in (*self.created, *self.updated):
            if name not in data:
                data[name] = self.moment(name, world.now)
        for name, schema in self.shape.properties.items():
            if name in data:
                continue
            declared = self.values.shapes.resolve(schema)
            if "default" in declared:
                data[name] = declared["default"]
            elif name in self.shape.required or (name not in sendable and name not in self.write_only and self._is_plain(schema)):
                made = self._make_initial(name, schema)
                if made is not MISSING:
                    data[name] = made
        return data

    def place(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """What of a body is stored: each field where the record has it, at its top or in the one object of it that has a property of this name."""
        placed: dict[str, Any] = {}
        for name, value in sent.items():
            if name in self.read_only:
                continue
            if name in self.shape.properties or not self.shape.properties:
                placed[name] = value
            elif (holder := self._holders.get(name)) is not None and holder not in sent:
                inner = placed.get(holder)
                placed[holder] = {**(inner if isinstance(inner, dict) else {}), name: value}
        return placed

    @cached_property
    def _holders(self) -> dict[str, str]:
        """By a name that is no property of the record, the one object of the record that has such a property."""
        found: dict[str, list[str]] = {}
        for holder, schema in self.shape.properties.items():
            inner = self.values.shapes.of(schema)
            for name in inner.properties if inner.is_object and holder not in self.family.references else ():
                found.setdefault(name, []).append(holder)
        return {name: holders[0] for name, holders in found.items() if len(holders) == 1 and name not in ("id", "name", "type")}

    def _is_plain(self, schema: Any) -> bool:
        shape = self.values.shapes.of(schema)
        return shape.is_scalar and not shape.is_open

    def _make_initial(self, name: str, schema: Any) -> Any:
        """The value that a property has on a new record. Moments of what has not happened yet are left out if they may be."""
        declared = self.values.shapes.resolve(schema)
        if name not in self.shape.required and split(name)[-1:] in (["at"], ["date"], ["on"], ["time"]):
            return None if declared.get("nullable") or "null" in (declared.get("type") or ()) else MISSING
        enum = declared.get("enum")
        if isinstance(enum, list) and enum and fold(name) in ("status", "state"):
            return enum[0]
        return self.values.make(schema, name, self.family.noun, depth=1, full=False)

    def _parent_keys(self, parents: Mapping[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, family in self.family.references.items():
            value = parents.get(family)
            if value is None or value == ANY:
                continue
            shape = self.values.shapes.of(self.shape.properties[name])
            if shape.is_list:
                continue
            found[name] = type_key(shape.kinds, value)
        return found

    def shown(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The data of a record as answers show it."""
        return {name: value for name, value in data.items() if name not in self.write_only} if self.write_only else data
