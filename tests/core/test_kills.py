"""No acknowledged commit is lost when the process is killed at a random moment; ``python -m benchmarks.kills`` does so 500 times."""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.kills import kill_once


def test_what_was_acknowledged_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    chance, last = random.Random(7), 0
    for _ in range(5):
        acknowledged, kept = kill_once(tmp_path, chance)
        assert kept >= acknowledged > last
        assert kept <= acknowledged + 1  # the one whose answer the kill cut off
        last = acknowledged
