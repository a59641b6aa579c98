"""Tables of records, as values.

A vendor declares its state as data, one :class:`Table` per kind of record. :class:`Rows` is the content of one table in one world; it is
never changed in place. A handler works with a :class:`TransactionTable`, which reads and replaces the rows of its transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from hashlib import blake2b
from operator import attrgetter
from types import ModuleType
from typing import Any, Generic, Protocol, TypeVar

import orjson
from rpds import HashTrieMap

from mockserver.core.state.codec import RecordCodec, codec_for
from mockserver.core.state.persistent import Ordered


class Record(Protocol):
    """A frozen dataclass with flat, JSON-like fields and an ``id``."""

    @property
    def id(self) -> int | str:
        """Unique in its table."""


R = TypeVar("R", bound=Record)

LOGGED = 100
"""Records per table whose earlier state a transaction remembers; further writes are only counted."""


class WriteKind(IntEnum):
    """What was done to a record."""

    ADD = 0
    CHANGE = 1
    REMOVE = 2


ADD, CHANGE, REMOVE = WriteKind
Write = tuple[WriteKind, Any]
"""What was done, and the record as it is then; the id of a record that was removed."""


class Table(Generic[R]):
    """Declaration of one kind of record.

    ``name`` is ``<slug>.<table>``. ``indexes`` maps the name of an index to a field, or to the function that returns a record's key in it, so that
    look-ups by that key do not read the whole table. ``secrets`` are fields that are never shown outside the handlers. ``references`` maps a field
    to the name of the table whose id it holds; a record written by hand is refused if that id does not exist. ``ids`` is the kind under which the
    vendor draws ids, so that no later draw returns the id of a record written by hand. ``retired`` are fields that earlier versions exported and
    that are computed now; they are left out when such an export is read. A table ``is_bookkeeping`` if its records only say how far a conversation
    has come, such as sessions and checkouts: two ends of an app that differ in them are the same end.
    """

    def __init__(
        self,
        name: str,
        record: type[R],
        indexes: Mapping[str, str | Callable[[R], Hashable]] | None = None,
        secrets: tuple[str, ...] = (),
        references: Mapping[str, str] | None = None,
        ids: str | None = None,
        retired: tuple[str, ...] = (),
        *,
        is_bookkeeping: bool = False,
    ) -> None:
        self.name = name
        self.record = record
        self.indexes: Mapping[str, Callable[[R], Hashable]] = {
            index: attrgetter(key) if isinstance(key, str) else key for index, key in (indexes or {}).items()
        }
        self.indexed = {key: index for index, key in (indexes or {}).items() if isinstance(key, str)}
        """By field, the index whose key is its value."""
        self.secrets = secrets
        self.references: Mapping[str, str] = references or {}
        self.ids = ids
        self.retired = retired
        self.is_bookkeeping = is_bookkeeping

    @cached_property
    def codec(self) -> RecordCodec:
        """The encoder and decoder of the records."""
        return codec_for(self.record)

    @property
    def short_name(self) -> str:
        """The name without the vendor's slug."""
        return self.name.partition(".")[2]

    def to_json(self, record: R) -> dict[str, Any]:
        """A record as flat JSON, without its secrets."""
        values = self.codec.encode(record)
        for name in self.secrets:
            del values[name]
        return values


def fields_of(record: object, names: str) -> dict[str, Any]:
    """Some fields of a record, by name. ``names`` are separated by blanks."""
    return {name: getattr(record, name) for name in names.split()}


def tables_of(module: ModuleType) -> tuple[Table[Any], ...]:
    """The tables that a module declares, in the order of its text."""
    return tuple(value for value in vars(module).values() if isinstance(value, Table))


