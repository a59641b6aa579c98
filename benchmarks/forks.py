"""Cost of snapshots, restores and forks of a world of 10,000 records on a real server, compared with the promised bounds.

Times are measured by a client on the same machine, including HTTP and JSON; memory is the resident set of the server. A fork that was written to
stores the difference, which is measured too. Exits with 1 if a bound is broken.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.servers import Line, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    import psutil

RECORDS = 10_000
TIMED = 300
FORKS = 10_000

FORK_MS = 5.0
RESTORE_MS = 10.0
FORK_KB = 100.0
FORKS_MB = 500.0

VENDOR, TABLE = "serpi", "branches"
CALL = ("GET", "/serpi/api/v1/Sucursales?limite=1")
HEADERS = {"secretkey": "serpi-demo-secretkey", "authorization": "Bearer serpi-demo-token"}


def milliseconds(work: Callable[[int], object], times: int = TIMED) -> list[float]:
    """The duration of each of several runs."""
    taken = []
    for number in range(times):
        started = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def big_world(line: Line) -> str:
    """A world with this many records, made by export and import."""
    exported = line.call("GET", "/worlds/default/export")
    records = exported["tables"][f"{VENDOR}.{TABLE}"]["records"]
    present = sum(len(table["records"]) for table in exported["tables"].values())
    top = max(record["id"] for record in records)
    records += [{**records[-1], "id": top + number} for number in range(1, RECORDS - present + 1)]
    line.call("PUT", "/worlds/big", exported)
    found: int = line.call("GET", "/worlds/big")["records"]
    if found != RECORDS:
        raise RuntimeError(f"{found} records, not {RECORDS}")
    return "big"


def resident(process: psutil.Process) -> float:
    """Resident memory of the server in bytes."""
    return float(process.memory_info().rss)


class Report:
    """Prints figures and remembers whether all were within their bounds."""

    def __init__(self) -> None:
        self.kept = True

    def line(self, name: str, value: float, unit: str, bound: float | None = None) -> None:
        """Print one figure with its bound."""
        broken = bound is not None and value >= bound
        self.kept = self.kept and not broken
        print(f"{name:44} {value:10.2f} {unit:3}" + (f"  (below {bound:g}{': BROKEN' if broken else ''})" if bound is not None else ""))

    def times(self, name: str, taken: list[float], bound: float | None = None) -> None:
        """Print the median, and the 99th percentile for information."""
        self.line(f"{name}, median", statistics.median(taken), "ms", bound)
        self.line(f"{name}, 99 of 100", sorted(taken)[len(taken) * 99 // 100], "ms")


def main() -> int:
    """Measure and print."""
    report = Report()
    with serving("--max-worlds", str(FORKS + TIMED + 10)) as (port, process):
        line = Line(port)
        world = big_world(line)
        report.times("save a snapshot", milliseconds(lambda number: line.call("PUT", f"/snapshots/s{number % 50}", world=world)))
        report.times("restore", milliseconds(lambda _: line.call("POST", "/snapshots/s0/restore", world=world)), RESTORE_MS)
        report.times("fork", milliseconds(lambda number: line.call("POST", "/worlds", {"name": f"t{number}", "from": {"world": world}})), FORK_MS)

        before = resident(process)
        for number in range(FORKS):
            line.call("POST", "/worlds", {"name": f"f{number}", "from": {"world": world}})
        untouched = resident(process) - before
        report.line("a fork without writes", untouched / FORKS / 1000, "kB", FORK_KB)
        report.line(f"{FORKS} forks, whole server", resident(process) / 1e6, "MB", FORKS_MB)

        before = resident(process)
        records = line.call("GET", f"/state/{VENDOR}/{TABLE}?limit=1", world=world)["records"]
        for number in range(FORKS):
            line.call("PATCH", f"/state/{VENDOR}/{TABLE}/{records[0]['id']}", {"descripcion": f"WRITTEN {number}"}, world=f"f{number}")
        report.line("a write to each fork, more", (resident(process) - before) / FORKS / 1000, "kB")
        report.line(f"{FORKS} written forks, whole server", resident(process) / 1e6, "MB", FORKS_MB)
        line.close()
    return 0 if report.kept else 1


if __name__ == "__main__":
    sys.exit(main())
