"""Runs the suite against each planted violation, and counts."""

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
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockserver.openapi.documents import load_document

from ..suite.checks import judge
from ..suite.checks.model import BehaviourModel
from ..suite.harness import ApiClient, Target
from ..suite.harness.findings import VerdictStatus
from .copies import NoCopy, served
from .mutants import KINDS, Mutant, mutants

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..suite.checks.run import Level

ROOT = Path(__file__).resolve().parent.parent.parent
Found = tuple[str, str, str | None]
"""Law or ``clause``, operation, clause id."""
LIMIT = 600.0
"""Seconds that the clause tests of a vendor may take."""


@dataclass
class Result:
    """What the suite said of one planted violation, as far as it had to be asked. ``acts`` says whether its witness proves it; ``found`` holds (law or clause, operation, clause)."""

    id: str
    kind: str
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
    """The result of each planted violation of some vendors, as they come."""
    wanted = [mutant.id for slug in slugs for mutant in mutants(slug) if not only or mutant.id in only]
    with ProcessPoolExecutor(workers) as pool:
        for done in as_completed([pool.submit(try_one, name, level, seed, clause_tests) for name in wanted]):
            yield done.result()


def try_one(name: str, level: Level, seed: int, clause_tests: bool) -> Result:  # noqa: FBT001 - crosses to another process
    """Plant one violation, ask its witness, and judge."""
    mutant = next(found for found in mutants(name.partition(".")[0]) if found.id == name)
    result = Result(mutant.id, mutant.kind)
    started = time.monotonic()
    try:
        with served(mutant.slug, mutant.changes) as origin:
            url = origin + load_document(mutant.slug).base_path
            result.acts = not _witnessed(mutant, url)
            for finding in _sought(mutant, url, level, seed, clause_tests=clause_tests):
                result.found.append(finding)
                result.attributed = _names(mutant, *finding[1:])
                if result.attributed:
                    break
    except NoCopy as reason:
        result.could_not_run = str(reason)
    result.seconds = round(time.monotonic() - started, 1)
    return result


def _witnessed(mutant: Mutant, url: str) -> bool:
    api = ApiClient(Target.discover(mutant.slug, url))
    try:
        return bool(mutant.witness(api))
    except Exception:  # noqa: BLE001 - whatever it is, the mock does not answer as it should
        return False
    finally:
        api.close()


def _names(mutant: Mutant, operation: str, clause: str | None) -> bool:
    return operation in mutant.operations and (not mutant.clauses or clause in mutant.clauses)


def findings(slug: str, url: str, level: Level, seed: int, *, clause_tests: bool = True, first: Sequence[str] = ()) -> Iterator[Found]:
    """What laws and then clause tests find at a target, as it is found. The laws are tried on the operations named ``first`` before all others."""
    target = Target.discover(slug, url)
    if target.control is None:
        raise NoCopy(f"the control plane of the copy at {url} did not answer")  # nothing would be observable, which is not the same as nothing found
    with closing(ApiClient(target)) as api:
        early = judge(api, load_document(slug), level=level, seed=seed, operations=first) if first else ()
        for verdict in chain(early, judge(api, load_document(slug), level=level, seed=seed)):
            if verdict.outcome is VerdictStatus.BROKEN and verdict.finding is not None:
                for clause in (verdict.finding.clause, *verdict.finding.clauses):
                    yield verdict.subject, verdict.operation, clause
    if clause_tests:
        model = BehaviourModel(load_document(slug))
        operations = {clause: name for name in model.operations for clause in model.operations[name].clauses}
        for clause in broken_clauses(slug, url):
            yield "clause", operations.get(clause, ""), clause


def _sought(mutant: Mutant, url: str, level: Level, seed: int, *, clause_tests: bool) -> Iterator[Found]:
    """The findings at a mutant, each kind once."""
    seen = set()
    for finding in findings(mutant.slug, url, level, seed, clause_tests=clause_tests, first=mutant.operations):
        if finding not in seen:
            seen.add(finding)
            yield finding


def broken_clauses(slug: str, url: str) -> dict[str, str]:
    """The clauses that the clause tests find broken at a target, with what they say."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "clauses.json"
        command = [sys.executable, "-m", "pytest", f"contract_tests/suite/vendors/{slug}", "--api", slug, "--url", url, "-q", "--tb=line"]
        command += ["-p", "contract_tests.self_test.clause_results", "-p", "no:cacheprovider"]
        environment = {**os.environ, "CLAUSE_RESULTS": str(file)}
        subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=LIMIT, check=False)
        found: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


def interval(hits: int, tries: int) -> tuple[float, float]:
    """The 95 % interval of a rate, after Wilson."""
    if not tries:
        return 0.0, 1.0
    z, rate = 1.96, hits / tries
    middle = (rate + z * z / (2 * tries)) / (1 + z * z / tries)
    half = z * math.sqrt(rate * (1 - rate) / tries + z * z / (4 * tries * tries)) / (1 + z * z / tries)
    return max(0.0, middle - half), min(1.0, middle + half)


def table(results: Iterable[Result]) -> str:
    """Kills by class, the macro average, attribution, time, and the survivors by name."""
    done = list(results)
    ran = [result for result in done if not result.could_not_run and result.acts]
    by_kind: dict[str, list[Result]] = defaultdict(list)
    for result in ran:
        by_kind[result.kind].append(result)
    lines = ["| class | planted | found | rate | 95 % |", "|---|---|---|---|---|"]
    rates = []
    for kind in KINDS:
        if by_kind[kind]:
            hits = sum(result.killed for result in by_kind[kind])
            low, high = interval(hits, len(by_kind[kind]))
            rates.append(hits / len(by_kind[kind]))
            lines.append(f"| {kind} | {len(by_kind[kind])} | {hits} | {rates[-1]:.0%} | {low:.0%} to {high:.0%} |")
    killed = [result for result in ran if result.killed]
    lines.append(f"| all | {len(ran)} | {len(killed)} | {len(killed) / max(1, len(ran)):.0%} | macro average {sum(rates) / max(1, len(rates)):.0%} |")
    lines.append("")
    lines.append(f"The right operation and clause named in {sum(result.attributed for result in killed)} of {len(killed)} kills.")
    if ran:
        lines.append(f"{sum(result.seconds for result in ran) / len(ran):.1f} s per violation, the start of its server included.")
    for title, some in (
        ("Survivors", [result.id for result in ran if not result.killed]),
        ("Found, and laid at another door", [result.id for result in killed if not result.attributed]),
        ("Void: the witness saw nothing", [result.id for result in done if not result.acts]),
        ("Could not run", [f"{result.id} ({result.could_not_run})" for result in done if result.could_not_run]),
    ):
        if some:
            lines.append(f"{title}: {', '.join(sorted(some))}.")
    return "\n".join(lines)


def to_json(results: Iterable[Result]) -> list[dict[str, Any]]:
    """Results as JSON."""
    return [asdict(result) | {"killed": result.killed} for result in results]
