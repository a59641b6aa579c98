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

    __slots__ = ("_end", "_items", "_start")

    def __init__(self, items: HashTrieMap[int, T] | None = None, end: int = 0, start: int = 0) -> None:
        self._items: HashTrieMap[int, T] = HashTrieMap() if items is None else items
        self._end = end
        self._start = start

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        """Whether equal items stand in the same order, at whatever positions."""
        if not isinstance(other, Ordered):
            return NotImplemented
        return self is other or (
            len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self.ascending(), other.ascending(), strict=True))
        )

    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, position: int) -> T:
        """The item at a position. Raises KeyError where there is none."""
        return self._items[position]

    @property
    def end(self) -> int:
        """The position that the next appended item gets."""
        return self._end

    def get(self, position: int) -> T | None:
        """The item at a position, or None where there is none."""
        return self._items.get(position)

    def append(self, item: T) -> Ordered[T]:
        """A collection with the item at its end."""
        return Ordered(self._items.insert(self._end, item), self._end + 1, self._start)

    def replace(self, position: int, item: T) -> Ordered[T]:
        """A collection with another item at a position that is in use."""
        if position not in self._items:
            raise KeyError(position)
        return Ordered(self._items.insert(position, item), self._end, self._start)

    def drop(self, position: int) -> Ordered[T]:
        """A collection without the item at a position."""
        items, start = self._items.remove(position), self._start
        while start < self._end and start not in items:
            start += 1  # what was dropped at the front is not looked at again, so that a queue stays as quick as it is short
        return Ordered(items, self._end, start)

    def ascending(self) -> Iterator[T]:
        """Items, oldest first."""
        items = self._items
        return (items[position] for position in range(self._start, self._end) if position in items)

    def descending(self) -> Iterator[T]:
        """Items, newest first."""
        items = self._items
        return (items[position] for position in range(self._end - 1, self._start - 1, -1) if position in items)

    def slice(self, offset: int, limit: int) -> list[T]:
        """At most ``limit`` items, oldest first, after the first ``offset``; without holes the cost does not depend on the offset."""
        if offset >= len(self._items):
            return []
        if len(self._items) == self._end - self._start:
            first = self._start + offset
            return [self._items[position] for position in range(first, min(first + limit, self._end))]
        return list(islice(self.ascending(), offset, offset + limit))
