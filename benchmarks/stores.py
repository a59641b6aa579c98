"""What a state directory costs: processor time of a call against memory, bytes, and the first answer of a world after a restart.

``python -m benchmarks.stores`` measures the calls of the comparison without a socket, memory and directory in turn, and prints the smallest mean of
a batch and the ratio. Then it makes worlds of 1,000 to 100,000 records, starts again, and measures the first answer of each.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.compare import CALLS
from benchmarks.inside import micros
from benchmarks.reference import payloads
from benchmarks.reference.vendor import API, FIXTURE
from benchmarks.report import machine, table
from mockserver.app import App, ServerSettings, create_app
from mockserver.core.base.clock import Clock
from mockserver.core.state.database import FILE, Durability, open_state
from mockserver.core.state.durable_store import DurableStore
from mockserver.core.state.store import NEW
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction, World

ROUNDS = 5
SIZES = (1_000, 10_000, 100_000)
MEMORY, PROCESS, POWER = "memory", "process", "power"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Plan:
    """A record of the size of those of the reference API."""

    id: int
    name: str
    group: str
    price: int


PLANS = Table("toy.plans", Plan, {"group": "group"})


def app_on(store: str, folder: Path) -> App:
    """The server of the reference API, in memory or on a directory with a durability."""
    durability: Durability = "power" if store == POWER else "process"
    settings = ServerSettings() if store == MEMORY else ServerSettings(state=folder, durability=durability)
    return create_app(settings, {"reference": (API, payloads.reference_document(), FIXTURE)})


def measure_calls() -> None:
    """Print processor microseconds of each call on each store, measured in turn."""
    best: dict[tuple[str, str], float] = {}
    commits, size = 0, 0
    for _ in range(ROUNDS):
        for store in (MEMORY, PROCESS, POWER):
            with tempfile.TemporaryDirectory() as folder:
                app = app_on(store, Path(folder))
                for call in CALLS:
                    found = micros(app, "/reference", [call], batches=3, batch=200 if store == POWER else 500)
                    best[store, call.name] = min(found, best.get((store, call.name), found))
                held = app.control.store
                if isinstance(held, DurableStore):
                    commits, size = held.database.execute("select count(*), coalesce(sum(length(data)), 0) from deltas").fetchone()
                app.close_state()
    rows = [
        [
            call.name,
            *(f"{best[store, call.name]:.1f}" for store in (MEMORY, PROCESS, POWER)),
            f"{best[PROCESS, call.name] / best[MEMORY, call.name]:.2f}",
        ]
        for call in CALLS
    ]
    print(table(["call", "memory, µs", "--state, µs", "--durability power, µs", "--state / memory"], rows))
    print(f"\nbytes of the delta of a POST: {size / max(1, commits):.0f}\n")


async def make_worlds(folder: Path) -> None:
    """Make a world of each size in a directory."""
    store = DurableStore(open_state(folder), World(clock=Clock(frozen_at=NOW)))
    store.open(store.base, {PLANS.name: PLANS})
    for size in SIZES:
        transaction = Transaction(store.base, NOW)
        transaction.table(PLANS).add_all(Plan(number, f"plan {number}", f"group {number % 50}", number) for number in range(size))
        await store.commit(f"w{size}", NEW, transaction.finish())
    store.close()


async def measure_start(folder: Path) -> list[list[str]]:
    """The seconds until each world is there after a start, and the longest that the event loop was held meanwhile."""
    rows = []
    for size in SIZES:
        store = DurableStore(open_state(folder), World(clock=Clock(frozen_at=NOW)))
        store.open(store.base, {PLANS.name: PLANS})
        gaps = [0.0]
        watch = asyncio.create_task(_watch(gaps))
        await asyncio.sleep(0.05)
        begun = time.perf_counter()
        await store.load(f"w{size}")
        taken = time.perf_counter() - begun
        watch.cancel()
        rows.append([f"{size:,}", f"{taken * 1000:.0f}", f"{max(gaps) * 1000:.0f}"])
        store.close()
    return rows


async def _watch(gaps: list[float]) -> None:
    """Note for how long the event loop did not come back."""
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(0.001)
        gaps.append(time.perf_counter() - begun - 0.001)


def main() -> None:
    """Measure and print."""
    print(f"On {machine()}\n")
    measure_calls()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(make_worlds(folder))
        print(table(["records of a world", "first load after a start, ms", "longest pause of other calls, ms"], asyncio.run(measure_start(folder))))
        print(f"\nbytes of these worlds: {(folder / FILE).stat().st_size:,}")


if __name__ == "__main__":
    main()
