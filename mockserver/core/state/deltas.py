"""What one transaction wrote to a world, as a value: ``apply(before, delta)`` equals the world after it.

A delta is the ordered log of writes, not the difference of two worlds, because the order of an index depends on the order of the writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mockserver.core.base.clock import Clock
from mockserver.core.state.outbox import Message
from mockserver.core.state.persistent import Ordered
from mockserver.core.state.rules import Faults
from mockserver.core.state.tables import ADD, CHANGE, EMPTY, Table, TransactionTable, UnreadRows, Write
from mockserver.core.state.world import Timer, Transaction, World, append_message


@dataclass(frozen=True, slots=True)
class Delta:
    """The writes of one transaction.

    ``writes`` are those of each table in their order. ``counters`` are the last numbers drawn. ``cancelled`` are the timers that fired or were
    cancelled, ``scheduled`` the new ones. ``cleared`` says whether the outbox was emptied before the messages ``sent``. ``clock`` and ``faults`` are
    None if they stayed as they were. ``latest`` is the real time of the transaction.
    """

    latest: datetime
    writes: Mapping[str, Sequence[Write]]
    counters: Mapping[str, int]
    cancelled: tuple[Timer, ...] = ()
    scheduled: tuple[Timer, ...] = ()
    cleared: bool = False
    sent: tuple[Message, ...] = ()
    clock: Clock | None = None
    faults: Faults | None = None


def delta_of(transaction: Transaction) -> Delta:
    """What a finished transaction wrote."""
    before, after = transaction.start, transaction.result
    cancelled, scheduled = _compare_timers(before.timers, after.timers)
    return Delta(
        latest=after.latest,
        writes=transaction.log,
        counters=transaction.counted,
        cancelled=cancelled,
        scheduled=scheduled,
        cleared=transaction.cleared,
        sent=tuple(transaction.sent),
        clock=None if after.clock is before.clock else after.clock,
        faults=None if after.faults is before.faults else after.faults,
    )


def apply(world: World, delta: Delta, tables: Mapping[str, Table[Any]]) -> World:
    """The world after a delta. ``tables`` are the declared ones by full name. Raises KeyError if the delta is one of another world."""
    changed = world.tables
    for name, writes in delta.writes.items():
        changed = changed.insert(name, _replay(tables, name, world, writes))
    counters = world.counters
    for kind, number in delta.counters.items():
        counters = counters.insert(kind, number)
    outbox = Ordered[Message]() if delta.cleared else world.outbox
    for message in delta.sent:
        outbox = append_message(outbox, message)
    return World(
        seed=world.seed,
        clock=world.clock if delta.clock is None else delta.clock,
        tables=changed,
        counters=counters,
        timers=_merge_timers(world.timers, delta),
        outbox=outbox,
        faults=world.faults if delta.faults is None else delta.faults,
        born=world.born,
        latest=delta.latest,
    )


def is_chain(before: World, steps: Sequence[Transaction], after: World) -> bool:
    """Whether some finished transactions lead from one world to another, each from the result of the one before it."""
    for step in steps:
        if step.start is not before:
            return False
        before = step.result
    return before is after


def _replay(tables: Mapping[str, Table[Any]], name: str, world: World, writes: Sequence[Write]) -> Any:
    rows = world.tables.get(name) or EMPTY
    unread = isinstance(rows, UnreadRows)
    table = TransactionTable(Table(name, object) if unread else tables[name], rows)
    for kind, value in writes:
        if kind == ADD:
            table.add(value)
        elif kind == CHANGE:
            table.put(value)
        else:
            table.remove(value)
    return rows.follow(table.rows) if isinstance(rows, UnreadRows) else table.rows


def _key(timer: Timer) -> tuple[datetime, int, str, int | str | None]:
    return timer.due, timer.number, timer.action, timer.subject


def _compare_timers(before: tuple[Timer, ...], after: tuple[Timer, ...]) -> tuple[tuple[Timer, ...], tuple[Timer, ...]]:
    """The timers of the first that are not in the second, and the other way round."""
    if before is after:
        return (), ()
    old, new = Counter(map(_key, before)), Counter(map(_key, after))
    return tuple(Timer(*key) for key in (old - new).elements()), tuple(Timer(*key) for key in (new - old).elements())


def _merge_timers(timers: tuple[Timer, ...], delta: Delta) -> tuple[Timer, ...]:
    if not delta.cancelled and not delta.scheduled:
        return timers
    left = Counter(map(_key, timers))
    left.subtract(map(_key, delta.cancelled))
    left.update(map(_key, delta.scheduled))
    return tuple(sorted(Timer(*key) for key in left.elements()))
