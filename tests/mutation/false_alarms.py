"""Does the suite report anything where there is nothing to find? The command itself, run on the unchanged mock and on conforming variants."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from typing import TYPE_CHECKING

from mockserver.openapi.documents import load_document
from tests.mutation.copies import ROOT, serve_copy
from tests.mutation.mutants import CopyFailed
from tests.mutation.variants import Variant, variants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

UNCHANGED = "unchanged"
BUDGET = 3_600
"""Seconds that one run may take."""


@dataclass(frozen=True)
class PlannedRun:
    """A run in which nothing is to be found. The mock as it is has the name ``unchanged`` and is judged by what it has promised as well."""

    slug: str
    variant: str
    level: str
    seed: int


@dataclass
class RunResult:
    """What the command reported in such a run. ``found`` has a line for each finding, for what was seen only once, and for each part left undone."""

    slug: str
    variant: str
    level: str
    seed: int
    exit_code: int = 0
    found: list[str] = field(default_factory=list)
    could_not_run: str = ""
    seconds: float = 0.0

    @property
    def run(self) -> PlannedRun:
        """Which run this was."""
        return PlannedRun(self.slug, self.variant, self.level, self.seed)

    @property
    def is_alarm(self) -> bool:
        """Whether the command reported anything but that the target conforms."""
        return bool(self.exit_code or self.found or self.could_not_run)


def plan_runs(slugs: Sequence[str], levels: Sequence[str], seeds: Sequence[int]) -> list[PlannedRun]:
    """The unchanged mock with every seed at every level; then, at every level, the n-th variant with the n-th seed."""
    unchanged = [PlannedRun(slug, UNCHANGED, level, seed) for level in levels for slug in slugs for seed in seeds]
    changed = [
        PlannedRun(slug, variant.name, level, seeds[number % len(seeds)])
        for level in levels
        for slug in slugs
        for number, variant in enumerate(variants(slug))
    ]
    return unchanged + changed


def run_all(runs: Sequence[PlannedRun], *, workers: int = 1) -> Iterator[RunResult]:
    """The result of each run, in the order in which they end. Runs of one level on one copy of the mock share its server."""
    groups: dict[tuple[str, str, str], list[PlannedRun]] = defaultdict(list)
    for run in runs:
        groups[run.slug, run.variant, run.level].append(run)
    results: SimpleQueue[RunResult] = SimpleQueue()
    with ThreadPoolExecutor(workers) as pool:
        for group in groups.values():
            pool.submit(_run_group, group, results.put)
        for _ in runs:
            yield results.get()


def _run_group(group: Sequence[PlannedRun], report: Callable[[RunResult], None]) -> None:
    """Start one server and make a group's runs at it. Each run is reported, also if the server does not start or stops."""
    left = list(group)
    try:
        name = group[0].variant
        variant = next((one for one in variants(group[0].slug) if one.name == name), Variant(name))
        with serve_copy(group[0].slug, variant.changes, delivery=variant.delivery, options=variant.options) as origin:
            while left:
                report(run_once(left[0], origin))
                left.pop(0)
    except (CopyFailed, OSError) as reason:
        for run in left:
            report(RunResult(**vars(run), could_not_run=str(reason)))


def run_once(run: PlannedRun, origin: str) -> RunResult:
    """Run the command at a server, as a user would."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "contract_tests", run.slug, "--url", origin + load_document(run.slug).base_path, "--level", run.level]
        command += ["--seed", str(run.seed), "--report", place, "--time-budget", str(BUDGET)]
        command += [] if run.variant == UNCHANGED else ["--any-implementation"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        result = RunResult(**vars(run))
        try:
            done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=BUDGET + 60, check=False)
        except subprocess.TimeoutExpired:
            result.could_not_run = f"it did not end within {BUDGET + 60} s"
        else:
            file = Path(place) / "report.json"
            result.exit_code = done.returncode
            if file.exists():
                result.found = complaints(json.loads(file.read_text(encoding="utf-8")))
            else:
                result.could_not_run = f"no report: {done.stderr.strip()[-500:]}"
        result.seconds = round(time.monotonic() - started, 1)
    return result


def complaints(report: dict[str, Any]) -> list[str]:
    """What a report says that it should not say of a target that conforms."""
    found = [one["sentence"] for one in report["findings"]]
    found += [f"seen once, not again: {one['sentence']}" for one in report["unconfirmed"]]
    return found + [f"not done: {text}" for text in report["run"]["unfinished"]]


def alarm_table(results: Iterable[RunResult]) -> str:
    """Runs, alarms and seconds of a run by vendor and level, and then every alarm."""
    every = list(results)
    rows = ["| vendor | level | | runs | alarms | median, s | slowest, s |", "|---|---|---|---:|---:|---:|---:|"]
    groups: dict[tuple[str, str, str], list[RunResult]] = defaultdict(list)
    for one in every:
        groups[one.slug, one.level, UNCHANGED if one.variant == UNCHANGED else "variants"].append(one)
    for (slug, level, kind), some in groups.items():
        seconds = [one.seconds for one in some]
        count = sum(one.is_alarm for one in some)
        rows.append(f"| {slug} | {level} | {kind} | {len(some)} | {count} | {median(seconds):.1f} | {max(seconds):.1f} |")
    alarms = [one for one in every if one.is_alarm]
    rows += ["", f"{len(every)} runs where nothing is to be found, {len(alarms)} with alarms."]
    return "\n".join([*rows, *(f"{describe(one)}." for one in alarms)])


def describe(one: RunResult) -> str:
    """One run in a line."""
    said = one.could_not_run or "; ".join(one.found) or (f"exit code {one.exit_code}" if one.exit_code else "nothing")
    return f"{one.slug}, {one.variant}, {one.level}, seed {one.seed}, {one.seconds:.1f} s: {said}"
