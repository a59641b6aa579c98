"""A world as an immutable value: every vendor's tables, the clock, the seed with its counters, the timers, the outbox and the fault rules.

A request works on a :class:`Transaction`. A reply commits the result of :meth:`Transaction.finish`; a fault drops it. So a refused call changes
nothing, and a snapshot, a fork or a restore is an assignment.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from rpds import HashTrieMap

from mockserver.core.base import ids
from mockserver.core.base.clock import EARLIEST, Clock, wall_clock
from mockserver.core.base.faults import HandlerCrashed, StoreFailed
from mockserver.core.state.outbox import Channel, Message
from mockserver.core.state.persistent import Ordered
from mockserver.core.state.rules import NO_FAULTS, Faults
from mockserver.core.state.tables import EMPTY, Record, Rows, Table, TransactionTable, UnreadRows, Write
from mockserver.core.state.transitions import TransitionPolicy
from mockserver.openapi import limits

Action = Callable[["Transaction", int | str | None], None]

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True, order=True)
class Timer:
    """An action due at a moment of the world's time. ``action`` is the name of a function that an API registers, ``subject`` its argument."""

    due: datetime
    number: int
    action: str = field(compare=False)
    subject: int | str | None = field(compare=False)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class World:
    """All mutable state of one world. Never changed in place.

    ``born`` is the moment for which its first records were made; None if that is not known, as of a world in an older file. ``latest`` is the real
    time of the last commit.
    """

    seed: int = 1
    clock: Clock = field(default_factory=Clock)
    tables: HashTrieMap[str, Rows[Any]] = field(default_factory=HashTrieMap)
    counters: HashTrieMap[str, int] = field(default_factory=HashTrieMap)
    timers: tuple[Timer, ...] = ()
    outbox: Ordered[Message] = field(default_factory=Ordered)
    faults: Faults = NO_FAULTS
    born: datetime | None = None
    latest: datetime = field(default=EARLIEST, compare=False)

    def time(self, wall: datetime) -> datetime:
        """The world's time at a moment of real time. Real time behind the last commit, as on another machine, counts as that of the commit."""
        return self.clock.now(max(self.latest, wall))

    def count_records(self) -> int:
        """The records of all tables."""
        return sum(len(rows.records) for rows in self.tables.values())


