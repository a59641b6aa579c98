"""The job repeats a call only if repeating is safe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from push import BRANCHES
from shop import Declined, Sync

if TYPE_CHECKING:
    from mockserver.testing import Mock


def test_branches_are_pushed_once(sync: Sync, mock: Mock) -> None:
    assert sync.push(BRANCHES) == 2
    assert sync.push(BRANCHES) == 0
    mock.journal.verify_in_order({"operation": "create_sucursal"}, {"operation": "create_sucursal"}, {"operation": "list_sucursales"})


def test_two_busy_answers_are_survived(sync: Sync, mock: Mock) -> None:
    rule = mock.faults.add("serpi", "create_sucursal", status=429, first=2)
    assert sync.push(BRANCHES) == 2
    assert rule.struck == 2
    mock.journal.verify("create_sucursal", count=4)


def test_a_lost_answer_leaves_one_branch(sync: Sync, mock: Mock) -> None:
    mock.faults.add("serpi", "create_sucursal", damage="reset", when="after", first=1)
    with pytest.raises(httpx.TransportError):
        sync.push(BRANCHES)
    assert sync.push(BRANCHES) == 1
    assert [row["descripcion"] for row in mock.serpi.state.records("branches", client_id=2)] == ["NORTE", "SUR"]


def test_an_erp_that_stays_down_is_given_up(sync: Sync, mock: Mock) -> None:
    mock.services.down("serpi.erp")
    with pytest.raises(Declined, match="busy 4 times"):
        sync.push(BRANCHES)
    mock.services.up("serpi.erp")
    assert sync.push(BRANCHES) == 2


@pytest.mark.parametrize("damage", ["truncated", "reset"])
def test_a_list_that_breaks_off_is_read_again(sync: Sync, mock: Mock, damage: Any) -> None:
    mock.faults.add("serpi", "list_sucursales", damage=damage, first=1)
    assert sync.push(BRANCHES) == 2


def test_a_slow_answer_is_an_answer(sync: Sync, mock: Mock) -> None:
    mock.faults.add("serpi", damage="drip", seconds=0.2)
    assert sync.push(BRANCHES) == 2
