"""A flood of calls that name new worlds, beside 20 clients that work in theirs: nothing of theirs is lost, and they wait little longer.

python -m benchmarks.flood
python -m benchmarks.flood --calls 2000 --worlds 500
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import httpx
import psutil

from benchmarks.load import cores, memory_mib, served
from benchmarks.report import machine, table
from benchmarks.servers import free_port
from mockserver.app import App, ServerSettings, create_app

CLIENTS = 20
"""Clients that work in a world each."""
CONNECTIONS = 4
"""Connections of the flood, with one call at a time each."""
HEAD = 55_000
"""Bytes of the head of a call of the flood."""
MEMORY = 150
"""MiB that the server may have beyond those at rest."""
SLOWER = 1.5
"""How many times the 99th percentile of the clients may be that beside ordinary refused calls."""
THINK = 0.02
"""Seconds between two calls of a client."""
NICE = 10
"""The niceness of the flood's process."""
TURN = 1_000
"""Calls of the flood between which as many ordinary ones are sent."""
QUIET, ORDINARY, FLOOD, ENDED = range(4)
"""What runs beside the clients."""
HOUR = 3_600
START = "2026-01-01T00:00:00Z"
"""The moment at which every world stands still, so that equal calls make equal digests on every server."""
STRANGER = "127.0.0.2"
"""The loopback address from which the flood of accepted calls comes."""
_shared: list[Any] = []
"""In each process, the number that says what runs beside the clients."""
KEY = b"apikey: monedero-demo-apikey\r\n"
FORM = b"content-type: application/x-www-form-urlencoded\r\n"
SALE = b"wallet_key=wallet-demo&phone=4775550101&transaction_type=0&usertool_id=7001&transaction_amount=12.5&points_used=1"
WALLET = b"wallet_key=wallet-demo&phone=4775550101"
REFUSED, OK, FULL = 400, 200, 503


@dataclass
class Work:
    """What the clients did: seconds of each call by what ran beside it, digests of each client's world after each round, and unexpected answers."""

    seconds: dict[int, list[float]] = field(default_factory=lambda: {QUIET: [], ORDINARY: [], FLOOD: [], ENDED: []})
    digests: dict[str, list[str]] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)

    def p99(self, beside: int) -> float:
        """The 99th percentile in milliseconds, beside one of the loads."""
        return statistics.quantiles(self.seconds[beside], n=100)[98] * 1_000


def request(method: str, path: str, world: str, headers: bytes = b"", body: bytes = b"") -> bytes:
    """The bytes of a call."""
    head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\nx-mock-world: {world}\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + headers + b"\r\n" + body


