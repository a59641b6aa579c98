"""An ordered collection as a value: every change gives a new one and shares the rest with the old."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

BITS = 5
WIDTH = 1 << BITS
"""Items of a leaf, and children of a node."""
GONE: Any = object()
"""Stands where an item was dropped."""
Node = tuple[Any, ...]


class Ordered(Generic[T]):
    """Items in the order in which they were appended, each at a position that it keeps.

    A tree of tuples, filled from the left, and beside it the last items, which do not fill a leaf yet: appending copies a few of them, and an item
    costs little more than a reference. Appending, reading, replacing and dropping by position do not depend on the size. A dropped item leaves a hole
    that iteration steps over; when holes outnumber items, the owner may compact.
    """

    __slots__ = ("_count", "_full", "_root", "_shift", "_start", "_tail")

    def __init__(self, root: Node = (), shift: int = BITS, full: int = 0, tail: tuple[T, ...] = (), count: int = 0, start: int = 0) -> None:
        self._root = root
        self._shift = shift  # of the root: the number of a child is in the bits of a position from here on
        self._full = full  # positions in the tree
        self._tail = tail
        self._count = count
        self._start = start  # before it all are gone

    def __len__(self) -> int:
        return self._count

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
        item = self._get(position)
        if item is GONE:
            raise KeyError(position)
        return item

    @property
    def end(self) -> int:
        """The position that the next appended item gets."""
        return self._full + len(self._tail)

    def get(self, position: int) -> T | None:
        """The item at a position, or None where there is none."""
        item = self._get(position)
        return None if item is GONE else item

    def append(self, item: T) -> Ordered[T]:
        """A collection with the item at its end."""
        tail = (*self._tail, item)
        if len(tail) < WIDTH:
            return Ordered(self._root, self._shift, self._full, tail, self._count + 1, self._start)
        root, shift = _grow(self._root, self._shift, self._full, tail)
        return Ordered(root, shift, self._full + WIDTH, (), self._count + 1, self._start)

    def replace(self, position: int, item: T) -> Ordered[T]:
        """A collection with another item at a position that is in use."""
        if self._get(position) is GONE:
            raise KeyError(position)
        root, tail = self._put(position, item)
        return Ordered(root, self._shift, self._full, tail, self._count, self._start)

    def drop(self, position: int) -> Ordered[T]:
        """A collection without the item at a position."""
        if self._get(position) is GONE:
            raise KeyError(position)
        start, end = self._start, self.end
        while start < end and (start == position or self._get(start) is GONE):
            start += 1  # what was dropped at the front is not looked at again, so that a queue stays as quick as it is short
        root, tail = self._put(position, GONE)
        return Ordered(root, self._shift, self._full, tail, self._count - 1, start)

    def ascending(self) -> Iterator[T]:
        """Items, oldest first."""
        end = self.end
        for first in range(self._start - self._start % WIDTH, end, WIDTH):
            for item in self._find_leaf(first):
                if item is not GONE:
                    yield item

    def descending(self) -> Iterator[T]:
        """Items, newest first."""
        for first in range((self.end - 1) // WIDTH * WIDTH, self._start - WIDTH, -WIDTH):
            for item in reversed(self._find_leaf(first)):
                if item is not GONE:
                    yield item

    def slice(self, offset: int, limit: int) -> list[T]:
        """At most ``limit`` items, oldest first, after the first ``offset``; without holes the cost does not depend on the offset."""
        if offset >= self._count:
            return []
        if self._count < self.end - self._start:
            return list(islice(self.ascending(), offset, offset + limit))
        at, found = self._start + offset, list[T]()
        last = min(at + limit, self.end)
        while at < last:
            inside = at % WIDTH
            found += self._find_leaf(at)[inside : inside + last - at]
            at += WIDTH - inside
        return found

    def _find_leaf(self, position: int) -> tuple[T, ...]:
        """The items that stand together with the one at a position."""
        if position >= self._full:
            return self._tail
        node, shift = self._root, self._shift
        while shift:
            node = node[position >> shift & WIDTH - 1]
            shift -= BITS
        return node

    def _get(self, position: int) -> T:
        if not 0 <= position < self._full + len(self._tail):
            return GONE  # type: ignore[no-any-return]
        return self._find_leaf(position)[position & WIDTH - 1]

    def _put(self, position: int, item: T) -> tuple[Node, tuple[T, ...]]:
        """Tree and tail with something else at a position."""
        if position >= self._full:
            at = position - self._full
            return self._root, (*self._tail[:at], item, *self._tail[at + 1 :])
        return _replace_in(self._root, self._shift, position, item), self._tail


def _replace_in(node: Node, shift: int, position: int, item: Any) -> Node:
    at = position >> shift & WIDTH - 1
    inner = _replace_in(node[at], shift - BITS, position, item) if shift else item
    return (*node[:at], inner, *node[at + 1 :])


def _grow(root: Node, shift: int, full: int, leaf: Node) -> tuple[Node, int]:
    """A tree of so many positions and its shift, after a leaf was put at its end."""
    if full == WIDTH << shift:
        return (root, _build_path(shift, leaf)), shift + BITS
    return _extend(root, shift, full, leaf), shift


def _extend(node: Node, shift: int, position: int, leaf: Node) -> Node:
    if shift == BITS:
        return (*node, leaf)
    if position >> shift & WIDTH - 1 < len(node):
        return (*node[:-1], _extend(node[-1], shift - BITS, position, leaf))
    return (*node, _build_path(shift - BITS, leaf))


def _build_path(shift: int, leaf: Node) -> Node:
    """The nodes down to a leaf that stands alone."""
    while shift:
        leaf, shift = (leaf,), shift - BITS
    return leaf
