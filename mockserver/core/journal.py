"""What happened: the exchanges of each world, newest last, bounded in number and bytes."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from mockserver.core.requests import Request

PER_WORLD = 1000
"""Exchanges kept per world."""
ALL_BYTES = 64 * 1024 * 1024
"""Bytes kept over all worlds, about."""
_OVERHEAD = 3000
"""Bytes that an exchange takes besides its two bodies, about."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and the reply to it.

    ``at`` is a moment of the world's time, ``seconds`` how long the answer took; ``operation`` is ``<slug>.<operationId>``, None where none was
    reached; ``fault`` is what went wrong; ``changed`` says whether the world is another one afterwards.
    """

    number: int
    at: datetime
    request: Request
    status: int
    headers: Mapping[str, str]
    payload: bytes
    operation: str | None
    fault: Exception | None
    changed: bool
    seconds: float

    @property
    def size(self) -> int:
        """Bytes kept in memory, about."""
        return _OVERHEAD + len(self.request.body) + len(self.payload)


class Journal:
    """The exchanges of every world; where there are too many, the oldest go first."""

    def __init__(self, per_world: int = PER_WORLD, all_bytes: int = ALL_BYTES) -> None:
        self._per_world = per_world
        self._all_bytes = all_bytes
        self._worlds: dict[str, deque[Exchange]] = {}
        self._all: OrderedDict[int, Exchange] = OrderedDict()
        self._number = 0
        self.size = 0

    def next_number(self) -> int:
        """The number of the next exchange, counted over all worlds."""
        self._number += 1
        return self._number

    def record(self, exchange: Exchange) -> None:
        """Keep an exchange, and drop the oldest where a bound is passed."""
        entries = self._worlds.setdefault(exchange.request.world, deque())
        entries.append(exchange)
        self._all[exchange.number] = exchange
        self.size += exchange.size
        if len(entries) > self._per_world:
            self._drop(entries[0])
        while self.size > self._all_bytes and len(self._all) > 1:
            self._drop(next(iter(self._all.values())))

    def entries(self, world: str) -> Iterator[Exchange]:
        """The exchanges of a world, oldest first."""
        return iter(tuple(self._worlds.get(world, ())))

    def clear(self, world: str) -> None:
        """Forget the exchanges of a world."""
        for exchange in tuple(self._worlds.get(world, ())):
            self._drop(exchange)

    def _drop(self, exchange: Exchange) -> None:
        """Forget an exchange, which is the oldest of its world."""
        entries = self._worlds[exchange.request.world]
        entries.popleft()
        if not entries:
            del self._worlds[exchange.request.world]
        del self._all[exchange.number]
        self.size -= exchange.size
