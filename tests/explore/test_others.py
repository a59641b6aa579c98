"""What another user changes meanwhile: where it is tried, and when a client is accused of having overwritten it."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.explore.baseline import read_baseline
from mockserver.explore.faults import make_fault
from mockserver.explore.model import ClientRun
from mockserver.explore.oracles import Accusation, judge
from mockserver.explore.others import CHANGED, find_others, make_change
from tests.explore.samples import call, make_run, record

LISTED = call("list_orders", answered={"data": [record(1, "Ana", state="open")]}, status=200)


def changed(name: str = "Ana", state: str = "paid") -> dict[str, Any]:
    return {"table": "shop.orders", "id": 1, "bookkeeping": False, "before": record(1, "Ana", state="open"), "after": record(1, name, state=state)}


def run_with(sent: Any, *changes: dict[str, Any], stdout: str = "") -> ClientRun:
    return make_run([LISTED, call("update_order", *changes, sent=sent, status=200)], stdout=stdout)


PART = run_with({"state": "paid"}, changed())
WHOLE = run_with({"name": "Ana", "state": "paid"}, changed())


def accuse(run: ClientRun) -> Accusation | None:
    baseline = read_baseline([PART, PART, PART], {})
    return judge(run, baseline, [make_fault("other:shop.orders/1/name")], without=frozenset(), ignored=frozenset())


@pytest.mark.parametrize("usual", [PART, WHOLE])
def test_another_user_changes_a_text_just_before_the_client_writes_the_record(usual: ClientRun) -> None:
    assert list(find_others(usual)) == [("shop.orders/1/name", 2)]


def test_what_the_client_wants_itself_is_nobody_elses() -> None:
    own = make_run([call("update_order", changed(), sent={"name": "Ana", "state": "paid"}, status=200)])
    assert not list(find_others(own))


def test_a_record_of_a_served_document_has_its_fields_inside() -> None:
    inside = {"id": "6", "data": {"name": "Bell", "stock": 1}}
    after = {"id": "6", "data": {"name": "Bell", "stock": 5}}
    change = {"table": "workshop.part", "id": "6", "bookkeeping": False, "before": inside, "after": after}
    usual = make_run([call("update_part", change, sent={"stock": 5}, status=200)])
    assert list(find_others(usual)) == [("workshop.part/6/data.name", 1)]
    assert make_change(inside, "data.name") == {"data": {"name": f"Bell{CHANGED}", "stock": 1}}
    assert make_change(record(1, "Ana"), "name") == {"name": f"Ana{CHANGED}"}


def test_a_client_that_lets_the_change_stand_is_not_accused() -> None:
    assert accuse(run_with({"state": "paid"}, changed(f"Ana{CHANGED}"), stdout=f"Ana{CHANGED} has paid\n")) is None


def test_a_client_that_writes_back_what_it_has_read_loses_the_change() -> None:
    found = accuse(run_with({"name": "Ana", "state": "paid"}, changed()))
    assert found is not None
    assert (found.oracle, found.difference) == ("wrong end", {"hint": "lost"})
    assert "name of shop.orders 1" in found.sentence
