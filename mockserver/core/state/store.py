"""Stores of worlds.

A :class:`Store` loads a world with its version, and replaces it if no other commit came in between. A world that is not there is loaded as a copy of
the start with the version NEW, and made only by a commit against that version or by :meth:`Store.admit`, so a request that must not make a world
just does neither. :class:`MemoryStore` keeps worlds in this process. Its methods never wait, so a request that loads, runs and commits without
awaiting anything else is atomic. In a store that several servers share, :meth:`Store.commit` may return False, and the request is run again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Protocol

from mockserver.core.base.clock import stopwatch
from mockserver.core.base.faults import LimitExceeded, Unavailable
from mockserver.core.base.names import DEFAULT
from mockserver.core.base.visitors import INSIDE, Visitor
from mockserver.core.state.eviction import Address, Departure, Group, Residents, Stay
from mockserver.core.state.world import World
from mockserver.openapi import limits

NEW = 0
"""The version of a world that is not in the store. A world in the store never has it, and no version is used twice."""


@dataclass(frozen=True, slots=True)
class Versioned:
    """A world and the version under which it was read.

    ``origin`` is the world to which a reset returns. ``notice`` is a text for the caller, such as that the world had been dropped; it is returned
    until it is acknowledged.
    """

    world: World
    version: int
    origin: World
    notice: str = ""


@dataclass(frozen=True, slots=True)
class StoredWorld:
    """A world in a list; ``idle`` is how many seconds ago it was last used, ``changed`` whether a call has changed it since its start."""

    name: str
    versioned: Versioned
    idle: float
    snapshots: int
    pinned: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A named copy of a world. ``taken_at`` is the world's time."""

    name: str
    world: World
    taken_at: datetime


class WorldsFull(LimitExceeded):
    """A new world is refused, because no other may leave for it."""

    def __init__(self, capacity: int) -> None:
        super().__init__(limits.WORLDS, 503)
        self.text = (
            f"the server keeps {capacity} worlds, and none of them may leave for another; use one that exists, delete one with"
            " DELETE /_mock/worlds/{name}, create this one with POST /_mock/worlds, or start the server with a higher --max-worlds, a shorter --idle,"
            " or --when-full evict"
        )

    def __str__(self) -> str:
        return self.text


class Store(Protocol):
    """A place for named worlds and their snapshots."""

    async def load(self, name: str) -> Versioned:
        """The world of this name; if there is none, a copy of the start with the version NEW, which is not stored."""

    async def commit(self, name: str, version: int, world: World, visitor: Visitor = INSIDE, *, touched: bool = True) -> bool:
        """Replace the world that was read under ``version``, or make it if that is NEW. Returns False and does nothing if another commit came first.

        ``touched`` says whether a caller changed the world; what time changes does not count. Raises WorldsFull if the world cannot be made.
        """

    async def admit(self, name: str, world: World, visitor: Visitor) -> None:
        """Keep a world that its first call did not change, if there is room and the store has none of this name."""

    async def find(self, name: str) -> StoredWorld | None:
        """The world of this name, or None. It is not made, and does not count as used."""

    async def worlds(self) -> Sequence[StoredWorld]:
        """Every world, the least recently used first."""

    async def put(self, name: str, world: World, visitor: Visitor = INSIDE, *, anew: bool) -> Sequence[str] | None:
        """Make a world that starts from this value. Returns the worlds dropped for it; None if the name is taken and not started ``anew``.

        It is never refused: if no world may leave, the store holds one more than its capacity.
        """

    async def pin(self, name: str, *, pinned: bool) -> bool:
        """Let a world stay until it is deleted, or no longer. Returns False if there is none."""

    async def delete(self, name: str) -> bool:
        """Delete a world and its snapshots. Returns False if there is none."""

    async def notice(self, name: str) -> str:
        """The notice for the next caller of a world; empty if there is none."""

    async def acknowledge(self, name: str, notice: str) -> None:
        """Forget a notice, because an answer has carried it."""

    async def snapshots(self, name: str) -> Sequence[Snapshot]:
        """The snapshots of a world, oldest first."""

    async def save(self, name: str, snapshot: Snapshot) -> Sequence[str]:
        """Save a snapshot of a world, in place of one of the same name. Returns the snapshots dropped for it, as ``<world>/<snapshot>``.

        Raises Unavailable if there is no world of this name.
        """

    async def drop(self, name: str, snapshot: str) -> bool:
        """Delete a snapshot. Returns False if there is none."""


