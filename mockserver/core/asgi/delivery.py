"""How a reply goes over the wire: in one write, as messages, piece by piece, or damaged on purpose."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Mapping
from typing import Any, Protocol

from starlette.types import Receive, Scope, Send

from mockserver.core.base.replies import Reply, Stream
from mockserver.openapi.event_streams import close_source

TRANSPORT = "mockserver.transport"
"""Key of the scope under which the server puts the connection of a request, so that it can be broken on purpose."""
SEND_WHOLE = "mockserver.send_whole"
"""Key of ``scope["extensions"]`` under which the server offers :class:`SendWhole`."""
_OF_THE_WIRE = frozenset({"content-length", "content-type", "transfer-encoding", "connection"})
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x20-\x7e]*")
NO_CONTENT = 204
"""The one status whose answer has no length."""
DROPS = 20
"""In how many pieces a slow body is sent at most."""


class SendWhole(Protocol):
    """An extension of the server: sends an answer in one write instead of two messages, so that the client wakes up once."""

    def __call__(self, send: Send, status: int, media_type: str, body: bytes, headers: Mapping[str, str]) -> bool:
        """Send an answer; without ``media_type`` it has no Content-Type. ``headers`` are further ones, which :func:`may_go_whole` allows.

        False, and nothing is sent, if ``send`` is not the server's own for this request, or if the client does not read what it was sent.
        """


def try_send_whole(reply: Reply, payload: bytes, scope: Scope, send: Send) -> bool:
    """Send a reply in one write if the server offers it and nothing forbids it; whether it was sent.

    A middleware that wraps ``send`` has to see the messages, so the server compares it with its own. Headers that say how the answer goes over the
    wire, or that cannot be sent, are left to the server's ``send``.
    """
    if reply.damage is not None or isinstance(reply.body, Stream) or not may_go_whole(reply.headers):
        return False
    send_whole: SendWhole | None = scope.get("extensions", {}).get(SEND_WHOLE)
    return send_whole is not None and send_whole(send, reply.status, "" if reply.body is None else reply.media_type, payload, reply.headers)


def may_go_whole(headers: Mapping[str, str]) -> bool:
    """Whether headers may be written as they are: names and values are valid, and none says how the answer goes over the wire."""
    return all(name.lower() not in _OF_THE_WIRE and _NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in headers.items())


async def send_reply(reply: Reply, payload: bytes, send: Send, extra: Mapping[str, str] | None = None) -> None:
    """Send a reply as one response, with further headers."""
    await send({"type": "http.response.start", "status": reply.status, "headers": _headers(reply, len(payload), extra)})
    await send({"type": "http.response.body", "body": payload})


async def deliver(reply: Reply, payload: bytes, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a reply: as a stream, whole, or with the damage that it is to have."""
    if isinstance(reply.body, Stream):
        await _stream(reply, reply.body, scope, receive, send)
    elif reply.damage is None or reply.damage.kind == "malformed":
        await send_reply(reply, payload, send)
    elif reply.damage.kind == "drip":
        await _drip(reply, payload, reply.damage.seconds, send)
    elif reply.damage.kind == "timeout" and await _is_left_within(receive, reply.damage.seconds):
        return
    else:
        await _break(reply, payload, scope, receive, send)


def _headers(reply: Reply, length: int | None, extra: Mapping[str, str] | None = None) -> list[tuple[bytes, bytes]]:
    named = {**reply.headers, **extra} if extra else reply.headers
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]
    if reply.body is not None:
        headers.append((b"content-type", reply.media_type.encode("latin-1")))
    if length is not None and reply.status != NO_CONTENT:
        headers.append((b"content-length", b"%d" % length))
    return headers


async def _start(reply: Reply, length: int | None, send: Send) -> None:
    await send({"type": "http.response.start", "status": reply.status, "headers": _headers(reply, length)})


async def _stream(reply: Reply, body: Stream, scope: Scope, receive: Receive, send: Send) -> None:
    """Send parts as they come, until there are no more or the client hangs up."""
    await _start(reply, None, send)
    if scope["method"] != "HEAD":
        sending = asyncio.ensure_future(_send_parts(body, send))
        gone = asyncio.ensure_future(_wait_for_hang_up(receive))
        try:
            await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:  # also if this task is cancelled, as the console does when its own client hangs up
            for task in (sending, gone):
                task.cancel()
            await asyncio.gather(sending, gone, return_exceptions=True)
        if not sending.cancelled():
            sending.result()
    await send({"type": "http.response.body", "body": b""})


async def _send_parts(body: Stream, send: Send) -> None:
    try:
        async for part in body.parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
    finally:
        await close_source(body.parts)


async def _wait_for_hang_up(receive: Receive) -> None:
    """Return when the client hangs up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _is_left_within(receive: Receive, seconds: float) -> bool:
    """Wait so long, or until the client hangs up; whether it did."""
    try:
        await asyncio.wait_for(_wait_for_hang_up(receive), seconds)
    except TimeoutError:
        return False
    return True


async def _drip(reply: Reply, payload: bytes, seconds: float, send: Send) -> None:
    """Send the whole body in pieces, over so many seconds."""
    await _start(reply, len(payload), send)
    count = min(len(payload), DROPS)
    for number in range(count):
        await asyncio.sleep(seconds / count)
        piece = payload[number * len(payload) // count : (number + 1) * len(payload) // count]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _break(reply: Reply, payload: bytes, scope: Scope, receive: Receive, send: Send) -> None:
    """Break the connection: at once with a reset, or after half of the body."""
    transport: Any = scope.get(TRANSPORT)
    if transport is None:
        raise RuntimeError("this server cannot break a connection; start it with `mockserver serve`")
    if reply.damage is not None and reply.damage.kind == "truncated":
        await _start(reply, max(len(payload), 1), send)
        await send({"type": "http.response.body", "body": payload[: len(payload) // 2], "more_body": True})
        transport.close()
    else:
        raw = transport.get_extra_info("socket")
        if raw is not None:
            # Without lingering, closing sends RST instead of FIN.
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    await _wait_for_hang_up(receive)
