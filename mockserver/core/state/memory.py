"""The store that keeps worlds in the memory of this process.

Its methods never wait, so a request that loads, runs and commits without awaiting anything else is atomic.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from mockserver.core.base.clock import stopwatch
from mockserver.core.base.names import DEFAULT
from mockserver.core.base.visitors import INSIDE, Visitor
from mockserver.core.state.eviction import Address, Departure, Group, Residents, Stay
from mockserver.core.state.store import (
    NEW,
    Observer,
    Put,
    Saved,
    Snapshot,
    StoredWorld,
    Version,
    Versioned,
    WorldPage,
    WorldsFull,
    WorldSummary,
    summarize,
)
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction, World
from mockserver.openapi import limits


class Slot:
    """One world of the store. ``address`` is that of the client that made it, or that changed it after a page of another site had made it."""

    __slots__ = ("address", "changed", "foreign", "label", "pinned", "snapshots", "stay", "summarized", "versioned")
    stay: Stay

    def __init__(self, versioned: Versioned, visitor: Visitor, *, changed: bool, pinned: bool = False) -> None:
        self.versioned = versioned
        self.set_client(visitor)
        self.changed = changed
        self.pinned = pinned
        self.snapshots: dict[str, Snapshot] = {}
        self.label = ""
        self.summarized: tuple[World, WorldSummary] | None = None

    def set_client(self, visitor: Visitor) -> None:
        """Note the client that holds the world."""
        self.address = Address(visitor.address)
        self.foreign = visitor.is_foreign

    @property
    def group(self) -> Group:
        """The group that decides when the world leaves."""
        if self.pinned:
            return "pinned"
        if not self.changed and not self.snapshots:
            return "unchanged"
        return "foreign" if self.foreign else self.address

    def describe(self, name: str) -> StoredWorld:
        world = self.versioned.world
        if self.summarized is None or self.summarized[0] is not world:
            self.summarized = (world, summarize(world))
        idle = stopwatch() - self.stay.used
        return StoredWorld(name, self.versioned.version, self.summarized[1], idle, len(self.snapshots), self.pinned, self.changed, self.label)


class MemoryStore:
    """Worlds in the memory of this process.

    If there are ``capacity`` of them, one leaves for a new one, in the order of :mod:`mockserver.core.state.eviction`; ``idle`` is its time in
    seconds. If none may leave, the new one is refused, unless ``evicts`` is set: then the world unused for longest of the client that holds most
    leaves. The default world is always there. At most ``snapshots`` are kept of one world and ``all_snapshots`` of all; the oldest are dropped first.
    ``on_drop`` is the observer of worlds that are dropped, deleted or start again.
    """

    def __init__(
        self,
        base: World,
        capacity: int = limits.WORLDS.value,
        idle: float = limits.WORLD_IDLE_SECONDS.value,
        snapshots: int = limits.SNAPSHOTS.value,
        all_snapshots: int = limits.ALL_SNAPSHOTS.value,
        on_drop: Observer = lambda _name: None,
        *,
        evicts: bool = False,
    ) -> None:
        self.on_drop = on_drop
        self._base = base
        self._capacity = capacity
        self._evicts = evicts
        self._per_world = snapshots
        self._all_snapshots = all_snapshots
        self._worlds: dict[str, Slot] = {}
        self._residents = Residents(idle)
        self._snapshots: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._notices: OrderedDict[str, str] = OrderedDict()
        self._incarnations = count(1)
        self._numbers = count(1)
        self._add_default()

    @property
    def base(self) -> World:
        """The world from which every world starts. Assign another one before the first request."""
        return self._base

    @base.setter
    def base(self, base: World) -> None:
        self._base = base
        self._forget(DEFAULT)
        self._add_default()

    def start_from(self, base: World, tables: Mapping[str, Table[Any]]) -> None:  # noqa: ARG002 - values in memory have their types
        """Let every world start from another value from now on; one that no call has changed starts again from it."""
        for slot in self._worlds.values():
            found = slot.versioned
            if found.origin is self._base:
                slot.versioned = Versioned(found.world if slot.changed else base, _follow(found.version), base)
        self._base = base

    def __len__(self) -> int:
        return len(self._worlds)

    async def load(self, name: str) -> Versioned:
        """The world of this name, or a copy of the start with the version NEW."""
        slot = self._worlds.get(name)
        if slot is None:
            return Versioned(self._base, NEW, self._base, self._notices.get(name, ""))
        stay = slot.stay
        stay.queue.move_to_end(name)
        stay.used = stopwatch()
        if self._notices and name in self._notices:
            return replace(slot.versioned, notice=self._notices[name])
        return slot.versioned

    async def commit(
        self,
        name: str,
        version: Version,
        world: World,
        visitor: Visitor = INSIDE,
        *,
        touched: bool = True,
        steps: Sequence[Transaction] = (),  # noqa: ARG002 - the value itself is kept
    ) -> bool:
        """Replace the world that was read under ``version``, or make it."""
        slot = self._worlds.get(name)
        if slot is None:
            if version != NEW:
                return False
            self._make(name, world, self._base, visitor, changed=True)
            return True
        if slot.versioned.version != version:
            return False
        slot.versioned = Versioned(world, _follow(version), slot.versioned.origin)
        changed = (touched or slot.changed) and world is not self._base
        if changed is not slot.changed or (touched and slot.foreign and not visitor.is_foreign):
            slot.changed = changed
            self._adopt(name, slot, visitor)
        return True

    async def admit(self, name: str, world: World, visitor: Visitor) -> None:
        """Keep a world that its first call did not change, if there is room."""
        if name in self._worlds or visitor.is_foreign:
            return
        if len(self._worlds) < self._capacity or self._residents.choose(visitor, changed=False, force=False) is not None:
            self._make(name, world, self._base, visitor, changed=False)

    async def find(self, name: str) -> Versioned | None:
        """The world of this name, or None."""
        slot = self._worlds.get(name)
        return None if slot is None else slot.versioned

    async def describe(self, name: str) -> StoredWorld | None:
        """What a list shows of the world of this name, or None."""
        slot = self._worlds.get(name)
        return None if slot is None else slot.describe(name)

    async def peek(self, name: str) -> Versioned | None:
        """The world of this name if it is in memory. None if there is none, or it is in a file only."""
        slot = self._worlds.get(name)
        return None if slot is None else slot.versioned

    async def worlds(self, prefix: str = "", offset: int = 0, limit: int | None = None) -> WorldPage:
        """A part of the worlds whose names begin with ``prefix``, the least recently used first."""
        found = sorted((item for item in self._worlds.items() if item[0].startswith(prefix)), key=lambda item: item[1].stay.used)
        shown = found[offset:] if limit is None else found[offset : offset + limit]
        return WorldPage([slot.describe(name) for name, slot in shown], len(found))

    async def find_free_name(self) -> str:
        """A name that no world has."""
        return next(name for number in self._numbers if (name := f"world-{number}") not in self._worlds)

    async def put(self, name: str, world: World, visitor: Visitor = INSIDE, *, anew: bool, label: str = "") -> Put | None:
        """Make a world that starts from this value."""
        slot = self._worlds.get(name)
        if slot is not None and not anew:
            return None
        self.on_drop(name)
        dropped: Sequence[str] = ()
        if slot is None:
            self._drop_notice(name)
            dropped = self._make(name, world, world, visitor, changed=world is not self._base, force=True)
        else:
            slot.versioned = Versioned(world, self._start_version(), world)
            slot.changed = world is not self._base
            self._adopt(name, slot, visitor)
        self._worlds[name].label = label
        return Put(slot is not None, dropped)

    async def reset(self, name: str, world: World | None, visitor: Visitor) -> World:
        """Put a world, or without one its origin, in place of the one of this name, and forget its exchanges."""
        versioned = await self.load(name)
        found = versioned.origin if world is None else world
        if versioned.version != NEW or found is not versioned.world:
            await self.commit(name, versioned.version, found, visitor)
        self.on_drop(name)
        return found

    async def restore(self, name: str, snapshot: str, visitor: Visitor) -> Snapshot | None:
        """Put a snapshot in place of its world."""
        slot = self._worlds.get(name)
        found = None if slot is None else slot.snapshots.get(snapshot)
        if slot is not None and found is not None:
            await self.commit(name, slot.versioned.version, found.world, visitor)
        return found

    async def pin(self, name: str, *, pinned: bool, start: World | None = None, visitor: Visitor = INSIDE) -> bool:
        """Let a world stay until it is deleted, or no longer."""
        if name not in self._worlds and start is not None:
            await self.commit(name, NEW, start, visitor)
        slot = self._worlds.get(name)
        if slot is None:
            return False
        slot.pinned = pinned or name == DEFAULT
        self._regroup(name, slot)
        return True

    async def delete(self, name: str) -> bool:
        """Delete a world and its snapshots; the default one starts again."""
        if name not in self._worlds:
            return False
        self._forget(name)
        if name == DEFAULT:
            self._add_default()
        return True

    async def notice(self, name: str) -> str:
        """The notice for the next caller of a world."""
        return self._notices.get(name, "")

    async def acknowledge(self, name: str, notice: str) -> None:
        """Forget a notice, because an answer has carried it."""
        if self._notices.get(name) == notice:
            self._drop_notice(name)

    async def snapshots(self, name: str) -> Sequence[Snapshot]:
        """The snapshots of a world, oldest first."""
        slot = self._worlds.get(name)
        return [] if slot is None else list(slot.snapshots.values())

    async def save(self, name: str, version: Version, snapshot: Snapshot, visitor: Visitor = INSIDE) -> Saved | None:
        """Save a snapshot of the world that was read under ``version``, in place of one of the same name."""
        if name not in self._worlds and version == NEW:
            await self.commit(name, NEW, snapshot.world, visitor)
            version = self._worlds[name].versioned.version
        slot = self._worlds.get(name)
        if slot is None or slot.versioned.version != version:
            return None
        replaced = await self.drop(name, snapshot.name)
        dropped = []
        if len(slot.snapshots) >= self._per_world:
            dropped.append((name, next(iter(slot.snapshots))))
        elif len(self._snapshots) >= self._all_snapshots:
            dropped.append(next(iter(self._snapshots)))
        for world, oldest in dropped:
            await self.drop(world, oldest)
        slot.snapshots[snapshot.name] = snapshot
        self._snapshots[name, snapshot.name] = None
        self._regroup(name, slot)
        return Saved(replaced, [f"{world}/{oldest}" for world, oldest in dropped])

    async def drop(self, name: str, snapshot: str) -> bool:
        """Forget a snapshot."""
        if (name, snapshot) not in self._snapshots:
            return False
        del self._snapshots[name, snapshot]
        slot = self._worlds[name]
        del slot.snapshots[snapshot]
        self._regroup(name, slot)
        return True

    def _start_version(self) -> Version:
        """The version of a world that is made."""
        return Version(next(self._incarnations), 1, 0)

    def _add_default(self) -> None:
        self._add(DEFAULT, Slot(Versioned(self._base, self._start_version(), self._base), INSIDE, changed=False, pinned=True))

    def _make(self, name: str, world: World, origin: World, visitor: Visitor, *, changed: bool, force: bool = False) -> list[str]:
        """Add a world. Returns the names of the worlds that left for it. Raises WorldsFull."""
        leaving: list[Departure] = []
        if changed and visitor.is_foreign and self._residents.foreign >= limits.FOREIGN_WORLDS.value:
            leaving.append(self._residents.find_oldest_foreign(limits.FOREIGN_WORLDS.value))
        elif len(self._worlds) >= self._capacity:
            chosen = self._residents.choose(visitor, changed=changed, force=force or self._evicts)
            if chosen is None and not force:
                raise WorldsFull(self._capacity)
            leaving += [] if chosen is None else [chosen]
        self._add(name, Slot(Versioned(world, self._start_version(), origin), visitor, changed=changed))
        for departure in leaving:
            self._evict(departure)
            if not force:  # the answer to a creation lists them
                self._add_notice(name, f"dropped the world {departure.name} ({departure.reason}): {departure.limit or self._capacity} is the limit")
        return [departure.name for departure in leaving]

    def _add(self, name: str, slot: Slot) -> None:
        self._worlds[name] = slot
        slot.stay = self._residents.enter(name, slot.group)

    def _adopt(self, name: str, slot: Slot, visitor: Visitor) -> None:
        """Note that a visitor changed a world: it is no longer one that a page of another site made."""
        if slot.foreign and not visitor.is_foreign:
            slot.set_client(visitor)
        self._regroup(name, slot)

    def _regroup(self, name: str, slot: Slot) -> None:
        if slot.stay.group != slot.group:
            self._residents.leave(name, slot.stay)
            slot.stay = self._residents.enter(name, slot.group)

    def _forget(self, name: str) -> None:
        slot = self._worlds.pop(name)
        self._residents.leave(name, slot.stay)
        for snapshot in slot.snapshots:
            del self._snapshots[name, snapshot]
        self.on_drop(name)

    def _evict(self, departure: Departure) -> None:
        self._forget(departure.name)
        self._drop_notice(departure.name)
        limit = departure.limit or self._capacity
        self._add_notice(
            departure.name, f"the world {departure.name} starts anew: it was dropped ({departure.reason}), because {limit} worlds are the limit"
        )

    def _add_notice(self, name: str, text: str) -> None:
        """Keep a notice behind those that a caller has not seen yet."""
        earlier = self._drop_notice(name)
        self._notices[name] = f"{earlier}; {text}" if earlier else text
        if len(self._notices) > limits.DROPPED_NAMES.value:
            self._drop_notice(next(iter(self._notices)))

    def _drop_notice(self, name: str) -> str:
        """Forget the notice of a world, and return it."""
        return self._notices.pop(name, "")


def _follow(version: Version) -> Version:
    """The version after one more commit."""
    return tuple.__new__(Version, (version[0], version[1] + 1, 0))  # half the time of its constructor
