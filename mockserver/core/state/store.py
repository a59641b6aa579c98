"""The interface of stores of worlds.

A :class:`Store` loads a world with its version, and replaces it if no other commit came in between. A world that is not there is loaded as a copy of
the start with the version NEW, and made only by a commit against that version or by :meth:`Store.admit`, so a request that must not make a world
just does neither. In a store that several servers share, :meth:`Store.commit` may return False, and the request is run again. Each method is one
operation: no other one comes in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from mockserver.core.base.clock import EARLIEST, Clock
from mockserver.core.base.faults import LimitExceeded
from mockserver.core.base.visitors import INSIDE, Visitor
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction, World
from mockserver.openapi import limits


class Version(NamedTuple):
    """The state of a world in its store.

    ``incarnation`` is another one whenever the world is made, also if one of the same name was deleted. ``number`` counts its commits. ``token``
    tells commits of one number apart, where a store can lose the last ones.
    """

    incarnation: int
    number: int
    token: int


NEW = Version(0, 0, 0)
"""The version of a world that is not in the store: this object. A world in the store never has it, and no version is used twice."""


@dataclass(frozen=True, slots=True)
class Versioned:
    """A world and the version under which it was read.

    ``origin`` is the world to which a reset returns. ``notice`` is a text for the caller, such as that the world had been dropped; it is returned
    until it is acknowledged.
    """

    world: World
    version: Version
    origin: World
    notice: str = ""


@dataclass(frozen=True, slots=True)
class WorldSummary:
    """What a list shows of a world, kept beside it so that a list does not read the worlds themselves."""

    seed: int
    records: int
    messages: int
    timers: int
    rules: int
    born: datetime | None = None
    clock: Clock = field(default_factory=Clock)
    latest: datetime = EARLIEST

    def time(self, wall: datetime) -> datetime:
        """The world's time at a moment of real time, as :meth:`World.time`."""
        return self.clock.now(max(self.latest, wall))


def summarize(world: World) -> WorldSummary:
    """The summary of a world."""
    return WorldSummary(
        world.seed, world.count_records(), len(world.outbox), len(world.timers), len(world.faults.rules), world.born, world.clock, world.latest
    )


@dataclass(frozen=True, slots=True)
class StoredWorld:
    """A world in a list; ``idle`` is how many seconds ago it was last used, ``changed`` whether a call has changed it since its start."""

    name: str
    version: Version
    summary: WorldSummary
    idle: float
    snapshots: int
    pinned: bool
    changed: bool
    label: str = ""


class WorldPage(NamedTuple):
    """A part of a list of worlds, and how many there are in the whole list."""

    worlds: Sequence[StoredWorld]
    total: int


class Put(NamedTuple):
    """A world that was put into the store: whether it took the place of another, and the worlds that were dropped for it."""

    replaced: bool
    dropped: Sequence[str]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A named copy of a world. ``taken_at`` is the world's time."""

    name: str
    world: World
    taken_at: datetime


class Saved(NamedTuple):
    """A snapshot that was saved: whether it took the place of another, and the snapshots that were dropped for it, as ``<world>/<snapshot>``."""

    replaced: bool
    dropped: Sequence[str]


Observer = Callable[[str], None]
"""Is called with the name of every world that is dropped or deleted or starts again, so that its exchanges are forgotten with it."""


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

    base: World
    """The world from which every world starts."""

    def start_from(self, base: World, tables: Mapping[str, Table[Any]]) -> None:
        """Let every world start from another value from now on; one that no call has changed starts again from it.

        ``tables`` are those that are declared from now on.
        """

    async def load(self, name: str) -> Versioned:
        """The world of this name; if there is none, a copy of the start with the version NEW, which is not stored."""

    async def commit(
        self, name: str, version: Version, world: World, visitor: Visitor = INSIDE, *, touched: bool = True, steps: Sequence[Transaction] = ()
    ) -> bool:
        """Replace the world that was read under ``version``, or make it if that is NEW. Returns False and does nothing if another commit came first.

        ``touched`` says whether a caller changed the world; what time changes does not count. ``steps`` are the finished transactions that lead from
        the world that was read to this one, so that a store can write what they wrote; without them it writes the whole world. Raises WorldsFull if
        the world cannot be made.
        """

    async def admit(self, name: str, world: World, visitor: Visitor) -> None:
        """Keep a world that its first call did not change, if there is room and the store has none of this name."""

    async def find(self, name: str) -> Versioned | None:
        """The world of this name, or None. It is not made, and does not count as used."""

    async def describe(self, name: str) -> StoredWorld | None:
        """What a list shows of the world of this name, or None."""

    async def peek(self, name: str) -> Versioned | None:
        """The world of this name if it is in memory. None if there is none, or it is in a file only."""

    async def worlds(self, prefix: str = "", offset: int = 0, limit: int | None = None) -> WorldPage:
        """The worlds whose names begin with ``prefix``, the least recently used first; of these at most ``limit`` behind the first ``offset``."""

    async def find_free_name(self) -> str:
        """A name ``world-N`` that no world has. No name is returned twice by one store; another store of the same worlds may take it first."""

    async def put(self, name: str, world: World, visitor: Visitor = INSIDE, *, anew: bool, label: str = "") -> Put | None:
        """Make a world that starts from this value. Returns None if the name is taken and not started ``anew``.

        It is never refused: if no world may leave, the store holds one more than its capacity.
        """

    async def reset(self, name: str, world: World | None, visitor: Visitor) -> World:
        """Put a world, or without one its origin, in place of the one of this name, and forget its exchanges. Returns the world in its place.

        The origin stays the same. A world that is not there is made, unless its start is put in place. Raises WorldsFull.
        """

    async def restore(self, name: str, snapshot: str, visitor: Visitor) -> Snapshot | None:
        """Put a snapshot in place of its world. Returns None if there is none of this name."""

    async def pin(self, name: str, *, pinned: bool, start: World | None = None, visitor: Visitor = INSIDE) -> bool:
        """Let a world stay until it is deleted, or no longer; one that is not there is made of ``start``. Returns False if there is none."""

    async def delete(self, name: str) -> bool:
        """Delete a world and its snapshots. Returns False if there is none."""

    async def notice(self, name: str) -> str:
        """The notice for the next caller of a world; empty if there is none."""

    async def acknowledge(self, name: str, notice: str) -> None:
        """Forget a notice, because an answer has carried it."""

    async def snapshots(self, name: str) -> Sequence[Snapshot]:
        """The snapshots of a world, oldest first."""

    async def save(self, name: str, version: Version, snapshot: Snapshot, visitor: Visitor = INSIDE) -> Saved | None:
        """Save a snapshot of the world that was read under ``version``, in place of one of the same name. A world that is not there is made of it.

        Returns None and does nothing if another commit came first. Raises WorldsFull.
        """

    async def drop(self, name: str, snapshot: str) -> bool:
        """Delete a snapshot. Returns False if there is none."""

    def __len__(self) -> int:
        """How many worlds there are."""


COMMIT_ATTEMPTS = 20
"""How often a world is loaded and committed again because another commit came first."""
BUSY = "the world is changed by too many requests at once"
"""The text of the refusal after that many attempts."""
