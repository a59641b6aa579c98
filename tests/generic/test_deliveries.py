"""The delivery log of webhooks, and to send one again."""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.app import ServerSettings, create_app
from mockserver.openapi import limits
from tests.generic.inside import Inside
from tests.generic.receiver import Receiver
from tests.generic.test_events import EVENTS

pytestmark = pytest.mark.anyio

MOMENT = "2031-01-01T00:00:00Z"


@pytest.fixture(name="server", scope="module")
def _server() -> Inside:
    return Inside(EVENTS)


@asynccontextmanager
async def _receiving(*answers: int) -> AsyncIterator[Receiver]:
    receiver = Receiver(list(answers))
    listening = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.port = listening.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        listening.close()
        await asyncio.sleep(0)


@asynccontextmanager
async def _serving(server: Inside, *allowed: str, state: Path | None = None) -> AsyncIterator[None]:
    """The server with these targets, in a world at a fixed moment, with no subscriber and no message."""
    server.app = create_app(ServerSettings(allow_targets=allowed, state=state), server.vendor.parts)
    try:
        yield
    finally:
        server.app.close()
        await asyncio.sleep(0.05)  # the tasks of the sender end
        server.app.close_state()


async def _ask(server: Inside, method: str, path: str, body: Any = None) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server.app), base_url="http://localhost") as client:
        return await client.request(method, f"/_mock{path}", **({} if body is None else {"json": body}))


async def _begin(server: Inside) -> None:
    for hook in (await server.call("GET", "/webhooks?limit=100")).json():
        await server.call("DELETE", f"/webhooks/{hook['id']}")
    await _ask(server, "DELETE", "/outbox")
    await _ask(server, "PATCH", "/clock", {"freeze": MOMENT})


async def _called_back(server: Inside, url: str) -> int:
    """Make an order with a callback to an address. Returns the id of the message of the callback."""
    await server.call("POST", "/orders", {"amount": 7, "notify_url": url})
    found = (await _ask(server, "GET", "/outbox?channel=webhook")).json()["messages"]
    return next(int(message["id"]) for message in reversed(found) if message["to"].startswith(url))


async def _told(server: Inside, message: int, made: int = 0) -> dict[str, Any]:
    """The delivery of a message, once this many attempts were made."""
    for _ in range(3000):
        found = await _ask(server, "GET", f"/outbox/{message}")
        assert found.status_code == 200, found.text
        delivery: dict[str, Any] = found.json()["delivery"]
        if delivery["made"] >= made:
            return delivery
        await asyncio.sleep(0.01)
    raise AssertionError(f"no {made} attempts were made")


async def test_the_log_tells_each_attempt(server: Inside) -> None:
    async with _receiving(500) as receiver, _serving(server, f"127.0.0.1:{receiver.port}"):
        await _begin(server)
        message = await _called_back(server, receiver.url)
        failed = await _told(server, message, made=1)
        assert (failed["state"], failed["next_at"], failed["url"], failed["method"]) == (
            "pending",
            "2031-01-01T00:00:05Z",
            receiver.got_url(0),
            "POST",
        )
        assert [(one["at"], one["status"], one["result"], one["next_at"]) for one in failed["attempts"]] == [
            (MOMENT, 500, "failed", "2031-01-01T00:00:05Z")
        ]
        assert failed["attempts"][0]["milliseconds"] >= 0
        await _ask(server, "PATCH", "/clock", {"advance": "PT5S"})
        delivered = await _told(server, message, made=2)
        assert (delivered["state"], delivered["next_at"], delivered["note"]) == ("delivered", None, "")
        assert [(one["status"], one["by_hand"]) for one in delivered["attempts"]] == [(500, False), (204, False)]
        listed = (await _ask(server, "GET", "/outbox?channel=webhook")).json()["messages"]
        assert [one["delivery"] for one in listed if one["id"] == message] == [delivered]


async def test_a_receiver_that_is_not_there_is_a_failed_attempt(server: Inside) -> None:
    async with _receiving() as receiver:
        port = receiver.port
    async with _serving(server, f"127.0.0.1:{port}"):
        await _begin(server)
        message = await _called_back(server, f"http://127.0.0.1:{port}/hook")
        (attempt,) = (await _told(server, message, made=1))["attempts"]
        assert (attempt["result"], attempt["status"]) == ("failed", None)
        assert attempt["note"].startswith("ConnectError")


