"""The order in which worlds leave a full store.

1. worlds that nothing has changed, the one unused for longest first
2. worlds that pages of other sites have made
3. of the client address that holds most worlds, the one unused for longest: at once for a client that holds fewer, else if it is unused for
   ``idle`` seconds

Pinned worlds and the default one stay. A world that nothing has changed takes the place of a world of the first group only, and a page of another
site that of a world of the first two.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from itertools import islice
from typing import Literal, NewType

from mockserver.core.base.clock import stopwatch
from mockserver.core.base.visitors import Visitor

Address = NewType("Address", str)
Group = Literal["pinned", "unchanged", "foreign"] | Address
"""The group of a world: an address holds the worlds that its clients have changed."""
Queue = OrderedDict[str, "Stay"]

_TIES = 64
"""Addresses that hold equally many worlds and are compared at most."""


@dataclass(slots=True)
class Stay:
    """The place of one world among the others: when it was last used, by the stopwatch, its group, and the queue that it stands in."""

    used: float
    group: Group
    queue: Queue


@dataclass(frozen=True, slots=True)
class Departure:
    """A world that leaves, the reason, and the number of worlds that is the limit; 0 stands for the capacity of the store."""

    name: str
    reason: str
    limit: int = 0


class Holders:
    """Queues of worlds by the address that holds them, and the addresses by the number of their worlds. Every change takes constant time."""

    def __init__(self) -> None:
        self._queues: dict[Address, Queue] = {}
        self._by_count: dict[int, dict[Address, None]] = {}
        self._most = 0

    @property
    def most(self) -> int:
        """How many worlds the address with most of them holds."""
        return self._most

    def count(self, address: str) -> int:
        """How many worlds an address holds."""
        return len(self._queues.get(Address(address), ()))

    def open(self, address: Address) -> Queue:
        """The queue of an address. Call :meth:`recount` after a world was added to it or removed."""
        return self._queues.setdefault(address, OrderedDict())

    def recount(self, address: Address, before: int) -> None:
        """Note that an address, which held ``before`` worlds, holds one more or one less."""
        now = len(self._queues[address])
        if before:
            del self._by_count[before][address]
            if not self._by_count[before]:
                del self._by_count[before]
        if now:
            self._by_count.setdefault(now, {})[address] = None
        else:
            del self._queues[address]
        if now > self._most or self._most not in self._by_count:
            self._most = now

    def find_oldest(self) -> tuple[str, Stay] | None:
        """The world unused for longest of the address that holds most; of several such addresses, the world that is unused for longest of all."""
        heads = (next(iter(self._queues[address].items())) for address in islice(self._by_count.get(self._most, ()), _TIES))
        return min(heads, key=lambda head: head[1].used, default=None)


class Residents:
    """The worlds of a store by group, each group in order of use. ``idle`` is in seconds; 0 means that no world counts as idle."""

    def __init__(self, idle: float) -> None:
        self._idle = idle
        self._holders = Holders()
        self._queues: dict[Group, Queue] = {"pinned": OrderedDict(), "unchanged": OrderedDict(), "foreign": OrderedDict()}

    def clear(self) -> None:
        """Remove every world."""
        for queue in self._queues.values():
            queue.clear()
        self._holders = Holders()

    @property
    def foreign(self) -> int:
        """How many worlds pages of other sites hold."""
        return len(self._queues["foreign"])

    def enter(self, name: str, group: Group) -> Stay:
        """Put a world at the end of its group."""
        own = self._queues.get(group)
        queue = self._holders.open(Address(group)) if own is None else own
        before = len(queue)
        stay = queue[name] = Stay(stopwatch(), group, queue)
        if own is None:
            self._holders.recount(Address(group), before)
        return stay

    def leave(self, name: str, stay: Stay) -> None:
        """Remove a world."""
        before = len(stay.queue)
        del stay.queue[name]
        if stay.group not in self._queues:
            self._holders.recount(Address(stay.group), before)

    def find_oldest_foreign(self, limit: int = 0) -> Departure:
        """The world unused for longest of those that pages of other sites made; there has to be one."""
        return Departure(next(iter(self._queues["foreign"])), "a page of another site had made it", limit)

    def choose(self, visitor: Visitor, *, changed: bool, force: bool) -> Departure | None:
        """The world that leaves for a new one; None if none may.

        ``changed`` says whether the new world is more than a copy of the start. ``force`` ignores how long a world was unused.
        """
        for name in self._queues["unchanged"]:
            return Departure(name, "nothing had changed it")
        if changed and self.foreign:
            return self.find_oldest_foreign()
        oldest = self._holders.find_oldest() if changed and not visitor.is_foreign else None
        if oldest is None:
            return None
        name, stay = oldest
        if force or self._holders.count(visitor.address) < self._holders.most or (self._idle and stopwatch() - stay.used >= self._idle):
            return Departure(name, "it was the one unused for longest of the client that holds most")
        return None
