"""Callbacks and webhooks of any document: recorded, and sent to addresses that the operator allows."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.app import ServerSettings, create_app
from tests.generic.inside import Inside
from tests.generic.receiver import Receiver

pytestmark = pytest.mark.anyio

EVENTS = Path(__file__).with_name("events.yaml")


@asynccontextmanager
async def _receiving(server: Inside, *answers: int, allowed: bool = True) -> AsyncIterator[Receiver]:
    """A receiver, whose address the server allows or not."""
    receiver = Receiver(list(answers))
    listening = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.port = listening.sockets[0].getsockname()[1]
    server.app = create_app(ServerSettings(allow_targets=(f"127.0.0.1:{receiver.port if allowed else 1}",)), server.vendor.parts)
    try:
        yield receiver
    finally:
        server.app.close()
        listening.close()
        await asyncio.sleep(0)


@pytest.fixture(name="server", scope="module")
def _server() -> Inside:
    return Inside(EVENTS)


async def _control(server: Inside, method: str, path: str, body: Any = None) -> Any:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server.app), base_url="http://localhost") as client:
        answer = await client.request(method, f"/_mock{path}", **({} if body is None else {"json": body}))
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


async def _outbox(server: Inside) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await _control(server, "GET", "/outbox"))["messages"]
    return found


async def _deliveries(server: Inside) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await _control(server, "GET", "/state/events/delivery"))["records"]
    return found


async def _delivery(server: Inside, attempts: int) -> dict[str, Any]:
    """The only delivery, once this many attempts are noted."""
    for _ in range(3000):
        found = await _deliveries(server)
        if len(found) == 1 and found[0]["attempts"] >= attempts:
            return found[0]
        await asyncio.sleep(0.01)
    raise AssertionError(f"no {attempts} attempts were made")


async def _empty(server: Inside) -> None:
    """Have no subscribers and no messages."""
    await _control(server, "POST", "/reset")
    for hook in (await server.call("GET", "/webhooks?limit=100")).json():
        await server.call("DELETE", f"/webhooks/{hook['id']}")
    await _control(server, "DELETE", "/outbox")


async def _order(server: Inside, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = (await server.call("POST", "/orders", {"amount": 7, **more})).json()
    return made


async def test_changes_of_records_are_told_by_the_webhooks_of_their_names(server: Inside) -> None:
    await _empty(server)
    made = await _order(server)
    await server.call("PATCH", f"/orders/{made['id']}", {"amount": 8})
    await server.call("POST", f"/orders/{made['id']}/pay", {})
    await server.call("DELETE", f"/orders/{made['id']}")
    await server.call("GET", "/orders")
    messages = await _outbox(server)
    assert [message["subject"] for message in messages] == ["order.created", "order_updated", "order_updated", "orderPaid", "orderDeleted"]
    assert {message["channel"] for message in messages} == {"webhook"}
    told = json.loads(messages[0]["body"])
    assert (told["type"], told["data"]["id"], told["data"]["amount"]) == ("order.created", made["id"], 7)
    assert json.loads(messages[-1]["body"])["data"]["amount"] == 8


async def test_a_refused_call_sends_nothing_and_an_operation_may_name_its_webhooks(server: Inside) -> None:
    await _empty(server)
    assert (await server.call("POST", "/orders", {"amount": "seven"})).status_code == 400
    assert await _outbox(server) == []
    await server.call("POST", "/ping")
    assert [message["subject"] for message in await _outbox(server)] == ["pinged"]


async def test_a_callback_goes_to_the_address_of_the_call(server: Inside) -> None:
    await _empty(server)
    async with _receiving(server) as receiver:
        await _empty(server)
        made = await _order(server, notify_url=receiver.url)
        await receiver.wait(1)
        path, headers, body = receiver.got[0]
        assert path == f"/hook?order={made['id']}"
        assert headers["content-type"] == "application/json"
        assert json.loads(body)["data"]["amount"] == 7
        assert [message["to"] for message in await _outbox(server)] == [f"{receiver.url}?order={made['id']}", ""]


async def test_subscribers_get_the_events_that_they_name_signed_by_their_secret(server: Inside) -> None:
    async with _receiving(server) as receiver:
        await _empty(server)
        secret = "whsec_" + base64.b64encode(b"key").decode()
        await server.call("POST", "/webhooks", {"url": receiver.url, "events": ["order.created"], "secret": secret})
        await server.call("POST", "/webhooks", {"url": receiver.url, "events": ["orderPaid"]})
        await server.call("POST", "/webhooks", {"url": receiver.url, "enabled": False})
        await _order(server)
        await receiver.wait(1)
        _, headers, body = receiver.got[0]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(b"key", signed, "sha256")).decode()
        assert headers["x-signature"] == hmac.digest(secret.encode(), body, "sha256").hex()
        assert len(await _deliveries(server)) == 1


async def test_a_failed_delivery_is_sent_again_on_the_worlds_clock(server: Inside) -> None:
    async with _receiving(server, 500, 503) as receiver:
        await _empty(server)
        await _control(server, "PATCH", "/clock", {"freeze": "2031-01-01T00:00:00Z"})
        await _order(server, notify_url=receiver.url)
        for number in (1, 2, 3):
            await receiver.wait(number)
            await _delivery(server, attempts=number)
            await _control(server, "PATCH", "/clock", {"advance": "PT40S"})
        delivery = await _delivery(server, attempts=3)
        assert (delivery["state"], delivery["answer"]) == ("delivered", 204)
        assert len(receiver.got) == 3


async def test_nothing_is_sent_to_an_address_that_the_operator_does_not_allow(server: Inside) -> None:
    async with _receiving(server, allowed=False) as receiver:
        await _empty(server)
        await _order(server, notify_url=receiver.url)
        delivery = await _delivery(server, attempts=1)
        assert delivery["state"] == "refused"
        assert "--allow-targets" in delivery["note"]
        assert receiver.got == []


@pytest.mark.parametrize(
    "address", ["", "no address", "file:///etc/hostname", "http://[", "http://127.0.0.1:99999/", "gopher://127.0.0.1/", "\r\nX: y", 7]
)
async def test_any_address_is_recorded_and_harms_nobody(server: Inside, address: Any) -> None:
    async with _receiving(server):
        await _empty(server)
        answer = await server.call("POST", "/orders", {"amount": 7, "notify_url": address})
        assert answer.status_code < 500
        assert all(one["state"] in ("pending", "refused", "failed") for one in await _deliveries(server))
