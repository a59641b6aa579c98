"""Cost of worlds: the time of a write and the memory of a fork that was written to, with a growing number of records.

A fork that is not written to is only a reference. Prints one line per size; memory is that of the process, shared by the stored forks. The last
column is the time of a write divided by that at the smallest size; it should stay near 1.
"""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass

import psutil

from mockserver.core.base.clock import wall_clock
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction, World

SIZES = (100, 1_000, 10_000, 100_000)
FORKS = 1_000
KEPT = 5_000


@dataclass(frozen=True, slots=True)
class Row:
    """A record of ordinary size."""

    id: int
    owner: int
    text: str


ROWS = Table("bench.rows", Row, {"owner": lambda row: row.owner})


def filled(size: int) -> World:
    """A world with this many records."""
    transaction = Transaction(World(), wall_clock())
    table = transaction.table(ROWS)
    for number in range(size):
        table.add(Row(number, number % 50, f"row {number}"))
    return transaction.finish()


def write(world: World, number: int) -> World:
    """The world after one request that reads, adds and changes a record."""
    transaction = Transaction(world, wall_clock())
    table = transaction.table(ROWS)
    row = table.get(number)
    if row is not None:
        table.change(row, text="changed")
    table.add(Row(10**9 + number, 1, "added"))
    return transaction.finish()


def main() -> None:
    """Measure and print."""
    print(f"{'records':>8} {'write, µs':>10} {'bytes a written fork':>21} {'write / smallest':>17}")
    smallest = 0.0
    process = psutil.Process()
    for size in SIZES:
        world = filled(size)
        gc.collect()
        started = time.perf_counter()
        for number in range(FORKS):
            write(world, number % size)
        micros = (time.perf_counter() - started) / FORKS * 1e6
        before = process.memory_info().rss
        kept = [write(world, number % size) for number in range(KEPT)]
        held = (process.memory_info().rss - before) / len(kept)
        smallest = smallest or micros
        print(f"{size:8} {micros:10.1f} {held:21.0f} {micros / smallest:17.2f}")


if __name__ == "__main__":
    main()
