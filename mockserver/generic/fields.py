"""What the server sets on a record: key, moments, and what no client sends."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from mockserver.core.base.faults import Conflict
from mockserver.core.state.world import Transaction
from mockserver.generic.records import ANY, Item, Records, label
from mockserver.generic.values import MISSING, ValueMaker, type_key
from mockserver.openapi.inference.identity import find_identity
from mockserver.openapi.inference.model import Family
from mockserver.openapi.inference.routes import read_template
from mockserver.openapi.inference.shapes import SCALARS
from mockserver.openapi.inference.words import fold, singular, split

CREATED = frozenset(
    """
    created createdat createdon createddate creationdate createtime createdtime datecreated creationtime timecreated
    inserted insertedat addedat registered registeredat
    """.split()
)
UPDATED = frozenset(
    """
    updated updatedat updatedon updateddate updatetime modified modifiedat modifiedon lastmodified lastupdated
    lastmodifiedat dateupdated datemodified updatedtime modifiedtime lastmodifieddate changed changedat
    """.split()
)
_INITIAL = (
    "pending",
    "draft",
    "new",
    "created",
    "queued",
    "requested",
    "scheduled",
    "open",
    "unpaid",
    "submitted",
    "processing",
    "inprogress",
    "active",
)
"""States in which records begin, the likeliest first."""
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
        self.views: dict[str, Any] = {}
        self.read_only = frozenset(name for name, schema in self.shape.properties.items() if resolve(schema).get("readOnly")) | {
            *self.family.server_set
        }
        self.write_only = frozenset(name for name, schema in self.shape.properties.items() if resolve(schema).get("writeOnly")) | {
            *self.family.write_only
        }
        self.created = tuple(name for name in self.shape.properties if fold(name) in CREATED and self._is_moment(name))
        self.updated = tuple(name for name in self.shape.properties if fold(name) in UPDATED and self._is_moment(name))

    def fit(self, data: Mapping[str, Any], sent: Collection[str] = ()) -> dict[str, Any]:
        """The data of a record as its schema allows them, and, except for what a client sent, as the lists that show it allow them."""
        fitted = self.values.fit(self.family.schema, dict(data), noun=self.family.noun)
        kept: dict[str, Any] = fitted if isinstance(fitted, dict) else dict(data)
        for name, schema in self.views.items():
            if name not in kept or name in sent or name == self.family.identity or self.values.is_valid(schema, kept[name]):
                continue
            other = self.values.fit(schema, MISSING, name, self.family.noun)
            if self.values.is_valid(self.shape.properties[name], other):
                kept = {**kept, name: other}
        return kept

    def see(self, schema: Any) -> None:
        """Take note of another schema that shows records of the family: what it says of their scalars holds too."""
        for name, inner in self.values.shapes.of(schema).properties.items():
            mine = self.shape.properties.get(name)
            if mine is not None and mine != inner and self.values.shapes.of(inner).is_scalar and self.values.shapes.of(mine).is_scalar:
                self.views.setdefault(name, inner)

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

    def complete(
        self, world: Transaction, placed: Mapping[str, Any], sendable: frozenset[str], parents: Mapping[str, str], key: Any
    ) -> dict[str, Any]:
        """The data of a new record: what was sent and placed, then what the server sets. ``sendable`` are the properties that a client may send."""
        family = self.family
        data = dict(placed)
        if family.identity is not None:
            data[family.identity] = key
        data |= self.parent_keys(parents)
        for name in (*self.created, *self.updated):
            if name not in data:
                data[name] = self.moment(name, world.now)
        for name, schema in self.shape.properties.items():
            if name in data:
                continue
            if name in family.starts:
                data[name] = family.starts[name]
                continue
            declared = self.values.shapes.resolve(schema)
            if "default" in declared:
                data[name] = declared["default"]
            elif name in self.shape.required or (
                (name not in sendable or name in family.server_set) and name not in self.write_only and self._is_plain(schema)
            ):
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
            if name in self.shape.properties:
                placed[name] = value if name in self._scalars else self._nested(self.shape.properties[name], name, value)
            elif not self.shape.properties:
                placed[name] = value
            elif (holder := self._holders.get(name)) is not None and holder not in sent:
                inner = placed.get(holder)
                placed[holder] = {**(inner if isinstance(inner, dict) else {}), name: value}
        return placed

    def _nested(self, schema: Any, name: str, value: Any) -> Any:
        """A key that is sent where the record shows an object: an object with this key."""
        shape = self.values.shapes.of(schema)
        if shape.is_list and isinstance(value, list) and shape.items is not None:
            return [self._nested(shape.items, singular(name), one) for one in value]
        if not shape.is_object or shape.kinds & SCALARS or isinstance(value, bool) or not isinstance(value, str | int):
            return value
        identity = find_identity(self.values.shapes, schema, "", singular(fold(name)))
        return value if identity is None else {identity[0]: value}

    @cached_property
    def _scalars(self) -> frozenset[str]:
        """The properties of the record that hold neither an object nor a list."""
        shapes = {name: self.values.shapes.of(schema) for name, schema in self.shape.properties.items()}
        return frozenset(name for name, shape in shapes.items() if not shape.is_list and (not shape.is_object or shape.kinds & SCALARS))

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
            by_name = {fold(str(one)): one for one in reversed(enum)}
            return next((by_name[one] for one in _INITIAL if one in by_name), enum[0])
        return self.values.make(schema, name, self.family.noun, depth=1, full=False)

    @cached_property
    def parent_fields(self) -> Mapping[str, str]:
        """The properties that hold the key of a record above this one, with the name under which records keep it."""
        found: dict[str, str] = {}
        for scope in self.family.scopes:
            names = [name for name, family in self.family.references.items() if family == scope.parent]
            names += [name for name in self.shape.properties if fold(name) == fold(scope.placeholder) and name != self.family.identity]
            found |= {name: label(scope) for name in names if self.values.shapes.of(self.shape.properties[name]).is_scalar}
        return found

    def parent_keys(self, parents: Mapping[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, above in self.parent_fields.items():
            value = parents.get(above, ANY)
            if value != ANY:
                found[name] = type_key(self.values.shapes.of(self.shape.properties[name]).kinds, value)
        return found

    def invent(self, world: Transaction, parents: Mapping[str, str], key: str) -> dict[str, Any]:
        """The data of a record that was there before the first call; the same for the same key and seed."""
        data = self.draft(world, parents, self.type_key(key))
        return self.fit(data)

    def draft(self, world: Transaction, parents: Mapping[str, str], key: Any) -> dict[str, Any]:
        """The data of a record from its schema, with its key and the keys of the records above it; whether they fit is not known."""
        self.values.seed(world.seed, self.records.table.name, key, *parents.values())
        made = self.values.make(self.family.schema, noun=self.family.noun)
        own = {} if self.family.identity is None else {self.family.identity: key}
        return {**(made if isinstance(made, dict) else {}), **own, **self.parent_keys(parents)}

    def type_key(self, key: str) -> int | str:
        """A key as the type that its property has."""
        return type_key(self.values.shapes.of(self.shape.properties.get(self.family.identity or "", self.family.key)).kinds, key)

    def is_key(self, value: Any) -> bool:
        """Whether a value that a client sends can be the key: its property and the path allow it."""
        kinds = self.values.shapes.of(self.family.key).kinds
        in_path = value if kinds & {"integer", "number"} else str(value)
        own = self.shape.properties.get(self.family.identity or "", {})
        return self.values.is_valid(own, value) and self.values.is_valid(self.family.key, in_path)

    def named_keys(self, body: Mapping[str, Any]) -> list[Any]:
        """The keys that a body names in properties such as ``user_id``, ``userIds`` or ``id``."""
        noun, own = fold(self.family.noun), fold(self.family.identity or "id")
        placeholder = fold(read_template(self.family.item).key) if self.family.item else ""
        names = {placeholder, placeholder + "s", own, own + "s", noun, noun + "s", noun + own, noun + own + "s", f"{noun}s"}
        found: list[Any] = []
        for name, value in body.items():
            if fold(name) in names or singular(fold(name)) == noun:
                found += [one.get(self.family.identity) if isinstance(one, dict) else one for one in (value if isinstance(value, list) else [value])]
        return [one for one in found if isinstance(one, str | int)]

    def hide(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The data of a record without what is only written."""
        return {name: value for name, value in data.items() if name not in self.write_only} if self.write_only else dict(data)

    def shown(self, item: Item) -> dict[str, Any]:
        """A record as answers show it: without what is only written, and with its key if the document has no property for it."""
        shown = self.hide(item.data)
        return shown | self._key_beside(item.key) if self._key_name else shown

    @cached_property
    def _key_name(self) -> str:
        """The name under which a key is shown that no property of the document holds: that of the placeholder; empty if the record is closed."""
        family = self.family
        if family.identity is not None or not family.item or family.is_singleton or not self.shape.properties:
            return ""
        name = read_template(family.item).key
        return "" if name in self.shape.properties or self.values.is_closed(family.schema) else name

    def _key_beside(self, key: str) -> dict[str, Any]:
        return {self._key_name: type_key(self.values.shapes.of(self.family.key).kinds, key)}
