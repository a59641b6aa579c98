"""An immutable ordered collection. A change returns a new one, which shares its unchanged parts with the old one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Generic, TypeVar

T = TypeVar("T")

BITS = 5
WIDTH = 1 << BITS
"""Items of a leaf, and children of an inner node."""
GONE: Any = object()
"""Takes the place of a dropped item."""
Node = tuple[Any, ...]


class Ordered(Generic[T]):
    """Items in the order in which they were appended. An item keeps its position.

    The items are leaves of a tree of tuples that is filled from the left; the last ones, which do not fill a leaf yet, stand beside it. So appending
    copies a few items only, and an item costs little more than a reference. The cost of appending, reading, replacing and dropping by position
    does not depend on the size. A dropped item leaves a hole, which iteration skips.
    """

    __slots__ = ("_count", "_full", "_root", "_shift", "_start", "_tail")

    def __init__(self, root: Node = (), shift: int = BITS, full: int = 0, tail: tuple[T, ...] = (), count: int = 0, start: int = 0) -> None:
        self._root = root
        self._shift = shift  # of the root: the bits of a position from here on are the number of a child
        self._full = full  # number of positions in the tree
        self._tail = tail
        self._count = count
        self._start = start  # every item before this position was dropped

    def __len__(self) -> int:
        return self._count

    def __eq__(self, other: object) -> bool:
        """Whether both hold equal items in the same order; positions do not matter."""
        if not isinstance(other, Ordered):
            return NotImplemented
        return self is other or (
            len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self.ascending(), other.ascending(), strict=True))
        )

    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, position: int) -> T:
        """The item at a position. Raises KeyError if there is none."""
        item = self._get(position)
        if item is GONE:
            raise KeyError(position)
        return item

    @property
    def end(self) -> int:
        """The position that the next appended item gets."""
        return self._full + len(self._tail)

    def get(self, position: int) -> T | None:
        """The item at a position, or None."""
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
        """A collection with another item at a position. Raises KeyError if there is none to replace."""
        if self._get(position) is GONE:
            raise KeyError(position)
        root, tail = self._put(position, item)
        return Ordered(root, self._shift, self._full, tail, self._count, self._start)

    def drop(self, position: int) -> Ordered[T]:
        """A collection without the item at a position. Raises KeyError if there is none."""
        if self._get(position) is GONE:
            raise KeyError(position)
        start, end = self._start, self.end
        while start < end and (start == position or self._get(start) is GONE):
            start += 1  # skip holes at the front from now on, so that a queue does not get slower with its age
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
        """At most ``limit`` items, oldest first, after the first ``offset``. If there are no holes, the cost does not depend on the offset."""
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
        """The leaf that holds a position."""
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
        """Tree and tail with another item at a position."""
        if position >= self._full:
            at = position - self._full
            return self._root, (*self._tail[:at], item, *self._tail[at + 1 :])
        return _replace_in(self._root, self._shift, position, item), self._tail


def _replace_in(node: Node, shift: int, position: int, item: Any) -> Node:
    at = position >> shift & WIDTH - 1
    inner = _replace_in(node[at], shift - BITS, position, item) if shift else item
    return (*node[:at], inner, *node[at + 1 :])


def _grow(root: Node, shift: int, full: int, leaf: Node) -> tuple[Node, int]:
    """The tree and its shift after a leaf was added at its end; ``full`` is the number of positions before."""
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
    """A new branch whose only leaf is this one."""
    while shift:
        leaf, shift = (leaf,), shift - BITS
    return leaf
