"""A journal that is kept in a state directory, so that it outlives the process.

Exchanges are written some milliseconds after their answers, many at once. Each server of a directory has its own journal: that of the file when it
started, and its own calls since. The worlds before the calls are kept in memory only, so that those before a start of the server are not known.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

import msgspec

from mockserver.core.base.faults import StoreFailed
from mockserver.core.base.requests import Request
from mockserver.core.engine.journal import FaultRecord, Journal, JournalEntry
from mockserver.core.engine.outcome import AppliedEffect
from mockserver.core.state.database import Database
from mockserver.core.state.packing import Kept, NotPacked, Packer
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Change

log = logging.getLogger("mockserver")

DELAY = 0.02
"""Seconds after which an exchange is written, and which a crash may take from the journal."""


class _PackedChange(msgspec.Struct, array_like=True):
    table: str
    id: int | str
    before: bytes | None
    after: bytes | None


class _PackedEntry(msgspec.Struct, omit_defaults=True):
    """An exchange. ``request`` has the fields of a request by name, and its headers."""

    at: datetime
    request: dict[str, Any]
    status: int
    headers: dict[str, str]
    media_type: str
    payload: bytes
    operation: str | None = None
    fault: FaultRecord | None = None
    changed: bool = False
    writes: int = 0
    changes: list[_PackedChange] = []
    effects: tuple[AppliedEffect, ...] = ()
    seconds: float = 0.0


class _PackedRewind(msgspec.Struct, array_like=True):
    """The world went back: the exchange after ``last`` follows that with the number ``previous``."""

    last: int
    previous: int


_ENCODE = msgspec.msgpack.Encoder().encode
_ENTRY = msgspec.msgpack.Decoder(_PackedEntry)
_REWIND = msgspec.msgpack.Decoder(_PackedRewind)
_LIST = 0x92
"""The first byte of a rewind: a list of two in MessagePack. An exchange is a mapping."""
_REQUEST = [field.name for field in fields(Request) if field.init]


class DurableJournal(Journal):
    """The exchanges of every world, in memory and in a state directory. The bounds are those of :class:`Journal`."""

    def __init__(self, database: Database, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._database = database
        self._packer = Packer({}, Kept())
        self._new: dict[str, list[JournalEntry | _PackedRewind]] = {}
        self._cut: dict[str, int] = {}
        self._gone: set[str] = set()
        self._is_reading = False
        self._task: asyncio.Task[None] | None = None

    def use_tables(self, tables: Mapping[str, Table[Any]]) -> None:
        """Write and read records of these tables from now on."""
        self.forget_versions()
        self._packer = Packer(tables, Kept(), long=None)

    def open(self, tables: Mapping[str, Table[Any]]) -> None:
        """Read the exchanges of the file. Those that another release wrote in another form are left out."""
        self.use_tables(tables)
        self._is_reading = True
        try:
            for world, number, data in self._database.execute("select world, number, data from journal order by place"):
                try:
                    if data[0] == _LIST:
                        self._go_back(world, _REWIND.decode(data))
                        continue
                    entry = self._unpack(data)
                except (msgspec.MsgspecError, NotPacked, TypeError):
                    log.warning("an exchange of the world %s was written by another release and is left out", world)
                    continue
                entry.number = number if self.is_behind(world, number) else 0
                self.record(entry)
        finally:
            self._is_reading = False

    def record(self, exchange: JournalEntry, *, is_kept: bool = True) -> None:
        """Keep an exchange, and drop the oldest ones if a bound is passed."""
        super().record(exchange, is_kept=is_kept)
        if not self._is_reading:
            self._new.setdefault(exchange.request.world, []).append(exchange)
            self._write_soon()

    def note_rewind(self, world: str, number: int) -> None:
        """Note that a world is as it was before an exchange, also after a restart."""
        super().note_rewind(world, number)
        ring = self._worlds.get(world)
        if ring is not None:
            self._new.setdefault(world, []).append(_PackedRewind(ring.number, ring.branches[ring.number + 1]))
            self._write_soon()

    def _go_back(self, world: str, packed: _PackedRewind) -> None:
        """Note a rewind of the file, unless exchanges of several servers are numbered anew, so that it is not known what it undid."""
        ring = self._worlds.get(world)
        if ring is not None and ring.number == packed.last:
            ring.branches[packed.last + 1] = packed.previous

    def forget(self, world: str) -> None:
        """Forget the exchanges of a world, and its numbers."""
        super().forget(world)
        self._new.pop(world, None)
        self._cut.pop(world, None)
        self._gone.add(world)
        self._write_soon()

    def _note_dropped(self, world: str, number: int) -> None:
        self._cut[world] = number
        self._write_soon()

    def _write_soon(self) -> None:
        if self._task is None and not self._is_reading:
            # Without a server, as in a test, what is noted is written when the journal is closed.
            with contextlib.suppress(RuntimeError):
                self._task = asyncio.get_running_loop().create_task(self._write_later())

    async def _write_later(self) -> None:
        await asyncio.sleep(DELAY)
        self._task = None
        try:
            await self._database.begin()
        except StoreFailed as failure:
            log.warning("the journal is written later: %s", failure)
            return
        self._write()

    def _write(self) -> None:
        """Write what has happened since the last time. If that fails, it is tried again with the next exchange."""
        execute = self._database.execute
        try:
            for world in self._gone:
                execute("delete from journal where world = ?", (world,))
            for world, entries in self._new.items():
                for entry in entries:
                    number, data = (entry.last, _ENCODE(entry)) if isinstance(entry, _PackedRewind) else (entry.number, self._pack(entry))
                    execute("insert into journal(world, number, data) values(?, ?, ?)", (world, number, data))
            for world, number in self._cut.items():
                execute("delete from journal where world = ? and number <= ?", (world, number))
            self._database.commit()
        except sqlite3.Error as error:
            self._database.roll_back()
            log.warning("the journal is written later: %s", error)
            self._shorten()
        else:
            self._new.clear()
            self._cut.clear()
            self._gone.clear()

    def _shorten(self) -> None:
        """Forget the unwritten exchanges that are no longer in memory, so that a full disk does not fill the memory."""
        for world, entries in self._new.items():
            least = next((kept.number for kept in self.entries(world)), 0)
            self._new[world] = [entry for entry in entries if (entry.last if isinstance(entry, _PackedRewind) else entry.number) >= least]

    def close(self) -> None:
        """Write what is not written yet."""
        if self._task is not None:
            self._task.cancel()
        try:
            self._database.execute("begin immediate")
        except sqlite3.Error as error:
            log.warning("the last exchanges of the journal are not kept: %s", error)
            return
        self._write()

    def _pack(self, entry: JournalEntry) -> bytes:
        request = {name: getattr(entry.request, name) for name in _REQUEST} | {"headers": dict(entry.request.headers)}
        changes = [
            _PackedChange(one.table, one.id, self._pack_record(one.table, one.before), self._pack_record(one.table, one.after))
            for one in entry.changes
        ]
        return _ENCODE(
            _PackedEntry(
                entry.at,
                request | {"path_values": dict(entry.request.path_values)},
                entry.status,
                dict(entry.reply_headers),
                entry.media_type,
                entry.payload,
                entry.operation,
                entry.fault,
                entry.changed,
                entry.writes,
                changes,
                entry.effects,
                entry.seconds,
            )
        )

    def _pack_record(self, table: str, record: Any) -> bytes | None:
        return None if record is None else self._packer.pack_record(table, record)

    def _unpack(self, data: bytes) -> JournalEntry:
        packed = _ENTRY.decode(data)
        headers = packed.request.pop("headers")
        server = packed.request.pop("server")
        request = Request(**packed.request, server=None if server is None else (server[0], server[1]))
        request.headers = headers
        return JournalEntry(
            at=packed.at,
            request=request,
            status=packed.status,
            reply_headers=packed.headers,
            media_type=packed.media_type,
            payload=packed.payload,
            operation=packed.operation,
            fault=packed.fault,
            changed=packed.changed,
            writes=packed.writes,
            changes=tuple(self._unpack_changes(packed.changes)),
            effects=packed.effects,
            seconds=packed.seconds,
        )

    def _unpack_changes(self, changes: list[_PackedChange]) -> list[Change]:
        """The changes of the tables that are served and can be read."""
        found = []
        for one in changes:
            try:
                before, after = (None if raw is None else self._packer.unpack_record(one.table, raw) for raw in (one.before, one.after))
            except NotPacked:
                continue
            found.append(Change(one.table, one.id, before, after))
        return found
