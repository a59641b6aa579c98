"""The reading half of a store in a state directory: which worlds there are, and their values.

A world is an image, which is a whole world in parts, and the deltas of the commits since. The list of worlds is in memory, their values are read when
they are used. A read compares one number of the file with the one last seen, and reads what other servers wrote if it differs.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

import msgspec

from mockserver.core.base.clock import stopwatch, wall_clock
from mockserver.core.base.faults import StoreFailed
from mockserver.core.base.visitors import Visitor
from mockserver.core.state.codec import codec_for
from mockserver.core.state.database import Database, explain
from mockserver.core.state.memory import MemoryStore, Slot
from mockserver.core.state.packing import NotPacked, Packer
from mockserver.core.state.store import Snapshot, StoredWorld, Version, Versioned, WorldPage, WorldSummary, summarize
from mockserver.core.state.tables import Table
from mockserver.core.state.world import World

UNLOADED = World(seed=-1)
"""Stands for a world that is in the file only."""
REMEMBERED = 50_000
"""Changes for which the file remembers deleted worlds, for servers that did not look into it meanwhile."""
IN_PIECES = 256 * 1024
"""Bytes of a world above which it is put together in a thread, while other requests are answered."""
COLUMNS = "name, incarnation, number, token, origin, image, image_number, log_bytes, client, is_foreign, changed, pinned, label, used, summary"
codec_for(WorldSummary)  # resolves the annotations, which msgspec reads
_SUMMARY = msgspec.msgpack.Decoder(WorldSummary)


@dataclass(slots=True)
class WorldPlace:
    """Where a world is in the file: its origin and its newest image, the number of the commit that the image holds, and the bytes since."""

    origin: int
    image: int
    image_number: int
    log_bytes: int


class FileBlobs:
    """Long values of the file. Those that are kept are collected until the change that needs them is written."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.collected: dict[bytes, bytes] = {}

    def keep(self, key: bytes, value: bytes) -> None:
        """Collect a value."""
        self.collected[key] = value

    def fetch(self, key: bytes) -> bytes:
        """The value of a hash."""
        row = self._database.execute("select data from blobs where key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(f"the file has no bytes of the hash {key.hex()}")
        return bytes(row[0])

    def take(self) -> list[tuple[bytes, bytes]]:
        """The collected values, which are forgotten."""
        taken = list(self.collected.items())
        self.collected.clear()
        return taken


class FileReader(MemoryStore):
    """Worlds of a state directory, read only; :class:`DurableStore` writes them. ``open`` it before the first request."""

    def __init__(self, database: Database, base: World, *arguments: Any, **options: Any) -> None:
        self.database = database
        self._blobs = FileBlobs(database)
        self._places: dict[str, WorldPlace] = {}
        self._images: WeakValueDictionary[int, World] = WeakValueDictionary()
        self._snapshot_images: dict[tuple[str, str], int] = {}
        self._stamp = 0
        self._is_open = False
        self._inside = False
        """Whether a change is being written; it holds the file."""
        self._is_reading = False
        self._tables: Mapping[str, Table[Any]] = {}
        self._packer = Packer(self._tables, self._blobs)
        super().__init__(base, *arguments, **options)

    def read_all(self, tables: Mapping[str, Table[Any]]) -> None:
        """Read the list of worlds, without writing anything. ``tables`` are those whose records can be read."""
        self._packer = Packer(tables, self._blobs)
        with self._reading():
            self._rebuild()

    @property
    def names(self) -> list[str]:
        """The names of all worlds."""
        return list(self._worlds)

    def read_values(self, name: str) -> Iterator[World]:
        """The present value of a world, its origin, and its snapshots. Raises StoreFailed if one cannot be read."""
        with self._reading():
            yield self._make_world(name, None, self.database.read_parts(self._places[name].image), self._read_whole(name)[1])
            yield self._read_image(self._places[name].origin)
            for snapshot in tuple(self._worlds[name].snapshots):
                yield self._read_image(self._snapshot_images[name, snapshot])

    async def load(self, name: str) -> Versioned:
        """The world of this name, or a copy of the start with the version NEW."""
        await self._bring_in(name)
        return await super().load(name)

    async def find(self, name: str) -> Versioned | None:
        """The world of this name, or None."""
        await self._bring_in(name)
        return await super().find(name)

    async def peek(self, name: str) -> Versioned | None:
        """The world of this name if it is in memory. None if there is none, or it is in the file only."""
        self._catch_up()
        found = await super().peek(name)
        return None if found is None or found.world is UNLOADED else found

    async def describe(self, name: str) -> StoredWorld | None:
        """What a list shows of the world of this name, or None."""
        self._catch_up()
        return await super().describe(name)

    async def worlds(self, prefix: str = "", offset: int = 0, limit: int | None = None) -> WorldPage:
        """A part of the worlds whose names begin with ``prefix``, the least recently used first."""
        self._catch_up()
        return await super().worlds(prefix, offset, limit)

    async def snapshots(self, name: str) -> Sequence[Snapshot]:
        """The snapshots of a world, oldest first."""
        with self._reading():
            slot = self._worlds.get(name)
            for snapshot in () if slot is None else tuple(slot.snapshots):
                self._fill_snapshot(name, snapshot)
        return await super().snapshots(name)

    async def _bring_in(self, name: str) -> None:
        """Read a world from the file if it is not in memory."""
        self._catch_up()
        slot = self._worlds.get(name)
        while slot is not None and slot.versioned.world is UNLOADED:
            with self._reading():  # list and log belong together
                slot = self._worlds.get(name)
                if slot is None or slot.versioned.world is not UNLOADED:
                    return
                version, place = slot.versioned.version, self._places[name]
                origin = self._read_image(place.origin)
                known = self._images.get(place.image)
                parts, log = self._read_whole(name)
            if self._inside or sum(map(len, parts)) + sum(map(len, log)) < IN_PIECES:
                world = self._make_world(name, known, parts, log)
            else:
                world = await asyncio.to_thread(self._make_world, name, known, parts, log)
            slot = self._worlds.get(name)
            if slot is not None and slot.versioned.version == version and slot.versioned.world is UNLOADED:
                summary = summarize(world) if slot.summarized is None else slot.summarized[1]
                slot.versioned, slot.summarized = replace(slot.versioned, world=world, origin=origin), (world, summary)

    def _read_whole(self, name: str) -> tuple[list[bytes], list[bytes]]:
        """The bytes of a world: the parts of its image, none if that is in memory, and the deltas since."""
        version, place = self._worlds[name].versioned.version, self._places[name]
        parts = [] if place.image in self._images else self.database.read_parts(place.image)
        log = self.database.read_deltas(version.incarnation, place.image_number, version.number)
        if len(log) != version.number - place.image_number:
            raise StoreFailed(
                f"the world {name} cannot be read: {self.database.file} lacks commits of it; restore it from a backup, or delete the world"
            )
        return parts, log

    def _make_world(self, name: str, known: World | None, parts: Iterable[bytes], log: Iterable[bytes]) -> World:
        """The world of an image and its deltas. Raises StoreFailed if they cannot be read."""
        try:
            world = self._packer.unpack_world(parts) if known is None else known
            for data in log:
                world = self._packer.replay(world, data)
        except NotPacked as error:
            raise StoreFailed(f"the world {name} cannot be read: {error}; restore {self.database.file} from a backup, or delete the world") from None
        return world

    def _read_image(self, image: int) -> World:
        """The world of an image."""
        world = self._images.get(image)
        if world is None:
            world = self._make_world(f"of the image {image}", None, self.database.read_parts(image), ())
            self._images[image] = world
        return world

    def _fill_snapshot(self, name: str, snapshot: str) -> None:
        """Read the world of a snapshot if it is not in memory."""
        slot = self._worlds[name]
        found = slot.snapshots[snapshot]
        if found.world is UNLOADED:
            slot.snapshots[snapshot] = replace(found, world=self._read_image(self._snapshot_images[name, snapshot]))

    def _catch_up(self) -> None:
        """Read what other servers have written."""
        if not self._inside:
            try:
                is_behind = self.database.is_behind()
            except sqlite3.Error as error:
                raise explain(error, self.database.file) from None
            if is_behind:
                with self._reading():
                    pass

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Read the file as it is at one moment, with the list of worlds of that moment. Raises StoreFailed."""
        if self._inside:
            yield
            return
        try:
            self.database.execute("begin")
            try:
                if self.database.is_behind():
                    self._read_changes()
                yield
            finally:
                self.database.execute("commit")
        except sqlite3.Error as error:
            raise explain(error, self.database.file) from None

    def _read_changes(self) -> None:
        """Read the worlds that have changed since the last change that this server knows. Call it inside a transaction."""
        self.database.note_version()
        last = self.database.execute("select max(stamp) from worlds").fetchone()[0] or 0
        gone = self.database.execute("select name, stamp from gone where stamp > ? order by stamp", (self._stamp,)).fetchall()
        if max(last, *(stamp for _, stamp in gone), 0) - self._stamp > REMEMBERED:
            self._rebuild()
            return
        rows = self.database.execute(f"select {COLUMNS}, stamp from worlds where stamp > ? order by stamp", (self._stamp,)).fetchall()  # noqa: S608
        self._is_reading = True
        try:
            for name, _ in gone:
                if name in self._worlds:
                    self._forget(name)
            for *row, _ in rows:
                self._take_row(row)
        finally:
            self._is_reading = False
        self._stamp = max([self._stamp, *(stamp for _, stamp in gone), *(row[-1] for row in rows)])

    def _rebuild(self) -> None:
        """Read the list of worlds anew, because memory and file may differ."""
        self._is_reading = True
        try:
            self._worlds.clear()
            self._residents.clear()
            self._snapshots.clear()
            self._snapshot_images.clear()
            self._notices.clear()
            self._places.clear()
            self.database.note_version()
            for *row, stamp in self.database.execute(f"select {COLUMNS}, stamp from worlds order by used"):  # noqa: S608 - our own names
                self._take_row(row)
                self._stamp = max(self._stamp, stamp)
            gone = self.database.execute("select max(stamp) from gone").fetchone()[0]
            self._stamp = max(self._stamp, gone or 0)
            self._notices.update(self.database.execute("select name, text from notices order by place").fetchall())
        finally:
            self._is_reading = False

    def _take_row(self, row: Sequence[Any]) -> None:
        """Note a world as its row in the file describes it."""
        name, incarnation, number, token, origin, image, image_number, log_bytes, client, is_foreign, changed, pinned, label, used, summary = row
        version = Version(incarnation, number, token)
        slot = self._worlds.get(name)
        if slot is None:
            slot = Slot(Versioned(UNLOADED, version, UNLOADED), Visitor(client, bool(is_foreign)), changed=bool(changed), pinned=bool(pinned))
            self._add(name, slot)
            slot.stay.used = stopwatch() - max(0.0, wall_clock().timestamp() - used)
        elif slot.versioned.version != version:
            slot.versioned = self._follow(name, slot.versioned, version)
        slot.summarized = (slot.versioned.world, _SUMMARY.decode(summary))
        slot.set_client(Visitor(client, bool(is_foreign)))
        slot.changed, slot.pinned, slot.label = bool(changed), bool(pinned), label
        self._places[name] = WorldPlace(origin, image, image_number, log_bytes)
        self._take_snapshots(name, slot)
        self._regroup(name, slot)

    def _follow(self, name: str, versioned: Versioned, version: Version) -> Versioned:
        """The world at a later version: with the commits since, if it is in memory and the file has them, else to be read when it is used."""
        known = versioned.version
        if versioned.world is not UNLOADED and known.incarnation == version.incarnation:
            log = self.database.read_deltas(known.incarnation, known.number, version.number)
            if log and len(log) == version.number - known.number:
                return Versioned(self._make_world(name, versioned.world, (), log), version, versioned.origin)
        return Versioned(UNLOADED, version, UNLOADED)

    def _take_snapshots(self, name: str, slot: Slot) -> None:
        for snapshot in slot.snapshots:
            del self._snapshots[name, snapshot]
        slot.snapshots.clear()
        for snapshot, image, taken_at in self.database.execute("select name, image, taken_at from snapshots where world = ? order by place", (name,)):
            slot.snapshots[snapshot] = Snapshot(snapshot, UNLOADED, datetime.fromisoformat(taken_at))
            self._snapshots[name, snapshot] = None
            self._snapshot_images[name, snapshot] = image
