"""Stores of worlds.

A :class:`Store` loads a world with its version, and replaces it if no other commit came in between. :class:`MemoryStore` keeps worlds in this
process. Its methods never wait, so a request that loads, runs and commits without awaiting anything else is atomic. In a store that several servers
share, :meth:`Store.commit` may return False, and the request is run again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from mockserver.core.base.clock import stopwatch
from mockserver.core.base.faults import Unavailable
from mockserver.core.base.names import DEFAULT
from mockserver.core.state.world import World


@dataclass(frozen=True, slots=True)
class Versioned:
    """A world and the version under which it was read.

    ``origin`` is the world to which a reset returns. ``notice`` is a text for the caller if the world was made for this call: that it had been
    dropped before, or which worlds were dropped for it.
    """

    world: World
    version: int
    origin: World
    notice: str = ""


@dataclass(frozen=True, slots=True)
class StoredWorld:
    """A world in a list; ``idle`` is how many seconds ago it was last used."""

    name: str
    versioned: Versioned
    idle: float
    snapshots: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A named copy of a world. ``taken_at`` is the world's time."""

    name: str
    world: World
    taken_at: datetime


class Store(Protocol):
    """A place for named worlds and their snapshots."""

    async def load(self, name: str) -> Versioned:
        """The world of this name; if there is none, it is made from the base."""

    async def commit(self, name: str, version: int, world: World) -> bool:
        """Replace the world that was read under ``version``. Returns False and does nothing if another commit came first."""

    async def find(self, name: str) -> StoredWorld | None:
        """The world of this name, or None. It is not made, and does not count as used."""

    async def worlds(self) -> Sequence[StoredWorld]:
        """Every world, the least recently used first."""

    async def put(self, name: str, world: World, *, anew: bool) -> Sequence[str] | None:
        """Make a world that starts from this value. Returns the worlds dropped for it; None if the name is taken and not started ``anew``."""

    async def delete(self, name: str) -> bool:
        """Delete a world and its snapshots. Returns False if there is none."""

    async def snapshots(self, name: str) -> Sequence[Snapshot]:
        """The snapshots of a world, oldest first."""

    async def save(self, name: str, snapshot: Snapshot) -> Sequence[str]:
        """Save a snapshot of a world, in place of one of the same name. Returns the snapshots dropped for it, as ``<world>/<snapshot>``."""

    async def drop(self, name: str, snapshot: str) -> bool:
        """Delete a snapshot. Returns False if there is none."""


COMMIT_ATTEMPTS = 20
"""How often a world is loaded and committed again because another commit came first."""
BUSY = "the world is changed by too many requests at once"
"""The text of the refusal after that many attempts."""


async def replace_world(store: Store, name: str, world: World) -> None:
    """Put a world in place of the one of this name; the world to which a reset returns stays the same.

    Raises Unavailable if other commits come first again and again.
    """
    for _ in range(COMMIT_ATTEMPTS):
        versioned = await store.load(name)
        if await store.commit(name, versioned.version, world):
            return
    raise Unavailable(BUSY)


class _Slot:
    """One world of the memory store."""

    __slots__ = ("snapshots", "used", "versioned")

    def __init__(self, versioned: Versioned) -> None:
        self.versioned = versioned
        self.used = stopwatch()
        self.snapshots: dict[str, Snapshot] = {}

    def describe(self, name: str) -> StoredWorld:
        return StoredWorld(name, self.versioned, stopwatch() - self.used, len(self.snapshots))


REMEMBERED = 10_000
"""How many names of dropped worlds are remembered, to warn clients that use one again."""


