"""The limits of the server with what is used of each, and the slots of calls that last."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from mockserver.core.base.faults import LimitExceeded
from mockserver.openapi.event_streams import close_source
from mockserver.openapi.limits import LIMITS, Limit

T = TypeVar("T")
_SHOWN = tuple(limit for _, group in LIMITS[:-1] for limit in group)
"""All limits but those of the suite and the traffic tools, which the server does not hold."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What is used of a limit. ``value`` is the limit as an option of the command has set it, None for that of the table."""

    used: Callable[[], int]
    value: int | None = None


class Slots:
    """The slots of each world for calls that last. Beyond the limit a call is refused with 503."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._taken: Counter[str] = Counter()

    def count(self, world: str) -> int:
        """How many slots of a world are taken."""
        return self._taken[world]

    @property
    def total(self) -> int:
        """How many slots of all worlds are taken."""
        return self._taken.total()

    def check(self, world: str) -> None:
        """Raise LimitExceeded if every slot of a world is taken."""
        if self._taken[world] >= self._limit.value:
            raise LimitExceeded(self._limit, 503)

    @contextmanager
    def take(self, world: str) -> Iterator[None]:
        """Take a slot of a world for a while. Raises LimitExceeded."""
        self.check(world)
        self._taken[world] += 1
        try:
            yield
        finally:
            self._taken[world] -= 1
            if not self._taken[world]:
                del self._taken[world]

    async def hold(self, world: str, items: AsyncIterator[T]) -> AsyncIterator[T]:
        """The same items; a slot is taken from the first one until the iterator is closed."""
        with self.take(world):
            try:
                async for item in items:
                    yield item
            finally:
                await close_source(items)


def render_limits(server: Mapping[str, Usage], world: Mapping[str, int]) -> list[dict[str, Any]]:
    """The limits of the server. ``server`` and ``world`` have by name of a limit what is used of it."""
    return [_render(limit, server.get(limit.name), world.get(limit.name)) for limit in _SHOWN]


def _render(limit: Limit, usage: Usage | None, used: int | None) -> dict[str, Any]:
    value = limit.value if usage is None or usage.value is None else usage.value
    count = used if usage is None else usage.used()
    return {"name": limit.name, "value": value, "unit": limit.unit, **({} if count is None else {"used": count})}
