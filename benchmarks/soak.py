"""Full load for a long time, wrong requests and injected faults included: only answers that were asked for, and memory that stays level.

``python -m benchmarks.soak --minutes 10``. Clients in processes of their own call one server in worlds of their own: good calls, calls without
credentials, with a wrong body, to what does not exist, and, where the server has rules for faults, a world in which every seventh call is refused with
503. Anything else than the status asked for is an error. Memory is read every few seconds; it is level when the last third is within a few MiB of the
middle third.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from http.client import HTTPConnection, HTTPException
from itertools import cycle

import orjson

from benchmarks.compare import CALLS, KEY
from benchmarks.load import Call, free_port, memory_mib, served
from benchmarks.reference import payloads
from benchmarks.report import machine, publish, table

CLIENTS = 4
CONNECTIONS = 4
BASE = "/reference"
_OBJECT, _LIST, _POST = CALLS
_WRONG = orjson.dumps({**payloads.BODY, "starts_on": 1})
PLAN = (
    _OBJECT,
    _LIST,
    _POST,
    Call("no credential", "/plans/1", {}, None, 401),
    Call("wrong body", _POST.path, _POST.headers, _WRONG, 400),
    Call("no JSON", _POST.path, _POST.headers, b"{", 400),
    Call("unknown plan", "/plans/999999", KEY, None, 404),
    Call("no such path", "/nothing", KEY, None, 404),
)
LEVEL_MIB = 8
"""How much more the last third may hold than the middle third, by their medians."""
RESET_AFTER = 2_000
"""Calls after which a client resets its world, so that what it creates does not pile up."""


def client(port: int, number: int, until: float) -> Counter[str]:
    """Call until a moment; count what was asked and answered."""
    seen: Counter[str] = Counter()
    connections = [HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(CONNECTIONS)]
    for turn, call in enumerate(cycle(PLAN)):
        if time.monotonic() > until:
            return seen
        world = {"X-Mock-World": f"soak-{number}"}
        if turn % RESET_AFTER == RESET_AFTER - 1:
            call, base = Call("reset", "/_mock/reset", world, b"", 200), ""  # noqa: PLW2901 - a call of another kind, now and then
        else:
            base = BASE
        connection = connections[turn % CONNECTIONS]
        try:
            connection.request("GET" if call.body is None else "POST", base + call.path, call.body, {**call.headers, **world})
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException) as error:
            seen[f"{call.name}: {type(error).__name__}"] += 1
            connection.close()
        else:
            seen[call.name if answer.status == call.status else f"{call.name}: {answer.status}"] += 1
    return seen


def main() -> None:
    """Soak and print; leave with 1 where something was not asked for or memory grew."""
    parser = argparse.ArgumentParser(description="Full load for a long time.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--write", action="store_true", help="keep the result in docs/benchmarks.md")
    arguments = parser.parse_args()
    port = free_port()
    memory: list[float] = []
    with served([sys.executable, "-m", "benchmarks.reference.vendor", str(port)], port, "/_mock/health") as process, ProcessPoolExecutor(CLIENTS) as pool:
        begun = time.monotonic()
        until = begun + arguments.minutes * 60
        clients = [pool.submit(client, port, number, until) for number in range(CLIENTS)]
        while time.monotonic() < until:
            time.sleep(min(5, max(0.1, until - time.monotonic())))
            memory.append(memory_mib(process))
        seen = sum((one.result() for one in clients), Counter[str]())
    wrong = {name: count for name, count in seen.items() if ": " in name}
    third = len(memory) // 3
    middle, last = statistics.median(memory[third : 2 * third or None]), statistics.median(memory[2 * third :])
    level = last - middle <= LEVEL_MIB
    parts = [
        f"Measured on: {machine()}. {arguments.minutes:g} minutes, {CLIENTS} processes with {CONNECTIONS} connections each, {sum(seen.values()):,} calls,"
        f" {sum(seen.values()) / (arguments.minutes * 60):,.0f} a second.",
        table(["call", "answered as asked"], [[name, f"{count:,}"] for name, count in sorted(seen.items()) if name not in wrong]),
        f"Not asked for: {wrong or 'nothing'}.",
        f"Resident MiB: first {memory[0]:.0f}, median of the middle third {middle:.0f}, of the last third {last:.0f}: {'level' if level else 'growing'}.",
    ]
    publish("soak", "\n\n".join(parts), write=arguments.write)
    sys.exit(0 if level and not wrong else 1)


if __name__ == "__main__":
    main()
