"""A vendor's own tables as the engine sees them: projections for answers, fields for what is sent, conditions, references."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from types import NoneType
from typing import Any, get_args

from mockserver.core.base.clock import iso
from mockserver.core.base.faults import Malformed, NotFound
from mockserver.core.operation.api import Api, Sent
from mockserver.core.state.codec import Misfits
from mockserver.core.state.mapping import FieldMapping, SchemaMapping
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction
from mockserver.generic.declared import Parent
from mockserver.generic.fields import CREATED, UPDATED
from mockserver.openapi.digits import read_digits
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import SetupError
from mockserver.openapi.inference.words import fold

CALLER, NOW = "caller", "now"
"""Values of conditions and of fields that are set: the id of the caller, the moment of the call."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A test of a record's field. ``wanted`` is the only value that passes, by which an index finds it, or NO_VALUE if several pass."""

    holds: Callable[[Any], bool]
    wanted: Any


NO_VALUE = object()
Requirements = Mapping[str, Requirement]
"""What is required of a record, by the path of a field."""


def equal(value: Any) -> Requirement:
    """The requirement for a value, whatever it is."""
    return Requirement(lambda mine: bool(mine == value), value)


def all_equal(values: Mapping[str, Any]) -> Requirements:
    """The requirement for the values of several fields."""
    return {name: equal(value) for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class PlayedCall:
    """One call of an operation that is played on typed tables.

    ``given`` are fields that a handler sets, or its conditions of a list; ``above`` are the records that the path leads through, by placeholder.
    """

    world: Transaction
    sent: Sent
    caller: Any
    given: Mapping[str, Any]
    above: Mapping[str, Any] = field(default_factory=dict)

    @property
    def caller_id(self) -> Any:
        return getattr(self.caller, "id", self.caller)

    def value(self, said: Any) -> Any:
        """A declared value: itself, the caller, or what a text names that begins with a dollar sign.

        That is something that was sent (``$path.name``, ``$query.name``, ``$body.name``), or a field of a record above
        (``$above.placeholder.field``).
        """
        if said == CALLER:
            return self.caller_id
        if isinstance(said, str) and said.startswith("$"):
            place, _, name = said[1:].partition(".")
            if place == "above":
                placeholder, _, field_name = name.partition(".")
                return getattr(self.above[placeholder], field_name)
            found = getattr(self.sent, place)
            return found.get(name) if isinstance(found, Mapping) else None
        return said

    def read(self, condition: Mapping[str, Any]) -> Requirements:
        """What a declared condition requires in this call. A value that was sent or stored goes into ``equal``, where no text names anything else."""
        return {path: self._read_requirement(said) for path, said in condition.items()}

    def _read_requirement(self, said: Any) -> Requirement:
        if isinstance(said, list):
            requirements = list(map(self._read_requirement, said))
            return Requirement(lambda mine: any(one.holds(mine) for one in requirements), NO_VALUE)
        if not isinstance(said, Mapping):
            return equal(self.value(said))
        if "not" in said:
            other = self._read_requirement(said["not"])
            return Requirement(lambda mine: not other.holds(mine), NO_VALUE)
        if "same" in said:
            folded = str(self.value(said["same"])).casefold()
            return Requirement(lambda mine: str(mine).casefold() == folded, NO_VALUE)
        lacking = self.value(said["lacks"])
        return Requirement(lambda mine: lacking not in mine, NO_VALUE)


class Shown(Mapping[str, Any]):
    """A record as answers show it; made when it is first looked at, because most records of a list are not on its page."""

    __slots__ = ("_call", "_made", "_view", "record")

    def __init__(self, view: TypedView, call: PlayedCall, record: Any) -> None:
        self.record = record
        self._view = view
        self._call = call
        self._made: Mapping[str, Any] | None = None

    @property
    def _whole(self) -> Mapping[str, Any]:
        if self._made is None:
            self._made = self._view.project(self._call, self.record)
        return self._made

    def __getitem__(self, name: str) -> Any:
        """The value of a property."""
        return self._whole[name]

    def __iter__(self) -> Iterator[str]:
        """The names of the properties."""
        return iter(self._whole)

    def __len__(self) -> int:
        """How many properties there are."""
        return len(self._whole)


class TypedTables:
    """The tables of one vendor."""

    def __init__(self, api: Api, document: Document) -> None:
        self.api = api
        self.document = document
        self.by_name = {table.short_name: table for table in api.tables}
        self._by_full_name = {table.name: table for table in api.tables}

    def view(self, table: str, schema: str) -> TypedView:
        """A table with the schema in which its records are shown; none if the answers show no record."""
        return TypedView(self, self.by_name[table], schema)

    def holds(self, world: Transaction, table: Table[Any], record: Any, requirements: Requirements) -> bool:
        """Whether a record is as required."""
        return all(requirement.holds(self._follow(world, table, record, path)) for path, requirement in requirements.items())

    def _follow(self, world: Transaction, table: Table[Any], record: Any, path: str) -> Any:
        """The value at a path of fields, None behind a reference to nothing."""
        *through, last = path.split(".")
        for name in through:
            table = self._by_full_name[table.references[name]]
            key = getattr(record, name)
            record = None if key is None else world.table(table).get(key)
            if record is None:
                return None
        return getattr(record, last)

    def candidates(self, world: Transaction, table: Table[Any], requirements: Requirements) -> Iterator[Any]:
        """The records that are as required, oldest first; by an index if it has one for a part."""
        opened = world.table(table)
        for path, requirement in requirements.items():
            index = table.indexed.get(path)
            if index is not None and requirement.wanted is not NO_VALUE:
                found: Iterator[Any] = iter(opened.select(index, requirement.wanted))
                return (record for record in found if self.holds(world, table, record, requirements))
        return (record for record in opened.all() if self.holds(world, table, record, requirements))

    def find(self, call: PlayedCall, table: Table[Any], keys: tuple[str, ...], named: Any) -> Any:
        """The record that a value names by one of some fields, None if there is none. Ids of letters are compared without regard to case."""
        opened, text = call.world.table(table), str(named)
        number = read_digits(text)
        for name in keys:
            is_number = int in (table.codec.fields[name], *get_args(table.codec.fields[name]))
            wanted = number if is_number else text
            if wanted is None:
                continue
            if name == "id":
                found = opened.get(wanted) or (None if is_number else opened.get(text.lower()))
            else:
                found = next(self.candidates(call.world, table, {name: equal(wanted)}), None)
            if found is not None:
                return found
        return None

    def parent(self, call: PlayedCall, placeholder: str, declared: Parent) -> Any:
        """The record that a placeholder of the path names. Raises NotFound if there is none that the caller may see."""
        table = self.by_name[declared.of]
        named = call.sent.path.get(placeholder, "")
        found = self.find(call, table, declared.keys, named)
        if found is None or not any(self.holds(call.world, table, found, call.read(condition)) for condition in declared.conditions):
            raise NotFound(table.short_name, named)
        return found

    def need_references(self, call: PlayedCall, table: Table[Any], values: Mapping[str, Any]) -> None:
        """Raise NotFound if a value is the id of no record of the table that its field refers to."""
        for name, target in table.references.items():
            value = values.get(name)
            if value is not None and value not in call.world.table(self._by_full_name[target]):
                raise NotFound(self._by_full_name[target].short_name, value)

    def holders(self, call: PlayedCall, table: Table[Any], record: Any) -> Iterator[tuple[Table[Any], Any]]:
        """The records that refer to a record, with their tables."""
        for other in self.api.tables:
            for name in (name for name, target in other.references.items() if target == table.name):
                for found in self.candidates(call.world, other, {name: equal(record.id)}):
                    if other is not table or found.id != record.id:
                        yield other, found


class TypedView:
    """A table, and a component schema in which its records are shown."""

    def __init__(self, tables: TypedTables, table: Table[Any], schema: str) -> None:
        self.tables = tables
        self.table = table
        self.schema = schema
        self.fields = table.codec.fields
        self._projection = tables.api.projections.get(schema)
        mapping = tables.api.described.get(table.short_name)
        self._mappings: tuple[SchemaMapping, ...] = mapping.shown if mapping is not None else ()
        self._properties = self._map_properties() if schema and self._projection is None else {}
        self.defaults = frozenset(one.name for one in fields(table.record) if one.default is not MISSING or one.default_factory is not MISSING)
        self.created = tuple(name for name in self.fields if fold(name) in CREATED)
        self.updated = tuple(name for name in self.fields if fold(name) in UPDATED)

    def _map_properties(self) -> dict[str, tuple[str, FieldMapping]]:
        """By property of the schema, the field that it shows and how. Raises SetupError if a required property has no field."""
        rules: dict[str, tuple[str, FieldMapping]] = {name: (name, FieldMapping()) for name in self.fields if name not in self.table.secrets}
        for mapping in self._mappings:
            if mapping.schema == self.schema:
                for name, said in mapping.fields.items():
                    rule = FieldMapping(said) if isinstance(said, str) else said
                    rules.pop(name, None)
                    if rule is not None:
                        rules[rule.name or name] = (name, rule)
        declared = self.tables.document.schemas[self.schema]
        missing = sorted(set(declared.get("required", ())) - rules.keys())
        if missing:
            raise SetupError(
                f"{self.tables.document.slug}: {self.schema} requires {', '.join(missing)}, and {self.table.short_name} has no such field; "
                "map it in the record mapping of the table, or give the Api a projection of that schema"
            )
        known = {name for name, _ in self.tables.document.properties(declared)}
        return {name: rule for name, rule in rules.items() if name in known}

    def project(self, call: PlayedCall, record: Any) -> Mapping[str, Any]:
        """A record as answers show it: by the vendor's projection of the schema, or by its record mapping."""
        if self._projection is not None:
            return self._projection(call.world, record, call.caller)
        encoded = self.table.codec.encode(record)
        shown: dict[str, Any] = {}
        for name, (stored, rule) in self._properties.items():
            value = getattr(record, stored)
            if not (rule.or_nothing and value in (None, "")):
                shown[name] = encoded[stored] if rule.write is None else rule.write(value)
        return shown

    def field_of(self, name: str) -> str | None:
        """The field that stores a property which clients send; None if there is none, or if it is written in a form that cannot be read back."""
        for mapping in self._mappings:
            for stored, said in mapping.fields.items():
                rule = FieldMapping(said) if isinstance(said, str) else said
                if rule is not None and (rule.name or stored) == name:
                    return stored if rule.write is None else None
        return name if name in self.fields and name != "id" else None

    def read(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of what was sent. Raises Malformed if a value does not fit the type of its field."""
        named = {stored: value for name, value in body.items() if (stored := self.field_of(name)) is not None}
        misfits = Misfits()
        values = self.table.codec.decode(named, "", misfits, whole=False)
        if misfits:
            raise Malformed(str(misfits))
        return values

    def set_value(self, call: PlayedCall, name: str, said: Any) -> Any:
        """The value of a field that the server sets, in the type of the field."""
        if said != NOW:
            return call.value(said)
        kinds = _list_kinds(self.fields[name])
        if datetime in kinds:
            return call.world.now
        return int(call.world.now.timestamp()) if int in kinds else iso(call.world.now)

    def optional(self, name: str) -> bool:
        """Whether a field may be empty."""
        return NoneType in get_args(self.fields[name])


def _list_kinds(kind: Any) -> set[Any]:
    """The types of the values of a field: those of a union, and below the bounds that an annotation adds."""
    inner = get_args(kind)
    return {kind}.union(*(_list_kinds(part) for part in inner if isinstance(part, type) or get_args(part)))