async def test_a_delivered_webhook_is_sent_again_with_a_new_moment_and_signature(server: Inside) -> None:
    async with _receiving() as receiver, _serving(server, f"127.0.0.1:{receiver.port}"):
        await _begin(server)
        await server.call(
            "POST", "/webhooks", {"url": receiver.url, "events": ["order.created"], "secret": "whsec_" + base64.b64encode(b"key").decode()}
        )
        await server.call("POST", "/orders", {"amount": 7})
        await receiver.wait(1)
        message = (await _ask(server, "GET", "/outbox")).json()["messages"][-1]["id"]
        await _told(server, message, made=1)
        await _ask(server, "PATCH", "/clock", {"advance": "PT1H"})
        answer = await _ask(server, "POST", f"/outbox/{message}/resend")
        assert answer.status_code == 200, answer.text
        told = answer.json()["delivery"]
        assert (told["state"], told["made"], told["attempts"][-1]["by_hand"], told["attempts"][-1]["at"]) == (
            "delivered",
            2,
            True,
            "2031-01-01T01:00:00Z",
        )
        (_, first, body), (_, second, again) = receiver.got
        assert body == again
        assert first["webhook-id"] == second["webhook-id"]
        assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 3600
        signed = f"{second['webhook-id']}.{second['webhook-timestamp']}.".encode() + body
        assert second["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(b"key", signed, "sha256")).decode()


async def test_a_planned_attempt_is_signed_for_its_own_moment(server: Inside) -> None:
    async with _receiving(500) as receiver, _serving(server, f"127.0.0.1:{receiver.port}"):
        await _begin(server)
        await server.call("POST", "/webhooks", {"url": receiver.url, "events": ["order.created"]})
        await server.call("POST", "/orders", {"amount": 7})
        await receiver.wait(1)
        message = (await _ask(server, "GET", "/outbox")).json()["messages"][-1]["id"]
        await _told(server, message, made=1)
        await _ask(server, "PATCH", "/clock", {"advance": "PT10M"})
        await receiver.wait(2)
        moments = [datetime.fromtimestamp(int(headers["webhook-timestamp"])).minute for _, headers, _ in receiver.got]  # noqa: DTZ006 - minutes only
        assert moments == [0, 10]


async def test_an_attempt_by_hand_changes_no_plan(server: Inside) -> None:
    async with _receiving(500, 500, 503) as receiver, _serving(server, f"127.0.0.1:{receiver.port}"):
        await _begin(server)
        message = await _called_back(server, receiver.url)
        await _told(server, message, made=1)
        told = (await _ask(server, "POST", f"/outbox/{message}/resend")).json()["delivery"]
        assert (told["state"], told["made"], told["next_at"]) == ("pending", 2, "2031-01-01T00:00:05Z")
        await _ask(server, "PATCH", "/clock", {"advance": "PT5S"})
        told = await _told(server, message, made=3)
        assert (told["state"], told["next_at"]) == ("pending", "2031-01-01T00:00:35Z")
        told = (await _ask(server, "POST", f"/outbox/{message}/resend")).json()["delivery"]
        assert (told["state"], told["next_at"]) == ("delivered", None)


async def test_the_log_is_bounded(server: Inside) -> None:
    async with _receiving() as receiver, _serving(server, f"127.0.0.1:{receiver.port}"):
        await _begin(server)
        message = await _called_back(server, receiver.url)
        await _told(server, message, made=1)
        for _ in range(limits.DELIVERY_ATTEMPTS.value):
            assert (await _ask(server, "POST", f"/outbox/{message}/resend")).status_code == 200
        told = await _told(server, message)
        assert told["made"] == limits.DELIVERY_ATTEMPTS.value + 1
        assert [one["by_hand"] for one in told["attempts"]] == [True] * limits.DELIVERY_ATTEMPTS.value


async def test_what_cannot_be_sent_is_refused_with_the_reason(server: Inside) -> None:
    async with _receiving() as receiver, _serving(server, "127.0.0.1:1"):
        await _begin(server)
        message = await _called_back(server, receiver.url)
        refused = await _told(server, message, made=1)
        assert (refused["state"], refused["attempts"][0]["result"]) == ("refused", "refused")
        answer = await _ask(server, "POST", f"/outbox/{message}/resend")
        assert (answer.status_code, receiver.got) == (403, [])
        assert f"--allow-targets 127.0.0.1:{receiver.port}" in answer.json()["detail"]
        assert (await _told(server, message))["made"] == 1

        unheard = (await _ask(server, "GET", "/outbox")).json()["messages"][-1]
        assert (unheard["to"], unheard["delivery"]) == ("", None)
        answer = await _ask(server, "POST", f"/outbox/{unheard['id']}/resend")
        assert (answer.status_code, "no subscriber" in answer.json()["detail"]) == (409, True)

        odd = await _called_back(server, "gopher://127.0.0.1/")
        answer = await _ask(server, "POST", f"/outbox/{odd}/resend")
        assert (answer.status_code, "no address of an HTTP server" in answer.json()["detail"]) == (409, True)

        answer = await _ask(server, "POST", "/outbox/4711/resend")
        assert (answer.status_code, answer.json()["detail"].startswith("no message 4711")) == (404, True)
        assert (await _ask(server, "GET", "/outbox/4711")).status_code == 404


async def test_a_server_that_may_call_nobody_says_so(server: Inside) -> None:
    async with _serving(server):
        await _begin(server)
        message = await _called_back(server, "http://127.0.0.1:9/hook")
        told = await _told(server, message)
        assert (told["state"], told["made"], told["next_at"]) == ("pending", 0, None)
        assert "--allow-targets" in told["note"]
        assert (await _ask(server, "POST", f"/outbox/{message}/resend")).status_code == 403


async def test_the_log_and_the_plan_outlive_the_server(server: Inside, tmp_path: Path) -> None:
    async with _receiving(500, 500) as receiver:
        allowed = f"127.0.0.1:{receiver.port}"
        async with _serving(server, allowed, state=tmp_path):
            await _begin(server)
            message = await _called_back(server, receiver.url)
            await _told(server, message, made=1)
            before = (await _ask(server, "POST", f"/outbox/{message}/resend")).json()["delivery"]
            assert (before["made"], before["state"]) == (2, "pending")
        async with _serving(server, state=tmp_path):  # nothing is sent by a server without targets
            assert (await _told(server, message))["attempts"] == before["attempts"]
            await _ask(server, "PATCH", "/clock", {"advance": "PT6S"})
        async with _serving(server, allowed, state=tmp_path):  # what is due is sent although this server is only read
            told = await _told(server, message, made=3)
            assert (told["state"], told["attempts"][:2]) == ("delivered", before["attempts"])
            assert (await _ask(server, "POST", f"/outbox/{message}/resend")).json()["delivery"]["made"] == 4
