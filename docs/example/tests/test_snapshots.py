"""One prepared world, and destructive tests that each start from a fork of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shop import Till

if TYPE_CHECKING:
    from mockserver.testing import Mock

PHONE = "4775550101"


def till_in(mock: Mock) -> Till:
    """A till in a given world."""
    return Till(mock.monedero.base_url, mock.monedero.headers, "wallet-demo", "7001")


@pytest.mark.parametrize("amount", [100, 200, 300])
def test_each_fork_starts_from_the_same_point(mock: Mock, amount: int) -> None:
    till_in(mock).sell(PHONE, 500)
    prepared = mock.snapshot("after-the-first-sale")
    for _ in range(2):
        assert till_in(prepared.fork()).sell(PHONE, amount) == 300 + amount / 10
    assert prepared.diff() == []


def test_a_diff_says_what_a_sale_changes(mock: Mock) -> None:
    before = mock.snapshot()
    till_in(mock).sell(PHONE, 1000)
    (change,) = before.diff()
    assert (change.table, change.fields) == ("monedero.contacts", {"/points": (25000, 35000)})
    before.restore()
    assert mock.diff() == []