class Rows(Generic[R]):
    """The records of one table, oldest first, with their indexes. Never changed in place."""

    __slots__ = ("_digest", "indexes", "positions", "records")

    def __init__(
        self,
        records: Ordered[R] | None = None,
        positions: HashTrieMap[int | str, int] | None = None,
        indexes: HashTrieMap[tuple[str, Hashable], Ordered[int]] | None = None,
    ) -> None:
        self.records: Ordered[R] = records or Ordered()
        self.positions: HashTrieMap[int | str, int] = HashTrieMap() if positions is None else positions
        self.indexes: HashTrieMap[tuple[str, Hashable], Ordered[int]] = HashTrieMap() if indexes is None else indexes
        self._digest: bytes | None = None

    def __eq__(self, other: object) -> bool:
        """Whether both hold equal records in the same order, in the table and in each index."""
        if not isinstance(other, Rows):
            return NotImplemented
        return self is other or (self.records == other.records and self._list_by_index() == other._list_by_index())

    __hash__ = None  # type: ignore[assignment]

    def _list_by_index(self) -> dict[tuple[str, Hashable], list[R]]:
        return {key: [self.records[position] for position in positions.ascending()] for key, positions in self.indexes.items()}

    def orders(self) -> dict[str, list[list[int | str]]]:
        """By index, the ids under each key whose order is not that of the table."""
        found: dict[str, list[list[int | str]]] = {}
        for (name, _), positions in self.indexes.items():
            ordered = list(positions.ascending())
            if ordered != sorted(ordered):
                found.setdefault(name, []).append([self.records[position].id for position in ordered])
        return {name: sorted(lists, key=lambda ids: list(map(str, ids))) for name, lists in sorted(found.items())}

    def digest(self, declared: Table[R]) -> bytes:
        """A hash of the records and their orders. It is computed once."""
        if self._digest is None:
            written = [list(map(declared.codec.encode, self.records.ascending())), self.orders()]
            self._digest = blake2b(orjson.dumps(written), digest_size=16).digest()
        return self._digest

    def get(self, record_id: int | str) -> R | None:
        """The record with this id, or None."""
        position = self.positions.get(record_id)
        return None if position is None else self.records.get(position)


EMPTY: Rows[Any] = Rows()


@dataclass(frozen=True, slots=True)
class Unread:
    """A record as the bytes that another release, or a server of other vendors, wrote."""

    id: int | str
    raw: bytes


class UnreadRows(Rows[Unread]):
    """The rows of a table that cannot be read; ``why`` is a sentence. They are kept as they are. ``kept`` are the orders of their indexes."""

    __slots__ = ("kept", "why")

    def __init__(self, rows: Rows[Unread], why: str, kept: Mapping[str, list[list[int | str]]]) -> None:
        super().__init__(rows.records, rows.positions, rows.indexes)
        self.why = why
        self.kept = kept

    def orders(self) -> dict[str, list[list[int | str]]]:
        """The orders with which they were written."""
        return dict(self.kept)

    def digest(self, declared: Table[Unread]) -> bytes:  # noqa: ARG002 - the declaration does not fit them
        """A hash of their bytes."""
        return blake2b(b"".join(record.raw for record in self.records.ascending()), digest_size=16).digest()

    def follow(self, rows: Rows[Unread]) -> UnreadRows:
        """The same table with other rows."""
        return UnreadRows(rows, self.why, self.kept)


def rows_of(declared: Table[R], records: Iterable[R], orders: Mapping[str, Sequence[Sequence[int | str]]]) -> Rows[R]:
    """The rows of a table with these records. ``orders`` are those of :meth:`Rows.orders`.

    Raises KeyError if two records have one id, or if an order does not name exactly the records of one key.
    """
    table = TransactionTable(declared, EMPTY)
    table.add_all(records)
    rows = table.rows
    indexes = rows.indexes
    for name, lists in orders.items():
        for ids in lists:
            positions = [rows.positions[record_id] for record_id in ids]
            key = (name, declared.indexes[name](rows.records[positions[0]]))
            if sorted(positions) != list(indexes[key].ascending()):
                raise KeyError(f"the order {ids} of the index {name}")
            ordered = Ordered[int]()
            for position in positions:
                ordered = ordered.append(position)
            indexes = indexes.insert(key, ordered)
    return Rows(rows.records, rows.positions, indexes)


def _add_to_index(indexes: HashTrieMap[tuple[str, Hashable], Ordered[int]], key: tuple[str, Hashable], position: int) -> Any:
    return indexes.insert(key, (indexes.get(key) or Ordered[int]()).append(position))


def _remove_from_index(indexes: HashTrieMap[tuple[str, Hashable], Ordered[int]], key: tuple[str, Hashable], position: int) -> Any:
    entry = indexes[key]
    at = next(slot for slot in range(entry.end - 1, -1, -1) if entry.get(slot) == position)  # from the end, because mostly recent records change
    left = entry.drop(at)
    return indexes.insert(key, left) if len(left) else indexes.remove(key)


