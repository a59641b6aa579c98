"""When a payout of Trincico arrives, and whether it does, by a policy of the world."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.testing import Mock as World
from mockserver.testing import Refused
from tests.vendors.trincico import do, get

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Mock

NAME, INSTANT = "trincico.payout", "trincico.instant_payout"
NO_POLICY: dict[str, Any] = {NAME: {}, INSTANT: {}, "trincico.subscription_period": {}, "trincico.canceled_subscription": {}}


@pytest.fixture
def world(mock: Mock) -> Iterator[World]:
    """The world of ``mock``, at noon of a day."""
    with World(mock.url, mock.world) as world:
        world.clock.freeze("2031-03-10T12:00:00Z")
        yield world


def pay_out(mock: Mock, *, instant: bool = False) -> None:
    do(mock, "POST", "/payouts", 204, "elite", currency="usd", amount=100, instant=instant)


def newest(mock: Mock) -> str:
    """The status of the newest payout, read as the app reads it."""
    return str(get(mock, "/payouts", "elite", limit=1)["data"][0]["status"])


def available(mock: Mock) -> Any:
    return get(mock, "/payouts/account/balance", "elite")["available"]


def test_without_a_policy_a_payout_leaves_at_midnight_and_arrives_two_days_later(mock: Mock, world: World) -> None:
    assert world.transitions.all == NO_POLICY
    pay_out(mock)
    seen = [newest(mock)]
    for hours in ("PT12H", "PT47H", "PT1H"):
        world.clock.advance(hours)
        seen.append(newest(mock))
    assert seen == ["requested", "in_transit", "in_transit", "paid"]


def test_a_payout_arrives_at_once(mock: Mock, world: World) -> None:
    world.transitions.set(NAME, after="PT0S")
    pay_out(mock)
    assert newest(mock) == "paid"


def test_a_payout_arrives_after_a_duration(mock: Mock, world: World) -> None:
    world.transitions.set(NAME, after="P5D")
    pay_out(mock)
    seen = [newest(mock)]
    for duration in ("P1D", "P3D", "P1D"):
        world.clock.advance(duration)
        seen.append(newest(mock))
    assert seen == ["requested", "in_transit", "in_transit", "paid"]
    told = get(mock, "/payouts", "elite", limit=1)["data"][0]["arrival_date"]
    assert datetime.fromtimestamp(told, UTC) == world.clock.now


def test_a_payout_arrives_at_the_third_read(mock: Mock, world: World) -> None:
    pay_out(mock)
    world.transitions.set(NAME, reads=3)
    assert [newest(mock) for _ in range(4)] == ["requested", "requested", "paid", "paid"]
    pay_out(mock)
    assert newest(mock) == "requested", "each payout is counted by itself"


def test_a_payout_that_fails_gives_its_money_back(mock: Mock, world: World) -> None:
    before = available(mock)
    world.transitions.set(NAME, after="PT1H", outcome="failed")
    pay_out(mock)
    assert available(mock) != before
    world.clock.advance("PT1H")
    assert newest(mock) == "failed"
    assert available(mock) == before
    assert world.outbox.messages[-1].to == "elite@example.com"


def test_a_policy_is_part_of_the_world(mock: Mock, world: World) -> None:
    saved = world.snapshot()
    policy: dict[str, Any] = {"after": "P2D", "reads": 2, "outcome": "failed"}
    world.transitions.set(NAME, **policy)
    copy = world.create()
    copy.load(world.export())
    assert (world.fork().transitions.all, copy.transitions.all) == ({**NO_POLICY, NAME: policy},) * 2
    world.transitions.set(NAME)
    assert world.transitions.all == NO_POLICY
    world.transitions.set(NAME, reads=1)
    saved.restore()
    assert world.transitions.all == NO_POLICY
    copy.delete()


def test_an_instant_payout_is_paid_whatever_the_policy_of_others(mock: Mock, world: World) -> None:
    world.transitions.set(NAME, after="P5D", outcome="failed")
    pay_out(mock, instant=True)
    assert newest(mock) == "paid"


def test_an_instant_payout_has_a_policy_of_its_own(mock: Mock, world: World) -> None:
    before = available(mock)
    world.transitions.set(INSTANT, reads=3)
    pay_out(mock, instant=True)
    assert [newest(mock) for _ in range(4)] == ["in_transit", "in_transit", "paid", "paid"]
    world.transitions.set(INSTANT, after="P2D")
    pay_out(mock, instant=True)
    seen = [newest(mock)]
    for duration in ("P1D", "P1D"):
        world.clock.advance(duration)
        seen.append(newest(mock))
    assert seen == ["in_transit", "in_transit", "paid"]
    paid = available(mock)
    world.transitions.set(INSTANT, outcome="failed")
    pay_out(mock, instant=True)
    assert (newest(mock), available(mock)) == ("failed", paid)
    assert paid != before


def test_an_automatic_payout_has_the_policy_of_those_that_are_not_instant(mock: Mock, world: World) -> None:
    world.transitions.set(NAME, after="PT0S", outcome="failed")
    do(mock, "PUT", "/payouts/account/frequency", 204, "elite", frequency="auto_daily")
    world.clock.advance("P1D")
    found = get(mock, "/payouts", "elite", limit=1)["data"][0]
    assert (found["automatic"], found["status"]) == (True, "failed")


def test_what_a_vendor_does_not_have_is_refused_with_what_there_is(world: World) -> None:
    with pytest.raises(Refused, match=r"there are trincico\.payout, trincico\.instant_payout"):
        world.transitions.set("trincico.refund", reads=1)
    with pytest.raises(Refused, match="there are paid, failed"):
        world.transitions.set(NAME, outcome="lost")
    for wrong in ({"reads": 0}, {"after": "-P1D"}, {"after": "soon"}):
        with pytest.raises(Refused):
            world.transitions.set(NAME, **wrong)
    assert world.transitions.all == NO_POLICY


def test_a_file_with_a_duration_that_is_none_is_refused(world: World) -> None:
    world.transitions.set(NAME, after="P2D")
    written = world.export()
    written["faults"]["transitions"][0]["after"] = "soon"
    with pytest.raises(Refused, match="no ISO 8601 duration"):
        world.load(written)


def test_an_imported_outcome_that_there_is_not_does_not_count(mock: Mock, world: World) -> None:
    world.transitions.set(NAME, after="PT0S", outcome="failed")
    written = world.export()
    written["faults"]["transitions"][0]["outcome"] = "lost"
    world.load(written)
    pay_out(mock)
    assert newest(mock) == "paid"


def test_a_payout_that_would_arrive_beyond_the_years_of_a_clock_stays_under_way(mock: Mock, world: World) -> None:
    world.clock.freeze("8990-01-01T00:00:00Z")
    world.transitions.set(NAME, after="P99Y")
    pay_out(mock)
    assert newest(mock) == "requested"
