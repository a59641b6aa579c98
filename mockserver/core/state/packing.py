"""Worlds and deltas as bytes (MessagePack), and back.

A record is written with the names of its fields, so that a release that adds a field with a default, or removes one, reads what another one wrote. A
table whose records cannot be read, or that no served vendor declares, stays as bytes and is written back unchanged. Long bytes, such as those of an
upload, are kept beside the records under their hash.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from typing import Any, Protocol, get_args

import msgspec
from rpds import HashTrieMap

from mockserver.core.base.clock import EARLIEST, Clock
from mockserver.core.state.codec import codec_for
from mockserver.core.state.deltas import Delta, apply
from mockserver.core.state.outbox import Message
from mockserver.core.state.persistent import Ordered
from mockserver.core.state.rules import NO_FAULTS, Faults
from mockserver.core.state.tables import EMPTY, Rows, Table, Unread, UnreadRows, Write, WriteKind, rows_of
from mockserver.core.state.world import Timer, World

LONG = 1024
"""Bytes above which the value of a field is kept beside the records."""
PART = 1000
"""Records in one part of a packed world, so that other requests are answered between two parts."""
_MARK = b"\x00blob\x00"
"""How a value begins that stands for a blob."""
_BIG = 1
"""The extension type of a whole number of more than 64 bits."""


class Blobs(Protocol):
    """Long values by their hash."""

    def keep(self, key: bytes, value: bytes) -> None:
        """Keep a value under its hash."""

    def fetch(self, key: bytes) -> bytes:
        """The value of a hash. Raises KeyError."""


class Kept:
    """Blobs in a dictionary."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}

    def keep(self, key: bytes, value: bytes) -> None:
        """Keep a value under its hash."""
        self.values[key] = value

    def fetch(self, key: bytes) -> bytes:
        """The value of a hash."""
        return self.values[key]


class NotPacked(Exception):
    """Bytes are no world or delta of this layout. The text says which part is wrong."""


class _PackedDelta(msgspec.Struct, omit_defaults=True):
    latest: datetime
    writes: dict[str, list[tuple[int, msgspec.Raw]]] = {}
    counters: dict[str, int] = {}
    cancelled: tuple[Timer, ...] = ()
    scheduled: tuple[Timer, ...] = ()
    cleared: bool = False
    sent: tuple[Message, ...] = ()
    clock: Clock | None = None
    faults: Faults | None = None


class _Head(msgspec.Struct):
    """The first part of a packed world."""

    seed: int
    clock: Clock
    counters: dict[str, int]
    timers: tuple[Timer, ...]
    outbox: tuple[Message, ...]
    faults: Faults = NO_FAULTS
    born: datetime | None = None
    latest: datetime = EARLIEST


class _Part(msgspec.Struct):
    """Some records of a table; ``orders`` are those of :meth:`Rows.orders`, in the first part of the table only."""

    table: str
    records: list[msgspec.Raw]
    orders: dict[str, list[list[int | str]]] = {}


class _Id(msgspec.Struct):
    id: int | str


for _kind in (Clock, Timer, Message, Faults):
    codec_for(_kind)  # resolves the annotations, which msgspec reads
_DELTAS = msgspec.msgpack.Decoder(list[_PackedDelta])
_HEAD = msgspec.msgpack.Decoder(_Head)
_PARTS = msgspec.msgpack.Decoder(_Part)
_IDS = msgspec.msgpack.Decoder(_Id)
_REMOVED = msgspec.msgpack.Decoder(int | str)


