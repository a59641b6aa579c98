"""Server-sent events: the media type ``text/event-stream``, which OpenAPI 3.2 counts among the sequential ones.

An :class:`EventSource` gives the events, :func:`encode_events` the bytes of a response. Where the events come from is the source's matter: this
process, another one, or a second stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Protocol

EVENT_STREAM = "text/event-stream"
EVENT_STREAM_HEADERS = {"Cache-Control": "no-store"}
HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that client and proxies do not take the connection for dead."""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event. A client that reconnects sends the last ``id`` that it got as Last-Event-ID; an event without one does not change it."""

    name: str
    data: bytes
    id: int | None = None

    def encode(self) -> bytes:
        """The event as it is sent, with a line of data for each line."""
        lines = [f"event: {self.name}".encode(), *([] if self.id is None else [b"id: %d" % self.id])]
        lines += [b"data: " + line if line else b"data:" for line in self.data.splitlines() or [b""]]
        return b"\n".join(lines) + b"\n\n"


class EventSource(Protocol):
    """Gives the events of topics, such as the journal entries of worlds."""

    def subscribe(self, topic: str, after: int | None) -> AsyncIterator[StreamEvent]:
        """The events of a topic with an id above ``after``, or those from the moment of the call on; they end when the source closes."""


async def encode_events(events: AsyncIterator[StreamEvent], *, seconds: float | None = None, heartbeat: float = HEARTBEAT) -> AsyncIterator[bytes]:
    """The parts of a response: a comment at once, then each event as it comes, and a comment after ``heartbeat`` seconds of silence.

    It ends with the events, or, after ``seconds``, as soon as no event is ready.
    """
    yield b": listening\n\n"
    loop = asyncio.get_running_loop()
    end = None if seconds is None else loop.time() + seconds
    waiting: asyncio.Future[StreamEvent | None] | None = None
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(anext(events, None))
            left = heartbeat if end is None else min(heartbeat, end - loop.time())
            done, _ = await asyncio.wait((waiting,), timeout=max(left, 0))
            if not done:
                if end is not None and loop.time() >= end:
                    return
                yield b": still here\n\n"
                continue
            event, waiting = waiting.result(), None
            if event is None:
                return
            yield event.encode()
    finally:
        if waiting is not None:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await close_source(events)


async def close_source(source: AsyncIterator[object]) -> None:
    """Close a source if it can be closed. Left to the garbage collector, it could hold a slot of a limited number for long."""
    if isinstance(source, AsyncGenerator):
        await source.aclose()
