"""The writing half of a store in a state directory: rows, images, deltas and long values. Every method is called inside a change."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from hashlib import blake2b

import msgspec

from mockserver.core.base.clock import iso, wall_clock
from mockserver.core.state.deltas import delta_of, is_chain
from mockserver.core.state.file_reader import COLUMNS, REMEMBERED, UNLOADED, FileBlobs, FileReader, WorldPlace
from mockserver.core.state.memory import Slot
from mockserver.core.state.packing import Packer
from mockserver.core.state.store import Version, WorldSummary, summarize
from mockserver.core.state.world import Transaction, World

LEAST_LOG = 256 * 1024
"""Bytes of deltas below which no new image of a world is written."""
_ENCODE = msgspec.msgpack.Encoder().encode


class FileWriter(FileReader):
    """Writes what the operations of the store do to its worlds."""

    _steps: Sequence[Transaction] = ()
    """The transactions that lead from the origin of a world to the value with which it is made."""

    def _start_version(self) -> Version:
        """The version of a world that is made."""
        if not self._is_open:
            return super()._start_version()
        return Version(self.database.count("incarnation"), 1, draw_token())

    def _add(self, name: str, slot: Slot) -> None:
        super()._add(name, slot)
        if self._writes:
            self._place(name, slot)
            self._write_row(name, slot)

    def _forget(self, name: str) -> None:
        slot = self._worlds[name]
        for snapshot in slot.snapshots:
            image = self._snapshot_images.pop((name, snapshot))
            if self._writes:
                self.database.execute("delete from snapshots where world = ? and name = ?", (name, snapshot))
                self.database.release_image(image)
        place = self._places.pop(name, None)
        super()._forget(name)
        if self._writes and place is not None:
            self.database.execute("delete from worlds where name = ?", (name,))
            self._erase(slot.versioned.version, place)
            self._stamp += 1
            self.database.execute("insert into gone(stamp, name) values(?, ?)", (self._stamp, name))
            self.database.execute("delete from gone where stamp < ?", (self._stamp - REMEMBERED,))

    def _is_long(self, name: str) -> bool:
        """Whether the deltas of a world are longer than its image, so that a new image saves room and time."""
        place = self._places[name]
        return place.log_bytes > LEAST_LOG and place.log_bytes > self._measure(place.image)

    def _add_notice(self, name: str, text: str) -> None:
        super()._add_notice(name, text)
        if self._writes:
            self.database.execute("insert or replace into notices(name, text) values(?, ?)", (name, self._notices[name]))

    def _drop_notice(self, name: str) -> str:
        if self._writes:
            self.database.execute("delete from notices where name = ?", (name,))
        return super()._drop_notice(name)

    @property
    def _writes(self) -> bool:
        """Whether a change in memory is written to the file."""
        return self._is_open and not self._is_reading

    def _place(self, name: str, slot: Slot) -> None:
        """Write a world that has been made: as its origin and what its first call wrote, or whole."""
        versioned = slot.versioned
        origin, number = self._image_of(versioned.origin), versioned.version.number
        self._places[name] = WorldPlace(origin, origin, number, 0)
        if versioned.world is not versioned.origin:
            self._places[name].image_number = number - 1
            self._log(name, slot, versioned.origin, self._steps)

    def _log(self, name: str, slot: Slot, before: World, steps: Sequence[Transaction]) -> None:
        """Write what led to the present value of a world: the deltas of the steps, or without such steps the whole world."""
        world, version, place = slot.versioned.world, slot.versioned.version, self._places[name]
        known = None if slot.summarized is None else slot.summarized[1]
        if steps and is_chain(before, steps, world):
            data = self._packer.pack_deltas(list(map(delta_of, steps)))
            self.database.execute("insert into deltas(incarnation, number, data) values(?, ?, ?)", (version.incarnation, version.number, data))
            if self._blobs.collected:
                self.database.keep_blobs(f"world {version.incarnation}", self._blobs.take())
            place.log_bytes += len(data)
            if known is not None and slot.summarized is not None and slot.summarized[0] is before:
                slot.summarized = (world, _follow(known, world, sum(step.added for step in steps)))
        else:
            old = place.image
            place.image, place.image_number, place.log_bytes = self._image_of(world), version.number, 0
            self.database.execute("delete from deltas where incarnation = ?", (version.incarnation,))
            self._write_row(name, slot)
            self.database.release_image(old)

    def _note_commit(self, name: str, slot: Slot) -> None:
        """Write what a commit changes in the row of a world."""
        self._stamp += 1
        place, version, known = self._places[name], slot.versioned.version, slot.summarized
        summary = b"" if known is None else _ENCODE(known[1])
        self.database.execute(
            "update worlds set number = ?, token = ?, log_bytes = ?, changed = ?, summary = ?, stamp = ? where name = ?",
            (version.number, version.token, place.log_bytes, slot.changed, summary, self._stamp, name),
        )

    def _write_row(self, name: str, slot: Slot) -> None:
        self._stamp += 1
        place, version, world = self._places[name], slot.versioned.version, slot.versioned.world
        if world is not UNLOADED and (slot.summarized is None or slot.summarized[0] is not world):
            slot.summarized = (world, summarize(world))
        summary = b"" if slot.summarized is None else _ENCODE(slot.summarized[1])
        self.database.execute(
            f"insert or replace into worlds({COLUMNS}, stamp) values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                name,
                *version,
                place.origin,
                place.image,
                place.image_number,
                place.log_bytes,
                slot.address,
                slot.foreign,
                slot.changed,
                slot.pinned,
                slot.label,
                wall_clock().timestamp(),
                summary,
                self._stamp,
            ),
        )

    def _erase(self, version: Version, place: WorldPlace) -> None:
        """Delete the commits of a world that is gone, and the images and long values that only it used."""
        self.database.execute("delete from deltas where incarnation = ?", (version.incarnation,))
        self.database.release(f"world {version.incarnation}")
        for image in {place.image, place.origin}:
            self.database.release_image(image)

    def _image_of(self, world: World) -> int:
        """The image of a world, which is written if the file has none."""
        for image, known in self._images.items():
            if known is world and self._measure(image):
                return image
        image, _ = self.database.write_image(self._packer.pack_world(world))
        self.database.keep_blobs(f"image {image}", self._blobs.take())
        self._images[image] = world
        return image

    def _measure(self, image: int) -> int:
        """The bytes of an image; 0 if there is none."""
        row = self.database.execute("select bytes from images where id = ?", (image,)).fetchone()
        return 0 if row is None else int(row[0])

    def _write_base(self, base: World) -> None:
        """Note the world from which new worlds start. The same one is written once, whichever server or start brings it."""
        packer = Packer(self._tables, FileBlobs(self.database))
        key = msgspec.json.encode([base.seed, base.born]) + b" " + _hash(packer.pack_world(base))
        image = self.database.read("base")
        if self.database.read("base key") == key:
            self._images[image] = base
            return
        made = self._image_of(base)
        self.database.write("base", made)
        self.database.write("base key", key)
        if base.born is not None and self.database.read("born") is None:
            self.database.write("born", iso(base.born))
        if image is not None:
            self.database.release_image(image)


def _follow(summary: WorldSummary, world: World, added: int) -> WorldSummary:
    """The summary of a world after a commit that added so many records."""
    return WorldSummary(
        summary.seed,
        summary.records + added,
        len(world.outbox),
        len(world.timers),
        len(world.faults.rules),
        summary.born,
        world.clock,
        world.latest,
    )


def draw_token() -> int:
    """The token of a commit."""
    return int.from_bytes(os.urandom(7))


def _hash(parts: Iterable[bytes]) -> bytes:
    hashed = blake2b(digest_size=16)
    for part in parts:
        hashed.update(part)
    return hashed.digest()
