"""How long each vendor's seed takes, as the best of several runs. Exits with 1 if one takes longer than the promised time."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mockserver.app import discover
from mockserver.core.base.clock import Clock
from mockserver.core.engine.fixtures import seeded_world
from mockserver.openapi.documents import SPECS

if TYPE_CHECKING:
    from mockserver.core.engine.fixtures import Fixture

PROMISED_MS = 150.0
RUNS = 10
BORN = datetime(2026, 1, 15, 12, tzinfo=UTC)


def seconds(slug: str, fixture: Fixture, seed: int) -> float:
    """The time of one seeding."""
    started = time.perf_counter()
    seeded_world({slug: fixture}, seed, Clock(frozen_at=BORN), BORN)
    return time.perf_counter() - started


def main() -> int:
    """Print the milliseconds of each vendor."""
    broken = False
    for slug, (_, _, fixture) in discover(SPECS).items():
        best = 1000 * min(seconds(slug, fixture, seed) for seed in range(RUNS))
        broken |= best > PROMISED_MS
        print(f"{slug:12} {best:6.1f} ms{'  more than promised' if best > PROMISED_MS else ''}")
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