class Packer:
    """Packs and unpacks the worlds of some declared tables, by full name.

    Bytes of more than ``long`` are kept in ``blobs``; None keeps them in their records.
    """

    def __init__(self, tables: Mapping[str, Table[Any]], blobs: Blobs, long: int | None = LONG) -> None:
        self._length = long
        self._tables = tables
        self._blobs = blobs
        self._encoder = msgspec.msgpack.Encoder(enc_hook=_write_other)
        self._decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {}
        self._long: dict[str, tuple[str, ...]] = {}

    def pack_deltas(self, deltas: Sequence[Delta]) -> bytes:
        """The deltas of one commit as bytes."""
        return self._encoder.encode(list(map(self._pack_delta, deltas)))

    def replay(self, world: World, data: bytes) -> World:
        """The world after the deltas of one commit. Raises NotPacked."""
        try:
            for packed in _DELTAS.decode(data):
                writes: dict[str, list[Write]] = {}
                for name, found in packed.writes.items():
                    world, writes[name] = self._unpack_writes(name, found, world)
                world = apply(world, _unpack_delta(packed, writes), self._tables)
        except (msgspec.MsgspecError, KeyError, ValueError) as error:
            raise NotPacked(f"a commit cannot be read: {type(error).__name__}: {error}") from None
        return world

    def _pack_delta(self, delta: Delta) -> _PackedDelta:
        writes = {
            name: [(int(kind), self._raw(value) if kind == WriteKind.REMOVE else self._pack_record(name, value)) for kind, value in found]
            for name, found in delta.writes.items()
        }
        return _PackedDelta(
            delta.latest,
            writes,
            dict(delta.counters),
            delta.cancelled,
            delta.scheduled,
            delta.cleared,
            delta.sent,
            delta.clock,
            delta.faults,
        )

    def pack_record(self, name: str, record: Any) -> bytes:
        """A record of a table as bytes."""
        return bytes(self._pack_record(name, record))

    def unpack_record(self, name: str, data: bytes) -> Any:
        """The record of some bytes. Raises NotPacked."""
        try:
            return self._unpack_record(name, msgspec.Raw(data))
        except (msgspec.MsgspecError, KeyError) as error:
            raise NotPacked(f"a record of {name} cannot be read: {type(error).__name__}: {error}") from None

    def pack_world(self, world: World) -> Iterator[bytes]:
        """A world in parts, the first without records."""
        counters, outbox = dict(world.counters.items()), tuple(world.outbox.ascending())
        yield self._encoder.encode(_Head(world.seed, world.clock, counters, world.timers, outbox, world.faults, world.born, world.latest))
        for name, rows in sorted(world.tables.items()):
            orders = rows.orders()
            records = rows.records.ascending()
            while chunk := [self._pack_record(name, record) for record in islice(records, PART)]:
                yield self._encoder.encode(_Part(name, chunk, orders))
                orders = {}

    def unpack_world(self, parts: Iterable[bytes]) -> World:
        """The world of its parts. Raises NotPacked."""
        found = iter(parts)
        try:
            head = _HEAD.decode(next(found))
            tables: dict[str, tuple[list[msgspec.Raw], dict[str, list[list[int | str]]]]] = {}
            for part in found:
                read = _PARTS.decode(part)
                tables.setdefault(read.table, ([], read.orders))[0].extend(read.records)
            rows = {name: self._unpack_rows(name, *content) for name, content in tables.items()}
        except (msgspec.MsgspecError, StopIteration, KeyError) as error:
            raise NotPacked(f"a world cannot be read: {type(error).__name__}: {error}") from None
        outbox = Ordered[Message]()
        for message in head.outbox:
            outbox = outbox.append(message)
        return World(
            head.seed,
            head.clock,
            HashTrieMap(rows),
            HashTrieMap(head.counters),
            head.timers,
            outbox,
            head.faults,
            head.born,
            head.latest,
        )

    def _unpack_rows(self, name: str, raw: Sequence[msgspec.Raw], orders: Mapping[str, list[list[int | str]]]) -> Rows[Any]:
        """The rows of a table; unread ones, with the reason, if its records do not fit their present type."""
        declared = self._tables.get(name)
        if declared is None:
            return _leave_unread(name, raw, orders, f"no vendor that is served has the table {name}")
        try:
            records = [self._unpack_record(name, one) for one in raw]
        except msgspec.ValidationError as error:
            return _leave_unread(name, raw, orders, _describe_misfit(name, error))
        known = {index: lists for index, lists in orders.items() if index in declared.indexes}
        try:
            return rows_of(declared, records, known)
        except (KeyError, IndexError):
            return rows_of(declared, records, {})  # another release has other keys in an index, so its order is not that of this one

    def _unpack_writes(self, name: str, packed: Sequence[tuple[int, msgspec.Raw]], world: World) -> tuple[World, list[Write]]:
        """The writes to a table, and the world to which they are applied: its table is left unread if they cannot be read."""
        rows = world.tables.get(name)
        if not isinstance(rows, UnreadRows):
            why = f"no vendor that is served has the table {name}"
            if name in self._tables:
                try:
                    return world, [_unpack_write(one, self._unpack_record, name) for one in packed]
                except msgspec.ValidationError as error:
                    why = _describe_misfit(name, error)
            raw = [self._pack_record(name, record) for record in (rows or EMPTY).records.ascending()]
            world = replace(world, tables=world.tables.insert(name, _leave_unread(name, raw, (rows or EMPTY).orders(), why)))
        return world, [_unpack_write(one, _leave_record, name) for one in packed]

    def _pack_record(self, name: str, record: Any) -> msgspec.Raw:
        if isinstance(record, Unread):
            return msgspec.Raw(record.raw)
        for field in self._find_long_fields(name):
            value = getattr(record, field)
            if isinstance(value, bytes) and (len(value) > (self._length or 0) or value.startswith(_MARK)):
                key = blake2b(value, digest_size=32).digest()
                self._blobs.keep(key, value)
                record = replace(record, **{field: _MARK + key})
        return self._raw(record)

    def _unpack_record(self, name: str, raw: msgspec.Raw) -> Any:
        decoder = self._decoders.get(name)
        if decoder is None:
            record = self._tables[name].codec.record
            decoder = self._decoders[name] = msgspec.msgpack.Decoder(record, ext_hook=_read_big)
        record = decoder.decode(raw)
        for field in self._find_long_fields(name):
            value = getattr(record, field)
            if isinstance(value, bytes) and value.startswith(_MARK):
                record = replace(record, **{field: self._blobs.fetch(value.removeprefix(_MARK))})
        return record

    def _find_long_fields(self, name: str) -> tuple[str, ...]:
        """The fields of a table whose bytes are kept beside its records if they are long."""
        if self._length is None:
            return ()
        found = self._long.get(name)
        if found is None:
            kinds = self._tables[name].codec.fields
            found = self._long[name] = tuple(field for field, kind in kinds.items() if kind is bytes or bytes in get_args(kind))
        return found

    def _raw(self, value: Any) -> msgspec.Raw:
        try:
            return msgspec.Raw(self._encoder.encode(value))
        except OverflowError:
            return msgspec.Raw(self._encoder.encode(_mark_big(value)))


