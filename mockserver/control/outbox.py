"""The messages that the vendors would have sent: list them, wait for one, delete them."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.control.services import ControlServices
from mockserver.core.base.clock import stopwatch
from mockserver.core.base.faults import NotFound
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.state.outbox import Message
from mockserver.core.state.world import Transaction, World

TIMEOUT = 5.0
"""Seconds to wait without a timeout in the request."""
TICK = 0.25
"""Seconds after which the outbox is read again without a notification: a timer may send a message."""
NAMED = 5
"""Messages that a refusal names."""


def list_messages(world: Transaction, to: str | None, channel: str | None, api: str | None) -> Reply:
    return Reply(200, {"messages": [message.to_json() for message in world.outbox.ascending() if _matches(message, to, channel, api, None, None)]})


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
            world = await control.world(request.world, request)
            found = next((message for message in _iterate_newest(world, after) if _matches(message, to, channel, api, subject, body)), None)
            if found is not None:
                return Reply(200, found.to_json())
            left = deadline - stopwatch()
            if left <= 0 or control.pipeline.notifier.is_closed:
                raise NotFound("message", f"that matches; {_describe_outbox(world)}")
            await control.pipeline.notifier.wait(request.world, min(left, TICK))


def _iterate_newest(world: World, after: int | None) -> Iterator[Message]:
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


def _describe_outbox(world: World) -> str:
    if not len(world.outbox):
        return "the outbox is empty"
    newest = [f"{message.id} by {message.channel} to {message.to}" for message, _ in zip(world.outbox.descending(), range(NAMED), strict=False)]
    return f"the outbox has {len(world.outbox)}, the newest are {', '.join(newest)}"
