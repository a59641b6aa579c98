"""Kills a process that writes to a state directory at random moments, and compares what is there with what it had acknowledged.

``python -m benchmarks.kills --kills 500`` prints how many commits were acknowledged and how many of them were lost, which has to be none. The process
commits sales to one world as fast as it can, and prints a number after each commit; in between it saves snapshots, makes and deletes worlds and
writes new images.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mockserver.core.base.clock import Clock
from mockserver.core.state import file_writer
from mockserver.core.state.database import open_state
from mockserver.core.state.durable_store import DurableStore
from mockserver.core.state.store import Snapshot
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction, World

LONGEST = 0.2
"""Seconds after its first commit in which the process is killed."""
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BASE = World(clock=Clock(frozen_at=NOW), born=NOW)


@dataclass(frozen=True)
class Sale:
    """One record of the process."""

    id: int
    text: str
    receipt: bytes


SALES = Table("toy.sales", Sale, {"text": "text"})


def open_store(folder: Path) -> DurableStore:
    """The store of a state directory."""
    store = DurableStore(open_state(folder), BASE)
    store.open(BASE, {SALES.name: SALES})
    return store


async def write(folder: Path) -> None:
    """Commit until the process is killed, and print the number of each commit after it."""
    file_writer.LEAST_LOG = 16 * 1024  # so that new images are written often
    store = open_store(folder)
    while True:
        versioned = await store.load("shop")
        transaction = Transaction(versioned.world, NOW)
        number = transaction.draw("sale")
        transaction.table(SALES).add(Sale(number, f"sale {number % 7}", str(number).encode() * 400))
        transaction.finish()
        if await store.commit("shop", versioned.version, transaction.result, steps=[transaction]):
            print(number, flush=True)
        if number % 5 == 0:
            found = await store.load("shop")
            await store.save("shop", found.version, Snapshot(f"s{number % 3}", found.world, NOW))
            await store.put(f"other {number % 4}", found.world, anew=True)
            await store.delete(f"other {(number + 1) % 4}")
        await asyncio.sleep(0)


def kill_once(folder: Path, chance: random.Random) -> tuple[int, int]:
    """Start the process, kill it, and return the last number that it acknowledged and the last one in the directory. Raises AssertionError."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.kills", "--write", str(folder)], stdout=subprocess.PIPE, text=True)
    first = "" if process.stdout is None else process.stdout.readline()
    time.sleep(chance.uniform(0, LONGEST))
    process.kill()
    rest, _ = process.communicate()
    numbers = [int(line) for line in (first + rest).splitlines()]
    return max(numbers, default=0), asyncio.run(_read(folder))


async def _read(folder: Path) -> int:
    """The last number in a directory, all of whose worlds and snapshots can be read. Raises AssertionError if one is missing before it."""
    store = open_store(folder)
    for listed in (await store.worlds()).worlds:
        world = (await store.load(listed.name)).world
        if world.count_records() != listed.summary.records or any(
            snapshot.world.seed != BASE.seed for snapshot in await store.snapshots(listed.name)
        ):
            raise AssertionError(f"the world {listed.name} is not what the list says")
    world = (await store.load("shop")).world
    last = world.counters.get("sale") or 0
    sales = Transaction(world, NOW).table(SALES).all()
    if [(sale.id, sale.receipt) for sale in sales] != [(number, str(number).encode() * 400) for number in range(1, last + 1)]:
        raise AssertionError(f"the sales up to {last} are not all there")
    store.close()
    return last


def main() -> None:
    """Kill as often as asked, and print what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write is not None:
        asyncio.run(write(arguments.write))
    chance, acknowledged, lost = random.Random(arguments.seed), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.kills):
            state = Path(folder) / str(number // 50)  # a new one now and then, so that the worlds stay small
            last, kept = kill_once(state, chance)
            acknowledged += 1 if last else 0
            lost += max(0, last - kept)
    print(f"{arguments.kills} kills, {acknowledged} of them after an acknowledged commit; acknowledged commits lost: {lost}")
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
