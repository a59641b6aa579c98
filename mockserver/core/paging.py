"""Slicing of lists into pages. Names of parameters, defaults and the place of a cursor are the vendor's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Sliceable(Protocol[T_co]):
    """Anything with a length and cheap slices: a draft table, a selection."""

    def __len__(self) -> int: ...

    def slice(self, offset: int, limit: int) -> Sequence[T_co]:
        """At most ``limit`` items after the first ``offset``."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page: its items, its number from 1, the size asked for, and how many items and pages there are in all."""

    items: Sequence[T]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; 0 where there are no items."""
        return -(-self.total // self.size)

    @property
    def is_last(self) -> bool:
        """Whether no page follows."""
        return self.number >= self.pages


def by_page(items: Sliceable[T], number: int, size: int) -> Page[T]:
    """The ``number``-th page, counted from 1, of ``size`` items; a page behind the last is empty."""
    if number < 1 or size < 1:
        raise ValueError("pages and their sizes count from 1")
    return Page(items.slice((number - 1) * size, size), number, size, len(items))
