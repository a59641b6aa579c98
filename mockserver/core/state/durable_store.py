"""The store that keeps worlds in a state directory, so that they outlive the process; several servers may share one.

Every change is in the file before it is answered.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from mockserver.core.base.clock import iso, stopwatch, wall_clock
from mockserver.core.base.names import DEFAULT
from mockserver.core.base.visitors import INSIDE, Visitor
from mockserver.core.state.database import explain
from mockserver.core.state.file_reader import UNLOADED, FileBlobs
from mockserver.core.state.file_writer import FileWriter, draw_token
from mockserver.core.state.packing import Packer
from mockserver.core.state.store import Put, Saved, Snapshot, Version, Versioned, WorldsFull
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction, World

T = TypeVar("T")


class DurableStore(FileWriter):
    """Worlds in a state directory. ``tables`` are the declared ones of the vendors that are served, by full name.

    The bounds are those of :class:`MemoryStore`. A world keeps the start from which it was made, which is written once.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._compacting: set[str] = set()
        """The worlds of which a new image is being made."""
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self, base: World, tables: Mapping[str, Table[Any]]) -> None:
        """Read the worlds of the file, and note the one from which new worlds start; the first server of a file makes the default world."""
        self._tables = tables
        self._packer = Packer(tables, self._blobs)
        self._base = base
        try:
            self.database.execute("begin immediate")
            self._write_base(base)
            self._rebuild()
            self._is_open = True
            if DEFAULT not in self._worlds:
                self._add_default()
            self.database.commit()
        except sqlite3.Error as error:
            raise explain(error, self.database.file) from None

    def start_from(self, base: World, tables: Mapping[str, Table[Any]]) -> None:
        """Read all worlds again with other tables, and let new worlds, and those that no call has changed, start from another value."""
        self.open(base, tables)
        try:
            self.database.execute("begin immediate")
            for name, slot in self._worlds.items():
                if not slot.changed and not slot.snapshots:
                    before = (slot.versioned.version, self._places[name])
                    slot.versioned = Versioned(base, self._start_version(), base)
                    self._place(name, slot)
                    self._write_row(name, slot)
                    self._erase(*before)
            self.database.commit()
        except sqlite3.Error as error:
            self.database.roll_back()
            raise explain(error, self.database.file) from None

    async def commit(
        self, name: str, version: Version, world: World, visitor: Visitor = INSIDE, *, touched: bool = True, steps: Sequence[Transaction] = ()
    ) -> bool:
        """Replace the world that was read under ``version``, or make it."""
        committed = await self._change(self._commit(name, version, world, visitor, touched=touched, steps=steps))
        if committed and name not in self._compacting and name in self._places and self._is_long(name):
            self._tasks.add(task := asyncio.create_task(self.compact(name)))
            task.add_done_callback(self._tasks.discard)
        return committed

    async def _commit(self, name: str, version: Version, world: World, visitor: Visitor, *, touched: bool, steps: Sequence[Transaction]) -> bool:
        slot = self._worlds.get(name)
        if slot is None:
            self._steps = steps
            try:
                return await super().commit(name, version, world, visitor, touched=touched)
            finally:
                self._steps = ()
        if slot.versioned.version != version:
            return False
        before = slot.versioned.world
        group = slot.stay.group
        await super().commit(name, version, world, visitor, touched=touched)
        slot.versioned = Versioned(world, Version(version.incarnation, version.number + 1, draw_token()), slot.versioned.origin)
        self._log(name, slot, before, steps)
        if slot.stay.group is group:
            self._note_commit(name, slot)
        else:
            self._write_row(name, slot)
        return True

    async def admit(self, name: str, world: World, visitor: Visitor) -> None:
        """Keep a world that its first call did not change, if there is room."""
        if name not in self._worlds and not visitor.is_foreign:
            await self._change(super().admit(name, world, visitor))

    async def put(self, name: str, world: World, visitor: Visitor = INSIDE, *, anew: bool, label: str = "") -> Put | None:
        """Make a world that starts from this value."""
        return await self._change(self._put(name, world, visitor, anew=anew, label=label))

    async def _put(self, name: str, world: World, visitor: Visitor, *, anew: bool, label: str) -> Put | None:
        old = self._worlds.get(name)
        before = None if old is None else (old.versioned.version, self._places[name])
        put = await super().put(name, world, visitor, anew=anew, label=label)
        if put is None:
            return None
        slot = self._worlds[name]
        if before is not None:
            self._place(name, slot)
        self._write_row(name, slot)
        if before is not None:
            self._erase(*before)
        return put

    async def reset(self, name: str, world: World | None, visitor: Visitor) -> World:
        """Put a world, or without one its origin, in place of the one of this name, and forget its exchanges."""
        await self._bring_in(name)
        return await self._change(super().reset(name, world, visitor))

    async def restore(self, name: str, snapshot: str, visitor: Visitor) -> Snapshot | None:
        """Put a snapshot in place of its world."""
        await self._bring_in(name)
        return await self._change(self._restore(name, snapshot, visitor))

    async def _restore(self, name: str, snapshot: str, visitor: Visitor) -> Snapshot | None:
        if (name, snapshot) in self._snapshots:
            self._fill_snapshot(name, snapshot)
        return await super().restore(name, snapshot, visitor)

    async def pin(self, name: str, *, pinned: bool, start: World | None = None, visitor: Visitor = INSIDE) -> bool:
        """Let a world stay until it is deleted, or no longer."""
        return await self._change(self._pin(name, pinned=pinned, start=start, visitor=visitor))

    async def _pin(self, name: str, *, pinned: bool, start: World | None, visitor: Visitor) -> bool:
        is_there = await super().pin(name, pinned=pinned, start=start, visitor=visitor)
        if is_there:
            self._write_row(name, self._worlds[name])
        return is_there

    async def delete(self, name: str) -> bool:
        """Delete a world and its snapshots; the default one starts again."""
        return await self._change(super().delete(name))

    async def acknowledge(self, name: str, notice: str) -> None:
        """Forget a notice, because an answer has carried it."""
        await self._change(super().acknowledge(name, notice))

    async def save(self, name: str, version: Version, snapshot: Snapshot, visitor: Visitor = INSIDE) -> Saved | None:
        """Save a snapshot of the world that was read under ``version``, in place of one of the same name."""
        await self._bring_in(name)
        return await self._change(self._save(name, version, snapshot, visitor))

    async def _save(self, name: str, version: Version, snapshot: Snapshot, visitor: Visitor) -> Saved | None:
        saved = await super().save(name, version, snapshot, visitor)
        if saved is not None:
            image = self._snapshot_images[name, snapshot.name] = self._image_of(snapshot.world)
            self.database.execute(
                "insert into snapshots(world, name, image, taken_at) values(?, ?, ?, ?)", (name, snapshot.name, image, iso(snapshot.taken_at))
            )
            self._write_row(name, self._worlds[name])
        return saved

    async def drop(self, name: str, snapshot: str) -> bool:
        """Forget a snapshot."""
        return await self._change(self._drop(name, snapshot))

    async def _drop(self, name: str, snapshot: str) -> bool:
        dropped = await super().drop(name, snapshot)
        if dropped:
            self.database.execute("delete from snapshots where world = ? and name = ?", (name, snapshot))
            self.database.release_image(self._snapshot_images.pop((name, snapshot)))
            self._write_row(name, self._worlds[name])
        return dropped

    async def _change(self, operation: Coroutine[Any, Any, T]) -> T:
        """Run an operation of the store, and write it as one change of the file. Memory follows the file if that fails."""
        if self._inside:
            return await operation
        try:
            await self.database.begin()
        except BaseException:
            operation.close()
            raise
        self._inside = True
        try:
            if self.database.is_behind():
                self._read_changes()
            result = await operation
            self.database.commit()
        except WorldsFull:
            self.database.roll_back()
            raise
        except BaseException as error:  # noqa: BLE001 - it is raised again, whatever it is
            self._undo(error)
        finally:
            self._inside = False
        return result

    def _undo(self, error: BaseException) -> NoReturn:
        """Undo a change that failed, and raise its error."""
        try:
            self.database.roll_back()
            self._rebuild()
        except sqlite3.Error as second:
            raise explain(second, self.database.file) from None
        if isinstance(error, sqlite3.Error):
            raise explain(error, self.database.file) from None
        raise error

    async def compact(self, name: str) -> None:
        """Write a new image of a world, which is made in a thread, and delete the deltas that it holds."""
        self._compacting.add(name)
        try:
            slot = self._worlds.get(name)
            if slot is not None and slot.versioned.world is not UNLOADED:
                version, world, blobs = slot.versioned.version, slot.versioned.world, FileBlobs(self.database)
                packer = Packer(self._tables, blobs)
                parts = await asyncio.to_thread(lambda: list(packer.pack_world(world)))
                await self._change(self._take_image(name, version, world, parts, blobs))
        finally:
            self._compacting.discard(name)

    async def _take_image(self, name: str, version: Version, world: World, parts: Sequence[bytes], blobs: FileBlobs) -> None:
        slot = self._worlds.get(name)
        if slot is None or slot.versioned.version.incarnation != version.incarnation or self._places[name].image_number >= version.number:
            return
        image, _ = self.database.write_image(parts)
        self.database.keep_blobs(f"image {image}", blobs.take())
        self._images[image] = world
        place = self._places[name]
        old, place.image, place.image_number = place.image, image, version.number
        self.database.execute("delete from deltas where incarnation = ? and number <= ?", (version.incarnation, version.number))
        left = self.database.execute("select coalesce(sum(length(data)), 0) from deltas where incarnation = ?", (version.incarnation,)).fetchone()
        place.log_bytes = left[0]
        self._write_row(name, slot)
        self.database.release_image(old)

    def close(self) -> None:
        """Note when each world was last used, and close the file."""
        now = wall_clock().timestamp()
        try:
            self.database.execute("begin immediate")
            used = [(now - (stopwatch() - slot.stay.used), name) for name, slot in self._worlds.items()]
            self.database.connection.executemany("update worlds set used = ? where name = ?", used)
            self.database.commit()
        except sqlite3.Error:
            self.database.roll_back()  # the order of leaving is then that of the last changes
        self.database.close()
