"""False findings and kills at implementations that share no code with the mock: ``python -m benchmarks.contract_power --independent``."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.contract_power.peers import CouldNotRun, dredd, schemathesis
from tests.independent.runner import CouldNotStart, Implementation, Judgement, PlantedBug, find_implementations, is_rightly_named, judge, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Peer = Callable[[str, str, int, Mapping[str, str]], set[str]]

OURS, STOCK = "this suite", "schemathesis stock"
PEERS: dict[str, Peer] = {
    STOCK: lambda slug, url, seed, headers: schemathesis(slug, url, seed, tuned=False, headers=headers),
    "schemathesis tuned": lambda slug, url, seed, headers: schemathesis(slug, url, seed, tuned=True, headers=headers),
    "dredd": lambda slug, url, _seed, headers: dredd(slug, url, headers),
}
"""Other tools: the findings of each at a base URL, with these headers in each request."""
PROGRAMS = {"Portman": "portman", "CATS": "cats", "EvoMaster": "evomaster", "Specmatic": "specmatic", "RESTler": "Restler"}
"""Other tools that judge a server by its document, with the name of their program."""


@dataclass
class Kill:
    """What a tool finds of one planted bug. ``named`` is None if the bug does not say how it should be named, or the tool found nothing."""

    bug: PlantedBug
    tool: str
    found: int = 0
    named: bool | None = None
    seconds: float = 0.0
    first: str = ""
    problem: str = ""


@dataclass
class Clean:
    """What a tool reports at a conforming reading."""

    reading: str
    tool: str
    seed: int
    findings: list[str] = field(default_factory=list)
    unclear: int = 0
    assumed: int = 0
    clauses: dict[str, int] = field(default_factory=dict)
    exit_code: int = 0
    seconds: float = 0.0
    problem: str = ""


@dataclass
class Run:
    """One implementation, one tool, one server: ``bug`` is empty at a conforming reading."""

    implementation: Implementation
    tool: str
    reading: str
    bug: str
    seed: int

    def key(self, level: str) -> str:
        """Identifies the run in a file of results."""
        return " ".join(
            (str(self.implementation.folder), self.tool, self.reading, self.bug or "-", str(self.seed), level if self.tool == OURS else "-")
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that only this measurement has."""
    parser.add_argument("--independent", action="store_true", help="judge the implementations under tests/independent, and those beside the checkout")
    parser.add_argument("--bugs", default="all", metavar="none|all|A,B", help="which planted bugs to judge; with --independent only")
    parser.add_argument("--readings", default="", metavar="A,B", help="these conforming readings only; with --independent only")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="seeds for each conforming reading; with --independent only")
    parser.add_argument("--ours-only", action="store_true", help="leave other tools out; with --independent only")


def measure(asked: argparse.Namespace) -> None:
    """Judge what was asked for, and print the tables."""
    level = (asked.level or ["standard"])[0]
    known = {line["key"]: Judgement.from_plain(line["result"]) for line in _lines(asked.results)}
    for implementation in (one for slug in asked.vendor or [""] for one in find_implementations(slug)):
        runs = list(_plan(implementation, asked))
        results: dict[str, Judgement] = {run.key(level): known[run.key(level)] for run in runs if run.key(level) in known}
        with ThreadPoolExecutor(asked.workers) as pool:
            for run, result in pool.map(lambda run: (run, _judge(run, level)), [run for run in runs if run.key(level) not in results]):
                results[run.key(level)] = result
                _keep(asked.results, run.key(level), result)
                print(_describe(run, result), flush=True)
        clean, kills = _compare(runs, results, level)
        print("\n" + table(implementation, clean, kills) + "\n", flush=True)
    if not asked.ours_only:
        print("Other tools: " + "; ".join(f"{name}: {_availability(program)}" for name, program in PROGRAMS.items()) + ".")


