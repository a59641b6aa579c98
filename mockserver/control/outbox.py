"""The messages that the vendors would have sent: list them, wait for one, delete them; what came of webhooks, and to send one again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockserver.control.services import ControlServices
from mockserver.core.base.clock import stopwatch, wall_clock
from mockserver.core.base.faults import Conflict, NotFound, StoreFailed
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.state.deliveries import Delivery
from mockserver.core.state.outbox import Message
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction

TIMEOUT = 5.0
"""Seconds to wait without a timeout in the request."""
TICK = 0.25
"""Seconds after which the outbox is read again without a notification: a timer may send a message."""
UNSENT = "this server calls no address: start it with --allow-targets to have webhooks sent"
"""Why a webhook stays pending on a server that may call no address."""
NAMED = 5
"""Messages that a refusal names."""


def list_messages(control: ControlServices, world: Transaction, to: str | None, channel: str | None, api: str | None) -> Reply:
    found = [message for message in world.outbox.ascending() if _matches(message, to, channel, api, None, None)]
    return Reply(200, {"messages": [_render(control, world, message) for message in found]})


def get_message(control: ControlServices, world: Transaction, message: int) -> Reply:
    return Reply(200, _render(control, world, _find(world, message)))


async def resend_message(control: ControlServices, request: Request, message: int) -> Reply:
    world = await _read(control, request)
    found = _find(world, message)
    if found.channel != "webhook":
        raise Conflict(f"message {message} went by {found.channel}, which is never sent; only a webhook can be sent again")
    if not found.to:
        raise Conflict(
            f"message {message} has no subscriber, so there is no address to send it to; create a record with an address, and cause it again"
        )
    table = _table(control, found)
    delivery = _find_delivery(control, world, found)
    if table is None or delivery is None:
        raise Conflict(f"{found.to[:200]!r} is no address of an HTTP server, so message {message} cannot be sent")
    await control.targets.check(delivery.url)
    if control.pipeline.sender is None:
        raise Conflict("this server sends nothing; start it with --allow-targets")
    with control.waiting.take(request.world):
        await control.pipeline.sender.send(request.world, table, delivery)
    after = await _read(control, request)
    return Reply(200, _render(control, after, _find(after, message)))


def delete_messages(world: Transaction) -> Reply:
    world.clear_outbox()
    return Reply(204)


async def wait_message(
    control: ControlServices,
    request: Request,
    to: str | None,
    channel: str | None,
    api: str | None,
    subject: str | None,
    body: str | None,
    after: int | None,
    timeout: float | None,  # noqa: ASYNC109 - a query parameter
) -> Reply:
    deadline = stopwatch() + (TIMEOUT if timeout is None else timeout)
    with control.waiting.take(request.world):
        while True:
            world = await _read(control, request)
            found = next((message for message in _iterate_newest(world, after) if _matches(message, to, channel, api, subject, body)), None)
            if found is not None:
                return Reply(200, _render(control, world, found))
            left = deadline - stopwatch()
            if left <= 0 or control.pipeline.notifier.is_closed:
                raise NotFound("message", f"that matches; {_describe_outbox(world)}")
            await control.pipeline.notifier.wait(request.world, min(left, TICK))


async def _read(control: ControlServices, request: Request) -> Transaction:
    """The world of a request as it is now, to be read only."""
    world = await control.world(request.world, request)
    return Transaction(world, world.time(wall_clock()))


def _find(world: Transaction, number: int) -> Message:
    """A message by its id. Raises NotFound."""
    found = next((message for message in world.outbox.descending() if message.id == number), None)
    if found is None:
        raise NotFound("message", f"{number}; {_describe_outbox(world)}")
    return found


def _table(control: ControlServices, message: Message) -> Table[Delivery] | None:
    """The deliveries of the API that sent a message; None if it sends no webhooks, or is not served any more."""
    vendor = control.vendors.get(message.api)
    return None if vendor is None else vendor.api.deliveries


def _find_delivery(control: ControlServices, world: Transaction, message: Message) -> Delivery | None:
    """The delivery of a message; None if there is none, or if its table cannot be read."""
    table = _table(control, message)
    try:
        return None if table is None else world.table(table).get(message.id)
    except StoreFailed:
        return None


def _render(control: ControlServices, world: Transaction, message: Message) -> dict[str, Any]:
    """A message, if it is a webhook with what came of it."""
    if message.channel != "webhook":
        return message.to_json()
    delivery = _find_delivery(control, world, message)
    told = None if delivery is None else delivery.to_json()
    if told is not None and told["state"] == "pending" and control.targets.is_empty:
        told |= {"note": UNSENT, "next_at": None}
    return message.to_json() | {"delivery": told}


def _iterate_newest(world: Transaction, after: int | None) -> Iterator[Message]:
    for message in world.outbox.descending():
        if after is not None and message.id <= after:
            return
        yield message


def _matches(message: Message, to: str | None, channel: str | None, api: str | None, subject: str | None, body: str | None) -> bool:
    return (
        to in (None, message.to)
        and channel in (None, message.channel)
        and api in (None, message.api)
        and (subject or "").casefold() in message.subject.casefold()
        and (body or "").casefold() in message.body.casefold()
    )


def _describe_outbox(world: Transaction) -> str:
    if not len(world.outbox):
        return "the outbox is empty"
    newest = [f"{message.id} by {message.channel} to {message.to}" for message, _ in zip(world.outbox.descending(), range(NAMED), strict=False)]
    return f"the outbox has {len(world.outbox)}, the newest are {', '.join(newest)}"
