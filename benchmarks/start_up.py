"""Time until the server answers, its idle memory, and its memory after a hundred thousand calls.

``python -m benchmarks.start_up`` starts ``mockserver serve`` with every vendor several times: seconds from the start of the process to its first
answer, and resident MiB after it. Then it makes at least a hundred thousand calls of three kinds: pages of a real vendor; such pages mixed with
creations, whose records stay; and the reference API, whose creations store what was sent as nested data.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

import orjson
import psutil

from benchmarks.compare import CALLS
from benchmarks.load import Call, answers, cores, free_port, memory_mib, need_tools, pinned, run_wrk, served, stop
from benchmarks.report import machine, publish, table
from mockserver.openapi.documents import load_document

RUNS = 7
MANY = 100_000
HEALTH = "/_mock/health"
SERVE = [sys.executable, "-m", "mockserver", "serve", "--port"]
DEMO = {"secretkey": "serpi-demo-secretkey", "Authorization": "Bearer serpi-demo-token"}
READ = Call("SERPI page", "/Sucursales?limite=20", DEMO)
BRANCH = load_document("serpi").raw["components"]["examples"]["new_branch"]["value"]
CREATE = Call("SERPI creation", "/Sucursales", {**DEMO, "Content-Type": "application/json"}, orjson.dumps(BRANCH), 201)


def start() -> tuple[float, float, float]:
    """Seconds to the first answer, processor seconds until then, and MiB after it."""
    port = free_port()
    begun = time.perf_counter()
    process = subprocess.Popen(pinned(cores()[0], [*SERVE, str(port)]), stdout=subprocess.DEVNULL)
    try:
        if not answers(port, HEALTH, process, 60):
            sys.exit("the server does not start")
        seconds = time.perf_counter() - begun
        server = psutil.Process(process.pid)
        times = server.cpu_times()
        return seconds, times.user + times.system, memory_mib(server)
    finally:
        stop(process)


def grown() -> list[list[str]]:
    """MiB idle and after many calls: reads of a real vendor, and the three calls of the reference API, a third of them writes."""
    rows = []
    for name, command, base, calls in (
        ("SERPI, pages of 20", SERVE, "/serpi/api/v1", (READ,)),
        ("SERPI, pages and creations of branches", SERVE, "/serpi/api/v1", (READ, READ, CREATE)),
        ("reference API, a third of the calls creating a record of 3 kB", [sys.executable, "-m", "benchmarks.reference.vendor"], "/reference", CALLS),
    ):
        port = free_port()
        with served([*command, str(port)], port, HEALTH) as process:
            before, done, failed, made = memory_mib(process), 0, 0, 0
            while done < MANY:
                for call in calls:
                    load = run_wrk(process, port, base, call, 2)
                    done, failed = done + load.calls, failed + load.refused
                    made += load.calls if call.body is not None else 0
            after = memory_mib(process)
        rows.append([name, f"{before:.0f}", f"{done:,}", f"{made:,}", f"{after:.0f}", f"{after - before:+.0f}", str(failed)])
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Start-up and memory.")
    parser.add_argument("--write", action="store_true", help="keep the result in docs/benchmarks.md")
    arguments = parser.parse_args()
    need_tools()
    seconds, spent, mebibytes = zip(*(start() for _ in range(RUNS)), strict=True)
    starts = [
        [name, f"{min(values):.2f}", f"{statistics.median(values):.2f}", f"{max(values):.2f}"]
        for name, values in (("ready after, s", seconds), ("processor time until then, s", spent), ("resident, MiB", mebibytes))
    ]
    parts = [
        f"Measured on: {machine()}. {RUNS} starts of `mockserver serve` with every vendor.",
        table(["start", "min", "median", "max"], starts),
        table(["memory, MiB", "idle", "calls", "records", "after them", "more", "failed"], grown()),
    ]
    publish("start-up", "\n\n".join(parts), write=arguments.write)


if __name__ == "__main__":
    main()