class MemoryStore:
    """Worlds in the memory of this process.

    If there are more than ``capacity``, the least recently used is dropped, but never ``default``. A world unused for ``idle`` seconds is dropped as
    well, unless ``idle`` is None. At most ``snapshots`` are kept of one world and ``all_snapshots`` of all; the oldest are dropped first. ``on_drop``
    is called with the name of every world that is dropped or deleted.
    """

    def __init__(
        self,
        base: World,
        capacity: int = 10_000,
        idle: float | None = None,
        snapshots: int = 100,
        all_snapshots: int = 10_000,
        on_drop: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self.base = base
        self.on_drop = on_drop
        self._capacity = capacity
        self._idle = idle
        self._per_world = snapshots
        self._all_snapshots = all_snapshots
        self._worlds: OrderedDict[str, _Slot] = OrderedDict()
        self._snapshots: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._dropped: OrderedDict[str, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._worlds)

    async def load(self, name: str) -> Versioned:
        """The world of this name; if there is none, it is made from the base."""
        if self._idle is not None:
            self._drop_idle()
        slot = self._worlds.get(name)
        if slot is not None:
            self._worlds.move_to_end(name)
            slot.used = stopwatch()
            return slot.versioned
        slot = self._worlds[name] = _Slot(Versioned(self.base, 0, self.base))
        reason = self._dropped.pop(name, "")
        notices = [f"the world {name} starts anew: {reason}"] if reason else []
        notices += [f"dropped the world {other}, the one unused for longest: {self._capacity} is the limit" for other in self._evict(name)]
        return replace(slot.versioned, notice="; ".join(notices)) if notices else slot.versioned

    async def commit(self, name: str, version: int, world: World) -> bool:
        """Replace the world that was read under ``version``."""
        slot = self._worlds.get(name)
        if slot is None or slot.versioned.version != version:
            return False
        slot.versioned = Versioned(world, version + 1, slot.versioned.origin)
        return True

    async def find(self, name: str) -> StoredWorld | None:
        """The world of this name, or None."""
        slot = self._worlds.get(name)
        return None if slot is None else slot.describe(name)

    async def worlds(self) -> Sequence[StoredWorld]:
        """Every world, the least recently used first."""
        return [slot.describe(name) for name, slot in self._worlds.items()]

    async def put(self, name: str, world: World, *, anew: bool) -> Sequence[str] | None:
        """Make a world that starts from this value."""
        slot = self._worlds.get(name)
        if slot is not None and not anew:
            return None
        if slot is None:
            self._dropped.pop(name, None)
            self._worlds[name] = _Slot(Versioned(world, 0, world))
        else:
            slot.versioned = Versioned(world, slot.versioned.version + 1, world)
            slot.used = stopwatch()
            self._worlds.move_to_end(name)
        return self._evict(name)

    async def delete(self, name: str) -> bool:
        """Delete a world and its snapshots."""
        if name not in self._worlds:
            return False
        self._forget(name)
        return True

    async def snapshots(self, name: str) -> Sequence[Snapshot]:
        """The snapshots of a world, oldest first."""
        slot = self._worlds.get(name)
        return [] if slot is None else list(slot.snapshots.values())

    async def save(self, name: str, snapshot: Snapshot) -> Sequence[str]:
        """Save a snapshot of a world, in place of one of the same name."""
        slot = self._worlds[name]
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
        return [f"{world}/{oldest}" for world, oldest in dropped]

    async def drop(self, name: str, snapshot: str) -> bool:
        """Forget a snapshot."""
        if (name, snapshot) not in self._snapshots:
            return False
        del self._snapshots[name, snapshot]
        del self._worlds[name].snapshots[snapshot]
        return True

    def _forget(self, name: str) -> None:
        for snapshot in self._worlds.pop(name).snapshots:
            del self._snapshots[name, snapshot]
        self.on_drop(name)

    def _evict(self, spared: str) -> list[str]:
        """Drop the least recently used worlds until the capacity is kept. Returns their names."""
        gone = []
        while len(self._worlds) > self._capacity:
            oldest = next((name for name in self._worlds if name not in (DEFAULT, spared)), None)
            if oldest is None:
                break
            self._drop(oldest, f"it was the one unused for longest when the limit of {self._capacity} worlds was reached")
            gone.append(oldest)
        return gone

    def _drop_idle(self) -> None:
        limit = stopwatch() - (self._idle or 0)
        while True:
            oldest = next((name for name in self._worlds if name != DEFAULT), None)
            if oldest is None or self._worlds[oldest].used >= limit:
                return
            self._drop(oldest, f"it was not used for {self._idle:g} s")

    def _drop(self, name: str, reason: str) -> None:
        self._forget(name)
        self._dropped[name] = reason
        if len(self._dropped) > REMEMBERED:
            self._dropped.popitem(last=False)
