"""Processor time of calls to an application without a socket: the most precise figure on a shared machine.

``python -m benchmarks.inside`` prints microseconds per call for the calls of the comparison, without the HTTP server: by default, and with validation
of every answer as if it had not been sent before. ``--profile`` also prints a profile.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import pstats
import time
from typing import TYPE_CHECKING, Any

import uvloop

from benchmarks.compare import CALLS
from benchmarks.reference.vendor import reference_app
from benchmarks.report import table
from mockserver.core.operation import compiled
from mockserver.serving import tune_collector

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence

    from benchmarks.load import Call

    Message = MutableMapping[str, Any]
    App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

BATCH = 500
BATCHES = 12


def scope_of(base: str, call: Call) -> dict[str, Any]:
    """The ASGI scope of a call."""
    path, _, query = (base + call.path).partition("?")
    headers = [(b"host", b"127.0.0.1:8000"), *((name.lower().encode(), value.encode()) for name, value in call.headers.items())]
    if call.body is not None:
        headers.append((b"content-length", str(len(call.body)).encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "root_path": "",
        "method": "GET" if call.body is None else "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": headers,
        "state": {},
    }


async def once(app: App, scope: Message, body: bytes = b"") -> tuple[int, bytes]:
    """Status and body of one call."""
    status, parts = 0, []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))

    await app({**scope, "headers": list(scope["headers"])}, receive, send)
    return status, b"".join(parts)


def micros(app: App, base: str, calls: Sequence[Call], batches: int = BATCHES, batch: int = BATCH) -> float:
    """Processor microseconds of one call, the calls taken in turn: the smallest mean of several batches, because other load only adds time."""
    scopes = [(scope_of(base, call), call) for call in calls]

    async def run(turns: Iterable[int]) -> float:
        begun = time.process_time()
        for turn in turns:
            scope, call = scopes[turn % len(scopes)]
            status, body = await once(app, scope, call.body or b"")
            if status != call.status:
                raise AssertionError(f"{scope['path']} answered {status} {body[:200]!r}")
        return time.process_time() - begun

    async def all_batches() -> float:
        await run(range(min(batch, 100)))
        gc.collect()
        tune_collector()
        return min([await run(range(number * batch, (number + 1) * batch)) / batch for number in range(batches)]) * 1e6

    return uvloop.run(all_batches())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What a call costs without the HTTP server.")
    parser.add_argument("--profile", action="store_true", help="also print where the time goes")
    arguments = parser.parse_args()
    remembered, rows = compiled.PROVEN, []
    for call in CALLS:
        row = [call.name]
        for compiled.PROVEN in (remembered, 0):
            row.append(f"{micros(reference_app(), '/reference', [call]):.1f}")
        rows.append(row)
    compiled.PROVEN = remembered
    print(table(["call", "µs", "judged anew, µs"], rows))
    if arguments.profile:
        app = reference_app()
        for call in CALLS:
            print(f"\n{call.name}")
            profile = cProfile.Profile()
            scope = scope_of("/reference", call)

            async def many(scope: Message = scope, call: Call = call) -> None:
                for _ in range(5000):
                    await once(app, scope, call.body or b"")

            profile.enable()
            asyncio.run(many())
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(28)


if __name__ == "__main__":
    main()