class Transaction:
    """A world being changed by one request, at one moment of its time.

    ``now`` is the time of the request and stays the same while it is handled. While a timer fires, ``now`` is the time at which it was due, and
    ``until`` the time of the request. No other request sees a transaction before it is committed. ``base_url`` is the address under which the
    client reached the server; ``own_url`` names the world as well, for links that are opened without the client's headers.
    """

    __slots__ = (
        "_clock", "_open", "_outbox", "_timers", "base_url", "cleared", "counted", "faults", "now", "own_url", "result", "sent", "start", "until",
    )  # fmt: skip

    def __init__(self, world: World, now: datetime, base_url: str = "", own_url: str = "") -> None:
        self.now = now
        self.until = now
        self.base_url = base_url
        self.own_url = own_url
        self.start = world
        self.result = world
        """The world after the transaction, once it is finished."""
        self._open: dict[str, TransactionTable[Any]] = {}
        self._clock = world.clock
        self.counted: dict[str, int] = {}
        """The last number of each kind that was drawn or reserved."""
        self.sent: list[Message] = []
        """The messages that were sent, since the outbox was cleared if it was."""
        self.cleared = False
        self._timers = world.timers
        self._outbox = world.outbox
        self.faults = world.faults

    @property
    def wall(self) -> datetime:
        """The real time of the request."""
        clock = self.start.clock
        return self.until - clock.shift if clock.frozen_at is None else max(wall_clock(), self.start.latest)

    @property
    def seed(self) -> int:
        """The seed from which ids and random numbers are drawn."""
        return self.start.seed

    def table(self, declared: Table[R]) -> TransactionTable[R]:
        """The records of a table, to read and to change."""
        opened = self._open.get(declared.name)
        if opened is None:
            rows = self.start.tables.get(declared.name) or EMPTY
            if type(rows) is UnreadRows:
                raise StoreFailed(
                    f"{rows.why}; they are kept, and the other vendors of this world go on. Reset the world, or call it with the release"
                    " or the documents that wrote them"
                )
            opened = TransactionTable(declared, rows)
            self._open[declared.name] = opened
        return opened

    def draw(self, kind: str, start: int = 1) -> int:
        """The next number of a kind, counted from ``start``."""
        number = self.counted.get(kind)
        if number is None:
            number = self.start.counters.get(kind)
        number = start if number is None else number + 1
        self.counted[kind] = number
        return number

    def drawn(self, kind: str) -> int | None:
        """The last number drawn of a kind, or None."""
        number = self.counted.get(kind)
        return self.start.counters.get(kind) if number is None else number

    def reserve(self, kind: str, number: int) -> None:
        """Make later draws of a kind return numbers above this one."""
        if number > (self.drawn(kind) or 0):
            self.counted[kind] = number

    def token(self, kind: str, length: int = 32) -> str:
        """The next opaque text of a kind, letters and digits."""
        return ids.token(self.seed, kind, self.draw(f"token {kind}"), length)

    def code(self, kind: str, length: int = 6) -> str:
        """The next code of a kind, decimal digits."""
        return ids.digits(self.seed, kind, self.draw(f"code {kind}"), length)

    def chance(self, kind: str) -> ids.Chance:
        """A random generator for one use."""
        return ids.generator(self.seed, kind, self.draw(f"chance {kind}"))

    def is_down(self, service: str) -> bool:
        """Whether a service behind a vendor's API, ``<slug>.<service>`` as ``Api.services`` declares it, is switched off."""
        return service in self.faults.down

    def policy(self, transition: str) -> TransitionPolicy:
        """The policy of a transition, ``<slug>.<transition>`` as ``Api.transitions`` declares it."""
        return self.faults.policy(transition)

    @property
    def writes(self) -> int:
        """How often a record was added, changed or removed in this transaction."""
        return sum(len(opened.ops) for opened in self._open.values())

    @property
    def log(self) -> dict[str, list[Write]]:
        """What was written to each table, in order."""
        return {name: opened.ops for name, opened in self._open.items() if opened.ops}

    @property
    def added(self) -> int:
        """By how many records the tables have grown in this transaction; negative if they have shrunk."""
        return sum(len(opened.rows.records) - len(opened.before.records) for opened in self._open.values())

    @property
    def changes(self) -> tuple[Change, ...]:
        """The records written in this transaction, by table and in the order of the writes; at most LOGGED per table."""
        return tuple(
            Change(name, record_id, before, after)
            for name, opened in self._open.items()
            for record_id, (before, after) in opened.log.items()
            if before is not after and before != after
        )

    def send(self, api: str, channel: Channel, to: str, body: str, subject: str = "", codes: tuple[str, ...] = ()) -> None:
        """Put a message of an API into the outbox. If the outbox is full, the oldest message is dropped."""
        message = Message(self.draw("message"), api, channel, to, subject, body, self.now, codes)
        self.sent.append(message)
        self._outbox = append_message(self._outbox, message)

    @property
    def outbox(self) -> Ordered[Message]:
        """The messages sent so far, oldest first."""
        return self._outbox

    def clear_outbox(self) -> None:
        """Delete every message."""
        self._outbox = Ordered()
        self.sent.clear()
        self.cleared = True

    def schedule(self, due: datetime, action: str, subject: int | str | None = None) -> Timer:
        """Schedule an action for when the world's time reaches ``due``."""
        timer = Timer(due, self.draw("timer"), action, subject)
        timers = list(self._timers)
        insort(timers, timer)
        self._timers = tuple(timers)
        return timer

    def cancel(self, action: str, subject: int | str | None = None) -> None:
        """Cancel every timer of an action for a subject."""
        self._timers = tuple(timer for timer in self._timers if (timer.action, timer.subject) != (action, subject))

    @property
    def timers(self) -> tuple[Timer, ...]:
        """The timers that have not fired, in due order."""
        return self._timers

    def take_due(self, moment: datetime) -> Timer | None:
        """Remove and return the first timer that is due at a moment, or None."""
        if not self._timers or self._timers[0].due > moment:
            return None
        first, self._timers = self._timers[0], self._timers[1:]
        return first

    @property
    def clock(self) -> Clock:
        """The clock of the world. Assign another one to change the world's time."""
        return self._clock

    @clock.setter
    def clock(self, clock: Clock) -> None:
        self._clock = clock

    def finish(self) -> World:
        """The world after this transaction, which is its ``result``; the same object if nothing changed."""
        before, tables = self.start, self.start.tables
        for name, opened in self._open.items():
            if opened.rows is not opened.before:
                tables = tables.insert(name, opened.rows)
        if (
            tables is before.tables
            and self._clock is before.clock
            and not self.counted
            and self._timers is before.timers
            and self._outbox is before.outbox
            and self.faults is before.faults
        ):
            return before
        counters = before.counters
        for kind, number in self.counted.items():
            counters = counters.insert(kind, number)
        latest = before.latest if before.clock.frozen_at is not None else self.until - before.clock.shift
        self.result = World(before.seed, self._clock, tables, counters, self._timers, self._outbox, self.faults, before.born, latest)
        return self.result