class Connection:
    """A connection that stays open, with one call at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int, address: str = "127.0.0.1") -> Connection:
        """A connection from an address."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0)))

    async def send(self, data: bytes) -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer."""
        self._writer.write(data)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        return int(head[9:12]), head, await self._reader.readexactly(int(length[1]) if length else 0)

    def close(self) -> None:
        """Close it."""
        self._writer.close()


# The clients


async def work(port: int, number: int, rounds: int | None, done: Work) -> None:
    """Sell and read in one world, round by round, until all floods have ended or for a number of rounds."""
    world, line = f"team-{number}", await Connection.open(port)
    calls = [
        request("POST", "/monedero/wallet/sale", world, KEY + FORM, SALE),
        request("POST", "/monedero/wallet/get", world, KEY + FORM, WALLET),
    ] * 5
    calls.append(request("GET", "/monedero/nothing", world))
    digests = done.digests.setdefault(world, [])
    while len(digests) < rounds if rounds is not None else _shared[0].value != ENDED:
        for call in calls:
            await asyncio.sleep(THINK)
            beside, started = _shared[0].value, time.perf_counter()
            status, head, answer = await line.send(call)
            done.seconds[beside].append(time.perf_counter() - started)
            if (status >= REFUSED) != (call is calls[-1]) or b"x-mock-notice" in head.lower():
                done.odd.append(f"{world}: {status} {head!r} {answer[:200]!r}")
        _, _, answer = await line.send(request("GET", f"/_mock/worlds/{world}/digest", world))
        digests.append(json.loads(answer)["digest"])
    line.close()


async def work_all(port: int, rounds: int | None) -> Work:
    """The work of all clients."""
    done = Work()
    await asyncio.gather(*(work(port, number, rounds, done) for number in range(CLIENTS)))
    return done


# The floods


async def flood(port: int, numbers: Sequence[int], address: str, head: int, *, accepted: bool, one_world: bool) -> dict[int, int]:
    """Send a call for each number. Returns how many answers had which status."""
    line, statuses = await Connection.open(port, address), dict[int, int]()
    long = b"x-long: " + b"x" * head + b"\r\n" if head else b""
    for number in numbers:
        world = "stranger" if one_world else f"stranger-{number}"
        path, extra, body = ("/monedero/wallet/sale", KEY + FORM, SALE) if accepted else ("/monedero/wallet/get", FORM, WALLET)
        status, _, _ = await line.send(request("POST", path, world, extra + long, body))
        statuses[status] = statuses.get(status, 0) + 1
    line.close()
    return statuses


def flood_all(
    port: int, calls: int, address: str = "127.0.0.1", head: int = 0, first: int = 0, *, accepted: bool = False, one_world: bool = False
) -> dict[int, int]:
    """Send calls over all connections of the flood. Returns how many answers had which status."""

    async def run() -> dict[int, int]:
        parts = (
            flood(port, range(first + part, first + calls, CONNECTIONS), address, head, accepted=accepted, one_world=one_world)
            for part in range(CONNECTIONS)
        )
        found = dict[int, int]()
        for statuses in await asyncio.gather(*parts):
            for status, count in statuses.items():
                found[status] = found.get(status, 0) + count
        return found

    return asyncio.run(run())


def flood_in_turns(port: int, calls: int) -> dict[int, int]:
    """Send the calls of the flood, and after each part of them as many ordinary refused calls into one world. Returns the statuses of the flood.

    Both take turns on one server, because their effects are compared, and those of a busy machine change with time.
    """
    found = dict[int, int]()
    for first in range(0, calls, TURN):
        _shared[0].value = FLOOD
        for status, count in flood_all(port, min(TURN, calls - first), head=HEAD, first=first).items():
            found[status] = found.get(status, 0) + count
        _shared[0].value = ORDINARY
        flood_all(port, TURN, one_world=True)
    _shared[0].value = ENDED
    return found


# The runs


def pin_to_load_core(beside: Any, niceness: int = 0) -> None:
    """Run this process on the core that is not the server's, and share what runs beside the clients.

    The flood is nice to the clients there, because it is the server's time that is measured, and not that in which both wait for one core.
    """
    _shared[:] = [beside]
    os.sched_setaffinity(0, {cores()[1]})
    os.nice(niceness)


def run_clients(port: int, rounds: int | None) -> Work:
    """The work of all clients, in a process of their own."""
    return asyncio.run(work_all(port, rounds))


@dataclass(frozen=True)
class Result:
    """Rows of figure, value and bound; whether nothing was lost, refused or filled that must not be; whether the clients waited little longer."""

    rows: list[tuple[str, str, str]]
    is_kept: bool
    is_quick: bool = True


@dataclass
class Memory:
    """Resident MiB of the server: at rest, and at most so far."""

    idle: float
    most: float = 0.0


@contextmanager
def server(*options: str) -> Iterator[tuple[int, Memory]]:
    """A server on a core of its own, whose memory is watched."""
    port, ended = free_port(), threading.Event()
    command = [sys.executable, "-m", "mockserver", "serve", "--port", str(port), "--freeze", START, *options]
    with served(command, port, "/_mock/health") as process:
        memory = Memory(memory_mib(process))
        watcher = threading.Thread(target=_watch, args=(process, memory, ended))
        watcher.start()
        try:
            yield port, memory
        finally:
            ended.set()
            watcher.join()


def _watch(process: psutil.Process, memory: Memory, ended: threading.Event) -> None:
    while not ended.wait(0.1):
        memory.most = max(memory.most, memory_mib(process))


def refuse_many(calls: int) -> Result:
    """The first acceptance: refused calls naming new worlds."""
    context = multiprocessing.get_context("spawn")
    beside = context.Value("b", FLOOD)
    with (
        ProcessPoolExecutor(1, context, initializer=pin_to_load_core, initargs=(beside,)) as clients,
        ProcessPoolExecutor(1, context, initializer=pin_to_load_core, initargs=(beside, NICE)) as flooding,
    ):
        with server() as (port, memory):
            working = clients.submit(run_clients, port, None)
            started = time.monotonic()
            statuses = flooding.submit(flood_in_turns, port, calls).result()
            seconds = time.monotonic() - started
            flooded = working.result()
        rounds = {world: len(digests) for world, digests in flooded.digests.items()}
        beside.value = QUIET
        with server() as (port, _):
            quiet = clients.submit(run_clients, port, max(rounds.values())).result()
    same = all(quiet.digests[world][: len(digests)] == digests for world, digests in flooded.digests.items())
    odd = [*flooded.odd, *quiet.odd]
    for text in odd[:5]:
        print(text)
    rows = [
        ("refused calls, each to a new world with a head of 55 kB", f"{calls:,}, answered {statuses}", "all refused"),
        ("seconds of these, and of as many ordinary ones between them", f"{seconds:.0f}", "shown only"),
        ("calls of the 20 clients beside it", f"{sum(map(len, flooded.seconds.values())):,}, {len(odd)} not as expected", "0 not as expected"),
        ("digests as without the flood, after every round", f"{sum(rounds.values()):,} {'equal' if same else 'NOT equal'}", "equal"),
        ("resident memory, MiB", f"{memory.idle:.0f} at rest, {memory.most:.0f} at most", f"at rest + {MEMORY}"),
        ("99th percentile of the clients, ms, quiet", f"{quiet.p99(QUIET):.1f}", "shown only"),
        ("99th percentile beside ordinary refused calls into one world, ms", f"{flooded.p99(ORDINARY):.1f}", "shown only"),
        ("99th percentile beside the flood, ms", f"{flooded.p99(FLOOD):.1f}", f"{SLOWER * flooded.p99(ORDINARY):.1f}"),
    ]
    refused = all(status >= REFUSED for status in statuses) and sum(statuses.values()) == calls
    return Result(rows, refused and same and not odd and memory.most <= memory.idle + MEMORY, flooded.p99(FLOOD) <= SLOWER * flooded.p99(ORDINARY))


def accept_many(calls: int, capacity: int) -> Result:
    """The second acceptance: accepted calls to new worlds from another address; the clients keep their worlds and can make new ones."""
    with server("--max-worlds", str(capacity)) as (port, memory):
        before, made = dict[str, str](), 0
        _shared[:] = [multiprocessing.Value("b", QUIET)]
        asyncio.run(work_all(port, 2))
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            for number in range(CLIENTS):
                world = f"team-{number}"
                before[world] = client.get(f"/_mock/worlds/{world}/digest").json()["digest"]
            started = time.monotonic()
            statuses = flood_all(port, calls, STRANGER, accepted=True)
            seconds = time.monotonic() - started
            lost = sum(client.get(f"/_mock/worlds/{world}/digest").json()["digest"] != digest for world, digest in before.items())
            headers = {"apikey": "monedero-demo-apikey", "content-type": "application/x-www-form-urlencoded"}
            for number in range(CLIENTS):
                sold = client.post("/monedero/wallet/sale", headers={**headers, "x-mock-world": f"new-{number}"}, content=SALE)
                made += sold.status_code == OK and client.get(f"/_mock/worlds/new-{number}").json()["changed"]
            kept = client.get("/_mock/worlds?limit=1").json()["total"]
    rows = [
        (
            f"calls that make worlds, from {STRANGER}",
            f"{calls:,} in {seconds:.0f} s, answered {statuses}",
            "200, or 503 beyond the worlds of the server",
        ),
        ("worlds of the 20 clients lost or changed", str(lost), "0"),
        ("new worlds that the 20 clients could make after it", str(made), str(CLIENTS)),
        ("worlds kept, of the most", f"{kept:,} of {capacity:,}", "at most"),
        ("resident memory, MiB", f"{memory.idle:.0f} at rest, {memory.most:.0f} at most", "shown only"),
    ]
    return Result(rows, set(statuses) <= {OK, FULL} and not lost and made == CLIENTS and kept <= capacity)


def spend_a_day(worlds: int, batch: int, capacity: int) -> Result:
    """The third acceptance: the worlds of a day of parallel tests, with an hour of the server's clock between two batches."""
    now = [0.0]
    with patch("mockserver.core.state.eviction.stopwatch", lambda: now[0]), patch("mockserver.core.state.memory.stopwatch", lambda: now[0]):
        app = create_app(ServerSettings(max_worlds=capacity))
        refused, lost, kept = asyncio.run(_test_all_day(app, now, worlds, batch))
    rows = [
        (f"worlds of a day, an hour after every {batch:,}: refused", f"{refused:,} of {worlds:,}", "0"),
        ("worlds in use, and worlds of the last hour, that were lost", f"{lost:,}", "0"),
        ("worlds kept, of the most", f"{kept:,} of {capacity:,}", "at most"),
    ]
    return Result(rows, not refused and not lost and kept <= capacity)


