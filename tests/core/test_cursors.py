"""Page through a list by cursor: each item appears once, even if items arrive in between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.operation.paging import by_cursor

Item = tuple[int, int]


@given(
    st.lists(st.integers(0, 5), max_size=30),
    st.integers(1, 7),
    st.lists(st.lists(st.integers(-1, 6), max_size=4), max_size=10),
    st.booleans(),
)
def test_every_item_is_visited_once_while_others_arrive(keys: list[int], size: int, arrivals: list[list[int]], descending: bool) -> None:  # noqa: FBT001 - drawn
    items: list[Item] = list(zip(keys, range(len(keys)), strict=True))
    at_first, after = list(items), None
    visited: list[Item] = []
    waves = iter(arrivals)
    for _ in range(200):
        stretch = by_cursor(items, size, lambda item: item, after, descending=descending)
        assert len(stretch.items) <= size
        visited += stretch.items
        if not stretch.more:
            break
        after = stretch.items[-1]
        items += [(key, len(items) + number) for number, key in enumerate(next(waves, ()))]
    else:
        pytest.fail("the list has no end")
    assert len(visited) == len(set(visited))
    assert visited == sorted(visited, reverse=descending)
    assert set(at_first) <= set(visited)


def test_the_last_stretch_may_be_empty() -> None:
    stretch = by_cursor([1, 2], 5, lambda item: item, 2)
    assert (stretch.items, stretch.more) == ([], False)


def test_a_stretch_has_a_size() -> None:
    with pytest.raises(ValueError, match="at least one item"):
        by_cursor([1], 0, lambda item: item)
