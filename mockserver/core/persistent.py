"""An ordered collection as a value: every change gives a new one and shares the rest with the old."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar

from rpds import HashTrieMap

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


class Ordered(Generic[T]):
    """Items in the order in which they were appended, each at a position that it keeps.

    Appending, reading, replacing and dropping by position take constant time, whatever the size. A dropped item leaves a hole that
    iteration steps over; when holes outnumber items, the owner may compact.
    """

    __slots__ = ("_end", "_items")

    def __init__(self, items: HashTrieMap[int, T] | None = None, end: int = 0) -> None:
        self._items: HashTrieMap[int, T] = HashTrieMap() if items is None else items
        self._end = end

    def __len__(self) -> int:
        return len(self._items)

    @property
    def end(self) -> int:
        """The position that the next appended item gets."""
        return self._end

    def get(self, position: int) -> T | None:
        """The item at a position, or None where there is none."""
        return self._items.get(position)

    def append(self, item: T) -> Ordered[T]:
        """A collection with the item at its end."""
        return Ordered(self._items.insert(self._end, item), self._end + 1)

    def replace(self, position: int, item: T) -> Ordered[T]:
        """A collection with another item at a position that is in use."""
        if position not in self._items:
            raise KeyError(position)
        return Ordered(self._items.insert(position, item), self._end)

    def drop(self, position: int) -> Ordered[T]:
        """A collection without the item at a position."""
        return Ordered(self._items.remove(position), self._end)

    def ascending(self) -> Iterator[T]:
        """Items, oldest first."""
        items = self._items
        return (items[position] for position in range(self._end) if position in items)

    def descending(self) -> Iterator[T]:
        """Items, newest first."""
        items = self._items
        return (items[position] for position in range(self._end - 1, -1, -1) if position in items)

    def slice(self, offset: int, limit: int) -> list[T]:
        """At most ``limit`` items, oldest first, after the first ``offset``; without holes the cost does not depend on the offset."""
        if offset >= len(self._items):
            return []
        if len(self._items) == self._end:
            return [self._items[position] for position in range(offset, min(offset + limit, self._end))]
        return list(islice(self.ascending(), offset, offset + limit))
