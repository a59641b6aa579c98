"""The journal: the exchanges of each world, newest last, bounded in number and bytes."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from sys import getsizeof

from mockserver.core.base.requests import Request
from mockserver.core.engine.outcome import AppliedEffect
from mockserver.core.state.world import Change, World
from mockserver.openapi import limits
from mockserver.openapi.errors import Violation

PER_WORLD = limits.JOURNAL_ENTRIES.value
"""Exchanges kept per world."""
WORLD_BYTES = limits.JOURNAL_WORLD_BYTES.value
"""Approximate limit of the bytes kept per world."""
ALL_BYTES = limits.JOURNAL_BYTES.value
"""Approximate limit of the bytes kept over all worlds."""
TRANSIENT = 256
"""Worlds that are not stored and whose exchanges are kept, such as those of calls that were refused."""
LATE = 100
"""Exchanges that are remembered because they were recorded after one with a higher number."""
SLACK = 1000
"""Dropped exchanges that may remain in the order of all exchanges, in addition to as many as are kept."""
_OVERHEAD = 2800
"""Approximate bytes of an exchange without bodies, headers, path, query, violations and changes."""
_HEADER = 200
"""Approximate bytes of a header in addition to its letters."""
_VIOLATION = 600
"""Approximate bytes of a violation."""
_RECORD = 1000
"""Approximate bytes of a changed record that only the journal still holds."""
_VERSION = 1500
"""Approximate bytes of the world before a call that changed it: the parts that it does not share with the world after it."""
_WRITE = 800
"""Approximate bytes of those parts for each record that was written."""


_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")


@dataclass(frozen=True, slots=True)
class FaultRecord:
    """The error that a reply reports, as plain values.

    ``kind`` is the kind of the fault, or ``mock_bug``. ``code`` and ``clause`` are those that the vendor's document has for it. ``broken_by`` is
    ``request`` or ``response`` if that side breaks the document, at the places that ``violations`` names. ``allow`` lists the methods of the path
    if the request had none of them. ``row`` is the name of the row of the document's error table.
    """

    kind: str
    text: str
    code: str | None = None
    clause: str | None = None
    broken_by: str | None = None
    violations: tuple[Violation, ...] = ()
    allow: tuple[str, ...] = ()
    row: str | None = None


@dataclass(slots=True, kw_only=True)  # not frozen: one is made for every call, and freezing doubles the cost
class JournalEntry:
    """One request and the reply to it.

    ``at`` is the world's time, ``seconds`` the real time that the answer took. ``operation`` is ``<slug>.<operationId>``, None if no operation was
    reached. ``status`` is 0 if the connection was reset on purpose. ``changed`` says whether the world changed, ``writes`` counts the records
    written, and ``changes`` holds them before and after. ``effects`` lists the effects of fault rules and of ``Prefer``. The journal sets ``size``,
    and ``number`` if it is 0.
    """

    at: datetime
    request: Request
    status: int
    reply_headers: Mapping[str, str]
    media_type: str = ""
    payload: bytes
    operation: str | None = None
    fault: FaultRecord | None = None
    changed: bool = False
    writes: int = 0
    changes: tuple[Change, ...] = ()
    effects: tuple[AppliedEffect, ...] = ()
    seconds: float = 0.0
    number: int = 0
    """The place of the exchange in the order of its world's exchanges. It follows the commits, so that a delayed answer does not change the order."""
    size: int = 0
    """Approximate bytes in memory."""
    before: World | None = None
    """The world before the call; None if it is not known, as of an exchange that was read from a file."""
    written_since: int = 0
    """Records that were written between ``before`` and the world after the call."""

    @property
    def request_id(self) -> str:
        """The id that the caller sent in ``X-Request-Id``; one of world and number if it sent none, or one that is no plain word."""
        sent = self.request.headers.get("x-request-id", "")
        return sent if _REQUEST_ID.fullmatch(sent) else f"{self.request.world}:{self.number}"

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the reply, with the media type of its body."""
        return {**self.reply_headers, "content-type": self.media_type} if self.media_type else self.reply_headers


def _measure(exchange: JournalEntry) -> int:
    """The approximate bytes of an exchange in memory."""
    request, fault = exchange.request, exchange.fault
    path = request.path
    size = _OVERHEAD + len(request.body) + len(exchange.payload) + len(request.query) + _RECORD * len(exchange.changes)
    # The values of placeholders are parts of the path once more; one wide letter makes every letter of a text take four bytes.
    size += (2 if path.isascii() else 8) * len(path) + _measure_headers(request.headers)
    if exchange.changed:
        size += _VERSION + _WRITE * exchange.written_since
    if exchange.reply_headers:
        size += _measure_headers(exchange.reply_headers)
    if fault is not None:
        size += getsizeof(fault.text) + _VIOLATION * len(fault.violations)
    return size


def _measure_headers(headers: Mapping[str, str]) -> int:
    return _HEADER * len(headers) + len("".join(headers)) + len("".join(headers.values()))  # faster than adding the lengths


class _Ring:
    """The exchanges of one world by number. ``late`` has the last that were recorded after one with a higher number, ``arrived`` counts them.

    ``number`` is the last one drawn. ``branches`` has the rewinds: by the number that the next exchange gets, that of the one which it follows; all
    between the two are undone. ``written`` counts the records that calls of the control plane wrote since the last exchange.
    """

    __slots__ = ("arrived", "branches", "dropped", "entries", "late", "number", "size", "world", "written")

    def __init__(self, world: str) -> None:
        self.world = world
        self.number = 0
        self.late: deque[JournalEntry] = deque(maxlen=LATE)
        self.arrived = 0
        self.entries: deque[JournalEntry] = deque()
        self.size = 0
        self.dropped = 0
        self.written = 0
        self.branches: dict[int, int] = {}

    def find_previous(self, number: int) -> int:
        """The number of the exchange that one follows in the world; 0 for the first."""
        return self.branches.get(number, number - 1)

    def list_counting(self) -> list[tuple[int, int]]:
        """The first and last number of each row of exchanges that led to the world as it is, the latest first."""
        found, last = [], self.find_previous(self.number + 1)
        for first in sorted(self.branches, reverse=True):
            if first <= last:
                found.append((first, last))
                last = self.branches[first]
        return [*found, (1, last)]


class Journal:
    """The exchanges of every world. If a bound is passed, the oldest are dropped and counted.

    Of worlds that are not stored, the exchanges of the last TRANSIENT are kept.
    """

    def __init__(self, per_world: int = PER_WORLD, all_bytes: int = ALL_BYTES, world_bytes: int = WORLD_BYTES) -> None:
        self.per_world = per_world
        self._world_bytes = world_bytes
        self._all_bytes = all_bytes
        self._worlds: dict[str, _Ring] = {}
        self._order: deque[tuple[_Ring, int]] = deque()  # every exchange kept, oldest first, and some that were dropped
        self._transient: OrderedDict[str, None] = OrderedDict()
        self._kept = 0
        self.size = 0

    @property
    def remembered(self) -> int:
        """How many exchanges the order of all worlds' exchanges names, dropped ones included."""
        return len(self._order)

    @property
    def kept(self) -> int:
        """How many exchanges are kept of all worlds."""
        return self._kept

    def draw_number(self, world: str) -> int:
        """The next number in the order of the exchanges of a world. The first is 1, also after the world has started again."""
        ring = self._worlds.get(world)
        if ring is None:
            ring = self._add_ring(world)
        ring.number += 1
        return ring.number

    def is_behind(self, world: str, number: int) -> bool:
        """Whether the exchanges of a world are numbered from 1 again since one had this number."""
        ring = self._worlds.get(world)
        return number > (0 if ring is None else ring.number)

    def record(self, exchange: JournalEntry, *, is_kept: bool = True) -> None:
        """Keep an exchange, and drop the oldest ones if a bound is passed. ``is_kept`` says whether the store has the world of the exchange."""
        world = exchange.request.world
        ring = self._worlds.get(world)
        if ring is None:
            ring = self._add_ring(world)
        if not exchange.number:
            exchange.number = ring.number + 1
        size = exchange.size = _measure(exchange) + _WRITE * ring.written
        ring.written = 0
        ring.number = max(ring.number, exchange.number)
        self._insert(ring, exchange)
        self._kept += 1
        self.size += size
        ring.size += size
        while len(ring.entries) > self.per_world or (ring.size > self._world_bytes and len(ring.entries) > 1):
            self._drop_oldest(ring)
        while self.size > self._all_bytes and self._kept > 1:
            oldest, number = self._order.popleft()
            if oldest.entries and oldest.entries[0].number <= number:
                self._drop_oldest(oldest)
        if len(self._order) > 2 * self._kept + SLACK:
            self._order = deque(entry for entry in self._order if entry[0].entries and entry[1] >= entry[0].entries[0].number)
        if not is_kept or self._transient:
            self._note_transient(world, is_kept=is_kept)

    def note_writes(self, world: str, count: int) -> None:
        """Note that so many records were written without an exchange, so that the versions that exchanges keep are measured with them."""
        ring = self._worlds.get(world)
        if ring is not None and ring.entries:
            ring.written += count

    def note_rewind(self, world: str, number: int) -> None:
        """Note that a world is as it was before an exchange: what came after the one that this followed does not count any longer."""
        ring = self._worlds.get(world)
        if ring is None:
            return
        oldest = ring.entries[0].number if ring.entries else ring.number
        kept = {first: previous for first, previous in ring.branches.items() if first >= oldest}
        ring.branches = kept | {ring.number + 1: ring.find_previous(number)}

    def list_counting(self, world: str) -> list[tuple[int, int]]:
        """The first and last number of each row of exchanges that led to a world as it is. The others were undone by going back."""
        ring = self._worlds.get(world)
        return [] if ring is None else ring.list_counting()

    def forget_versions(self) -> None:
        """Forget the worlds before all exchanges: their records do not fit the tables that are declared from now on."""
        for ring in self._worlds.values():
            for exchange in ring.entries:
                exchange.before = None

    def entries(self, world: str) -> Iterator[JournalEntry]:
        """The exchanges of a world, oldest first."""
        ring = self._worlds.get(world)
        return iter(() if ring is None else tuple(ring.entries))

    def after(self, world: str, number: int) -> list[JournalEntry]:
        """The exchanges of a world with a number above this one, oldest first."""
        found: list[JournalEntry] = []
        ring = self._worlds.get(world)
        for exchange in reversed(ring.entries) if ring is not None else ():  # from the end, so that a call costs no more than it returns
            if exchange.number <= number:
                break
            found.append(exchange)
        return found[::-1]

    def follow(self, world: str, number: int, arrived: int) -> tuple[list[JournalEntry], int]:
        """The exchanges of a world above a number, and behind them those with a lower one that were recorded late.

        ``arrived`` is how many late ones the caller has seen; the second value is how many there are now.
        """
        ring = self._worlds.get(world)
        found = self.after(world, number)
        if ring is None or ring.arrived <= arrived:
            return found, 0 if ring is None else ring.arrived
        unseen = list(ring.late)[-(ring.arrived - arrived) :]
        return [*found, *(exchange for exchange in unseen if exchange.number <= number)], ring.arrived

    def find(self, world: str, number: int) -> JournalEntry | None:
        """The exchange of a world with this number, or None."""
        ring = self._worlds.get(world)
        at = -1 if ring is None else bisect_left(ring.entries, number, key=lambda exchange: exchange.number)
        return ring.entries[at] if ring is not None and at < len(ring.entries) and ring.entries[at].number == number else None

    def count(self, world: str) -> tuple[int, int]:
        """How many exchanges of a world are kept, and how many were dropped."""
        ring = self._worlds.get(world)
        return (0, 0) if ring is None else (len(ring.entries), ring.dropped)

    def count_bytes(self, world: str) -> int:
        """Approximate bytes of the exchanges of a world."""
        ring = self._worlds.get(world)
        return 0 if ring is None else ring.size

    def clear(self, world: str) -> None:
        """Forget the exchanges of a world. Later ones are numbered on."""
        ring = self._worlds.get(world)
        number = 0 if ring is None else ring.number
        self.forget(world)
        if number:
            self._add_ring(world).number = number

    def forget(self, world: str) -> None:
        """Forget the exchanges of a world, and its numbers: the world is gone, or starts again."""
        ring = self._worlds.pop(world, None)
        self._transient.pop(world, None)
        if ring is not None:
            self.size -= ring.size
            self._kept -= len(ring.entries)
            ring.entries.clear()

    def _add_ring(self, world: str) -> _Ring:
        """Begin the exchanges of a world. Until one is recorded whose world is stored, it counts as one that is not."""
        ring = self._worlds[world] = _Ring(world)
        self._note_transient(world, is_kept=False)
        return ring

    def _insert(self, ring: _Ring, exchange: JournalEntry) -> None:
        """Put an exchange into the order of numbers. It is the last, unless its answer was delayed after its commit."""
        entries, number, highest = ring.entries, exchange.number, exchange.number
        if not entries or entries[-1].number < number:
            entries.append(exchange)
        else:
            highest = entries[-1].number
            entries.insert(bisect_left(entries, number, key=lambda kept: kept.number), exchange)
            ring.late.append(exchange)
            ring.arrived += 1
        # The numbers of a ring in this order never fall, so that dropping by them always finds the oldest exchange.
        self._order.append((ring, highest))

    def _note_transient(self, world: str, *, is_kept: bool) -> None:
        """Note that the store has no such world, and forget the exchanges of the one of which that was noted first; or that it has one now."""
        if is_kept:
            self._transient.pop(world, None)
            return
        self._transient[world] = None
        self._transient.move_to_end(world)
        if len(self._transient) > TRANSIENT:
            self.forget(next(iter(self._transient)))

    def _note_dropped(self, world: str, number: int) -> None:
        """Is called when the oldest exchange of a world is dropped."""

    def _drop_oldest(self, ring: _Ring) -> None:
        oldest = ring.entries.popleft()
        self._note_dropped(ring.world, oldest.number)
        size = oldest.size
        self._kept -= 1
        self.size -= size
        ring.size -= size
        ring.dropped += 1
