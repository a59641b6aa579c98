"""Does the suite cry wolf? The command itself, run where nothing is to be found: on the unchanged mock and on conforming variants."""

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

from .copies import NoCopy, served
from .run import ROOT
from .variants import Variant, variants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

UNCHANGED = "unchanged"
BUDGET = 3_600
"""Seconds that one run may take."""


@dataclass(frozen=True)
class Quiet:
    """A run in which nothing is to be found; the mock as it is has the name ``unchanged`` and is judged by what it has promised as well."""

    slug: str
    variant: str
    level: str
    seed: int


@dataclass
class Heard:
    """What the command said in such a run. ``found`` has a line for each finding, for what was seen once and not again, and for each part left undone."""

    slug: str
    variant: str
    level: str
    seed: int
    exit_code: int = 0
    found: list[str] = field(default_factory=list)
    could_not_run: str = ""
    seconds: float = 0.0

    @property
    def run(self) -> Quiet:
        """Which run this was."""
        return Quiet(self.slug, self.variant, self.level, self.seed)

    @property
    def alarm(self) -> bool:
        """Whether the command said anything but that the target conforms."""
        return bool(self.exit_code or self.found or self.could_not_run)


def planned(slugs: Sequence[str], levels: Sequence[str], seeds: Sequence[int]) -> list[Quiet]:
    """The runs: the unchanged mock with every seed at every level; then, at every level, the n-th variant with the n-th seed."""
    unchanged = [Quiet(slug, UNCHANGED, level, seed) for level in levels for slug in slugs for seed in seeds]
    changed = [
        Quiet(slug, variant.name, level, seeds[number % len(seeds)])
        for level in levels
        for slug in slugs
        for number, variant in enumerate(variants(slug))
    ]
    return unchanged + changed


def alarms(runs: Sequence[Quiet], *, workers: int = 1) -> Iterator[Heard]:
    """What is heard in each run, as it comes. Runs of one level on one copy of the mock share its server."""
    groups: dict[tuple[str, str, str], list[Quiet]] = defaultdict(list)
    for run in runs:
        groups[run.slug, run.variant, run.level].append(run)
    heard: SimpleQueue[Heard] = SimpleQueue()
    with ThreadPoolExecutor(workers) as pool:
        for group in groups.values():
            pool.submit(_listen, group, heard.put)
        for _ in runs:
            yield heard.get()


def _listen(group: Sequence[Quiet], tell: Callable[[Heard], None]) -> None:
    """Start one server, and make a group's runs at it; each is told of, whatever happens."""
    left = list(group)
    try:
        name = group[0].variant
        variant = next((found for found in variants(group[0].slug) if found.name == name), Variant(name))
        with served(group[0].slug, variant.changes, ways=variant.ways, options=variant.options) as origin:
            while left:
                tell(judged(left[0], origin))
                left.pop(0)
    except (NoCopy, OSError) as reason:
        for run in left:
            tell(Heard(**vars(run), could_not_run=str(reason)))


def judged(run: Quiet, origin: str) -> Heard:
    """Run the command at a server, as a user would."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "contract_tests", run.slug, "--url", origin + load_document(run.slug).base_path, "--level", run.level]
        command += ["--seed", str(run.seed), "--report", place, "--time-budget", str(BUDGET)]
        command += [] if run.variant == UNCHANGED else ["--any-implementation"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        try:
            done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=BUDGET + 60, check=False)
        except subprocess.TimeoutExpired:
            return Heard(**vars(run), could_not_run=f"it did not end within {BUDGET + 60} s", seconds=round(time.monotonic() - started, 1))
        seconds = round(time.monotonic() - started, 1)
        file = Path(place) / "report.json"
        if not file.exists():
            return Heard(**vars(run), exit_code=done.returncode, could_not_run=f"no report: {done.stderr.strip()[-500:]}", seconds=seconds)
        return Heard(**vars(run), exit_code=done.returncode, found=lines(json.loads(file.read_text(encoding="utf-8"))), seconds=seconds)


def lines(report: dict[str, Any]) -> list[str]:
    """What a report says that it should not say of a target that conforms."""
    found = [one["sentence"] for one in report["findings"]]
    found += [f"seen once, not again: {one['sentence']}" for one in report["unconfirmed"]]
    return found + [f"not done: {text}" for text in report["run"]["unfinished"]]


def alarm_table(heard: Iterable[Heard]) -> str:
    """Runs, alarms and seconds of a run by vendor and level, and then every alarm."""
    every = list(heard)
    rows = ["| vendor | level | | runs | alarms | median, s | slowest, s |", "|---|---|---|---:|---:|---:|---:|"]
    groups: dict[tuple[str, str, str], list[Heard]] = defaultdict(list)
    for one in every:
        groups[one.slug, one.level, UNCHANGED if one.variant == UNCHANGED else "variants"].append(one)
    for (slug, level, kind), some in groups.items():
        seconds = [one.seconds for one in some]
        rows.append(f"| {slug} | {level} | {kind} | {len(some)} | {sum(one.alarm for one in some)} | {median(seconds):.1f} | {max(seconds):.1f} |")
    loud = [one for one in every if one.alarm]
    rows += ["", f"{len(every)} runs where nothing is to be found, {len(loud)} with alarms."]
    return "\n".join([*rows, *(f"{told(one)}." for one in loud)])


def told(one: Heard) -> str:
    """One run in a line."""
    said = one.could_not_run or "; ".join(one.found) or (f"exit code {one.exit_code}" if one.exit_code else "nothing")
    return f"{one.slug}, {one.variant}, {one.level}, seed {one.seed}, {one.seconds:.1f} s: {said}"
