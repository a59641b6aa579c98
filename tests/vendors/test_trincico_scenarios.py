"""Three lives of Trincico as scenarios: what a client finds in the world that each makes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.trincico import SEEDED_RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Mock


@pytest.fixture
def made(mock: Mock) -> Iterator[Callable[[str], Mock]]:
    """Makes a world by a scenario of Trincico."""
    worlds: list[str] = []
    with mock.control as control:

        def make(scenario: str) -> Mock:
            world = replace(mock, world=f"{mock.world}-{scenario}")
            control.post("/worlds", json={"name": world.world, "from": {"scenario": f"trincico.{scenario}"}}).raise_for_status()
            worlds.append(world.world)
            return world

        yield make
        for name in worlds:
            control.delete(f"/worlds/{name}").raise_for_status()


def data(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_account_from_sign_up_to_its_first_invoice(made: Callable[[str], Mock]) -> None:
    world = made("signed-up")
    with world.client("trincico", None) as client:
        login = data(client.post("/users/login", json={"email": "new.user@example.com", "password": "trincico-new-password"}))
        client.headers["Authorization"] = f"Bearer {login['access']}"
        profile = data(client.get("/profile"))
        (invoice,) = data(client.get("/invoices"))["data"]
    assert [service["name"] for service in profile["services"]] == ["Noa's Bikes"]
    assert profile["current_subscription"]["plan"]["name"] == "Basic"
    assert (invoice["reference"], invoice["status"], invoice["amount"]) == ("NB1000", "ready", 8900)
    assert world.outbox("trincico")[0]["to"] == "new.user@example.com"


def test_a_booking_from_request_to_review(made: Callable[[str], Mock]) -> None:
    world = made("booked-and-reviewed")
    with world.client("trincico", "trial") as guest:
        (booking,) = data(guest.get("/profiles/reserves/submitted"))["data"]
        (review,) = data(guest.get("/profiles/reviews"))["data"]
    assert (booking["status"], booking["service"]["id"]) == ("approved", SEEDED_RECORDS["service"])
    assert (review["rating"], review["answer"]) == (5, "You are welcome.")


def test_a_chat_of_a_customer(made: Callable[[str], Mock]) -> None:
    world = made("chat-with-a-customer")
    with world.client("trincico", "elite") as guest, world.client("trincico", "demo") as owner:
        chat = data(owner.get("/chat/serviceOwner"))["data"][0]
        messages = data(guest.get(f"/chat/{chat['id']}"))["data"]
        assert data(guest.get(f"/chat/unreadMessages/{chat['id']}")) == {"unread": 1}
    assert [message["text"] for message in messages] == ["Tonight at eight.", "Is there a table for six?"]
