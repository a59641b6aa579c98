"""The journal keeps its bound of bytes, whatever part of a call they are in."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.app import ServerSettings, create_app
from mockserver.core.base.requests import Request
from mockserver.core.engine.journal import FaultRecord, Journal, JournalEntry
from mockserver.openapi import limits
from mockserver.openapi.errors import Violation
from tests.hostile.application import Application

MIB = 1024 * 1024
BOUND = 4 * MIB
AT = datetime(2026, 1, 1, tzinfo=UTC)


def entry(number: int, *, headers: int = 0, value: int = 0, path: int = 0, query: int = 0, violations: int = 0, wide: bool = False) -> JournalEntry:
    """An exchange with so many headers and bytes; nothing of it is shared with another one."""
    raw = [(f"x-{number}-{one}".encode(), str(number).encode() + b"x" * value) for one in range(headers)]
    text = f"/{number}" + "a" * path + ("\U0001f600" if wide else "")
    found = tuple(Violation("body", f"/{number}/{one}", "type", f"{number} {one} is wrong, and this says how", ()) for one in range(violations))
    request = Request("GET", text, str(number).encode() + b"q" * query, raw)
    fault = FaultRecord("not_found", f"no path {text}", violations=found)
    return JournalEntry(at=AT, request=request, status=404, reply_headers={}, payload=b"x" * (number % 10), fault=fault)


SHAPES: dict[str, dict[str, Any]] = {
    "long headers": {"headers": 1, "value": 55_000},
    "many headers": {"headers": 5_000, "value": 1},
    "long paths": {"path": 55_000},
    "long paths with a wide letter": {"path": 55_000, "wide": True},
    "long queries": {"query": 55_000},
    "many violations": {"violations": 2_000},
    "nothing": {},
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_journal_stays_within_its_bytes(name: str) -> None:
    journal = Journal(per_world=1_000_000, all_bytes=BOUND, world_bytes=BOUND)
    count = 8_000 if name == "nothing" else 400
    tracemalloc.start()
    try:
        for number in range(count):
            journal.record(entry(number, **SHAPES[name]))
        gc.collect()
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert journal.count("default")[1] > 0, "the bound was not reached"
    assert used < 1.2 * BOUND


@given(st.integers(0, 40), st.integers(0, 3_000), st.integers(0, 3_000), st.integers(0, 3_000), st.integers(0, 20))
def test_the_size_of_an_entry_has_every_part_of_it(headers: int, value: int, path: int, query: int, violations: int) -> None:
    journal = Journal()
    one = entry(1, headers=headers, value=value, path=path, query=query, violations=violations)
    journal.record(one)
    assert one.size > headers * (value + 50) + path + query + violations * 300


def test_refused_calls_with_long_heads_stay_within_the_bound() -> None:
    app = Application(create_app(ServerSettings(keep=1_000_000)))

    async def call_all() -> None:
        for number in range(4_500):
            await app.call_async("GET", "/monedero/none", x_long=str(number) + "x" * 55_000)

    tracemalloc.start()
    try:
        asyncio.run(call_all())
        gc.collect()
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert app.app.control.journal.size <= limits.JOURNAL_WORLD_BYTES.value
    assert used < 1.2 * limits.JOURNAL_WORLD_BYTES.value + 4 * MIB
