"""Plant violations, run the suite or another tool, print the table.

``python -m benchmarks.contract_power [--tool TOOL] [--alarms SEEDS] [--independent]``.

``--results FILE`` keeps one line of JSON per run and leaves out what stands there already, so that a stopped run goes on.
"""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.contract_power import independent
from benchmarks.contract_power.peers import CouldNotRun, dredd_at_mock, schemathesis_at_mock
from mockserver.openapi.documents import list_slugs
from tests.mutation.copies import serve_copy
from tests.mutation.false_alarms import UNCHANGED, RunResult, alarm_table, describe, plan_runs, run_all
from tests.mutation.mutants import CopyFailed, Mutant, mutants
from tests.mutation.run import Result, run, table

TOOLS = {
    "schemathesis stock": lambda slug, origin: schemathesis_at_mock(slug, origin, tuned=False),
    "schemathesis tuned": lambda slug, origin: schemathesis_at_mock(slug, origin, tuned=True),
    "dredd": dredd_at_mock,
}
"""Specmatic 2.55.1 starts, but expects its generated requests to provoke every documented status of an operation: it reports thousands of failures on
the unchanged mock, so that its other reports cannot be used."""


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vendor", action="append", help="this vendor only; may be given several times")
    parser.add_argument("--only", action="append", default=[], metavar="ID", help="this planted violation only")
    parser.add_argument("--tool", action="append", choices=[*TOOLS], default=[], help="run another tool on the same servers, instead of ours")
    parser.add_argument("--sample", type=int, default=1, metavar="N", help="every N-th planted violation of each category")
    parser.add_argument(
        "--alarms",
        type=int,
        metavar="SEEDS",
        help="look for alarms instead, on the unchanged mock with so many seeds and on conforming variants",
    )
    parser.add_argument("--level", action="append", choices=["quick", "standard", "deep"], help="at which to look for alarms; may be repeated")
    parser.add_argument("--on", choices=["unchanged", "variants"], help="look for alarms on one of the two only")
    parser.add_argument("--laws-only", action="store_true", help="leave the clause tests out")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--results", type=Path, help="keep results here, and go on from what is there")
    independent.add_arguments(parser)
    asked = parser.parse_args()
    slugs = asked.vendor or list_slugs()
    if asked.independent:
        independent.measure(asked)
    elif asked.alarms:
        _alarms(slugs, asked)
    elif asked.tool:
        for tool in asked.tool:
            _peer(tool, slugs, asked)
    else:
        _ours(slugs, asked)


def _known(asked: argparse.Namespace) -> list[dict[str, Any]]:
    if asked.results is None or not asked.results.exists():
        return []
    return [json.loads(line) for line in asked.results.read_text(encoding="utf-8").splitlines()]


def _keep(asked: argparse.Namespace, line: dict[str, Any]) -> None:
    if asked.results is not None:
        with asked.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _sampled(slugs: list[str], asked: argparse.Namespace) -> list[Mutant]:
    chosen, counted = [], dict[str, int]()
    for mutant in (mutant for slug in slugs for mutant in mutants(slug) if not asked.only or mutant.id in asked.only):
        counted[mutant.category] = counted.get(mutant.category, 0) + 1
        if (counted[mutant.category] - 1) % asked.sample == 0:
            chosen.append(mutant)
    return chosen


def _ours(slugs: list[str], asked: argparse.Namespace) -> None:
    known = [Result(**{key: value for key, value in line.items() if key != "killed"}) for line in _known(asked)]
    wanted = [mutant.id for mutant in _sampled(slugs, asked) if mutant.id not in {result.id for result in known}]
    results = list(known)
    for result in run(slugs, only=wanted, workers=asked.workers, clause_tests=not asked.laws_only) if wanted else ():
        results.append(result)
        _keep(asked, {**vars(result), "killed": result.killed})
        print(f"{len(results)}: {result.id} {'found' if result.killed else 'SURVIVED'} {result.could_not_run}", flush=True)
    print(table(results))


def _alarms(slugs: list[str], asked: argparse.Namespace) -> None:
    wanted = plan_runs(slugs, asked.level or ["standard"], range(1, asked.alarms + 1))
    wanted = [one for one in wanted if asked.on is None or (one.variant == UNCHANGED) == (asked.on == "unchanged")]
    results = [one for one in (RunResult(**line) for line in _known(asked)) if one.run in wanted]
    done = {one.run for one in results}
    for one in run_all([one for one in wanted if one not in done], workers=asked.workers):
        results.append(one)
        _keep(asked, vars(one))
        print(f"{len(results)} of {len(wanted)}: {describe(one)}", flush=True)
    print(alarm_table(results))


def _peer(tool: str, slugs: list[str], asked: argparse.Namespace) -> None:
    """A tool's kills: what it finds that it does not find on the unchanged mock."""
    quiet: dict[str, set[str]] = {}
    unable: dict[str, str] = {}
    for slug in slugs:
        try:
            with serve_copy(slug, ()) as origin:
                quiet[slug] = TOOLS[tool](slug, origin)
            print(f"{tool}, {slug} unchanged: {len(quiet[slug])} findings", flush=True)
        except CouldNotRun as reason:
            unable[slug] = str(reason)
            print(f"{tool} could not run on {slug}: {reason}", flush=True)

    def tried(mutant: Mutant) -> Result:
        result, started = Result(mutant.id, mutant.category, could_not_run=unable.get(mutant.slug, "")), time.monotonic()
        if result.could_not_run:
            return result
        try:
            with serve_copy(mutant.slug, mutant.changes) as origin:
                result.found = [(tool, found, None) for found in sorted(TOOLS[tool](mutant.slug, origin) - quiet[mutant.slug])]
        except (CouldNotRun, CopyFailed) as reason:
            result.could_not_run = str(reason)
        result.seconds = round(time.monotonic() - started, 1)
        print(f"{tool}: {mutant.id} {'found' if result.killed else 'survived'} {result.could_not_run}", flush=True)
        _keep(asked, {**vars(result), "tool": tool})
        return result

    with ThreadPoolExecutor(asked.workers) as pool:
        print(table(pool.map(tried, _sampled(slugs, asked))))


if __name__ == "__main__":
    main()