async def _test_all_day(app: App, now: list[float], worlds: int, batch: int) -> tuple[int, int, int]:
    """How many new worlds were refused, how many of those in use and of the last hour were lost, and how many are kept."""
    refused = lost = 0
    sender = {"apikey": "monedero-demo-apikey", "content-type": "application/x-www-form-urlencoded"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, client=("127.0.0.1", 1)), base_url="http://localhost") as client:

        async def sell(world: str) -> httpx.Response:
            return await client.post("/monedero/wallet/sale", headers={**sender, "x-mock-world": world}, content=SALE)

        for number in range(worlds):
            if number and number % batch == 0:
                now[0] += HOUR
            if number % (batch // 10) == 0:  # the worlds in use are used some times in an hour
                for one in range(CLIENTS):
                    sold = await sell(f"team-{one}")
                    lost += sold.status_code != OK or "starts anew" in sold.headers.get("x-mock-notice", "")
            refused += (await sell(f"test-{number}")).status_code != OK
        kept = {found.name for found in (await app.control.store.worlds()).worlds}
    lost += sum(f"test-{number}" not in kept for number in range(worlds - batch, worlds))
    lost += sum(f"team-{number}" not in kept for number in range(CLIENTS))
    return refused, lost, len(kept)


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description="A flood of calls that name new worlds, beside clients that work in theirs.")
    parser.add_argument("--calls", type=int, default=100_000, help="refused calls of the first run")
    parser.add_argument(
        "--worlds", type=int, default=10_000, help="worlds that the server keeps in the second and third run, which make more of them"
    )
    options = parser.parse_args()
    runs = [
        refuse_many(options.calls),
        accept_many(2 * options.worlds, options.worlds),
        spend_a_day(3 * options.worlds, options.worlds // 2, options.worlds),
    ]
    print(table(("figure", "measured", "bound"), [row for run in runs for row in run.rows]))
    print(f"\n{machine()}")
    return 0 if all(run.is_kept and run.is_quick for run in runs) else 1


if __name__ == "__main__":
    sys.exit(main())
