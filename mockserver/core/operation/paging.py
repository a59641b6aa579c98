"""Slices lists into pages. The vendor decides about names of parameters, defaults and the format of a cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Sliceable(Protocol[T_co]):
    """Anything with a length and cheap slices: a table of a transaction, a selection."""

    def __len__(self) -> int: ...

    def slice(self, offset: int, limit: int) -> Sequence[T_co]:
        """At most ``limit`` items after the first ``offset``."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page: its items, its number from 1, the requested size, and the total number of items."""

    items: Sequence[T]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; 0 if there are no items."""
        return -(-self.total // self.size)

    @property
    def is_last(self) -> bool:
        """Whether no page follows."""
        return self.number >= self.pages


def by_page(items: Sliceable[T], number: int, size: int) -> Page[T]:
    """The ``number``-th page, counted from 1, of ``size`` items; empty after the last page. Raises ValueError for a number or a size below 1."""
    if number < 1 or size < 1:
        raise ValueError("pages and their sizes count from 1")
    return Page(items.slice((number - 1) * size, size), number, size, len(items))


@dataclass(frozen=True, slots=True)
class Stretch(Generic[T]):
    """Consecutive items of a list. ``more`` says whether others follow."""

    items: Sequence[T]
    more: bool


def by_cursor(items: Iterable[T], size: int, order: Callable[[T], Any], after: T | None = None, *, descending: bool = False) -> Stretch[T]:
    """At most ``size`` items that follow the item ``after`` in an order; the first ones if it is None. Raises ValueError for a size below 1.

    ``order`` returns a sort key that no two items share. A client that continues after the last item of each stretch reads every item once. It also
    reads items that are added meanwhile, unless they are sorted before the place that it has reached.
    """
    if size < 1:
        raise ValueError("a stretch has at least one item")
    if after is not None:
        place = order(after)
        items = (item for item in items if (order(item) < place if descending else order(item) > place))
    found = sorted(items, key=order, reverse=descending)
    return Stretch(found[:size], len(found) > size)
