"""Runs the suite against each planted violation, and counts those that it finds."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from contract_tests.suite.checks import judge
from contract_tests.suite.harness import ApiClient, Target
from contract_tests.suite.harness.findings import VerdictStatus
from mockserver.openapi.documents import load_document
from tests.mutation.copies import ROOT, serve_copy
from tests.mutation.mutants import CATEGORIES, CopyFailed, Mutant, mutant, mutants
from tests.mutation.witness import witness_holds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from contract_tests.suite.checks.run import Level

Found = tuple[str, str, str | None]
"""Behaviour check or ``clause``, operation, clause id."""
TIMEOUT = 600.0
"""Seconds that the clause tests of a vendor may take."""


@dataclass
class Result:
    """What the suite found of one planted violation, until it named the right operation and clause.

    ``acts`` says whether the witness proves that the violation acts, ``attributed`` whether a finding names the right operation and clause.
    """

    id: str
    category: str
    acts: bool = True
    could_not_run: str = ""
    found: list[Found] = field(default_factory=list)
    attributed: bool = False
    seconds: float = 0.0

    @property
    def killed(self) -> bool:
        """Whether anything was found."""
        return bool(self.found)


def run(
    slugs: Sequence[str], *, level: Level = "standard", seed: int = 1, workers: int = 2, only: Sequence[str] = (), clause_tests: bool = True
) -> Iterator[Result]:
    """The result of each planted violation of some vendors, in the order in which they end."""
    wanted = [one.id for slug in slugs for one in mutants(slug) if not only or one.id in only]
    with ProcessPoolExecutor(workers) as pool:
        for done in as_completed([pool.submit(run_mutant, name, level, seed, clause_tests) for name in wanted]):
            yield done.result()


def run_mutant(name: str, level: Level, seed: int, clause_tests: bool) -> Result:  # noqa: FBT001 - crosses to another process
    """Plant one violation, ask its witness, and judge."""
    planted = mutant(name)
    result = Result(planted.id, planted.category)
    started = time.monotonic()
    try:
        with serve_copy(planted.slug, planted.changes) as origin:
            url = origin + load_document(planted.slug).base_path
            result.acts = not _witness_holds_at(planted, url)
            for finding in _distinct_findings(planted, url, level, seed, clause_tests=clause_tests):
                result.found.append(finding)
                result.attributed = _is_attributed(planted, *finding[1:])
                if result.attributed:
                    break
    except CopyFailed as reason:
        result.could_not_run = str(reason)
    result.seconds = round(time.monotonic() - started, 1)
    return result


def _witness_holds_at(planted: Mutant, url: str) -> bool:
    with closing(ApiClient(Target.discover(planted.slug, url))) as api:
        try:
            return witness_holds(planted, api)
        except Exception:  # noqa: BLE001 - whatever it is, the mock does not answer as it should
            return False


def _is_attributed(planted: Mutant, operation: str, clause: str | None) -> bool:
    return operation in planted.operations and (not planted.clauses or clause in planted.clauses)


def findings(slug: str, url: str, level: Level, seed: int, *, clause_tests: bool = True, first: Sequence[str] = ()) -> Iterator[Found]:
    """What behaviour checks and then clause tests find at a target. The checks try the operations named ``first`` before all others.

    Raises CopyFailed if the control plane does not answer: nothing would be observable, which is not the same as nothing found.
    """
    target = Target.discover(slug, url)
    if target.control is None:
        raise CopyFailed(f"the control plane of the copy at {url} did not answer")
    with closing(ApiClient(target)) as api:
        early = judge(api, load_document(slug), level=level, seed=seed, operations=first) if first else ()
        for verdict in chain(early, judge(api, load_document(slug), level=level, seed=seed)):
            if verdict.outcome is VerdictStatus.BROKEN and verdict.finding is not None:
                for clause in (verdict.finding.clause, *verdict.finding.clauses):
                    yield verdict.subject, verdict.operation, clause
    if clause_tests:
        operations = {clause: operation.id for operation in load_document(slug).operations for clause in operation.clauses}
        for clause in broken_clauses(slug, url):
            yield "clause", operations.get(clause, ""), clause


def _distinct_findings(planted: Mutant, url: str, level: Level, seed: int, *, clause_tests: bool) -> Iterator[Found]:
    seen = set()
    for finding in findings(planted.slug, url, level, seed, clause_tests=clause_tests, first=planted.operations):
        if finding not in seen:
            seen.add(finding)
            yield finding


def broken_clauses(slug: str, url: str) -> dict[str, str]:
    """The clauses that the clause tests find broken at a target, with the explanation of the test."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "clauses.json"
        command = [sys.executable, "-m", "pytest", f"contract_tests/suite/vendors/{slug}", "--api", slug, "--url", url, "-q", "--tb=line"]
        command += ["-p", "tests.mutation.clause_results", "-p", "no:cacheprovider"]
        environment = {**os.environ, "CLAUSE_RESULTS": str(file)}
        subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=TIMEOUT, check=False)
        found: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