def append_message(outbox: Ordered[Message], message: Message) -> Ordered[Message]:
    """An outbox with one more message. If it was full, the oldest message is dropped."""
    longer, most = outbox.append(message), limits.OUTBOX.value
    return longer.drop(longer.end - 1 - most) if len(longer) > most else longer


TIMERS_AT_ONCE = 10_000
"""Timers fired at most without a break."""


def is_due(world: World, now: datetime) -> bool:
    """Whether a timer is due at a moment."""
    return bool(world.timers) and world.timers[0].due <= now


def catch_up(world: World, now: datetime, actions: Mapping[str, Action], most: int | None = None) -> World:
    """The world after :func:`fire_due`."""
    fired = fire_due(world, now, actions, most)
    return world if fired is None else fired.result


def fire_due(world: World, now: datetime, actions: Mapping[str, Action], most: int | None = None) -> Transaction | None:
    """The finished transaction in which the timers due by ``now`` have fired in due order: all of them, or the first ``most``; None if none is due.

    An action is called with the transaction, whose ``now`` is the time at which the timer was due, and the subject of the timer. Raises
    HandlerCrashed if an action fails, or if more than TIMERS_AT_ONCE timers are due and ``most`` is None.
    """
    if not is_due(world, now):
        return None
    transaction = Transaction(world, now)
    timer = None
    for _ in range(most or TIMERS_AT_ONCE):
        timer = transaction.take_due(now)
        if timer is None:
            break
        transaction.now = timer.due
        try:
            actions[timer.action](transaction, timer.subject)
        except Exception as error:
            raise HandlerCrashed(timer.action, f"the timer due at {timer.due} crashed: {type(error).__name__}: {error}") from error
    if most is None and timer is not None and transaction.timers and transaction.timers[0].due <= now:
        raise endless_timers(transaction.timers[0], TIMERS_AT_ONCE)
    transaction.finish()
    return transaction


def endless_timers(timer: Timer, fired: int) -> HandlerCrashed:
    """The error for a world in which more timers are due than are fired before one request. ``timer`` is the next one."""
    return HandlerCrashed(
        timer.action,
        f"{fired:,} timers were due before this call, and more are, the next at {timer.due}; call again to let them happen, or reset the world",
    )


@dataclass(frozen=True, slots=True)
class Change:
    """One record that differs between two worlds; ``before`` or ``after`` is None if it does not exist there."""

    table: str
    id: int | str
    before: Any
    after: Any


def diff(before: World, after: World) -> Iterator[Change]:
    """Every record that was added, removed or changed from one world to another, by table and id."""
    for name in sorted({*before.tables, *after.tables}):
        old, new = before.tables.get(name) or EMPTY, after.tables.get(name) or EMPTY
        if old is new or isinstance(old, UnreadRows) or isinstance(new, UnreadRows):
            continue
        for record_id in sorted({*old.positions, *new.positions}, key=lambda value: (str(type(value)), value)):
            was, is_ = old.get(record_id), new.get(record_id)
            if was is not is_ and was != is_:
                yield Change(name, record_id, was, is_)
