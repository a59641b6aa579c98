"""StreamEvent streams: what is sent of an event, when a stream says that it lives, and when it ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mockserver.openapi.event_streams import StreamEvent, encode_events

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable


@pytest.mark.parametrize(
    ("event", "sent"),
    [
        (StreamEvent("exchange", b"{}", 7), b"event: exchange\nid: 7\ndata: {}\n\n"),
        (StreamEvent("rows", b"<tr>\n<td>\r\n</tr>", 0), b"event: rows\nid: 0\ndata: <tr>\ndata: <td>\ndata: </tr>\n\n"),
        (StreamEvent("count", b"3"), b"event: count\ndata: 3\n\n"),
        (StreamEvent("rows", b""), b"event: rows\ndata:\n\n"),
        (StreamEvent("rows", "señal\u2028".encode()), "event: rows\ndata: señal\u2028\n\n".encode()),
    ],
)
def test_an_event_has_a_name_perhaps_a_number_and_a_line_of_data_for_each_line(event: StreamEvent, sent: bytes) -> None:
    assert event.encode() == sent


async def following(*steps: float | Awaitable[object]) -> AsyncIterator[StreamEvent]:
    """Events of these numbers, with pauses of so many seconds, or until something has happened, between them."""
    for step in steps:
        if isinstance(step, int):
            yield StreamEvent("step", b"x", step)
        elif isinstance(step, float):
            await asyncio.sleep(step)
        else:
            await step


async def received(parts: AsyncIterator[bytes]) -> list[str]:
    """The first line but one of each event, and each comment."""
    return [part.decode().splitlines()[1 if b"\nid" in part else 0] for part in [part async for part in parts]]


def test_a_stream_begins_with_a_comment_and_ends_with_its_source() -> None:
    assert asyncio.run(received(encode_events(following(1, 2)))) == [": listening", "id: 1", "id: 2"]


def test_a_stream_says_that_it_lives_whenever_nothing_came_for_a_while() -> None:
    async def run() -> list[bytes]:
        waited, parts = asyncio.Event(), []
        async for part in encode_events(following(1, waited.wait(), 2), heartbeat=0.01):
            parts.append(part)
            if parts.count(b": still here\n\n") == 2:
                waited.set()
        return parts

    first, second, *between, last = asyncio.run(run())
    assert (first, second, last) == (b": listening\n\n", StreamEvent("step", b"x", 1).encode(), StreamEvent("step", b"x", 2).encode())
    assert set(between) == {b": still here\n\n"}
    assert len(between) >= 2


@pytest.mark.parametrize("seconds", [0, 0.05])
def test_a_stream_ends_in_time_but_not_before_what_is_ready_is_sent(seconds: float) -> None:
    assert asyncio.run(received(encode_events(following(1, 2, 60.0, 3), seconds=seconds))) == [": listening", "id: 1", "id: 2"]


def test_an_error_of_the_source_is_one_of_the_stream() -> None:
    async def failing() -> AsyncIterator[StreamEvent]:
        yield StreamEvent("step", b"x", 1)
        raise ConnectionResetError("the other process is gone")

    with pytest.raises(ConnectionResetError, match="the other process is gone"):
        asyncio.run(received(encode_events(failing())))


def test_a_source_is_not_waited_for_after_its_client_has_gone() -> None:
    async def leave() -> bool:
        never = asyncio.get_running_loop().create_future()
        stream = encode_events(following(never))
        reading = asyncio.ensure_future(received(stream))
        await asyncio.sleep(0.02)
        reading.cancel()
        await asyncio.wait((reading,))
        await asyncio.sleep(0)
        return never.cancelled()

    assert asyncio.run(leave())


def test_events_may_come_from_another_process() -> None:
    async def lines_of(program: str) -> AsyncIterator[StreamEvent]:
        process = await asyncio.create_subprocess_exec("printf", program, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        number = 0
        async for line in process.stdout:
            number += 1
            yield StreamEvent("line", line.rstrip(), number)
        await process.wait()

    async def run() -> bytes:
        return b"".join([part async for part in encode_events(lines_of("one\\ntwo\\n"))])

    assert asyncio.run(run()) == b": listening\n\nevent: line\nid: 1\ndata: one\n\nevent: line\nid: 2\ndata: two\n\n"