COMMIT_ATTEMPTS = 20
"""How often a world is loaded and committed again because another commit came first."""
BUSY = "the world is changed by too many requests at once"
"""The text of the refusal after that many attempts."""


async def replace_world(store: Store, name: str, world: World, visitor: Visitor) -> None:
    """Put a world in place of the one of this name; the world to which a reset returns stays the same. A world that is not there is made.

    Raises Unavailable if other commits come first again and again, and WorldsFull.
    """
    for _ in range(COMMIT_ATTEMPTS):
        versioned = await store.load(name)
        if versioned.version == NEW and world is versioned.world:
            return
        if await store.commit(name, versioned.version, world, visitor):
            return
    raise Unavailable(BUSY)


class _Slot:
    """One world of the memory store. ``address`` is that of the client that made it, or that changed it after a page of another site had made it."""

    __slots__ = ("address", "changed", "foreign", "pinned", "snapshots", "stay", "versioned")
    stay: Stay

    def __init__(self, versioned: Versioned, visitor: Visitor, *, changed: bool, pinned: bool = False) -> None:
        self.versioned = versioned
        self.address = Address(visitor.address)
        self.foreign = visitor.is_foreign
        self.changed = changed
        self.pinned = pinned
        self.snapshots: dict[str, Snapshot] = {}

    @property
    def group(self) -> Group:
        """The group that decides when the world leaves."""
        if self.pinned:
            return "pinned"
        if not self.changed and not self.snapshots:
            return "unchanged"
        return "foreign" if self.foreign else self.address

    def describe(self, name: str) -> StoredWorld:
        return StoredWorld(name, self.versioned, stopwatch() - self.stay.used, len(self.snapshots), self.pinned, self.changed)