class TransactionTable(Generic[R]):
    """The records of one table in a transaction.

    Records are values: :meth:`change` and :meth:`remove` change the table, never a record.
    """

    __slots__ = ("_declared", "before", "log", "ops", "rows")

    def __init__(self, declared: Table[R], rows: Rows[R]) -> None:
        self._declared = declared
        self.before = rows
        """The rows at the start of the transaction."""
        self.rows = rows
        self.ops: list[Write] = []
        """What was written, in order."""
        self.log: dict[int | str, tuple[R | None, R | None]] = {}
        """By id, the record before and after; None if it did not exist before, or does not exist any more."""

    def __len__(self) -> int:
        return len(self.rows.records)

    def __contains__(self, record_id: int | str) -> bool:
        return record_id in self.rows.positions

    def __getitem__(self, record_id: int | str) -> R:
        """The record with this id. Raises KeyError if there is none."""
        record = self.rows.get(record_id)
        if record is None:
            raise KeyError(f"{self._declared.name} has no {record_id!r}")
        return record

    def get(self, record_id: int | str) -> R | None:
        """The record with this id, or None."""
        return self.rows.get(record_id)

    def all(self) -> Iterator[R]:
        """Every record, oldest first."""
        return self.rows.records.ascending()

    def newest(self) -> Iterator[R]:
        """Every record, newest first."""
        return self.rows.records.descending()

    def slice(self, offset: int, limit: int) -> list[R]:
        """At most ``limit`` records after the first ``offset``, oldest first."""
        return self.rows.records.slice(offset, limit)

    def select(self, index: str, key: Hashable) -> Selection[R]:
        """The records with this key in an index, in the order in which they got the key. Raises KeyError if there is no such index."""
        if index not in self._declared.indexes:
            raise KeyError(f"{self._declared.name} has no index {index}")
        return Selection(self.rows.records, self.rows.indexes.get((index, key)) or Ordered())

    def find(self, index: str, key: Hashable) -> R | None:
        """The first record with this key in an index, or None."""
        return next(iter(self.select(index, key)), None)

    def add(self, record: R) -> R:
        """Add a record and return it. Raises KeyError if its id is taken."""
        rows = self.rows
        if record.id in rows.positions:
            raise KeyError(f"{self._declared.name} already has {record.id!r}")
        position, indexes = rows.records.end, rows.indexes
        for name, key in self._declared.indexes.items():
            indexes = _add_to_index(indexes, (name, key(record)), position)
        self.rows = Rows(rows.records.append(record), rows.positions.insert(record.id, position), indexes)
        self.ops.append((ADD, record))
        self._log_write(record.id, None, record)
        return record

    def add_all(self, records: Iterable[R]) -> None:
        """Add records in their order. Raises KeyError if an id is taken."""
        for record in records:
            self.add(record)

    def change(self, record: R, **changes: Any) -> R:
        """Store a copy of a record with other values in some fields, and return it. Raises KeyError if it does not exist, or for a new id."""
        changed: R = replace(record, **changes)  # type: ignore[type-var]
        if changed.id != record.id:
            raise KeyError(f"{self._declared.name}: the id {record.id!r} cannot change")
        return self.put(changed)

    def put(self, changed: R) -> R:
        """Store a record in place of the one with its id, and return it. Raises KeyError if there is none."""
        rows = self.rows
        position = rows.positions[changed.id]
        before = rows.records[position]
        indexes = rows.indexes
        for name, key in self._declared.indexes.items():
            old, new = key(before), key(changed)
            if old != new:
                indexes = _add_to_index(_remove_from_index(indexes, (name, old), position), (name, new), position)
        self.rows = Rows(rows.records.replace(position, changed), rows.positions, indexes)
        self.ops.append((CHANGE, changed))
        self._log_write(changed.id, before, changed)
        return changed

    def remove(self, record_id: int | str) -> None:
        """Remove the record with this id. Raises KeyError if there is none."""
        rows = self.rows
        position = rows.positions[record_id]
        record = rows.records.get(position)
        if record is None:
            raise KeyError(record_id)
        indexes = rows.indexes
        for name, key in self._declared.indexes.items():
            indexes = _remove_from_index(indexes, (name, key(record)), position)
        self.rows = Rows(rows.records.drop(position), rows.positions.remove(record_id), indexes)
        self.ops.append((REMOVE, record_id))
        self._log_write(record_id, record, None)

    def _log_write(self, record_id: int | str, before: R | None, after: R | None) -> None:
        known = self.log.get(record_id)
        if known is not None or len(self.log) < LOGGED:
            self.log[record_id] = (before if known is None else known[0], after)


class Selection(Generic[R]):
    """Records that share a key in an index: a length, an order and cheap slices."""

    __slots__ = ("_positions", "_records")

    def __init__(self, records: Ordered[R], positions: Ordered[int]) -> None:
        self._records = records
        self._positions = positions

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[R]:
        return self._read(self._positions.ascending())

    def newest(self) -> Iterator[R]:
        """Newest first."""
        return self._read(self._positions.descending())

    def slice(self, offset: int, limit: int) -> list[R]:
        """At most ``limit`` records after the first ``offset``, oldest first."""
        return list(self._read(iter(self._positions.slice(offset, limit))))

    def _read(self, positions: Iterator[int]) -> Iterator[R]:
        records = self._records
        return (record for position in positions if (record := records.get(position)) is not None)
