"""Calls that last are bounded for each world, and the health shows what is used of each limit."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.control.usage import Slots
from mockserver.core.base.faults import LimitExceeded
from mockserver.openapi import limits
from mockserver.openapi.limits import LIMITS, Limit
from tests.conftest import Mock
from tests.hostile.application import Answer, Application


def shown(app: Application) -> dict[str, dict[str, Any]]:
    return {limit["name"]: limit for limit in app.call("GET", "/_mock/health").json()["limits"]}


def test_the_health_shows_every_limit_of_the_server_with_what_is_used() -> None:
    app = Application(world="used")
    before = shown(app)
    assert list(before) == [limit.name for _, group in LIMITS[:-1] for limit in group]
    for _ in range(3):
        app.call("GET", "/monedero/none", x_long="x" * 1_000)
    after = shown(app)
    assert after["journal-entries"]["used"] == before["journal-entries"]["used"] + 3
    assert after["journal-bytes"]["used"] >= after["journal-world-bytes"]["used"] > 3_000
    assert after["worlds"] == {"name": "worlds", "value": 10_000, "unit": "worlds", "used": after["worlds"]["used"]}
    assert after["world-records"]["used"] > 100
    assert "used" not in after["head-seconds"]


LASTING = {"/_mock/outbox/wait?timeout=3": limits.WAITING, "/_mock/journal/stream?timeout=3": limits.STREAMS}


@pytest.mark.parametrize(("target", "limit"), LASTING.items(), ids=["waits", "streams"])
def test_a_call_that_lasts_is_refused_beyond_the_limit(target: str, limit: Limit) -> None:
    app, other = Application(world="busy"), Application(world="calm")
    other.app = app.app

    async def call_all() -> list[Answer]:
        calls = [asyncio.ensure_future(app.call_async("GET", target)) for _ in range(limit.value)]
        await asyncio.sleep(0.4)
        beyond, elsewhere = await asyncio.gather(app.call_async("GET", target), other.call_async("GET", target))
        return [beyond, elsewhere, *(await asyncio.gather(*calls)), await app.call_async("GET", target)]

    beyond, *others = asyncio.run(call_all())
    assert (beyond.status, beyond.headers["x-mock-limit"], beyond.json()["limit"]) == (503, limit.name, limit.name)
    assert beyond.headers["content-type"] == "application/problem+json"
    assert {answer.status for answer in others} == {404 if limit is limits.WAITING else 200}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), max_size=60))
def test_the_slots_of_a_world_are_counted(steps: list[tuple[str, bool]]) -> None:
    slots = Slots(Limit("some", 3, "calls", "", ""))
    taken: dict[str, list[Any]] = {"a": [], "b": []}
    for world, begins in steps:
        if begins and len(taken[world]) < 3:
            taken[world].append(slots.take(world))
            taken[world][-1].__enter__()
        elif begins:
            with pytest.raises(LimitExceeded, match="some"):
                slots.check(world)
        elif taken[world]:
            taken[world].pop().__exit__(None, None, None)
        assert {name: slots.count(name) for name in "ab"} == {name: len(held) for name, held in taken.items()}


def test_a_slot_is_free_when_the_iterator_is_closed() -> None:
    slots = Slots(limits.STREAMS)

    async def endless() -> AsyncIterator[int]:
        while True:
            yield 1

    async def begin_and_close() -> None:
        held = slots.hold("a", endless())
        assert await anext(held) == 1
        assert slots.count("a") == 1
        await held.aclose()  # type: ignore[attr-defined]
        assert slots.count("a") == 0

    asyncio.run(begin_and_close())


@pytest.mark.parametrize("path", ["/_mock/journal/stream", "/console/journal/live?since=0"])
def test_a_stream_whose_client_hung_up_frees_its_slot(mock: Mock, path: str) -> None:
    def taken() -> int:
        with mock.control as control:
            return next(int(limit["used"]) for limit in control.get("/health").json()["limits"] if limit["name"] == "streams")

    host, port = mock.url.removeprefix("http://").split(":")
    for _ in range(3):
        with socket.create_connection((host, int(port))) as line:
            line.sendall(f"GET /~{mock.world}{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            while b"listening" not in line.recv(4096):
                pass
    deadline = time.monotonic() + 20
    while taken() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert taken() == 0
