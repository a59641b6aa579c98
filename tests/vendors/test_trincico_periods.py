"""When a subscription of Trincico is renewed or ends, and whether its payment fails, by a policy of the world."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.trincico import SEEDED_RECORDS
from mockserver.testing import Mock as World
from tests.vendors.trincico import BACK, do, get

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Mock

PERIOD, CANCELED = "trincico.subscription_period", "trincico.canceled_subscription"


@pytest.fixture
def world(mock: Mock) -> Iterator[World]:
    """The world of ``mock``, whose clock stands still."""
    with World(mock.url, mock.world) as world:
        world.clock.freeze()
        yield world


def active(mock: Mock, role: str = "pro") -> dict[str, Any]:
    """The subscription of a role, read as the app reads it."""
    found: dict[str, Any] = get(mock, "/subscriptions/active/", role)
    return found


def record(mock: Mock, subscription: str) -> dict[str, Any]:
    """A subscription as it is stored, which is no read of the app."""
    found: dict[str, Any] = next(row for row in mock.state("trincico")["subscriptions"] if row["id"] == subscription)
    return found


def payments(mock: Mock, subscription: str) -> list[str]:
    return [row["status"] for row in mock.state("trincico")["payments"] if row["subscription_id"] == subscription]


def upgrade(mock: Mock, role: str, plan: str, status: int = 200) -> Any:
    return do(mock, "POST", "/subscriptions/upgrade/", status, role, plan_id=SEEDED_RECORDS[plan], **BACK)


def read_until_it_ends(mock: Mock) -> list[int]:
    """The statuses of four reads."""
    with mock.client("trincico", "pro") as client:
        answers = [client.get("/subscriptions/active/") for _ in range(4)]
    assert len({answer.text for answer in answers if answer.status_code == 404}) == 1, "the read that ends it answers as those after it"
    return [answer.status_code for answer in answers]


def end_of_period(mock: Mock, world: World, role: str = "pro") -> dict[str, Any]:
    """Move the clock to the end of the period of a role, and return the subscription as it was before."""
    before = active(mock, role)
    world.clock.freeze(datetime.fromtimestamp(before["end_at"], UTC))
    return before


def test_a_period_is_renewed_at_the_third_read(mock: Mock, world: World) -> None:
    before = active(mock)
    world.transitions.set(PERIOD, reads=3)
    starts = [active(mock)["start_at"] for _ in range(7)]
    now = int(world.clock.now.timestamp())
    assert starts == [before["start_at"]] * 2 + [now] * 5
    assert payments(mock, before["id"]) == ["completed"] * 3, "each period is counted by itself"
    assert active(mock)["end_at"] > now


@pytest.mark.parametrize(
    ("outcome", "paid"), [("unpaid", ["completed", "failed"]), ("canceled", ["completed"]), ("canceled_due_update", ["completed"])]
)
def test_a_period_ends_otherwise(mock: Mock, world: World, outcome: str, paid: list[str]) -> None:
    world.transitions.set(PERIOD, outcome=outcome)
    before = end_of_period(mock, world)
    assert read_until_it_ends(mock) == [404] * 4
    assert (record(mock, before["id"])["status"], payments(mock, before["id"])) == (outcome, paid)


@pytest.mark.parametrize("reads", [1, 3])
def test_the_payment_of_a_renewal_fails_at_a_read(mock: Mock, world: World, reads: int) -> None:
    before = active(mock)
    world.transitions.set(PERIOD, reads=reads, outcome="unpaid")
    assert read_until_it_ends(mock) == [200] * (reads - 1) + [404] * (5 - reads)
    assert payments(mock, before["id"]) == ["completed", "failed"]
    assert (record(mock, before["id"])["status"], record(mock, before["id"])["end_at"]) == ("unpaid", int(world.clock.now.timestamp()))


def test_where_nothing_is_due_no_payment_fails(mock: Mock, world: World) -> None:
    world.transitions.set(PERIOD, outcome="unpaid")
    before = end_of_period(mock, world, "demo")
    assert (active(mock, "demo")["start_at"], payments(mock, before["id"])) == (before["end_at"], [])


def test_periods_have_another_length_and_get_the_usual_one_back(mock: Mock, world: World) -> None:
    world.transitions.set(PERIOD, after="P2D")
    end = end_of_period(mock, world)["end_at"]
    assert active(mock)["end_at"] - end == 2 * 86_400
    world.clock.advance("P5D")
    assert (active(mock)["start_at"], active(mock)["end_at"]) == (end + 4 * 86_400, end + 6 * 86_400)
    world.transitions.set(PERIOD)
    world.clock.advance("P1D")
    shown = active(mock)
    assert shown["start_at"] == end + 6 * 86_400
    assert shown["end_at"] - shown["start_at"] >= 28 * 86_400


def test_a_renewal_lasts_a_day_at_least_and_many_are_done_as_one(mock: Mock, world: World) -> None:
    world.transitions.set(PERIOD, after="PT0S")
    before = end_of_period(mock, world)
    assert active(mock)["end_at"] - before["end_at"] == 86_400
    world.clock.advance("P30Y")
    now = int(world.clock.now.timestamp())
    assert now < active(mock)["end_at"] <= now + 86_400
    assert len(payments(mock, before["id"])) < 130


def test_periods_beyond_the_years_of_a_clock_do_not_end(mock: Mock, world: World) -> None:
    world.clock.freeze("8990-01-01T00:00:00Z")
    world.transitions.set(PERIOD, after="P99Y")
    end_of_period(mock, world)
    assert active(mock)["status"] == "active"


def test_a_lower_plan_starts_at_a_read(mock: Mock, world: World) -> None:
    assert upgrade(mock, "elite", "plan_pro") == {"code": "next_plan_waiting"}
    world.transitions.set(PERIOD, reads=2)
    assert [active(mock, "elite")["plan"]["id"] for _ in range(2)] == [SEEDED_RECORDS["plan_elite"], SEEDED_RECORDS["plan_pro"]]


def test_a_canceled_subscription_ends_after_a_duration(mock: Mock, world: World) -> None:
    found = active(mock)["id"]
    world.transitions.set(CANCELED, after="P2D")
    world.transitions.set(PERIOD, reads=1, outcome="unpaid")
    do(mock, "POST", f"/subscriptions/{found}/cancel/", 204, "pro")
    assert active(mock)["end_at"] - int(world.clock.now.timestamp()) == 2 * 86_400
    world.clock.advance("P1D")
    assert active(mock)["status"] == "active"
    world.clock.advance("P1D")
    assert read_until_it_ends(mock) == [404] * 4
    assert (record(mock, found)["status"], payments(mock, found)) == ("canceled", ["completed"])


def test_a_canceled_subscription_ends_at_a_read(mock: Mock, world: World) -> None:
    found = active(mock)["id"]
    world.transitions.set(CANCELED, reads=2, outcome="canceled_due_update")
    assert active(mock)["canceled_at"] is None
    do(mock, "POST", f"/subscriptions/{found}/cancel/", 204, "pro")
    assert read_until_it_ends(mock) == [200, 404, 404, 404]
    assert record(mock, found)["status"] == "canceled_due_update"


def test_an_imported_outcome_that_there_is_not_does_not_count(mock: Mock, world: World) -> None:
    world.transitions.set(PERIOD, outcome="unpaid")
    world.transitions.set(CANCELED, outcome="canceled_due_update")
    written = world.export()
    for policy in written["faults"]["transitions"]:
        policy["outcome"] = "lost"
    world.load(written)
    before = end_of_period(mock, world)
    assert active(mock)["start_at"] == before["end_at"]
    do(mock, "POST", f"/subscriptions/{before['id']}/cancel/", 204, "pro")
    end_of_period(mock, world)
    assert record(mock, before["id"])["status"] == "canceled"
