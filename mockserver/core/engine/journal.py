"""What happened: the exchanges of each world, newest last, bounded in number and bytes."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from mockserver.core.base.requests import Request
    from mockserver.core.engine.fault_effects import AppliedEffect
    from mockserver.core.state.world import Change

PER_WORLD = 1000
"""Exchanges kept per world."""
WORLD_BYTES = 16 * 1024 * 1024
"""Bytes kept per world, about."""
ALL_BYTES = 64 * 1024 * 1024
"""Bytes kept over all worlds, about."""
SLACK = 1000
"""Exchanges that are gone and still stand in the order of all, beside as many as are kept."""
_OVERHEAD = 3000
"""Bytes that an exchange takes besides its two bodies, about."""
_RECORD = 1000
"""Bytes that a record takes which nobody but the journal remembers, about."""


@dataclass(slots=True)  # one is made for every call, and freezing costs as much as all the rest of that
class JournalEntry:
    """One request and the reply to it.

    ``at`` is a moment of the world's time, ``seconds`` how long the answer took; ``operation`` is ``<slug>.<operationId>``, None where none was
    reached; ``fault`` is what went wrong; ``changed`` says whether the world is another one afterwards, ``writes`` how many records were added,
    changed or removed; ``marks`` tells what was done to the call on purpose; ``changes`` holds the records that were written, as they were and are. A
    connection that was reset has the status 0. Nothing is rendered before
    it is asked for.
    """

    number: int
    at: datetime
    request: Request
    status: int
    own_headers: Mapping[str, str]
    payload: bytes
    operation: str | None
    fault: Exception | None
    changed: bool
    seconds: float
    writes: int = 0
    marks: tuple[AppliedEffect, ...] = ()
    media_type: str = ""
    changes: tuple[Change, ...] = ()
    size: int = field(init=False)
    """Bytes kept in memory, about."""

    def __post_init__(self) -> None:
        self.size = _OVERHEAD + len(self.request.body) + len(self.payload) + _RECORD * len(self.changes)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer, with the media type of its body."""
        return {**self.own_headers, "content-type": self.media_type} if self.media_type else self.own_headers


class _Ring:
    """The exchanges of one world, oldest first."""

    __slots__ = ("dropped", "entries", "size")

    def __init__(self) -> None:
        self.entries: deque[JournalEntry] = deque()
        self.size = 0
        self.dropped = 0


class Journal:
    """The exchanges of every world; where there are too many, the oldest go first and are counted."""

    def __init__(self, per_world: int = PER_WORLD, all_bytes: int = ALL_BYTES, world_bytes: int = WORLD_BYTES) -> None:
        self.per_world = per_world
        self._world_bytes = world_bytes
        self._all_bytes = all_bytes
        self._worlds: dict[str, _Ring] = {}
        self._order: deque[tuple[_Ring, int]] = deque()  # every exchange that is kept, oldest first, and some that are gone
        self._kept = 0
        self._number = 0
        self.size = 0

    def next_number(self) -> int:
        """The number of the next exchange, counted over all worlds."""
        self._number += 1
        return self._number

    def record(self, exchange: JournalEntry) -> None:
        """Keep an exchange, and drop the oldest where a bound is passed."""
        ring = self._worlds.get(exchange.request.world)
        if ring is None:
            ring = self._worlds[exchange.request.world] = _Ring()
        ring.entries.append(exchange)
        self._order.append((ring, exchange.number))
        self._kept += 1
        size = exchange.size
        self.size += size
        ring.size += size
        while len(ring.entries) > self.per_world or (ring.size > self._world_bytes and len(ring.entries) > 1):
            self._drop_oldest(ring)
        while self.size > self._all_bytes and self._kept > 1:
            oldest, number = self._order.popleft()
            if oldest.entries and oldest.entries[0].number == number:
                self._drop_oldest(oldest)
        if len(self._order) > 2 * self._kept + SLACK:
            self._order = deque(entry for entry in self._order if entry[0].entries and entry[1] >= entry[0].entries[0].number)

    def entries(self, world: str) -> Iterator[JournalEntry]:
        """The exchanges of a world, oldest first."""
        ring = self._worlds.get(world)
        return iter(() if ring is None else tuple(ring.entries))

    def after(self, world: str, number: int) -> list[JournalEntry]:
        """The exchanges of a world behind the one of a number, oldest first; the cost is that of what is new."""
        found: list[JournalEntry] = []
        ring = self._worlds.get(world)
        for exchange in reversed(ring.entries) if ring is not None else ():
            if exchange.number <= number:
                break
            found.append(exchange)
        return found[::-1]

    def find(self, world: str, number: int) -> JournalEntry | None:
        """The exchange of a world with this number, or None."""
        ring = self._worlds.get(world)
        at = -1 if ring is None else bisect_left(ring.entries, number, key=lambda exchange: exchange.number)
        return ring.entries[at] if ring is not None and at < len(ring.entries) and ring.entries[at].number == number else None

    def count(self, world: str) -> tuple[int, int]:
        """How many exchanges of a world are kept, and how many were dropped because they were too many."""
        ring = self._worlds.get(world)
        return (0, 0) if ring is None else (len(ring.entries), ring.dropped)

    def clear(self, world: str) -> None:
        """Forget the exchanges of a world."""
        ring = self._worlds.pop(world, None)
        if ring is not None:
            self.size -= ring.size
            self._kept -= len(ring.entries)
            ring.entries.clear()

    def _drop_oldest(self, ring: _Ring) -> None:
        size = ring.entries.popleft().size
        self._kept -= 1
        self.size -= size
        ring.size -= size
        ring.dropped += 1