def _unpack_delta(packed: _PackedDelta, writes: Mapping[str, Sequence[Write]]) -> Delta:
    return Delta(
        packed.latest,
        writes,
        packed.counters,
        packed.cancelled,
        packed.scheduled,
        packed.cleared,
        packed.sent,
        packed.clock,
        packed.faults,
    )


def _unpack_write(packed: tuple[int, msgspec.Raw], read: Callable[[str, msgspec.Raw], Any], name: str) -> Write:
    kind = WriteKind(packed[0])
    return kind, _REMOVED.decode(packed[1]) if kind == WriteKind.REMOVE else read(name, packed[1])


def _leave_record(_name: str, raw: msgspec.Raw) -> Unread:
    return Unread(_IDS.decode(raw).id, bytes(raw))


def _describe_misfit(name: str, error: msgspec.ValidationError) -> str:
    return f"the records of {name} were written by another release, and do not fit this one: {error}"


def _leave_unread(name: str, raw: Sequence[msgspec.Raw], orders: Mapping[str, list[list[int | str]]], why: str) -> UnreadRows:
    declared: Table[Any] = Table(name, Unread)
    rows = rows_of(declared, [Unread(_IDS.decode(one).id, bytes(one)) for one in raw], {})
    return UnreadRows(rows, why, orders)


def _write_other(value: Any) -> Any:
    if isinstance(value, abc.Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be packed")


def _mark_big(value: Any) -> Any:
    """A value whose whole numbers of more than 64 bits are extension values, which msgspec does not make by itself."""
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else msgspec.msgpack.Ext(_BIG, str(value).encode())
    if is_dataclass(value):
        return {field.name: _mark_big(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, abc.Mapping):
        return {name: _mark_big(inner) for name, inner in value.items()}
    return [_mark_big(inner) for inner in value] if isinstance(value, list | tuple) else value


def _read_big(code: int, data: memoryview) -> Any:
    return int(bytes(data)) if code == _BIG else msgspec.msgpack.Ext(code, bytes(data))