def _lines(file: Path | None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file is not None and file.exists() else []


def _keep(file: Path | None, key: str, result: Judgement) -> None:
    if file is not None:
        with file.open("a", encoding="utf-8") as kept:
            kept.write(json.dumps({"key": key, "result": result.to_plain()}) + "\n")


def _availability(program: str) -> str:
    return "installed, not run by this command" if shutil.which(program) else "not installed"


def _plan(implementation: Implementation, asked: argparse.Namespace) -> Iterator[Run]:
    wanted = [one for one in asked.readings.split(",") if one] or implementation.readings
    named = [] if asked.bugs == "none" else list(implementation.bugs) if asked.bugs == "all" else asked.bugs.split(",")
    bugs = [implementation.bugs[name] for name in named if name in implementation.bugs][:: asked.sample]
    # The other tools read the documents of the vendors here.
    tools = [OURS] if asked.ours_only or implementation.document else asked.tool or [OURS, STOCK]
    for tool in tools:
        bases = dict.fromkeys([*(reading for reading in implementation.readings if reading in wanted), *(bug.reading for bug in bugs)])
        for reading in bases:
            for seed in range(1, asked.seeds + 1 if tool == OURS else 2):
                yield Run(implementation, tool, reading, "", seed)
        for bug in bugs:
            yield Run(implementation, tool, bug.reading, bug.name, 1)


def _judge(run: Run, level: str) -> Judgement:
    with tempfile.TemporaryDirectory() as folder:
        if run.tool == OURS:
            return judge(run.implementation, Path(folder), reading=run.reading, bug=run.bug, level=level, seed=run.seed)
        return _judge_by_peer(run, Path(folder))


def _judge_by_peer(run: Run, folder: Path) -> Judgement:
    implementation = run.implementation
    result = Judgement(implementation.slug, run.reading, run.bug, "", run.seed, 0)
    started = time.monotonic()
    try:
        with serve(implementation, folder, reading=run.reading, bug=run.bug) as origin:
            found = PEERS[run.tool](implementation.slug, origin + implementation.prefix, run.seed, implementation.owner_headers)
            result.add_texts(sorted(found))
    except (CouldNotRun, CouldNotStart) as reason:
        result.problem = str(reason)
    result.seconds = round(time.monotonic() - started, 1)
    return result


def _describe(run: Run, result: Judgement) -> str:
    lines = [*(one.sentence for one in result.findings), *(f"unfinished: {one}" for one in result.unfinished)]
    told = result.problem or f"{len(result.findings)} findings" + "".join(f"\n    {one[:180]}" for one in lines if not run.bug)
    return f"{run.implementation.slug} {run.reading} {run.bug or 'conforming'}, {run.tool}, seed {run.seed}: {told} ({result.seconds:.0f} s)"


def _compare(runs: Sequence[Run], results: dict[str, Judgement], level: str) -> tuple[list[Clean], list[Kill]]:
    """Conforming readings as they are, planted bugs without the findings that their reading has as well."""
    clean, kills, quiet = [], [], defaultdict[tuple[str, str], set[str]](set)
    for run in runs:
        result = results[run.key(level)]
        if not run.bug:
            quiet[run.tool, run.reading] |= result.keys
            sentences = [one.sentence for one in result.findings]
            clean.append(
                Clean(
                    run.reading,
                    run.tool,
                    run.seed,
                    sentences,
                    result.unclear,
                    result.assumed,
                    result.clauses,
                    result.exit_code,
                    result.seconds,
                    result.problem,
                )
            )
    for run in (one for one in runs if one.bug):
        result, bug = results[run.key(level)], run.implementation.bugs[run.bug]
        new = [one for one in result.findings if one.key not in quiet[run.tool, run.reading]]
        named = is_rightly_named(bug, new[0]) if new and run.tool == OURS else None
        kills.append(Kill(bug, run.tool, len(new), named, result.seconds, new[0].sentence if new else "", result.problem))
    return clean, kills


def table(implementation: Implementation, clean: Sequence[Clean], kills: Sequence[Kill]) -> str:
    """Markdown: false findings by reading, kills by category, then the bugs that this suite missed or named wrongly."""
    lines = [f"### {implementation.slug}, {implementation.folder.name}", ""]
    lines += [
        "| conforming reading | tool | seed | false findings | unclear | differs from what we assumed | clauses held, broken, not seen | exit | s |",
        "|---|---|---:|---:|---:|---:|---|---:|---:|",
    ]
    for one in clean:
        unseen = one.clauses.get("not_observable", 0) + one.clauses.get("not_exercised", 0)
        seen = f"{one.clauses.get('held', 0)}, {one.clauses.get('broken', 0)}, {unseen}" if one.clauses else ""
        count = f"could not run: {one.problem}" if one.problem else len(one.findings)
        lines.append(
            f"| {one.reading} | {one.tool} | {one.seed} | {count} | {one.unclear} | {one.assumed} | {seen} | {one.exit_code} | {one.seconds:.0f} |"
        )
    if not kills:
        return "\n".join(lines)
    lines += [
        "",
        "| category | planted | tool | found | rightly named by the first finding | one finding | s |",
        "|---|---:|---|---:|---:|---:|---:|",
    ]
    by_category = defaultdict[str, list[Kill]](list)
    for kill in kills:
        by_category[kill.bug.category].append(kill)
    for category, some in [*sorted(by_category.items()), ("all", list(kills))]:
        lines += [_row(category, tool, [kill for kill in some if kill.tool == tool]) for tool in dict.fromkeys(kill.tool for kill in some)]
    ours = [kill for kill in kills if kill.tool == OURS]
    for title, told in (
        ("Missed", [kill.bug.name for kill in ours if not kill.found and not kill.problem]),
        ("Named wrongly", [f"{kill.bug.name} ({kill.first[:120]})" for kill in ours if kill.named is False]),
        ("Could not run", [f"{kill.bug.name} ({kill.tool}: {kill.problem[:120]})" for kill in kills if kill.problem]),
    ):
        if told:
            lines += ["", f"{title}: {'; '.join(told)}."]
    return "\n".join(lines)


def _row(category: str, tool: str, some: Sequence[Kill]) -> str:
    ran = [kill for kill in some if not kill.problem]
    found = [kill for kill in ran if kill.found]
    judged = [kill for kill in found if kill.named is not None]
    named = f"{_count(kill.named is True for kill in judged)} of {len(judged)}" if judged else ""
    single = f"{_count(kill.found == 1 for kill in found)} of {len(found)}" if found and tool == OURS else ""
    mean = f"{sum(kill.seconds for kill in ran) / len(ran):.0f}" if ran else ""
    return f"| {category} | {len(ran)} | {tool} | {len(found)} | {named} | {single} | {mean} |"


def _count(some: Iterable[bool]) -> int:
    return sum(some)
