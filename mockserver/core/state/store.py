"""Where worlds live.

:class:`Store` is what the server needs of a store: to load a world with its version and to put another in its place if nobody did so in
between. :class:`MemoryStore` keeps them in this process. Its methods never wait, so a request that loads, handles and commits without
awaiting anything else is atomic; a store shared by several servers answers False from :meth:`Store.commit` and the request is handled again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from mockserver.core.base.clock import stopwatch
from mockserver.core.base.faults import Unavailable
from mockserver.core.base.names import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from mockserver.core.state.world import World


@dataclass(frozen=True, slots=True)
class Versioned:
    """A world and the version under which it was read.

    ``origin`` is the world as it was when it was made, to which a reset returns. ``notice`` tells what the caller has to know of a world that was
    made for this call: that it was dropped before, or that others were dropped for it.
    """

    world: World
    version: int
    origin: World
    notice: str = ""


@dataclass(frozen=True, slots=True)
class StoredWorld:
    """A world in a list; ``idle`` is how many seconds ago it was last used."""

    name: str
    held: Versioned
    idle: float
    snapshots: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A world as it was at a moment of its time, under a name."""

    name: str
    world: World
    taken_at: datetime


class Store(Protocol):
    """A place for named worlds and their snapshots."""

    async def load(self, name: str) -> Versioned:
        """The world of this name; an unknown name is forked from the base."""

    async def commit(self, name: str, version: int, world: World) -> bool:
        """Put a world in place of the one read under ``version``; False, and nothing done, where another commit came first."""

    async def find(self, name: str) -> StoredWorld | None:
        """The world of this name, or None; asking does not make it, and does not keep it from being idle."""

    async def worlds(self) -> Sequence[StoredWorld]:
        """Every world, the one unused for longest first."""

    async def put(self, name: str, world: World, *, anew: bool) -> Sequence[str] | None:
        """Make a world whose start is this value. Returns the names dropped for it; None where there is one that shall not start ``anew``."""

    async def delete(self, name: str) -> bool:
        """Forget a world and its snapshots; False where there is none."""

    async def snapshots(self, name: str) -> Sequence[Snapshot]:
        """The snapshots of a world, oldest first."""

    async def save(self, name: str, snapshot: Snapshot) -> Sequence[str]:
        """Keep a snapshot of a world in place of the one of the same name. Returns the names of those dropped for it, as ``<world>/<snapshot>``."""

    async def drop(self, name: str, snapshot: str) -> bool:
        """Forget a snapshot; False where there is none."""


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

    __slots__ = ("held", "snapshots", "used")

    def __init__(self, held: Versioned) -> None:
        self.held = held
        self.used = stopwatch()
        self.snapshots: dict[str, Snapshot] = {}

    def describe(self, name: str) -> StoredWorld:
        return StoredWorld(name, self.held, stopwatch() - self.used, len(self.snapshots))


REMEMBERED = 10_000
"""Names of dropped worlds that are remembered, so that somebody who comes back is told."""


class MemoryStore:
    """Worlds in the memory of this process, at most ``capacity`` of them; the one unused for longest goes first, ``default`` never.

    A world unused for ``idle`` seconds goes as well; without a limit none does. At most ``snapshots`` are kept of one world and ``all_snapshots``
    over all, the oldest go first. ``on_drop`` is told the name of every world that goes.
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
        """The world of this name; an unknown name is forked from the base."""
        if self._idle is not None:
            self._drop_idle()
        slot = self._worlds.get(name)
        if slot is not None:
            self._worlds.move_to_end(name)
            slot.used = stopwatch()
            return slot.held
        slot = self._worlds[name] = _Slot(Versioned(self.base, 0, self.base))
        reason = self._dropped.pop(name, "")
        notices = [f"the world {name} starts anew: {reason}"] if reason else []
        notices += [f"dropped the world {other}, the one unused for longest: {self._capacity} is the limit" for other in self._evict(name)]
        return replace(slot.held, notice="; ".join(notices)) if notices else slot.held

    async def commit(self, name: str, version: int, world: World) -> bool:
        """Put a world in place of the one read under ``version``."""
        slot = self._worlds.get(name)
        if slot is None or slot.held.version != version:
            return False
        slot.held = Versioned(world, version + 1, slot.held.origin)
        return True

    async def find(self, name: str) -> StoredWorld | None:
        """The world of this name, or None."""
        slot = self._worlds.get(name)
        return None if slot is None else slot.describe(name)

    async def worlds(self) -> Sequence[StoredWorld]:
        """Every world, the one unused for longest first."""
        return [slot.describe(name) for name, slot in self._worlds.items()]

    async def put(self, name: str, world: World, *, anew: bool) -> Sequence[str] | None:
        """Make a world whose start is this value."""
        slot = self._worlds.get(name)
        if slot is not None and not anew:
            return None
        if slot is None:
            self._dropped.pop(name, None)
            self._worlds[name] = _Slot(Versioned(world, 0, world))
        else:
            slot.held = Versioned(world, slot.held.version + 1, world)
            slot.used = stopwatch()
            self._worlds.move_to_end(name)
        return self._evict(name)

    async def delete(self, name: str) -> bool:
        """Forget a world and its snapshots."""
        if name not in self._worlds:
            return False
        self._forget(name)
        return True

    async def snapshots(self, name: str) -> Sequence[Snapshot]:
        """The snapshots of a world, oldest first."""
        slot = self._worlds.get(name)
        return [] if slot is None else list(slot.snapshots.values())

    async def save(self, name: str, snapshot: Snapshot) -> Sequence[str]:
        """Keep a snapshot of a world in place of the one of the same name."""
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
        """Drop the worlds unused for longest until there is room; returns their names."""
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
