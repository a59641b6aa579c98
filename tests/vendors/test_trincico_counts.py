"""Every count, total and rating that Trincico shows follows from its records: in a new world, and after the calls of a scenario."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.vendors.trincico import get

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Mock

Records = dict[str, list[dict[str, Any]]]
USERS = ("demo", "pro", "elite", "trial", "automatic", "other")
DAYS = 8
"""Days whose free hours are looked at, from the one of the first booking."""


@pytest.fixture(params=["new", "trincico.booked-and-reviewed", "trincico.chat-with-a-customer", "trincico.signed-up", "trincico.paid-invoice"])
def used(request: pytest.FixtureRequest, mock: Mock) -> Iterator[Mock]:
    """A new world, and one in which a scenario was played."""
    if request.param == "new":
        yield mock
        return
    made = replace(mock, world=f"{mock.world}-played")
    with mock.control as control:
        control.post("/worlds", json={"name": made.world, "from": {"scenario": request.param}}).raise_for_status()
        yield made
        control.delete(f"/worlds/{made.world}").raise_for_status()


def chosen(state: Records, table: str, **fields: Any) -> list[dict[str, Any]]:
    return [record for record in state[table] if all(record[name] == value for name, value in fields.items())]


def rating(reviews: list[dict[str, Any]]) -> str:
    """The mean of the stars with two decimals, halves up."""
    if not reviews:
        return "0.00"
    return str((Decimal(sum(review["rating"] for review in reviews)) / len(reviews)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def listed(mock: Mock, path: str, credential: str = "demo", **query: Any) -> list[dict[str, Any]]:
    """A whole list."""
    rows: list[dict[str, Any]] = get(mock, path, credential, limit=100, **query)["data"]
    return rows


def test_what_a_service_shows_is_counted(used: Mock) -> None:
    state = used.state("trincico")
    for record in state["services"]:
        shown, of = get(used, f"/services/{record['id']}"), {"service_id": record["id"]}
        reviews = chosen(state, "reviews", **of)
        assert (shown["average_rating"], shown["number_of_reviews"]) == (rating(reviews), len(reviews))
        assert shown["followersCount"] == len(chosen(state, "favorites", **of))
        assert [visit["id"] for visit in shown["visits"]] == [visit["id"] for visit in chosen(state, "visits", **of)]
        assert [image["id"] for image in shown["gallery"]] == [image["id"] for image in chosen(state, "gallery", **of)]
    published = chosen(state, "services", status="published")
    assert get(used, "/services_info")["number_of_services"] == len(published) == len(listed(used, "/services"))


def test_the_free_hours_are_those_that_no_booking_takes(used: Mock) -> None:
    state = used.state("trincico")
    with used.control as control:
        now = datetime.fromisoformat(control.get("/clock").json()["now"]).timestamp()
    for booking in state["bookings"]:
        start = datetime.fromtimestamp(booking["at"], UTC).replace(hour=0, minute=0, second=0)
        of = {"service_id": booking["service_id"]}
        taken = {one["at"] for one in chosen(state, "bookings", **of) if one["status"] != "canceled"}
        for day in (start + timedelta(days=days) for days in range(DAYS)):
            opened = {
                hour
                for schedule in chosen(state, "schedules", **of)
                if schedule["days"][day.isoweekday() % 7] != "-"
                for hour in range(schedule["from_hour"], schedule["to_hour"])
            }
            moments = {hour: day.timestamp() + hour * 3600 for hour in sorted(opened)}
            free = [f"{hour:02d}:00" for hour, at in moments.items() if at > now and not any(at <= one < at + 3600 for one in taken)]
            path = f"/services/{booking['service_id']}/booking_availability"
            assert get(used, path, date=day.date().isoformat())["time_segment"] == free


def test_a_booking_lies_in_the_working_hours_of_its_service(used: Mock) -> None:
    state = used.state("trincico")
    assert state["bookings"]
    for booking in state["bookings"]:
        at = datetime.fromtimestamp(booking["at"], UTC)
        (schedule,) = chosen(state, "schedules", service_id=booking["service_id"])
        assert (at.minute, at.second) == (0, 0)
        assert schedule["from_hour"] <= at.hour < schedule["to_hour"]
        assert schedule["days"][at.isoweekday() % 7] != "-"


@pytest.mark.parametrize("name", USERS)
def test_what_a_user_is_shown_is_counted(used: Mock, name: str) -> None:
    state = used.state("trincico")
    profile = get(used, "/profile", name)
    own = [service["id"] for service in chosen(state, "services", owner_id=profile["id"])]
    assert [service["id"] for service in profile["services"]] == own
    assert [one["id"] for one in profile["favorites"]] == [one["service_id"] for one in chosen(state, "favorites", user_id=profile["id"])]
    assert [one["id"] for one in profile["reviews"]] == [one["id"] for one in chosen(state, "reviews", author_id=profile["id"])]
    assert len(listed(used, "/profiles/code_friends", name)) == len(chosen(state, "users", referred_by=profile["id"]))
    assert len(listed(used, "/profiles/notifications", name)) == len(chosen(state, "user_notifications", user_id=profile["id"]))
    received = [booking["id"] for booking in state["bookings"] if booking["service_id"] in own]
    assert sorted(one["id"] for one in listed(used, "/profiles/reserves", name)) == sorted(received)
    allowed = next(one["max_allowed_value"] for one in profile["permissions"] if one["code"] == "service_get_data_to_create")
    with used.client("trincico", name) as client:
        shop = client.post("/check_shop").json()
    assert shop == {"may_sell": len(own) < allowed, "services": len(own), "max_allowed_value": allowed}


def test_unread_messages_are_counted(used: Mock) -> None:
    state = used.state("trincico")
    names = {get(used, "/profile", name)["id"]: name for name in USERS}
    assert state["chats"]
    for chat in state["chats"]:
        messages = chosen(state, "chat_messages", chat_id=chat["id"])
        for user_id in (chat["user_id"], chat["other_id"]):
            unread = [one for one in messages if one["author_id"] != user_id and one["received_at"] is None]
            details = get(used, f"/chat/details/{chat['id']}", names[user_id])
            assert get(used, f"/chat/unreadMessages/{chat['id']}", names[user_id]) == {"unread": len(unread)}
            assert (details["unread"], details["last_message"]["id"]) == (len(unread), messages[-1]["id"])


def test_the_payments_and_invoices_of_a_service_add_up(used: Mock) -> None:
    """The payments that a user is shown are those that it made and those for its invoices; each is as large as its invoice."""
    state = used.state("trincico")
    invoices = {invoice["id"]: invoice for invoice in state["invoices"]}
    for name in USERS:
        user_id = get(used, "/profile", name)["id"]
        of_user = {payment["id"] for payment in state["payments"] if user_id in (payment["user_id"], payment["payee_id"])}
        shown = listed(used, "/payments", name)
        assert {payment["id"] for payment in shown} == of_user
        for payment in shown:
            assert payment["gross_amount"] == payment["net_amount"] + payment["fee_amount"]
            if payment["invoice"] and payment["status"] == "completed":
                assert payment["invoice"]["amount"] == payment["gross_amount"] == invoices[payment["invoice"]["id"]]["amount"]
    for name in ("elite", "automatic"):
        user_id = get(used, "/profile", name)["id"]
        earned = sum_by_currency(chosen(state, "payments", payee_id=user_id, status="completed"), "net_amount")
        earned.subtract(
            sum_by_currency([one for one in chosen(state, "payouts", user_id=user_id) if one["status"] not in ("failed", "canceled")], "amount")
        )
        held = get(used, "/payouts/account/balance", name)
        both = sum_by_currency([*(held["available"] or ()), *(held["pending"] or ())], "amount")
        assert both == +earned


def sum_by_currency(rows: list[dict[str, Any]], field: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in rows:
        found[row["currency"]] += row[field]
    return found