def wilson_interval(hits: int, tries: int) -> tuple[float, float]:
    """The 95 % interval of a rate, after Wilson."""
    if not tries:
        return 0.0, 1.0
    z, rate = 1.96, hits / tries
    middle = (rate + z * z / (2 * tries)) / (1 + z * z / tries)
    half = z * math.sqrt(rate * (1 - rate) / tries + z * z / (4 * tries * tries)) / (1 + z * z / tries)
    return max(0.0, middle - half), min(1.0, middle + half)


def table(results: Iterable[Result]) -> str:
    """Kills by category, the macro average, attribution, time, and the survivors by name."""
    done = list(results)
    ran = [result for result in done if not result.could_not_run and result.acts]
    killed = [result for result in ran if result.killed]
    by_category: dict[str, list[Result]] = defaultdict(list)
    for result in ran:
        by_category[result.category].append(result)
    lines = ["| category | planted | found | rate | 95 % |", "|---|---|---|---|---|"]
    rates = []
    for category in (one for one in CATEGORIES if by_category[one]):
        tries, hits = len(by_category[category]), sum(result.killed for result in by_category[category])
        low, high = wilson_interval(hits, tries)
        rates.append(hits / tries)
        lines.append(f"| {category} | {tries} | {hits} | {rates[-1]:.0%} | {low:.0%} to {high:.0%} |")
    lines.append(f"| all | {len(ran)} | {len(killed)} | {len(killed) / max(1, len(ran)):.0%} | macro average {sum(rates) / max(1, len(rates)):.0%} |")
    lines += ["", f"The right operation and clause named in {sum(result.attributed for result in killed)} of {len(killed)} kills."]
    if ran:
        lines.append(f"{sum(result.seconds for result in ran) / len(ran):.1f} s per violation, the start of its server included.")
    for title, some in (
        ("Survivors", [result.id for result in ran if not result.killed]),
        ("Found, but with another operation or clause", [result.id for result in killed if not result.attributed]),
        ("Void: the witness saw nothing", [result.id for result in done if not result.acts]),
        ("Could not run", [f"{result.id} ({result.could_not_run})" for result in done if result.could_not_run]),
    ):
        if some:
            lines.append(f"{title}: {', '.join(sorted(some))}.")
    return "\n".join(lines)


def self_test(slug: str, *, workers: int, seed: int, say: Callable[[str], None]) -> tuple[str, bool]:
    """The table for one vendor, and whether all was found. ``say`` gets a line for each planted violation."""
    results: list[Result] = []
    for result in run([slug], seed=seed, workers=workers):
        results.append(result)
        say(f"{len(results)} of {len(mutants(slug))}: {result.id}: {'found' if result.killed else result.could_not_run or 'NOT FOUND'}")
    return table(results), all(result.killed for result in results)