class MemoryStore:
    """Worlds in the memory of this process.

    If there are ``capacity`` of them, one leaves for a new one, in the order of :mod:`mockserver.core.state.eviction`; ``idle`` is its time in
    seconds. If none may leave, the new one is refused, unless ``evicts`` is set: then the world unused for longest of the client that holds most
    leaves. The default world is always there. At most ``snapshots`` are kept of one world and ``all_snapshots`` of all; the oldest are dropped first.
    ``on_drop`` is called with the name of every world that is dropped or deleted.
    """

    def __init__(
        self,
        base: World,
        capacity: int = limits.WORLDS.value,
        idle: float = limits.WORLD_IDLE_SECONDS.value,
        snapshots: int = limits.SNAPSHOTS.value,
        all_snapshots: int = limits.ALL_SNAPSHOTS.value,
        on_drop: Callable[[str], None] = lambda _name: None,
        *,
        evicts: bool = False,
    ) -> None:
        self.on_drop = on_drop
        self._base = base
        self._capacity = capacity
        self._evicts = evicts
        self._per_world = snapshots
        self._all_snapshots = all_snapshots
        self._worlds: dict[str, _Slot] = {}
        self._residents = Residents(idle)
        self._snapshots: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._notices: OrderedDict[str, str] = OrderedDict()
        self._versions = count(NEW + 1)
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

    async def commit(self, name: str, version: int, world: World, visitor: Visitor = INSIDE, *, touched: bool = True) -> bool:
        """Replace the world that was read under ``version``, or make it."""
        slot = self._worlds.get(name)
        if slot is None:
            if version != NEW:
                return False
            self._make(name, world, self._base, visitor, changed=True)
            return True
        if slot.versioned.version != version:
            return False
        slot.versioned = Versioned(world, next(self._versions), slot.versioned.origin)
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

    async def find(self, name: str) -> StoredWorld | None:
        """The world of this name, or None."""
        slot = self._worlds.get(name)
        return None if slot is None else slot.describe(name)

    async def worlds(self) -> Sequence[StoredWorld]:
        """Every world, the least recently used first."""
        return [slot.describe(name) for name, slot in sorted(self._worlds.items(), key=lambda item: item[1].stay.used)]

    async def put(self, name: str, world: World, visitor: Visitor = INSIDE, *, anew: bool) -> Sequence[str] | None:
        """Make a world that starts from this value."""
        slot = self._worlds.get(name)
        if slot is not None and not anew:
            return None
        if slot is None:
            self._notices.pop(name, None)
            return self._make(name, world, world, visitor, changed=world is not self._base, force=True)
        slot.versioned = Versioned(world, next(self._versions), world)
        slot.changed = world is not self._base
        self._adopt(name, slot, visitor)
        return []

    async def pin(self, name: str, *, pinned: bool) -> bool:
        """Let a world stay until it is deleted, or no longer."""
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
            del self._notices[name]

    async def snapshots(self, name: str) -> Sequence[Snapshot]:
        """The snapshots of a world, oldest first."""
        slot = self._worlds.get(name)
        return [] if slot is None else list(slot.snapshots.values())

    async def save(self, name: str, snapshot: Snapshot) -> Sequence[str]:
        """Save a snapshot of a world, in place of one of the same name."""
        slot = self._worlds.get(name)
        if slot is None:
            raise Unavailable(f"the world {name} was deleted meanwhile; try again")
        await self.drop(name, snapshot.name)
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
        return [f"{world}/{oldest}" for world, oldest in dropped]

    async def drop(self, name: str, snapshot: str) -> bool:
        """Forget a snapshot."""
        if (name, snapshot) not in self._snapshots:
            return False
        del self._snapshots[name, snapshot]
        slot = self._worlds[name]
        del slot.snapshots[snapshot]
        self._regroup(name, slot)
        return True

    def _add_default(self) -> None:
        self._add(DEFAULT, _Slot(Versioned(self._base, next(self._versions), self._base), INSIDE, changed=False, pinned=True))

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
        self._add(name, _Slot(Versioned(world, next(self._versions), origin), visitor, changed=changed))
        for departure in leaving:
            self._evict(departure)
            if not force:  # the answer to a creation lists them
                self._add_notice(name, f"dropped the world {departure.name} ({departure.reason}): {departure.limit or self._capacity} is the limit")
        return [departure.name for departure in leaving]

    def _add(self, name: str, slot: _Slot) -> None:
        self._worlds[name] = slot
        slot.stay = self._residents.enter(name, slot.group)

    def _adopt(self, name: str, slot: _Slot, visitor: Visitor) -> None:
        """Note that a visitor changed a world: it is no longer one that a page of another site made."""
        if slot.foreign and not visitor.is_foreign:
            slot.foreign, slot.address = False, Address(visitor.address)
        self._regroup(name, slot)

    def _regroup(self, name: str, slot: _Slot) -> None:
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
        self._notices.pop(departure.name, None)
        limit = departure.limit or self._capacity
        self._add_notice(
            departure.name, f"the world {departure.name} starts anew: it was dropped ({departure.reason}), because {limit} worlds are the limit"
        )

    def _add_notice(self, name: str, text: str) -> None:
        """Keep a notice behind those that a caller has not seen yet."""
        earlier = self._notices.pop(name, "")
        self._notices[name] = f"{earlier}; {text}" if earlier else text
        if len(self._notices) > limits.DROPPED_NAMES.value:
            self._notices.popitem(last=False)
