"""Measures ``mockserver explore`` on twelve clients with planted bugs, and what other ways of breaking them find.

``python -m benchmarks.explore`` installs the packages of the Node clients, starts a server, and searches each variant at depth 1, then at
depth 2, until the first finding, 120 seconds each; then the same with random faults and with a fixed list of faults; then it explores the
correct variants in worlds of several seeds. ``--client NAME`` and ``--bug NAME`` measure a part, ``--without correct`` and the like leave a
part out, ``--json FILE`` joins a part with what the file holds of earlier ones. ``--write`` keeps the result in docs/explore.md.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.explore.measure import draw_schedules, explore_variant, plan, try_fixed
from benchmarks.explore.planted import CLIENTS, DOCUMENT, FOLDER, RECORDS, Bug, Client
from benchmarks.explore.results import Results, Row
from benchmarks.servers import serving
from mockserver.explore.options import count_jobs

WAYS = ("explore", "random", "fixed", "correct")


class Bench:
    """A server, and what is measured at it."""

    def __init__(self, url: str, results: Results, *, budget: float, jobs: int, ways: frozenset[str]) -> None:
        self._url = url
        self._results = results
        self._budget = budget
        self._jobs = jobs
        self._ways = ways

    def make_world(self, client: Client, seed: int) -> str:
        """A new world of a seed, prepared for a client; its name."""
        name = f"bench-{client.name}-{seed}"
        httpx.post(f"{self._url}/_mock/worlds", json={"name": name, "from": {"seed": seed}, "anew": True}).raise_for_status()
        for call in client.prepared:
            httpx.post(f"{self._url}/~{name}{call.path}", json=call.body, headers=dict(call.headers)).raise_for_status()
        return name

    def measure_bug(self, client: Client, bug: Bug) -> None:
        """Search for a planted bug in every way that is asked for."""
        world = self.make_world(client, 1)
        command = client.command(bug.name)
        for depth in (1, 2) if "explore" in self._ways else ():
            found = explore_variant(command, self._url, world, depth=depth, budget=self._budget, jobs=self._jobs)
            self._results.keep(Row.of(client, bug.name, f"depth {depth}", 1, found, self._budget))
            if found.is_found:
                break
        if not self._ways & {"random", "fixed"}:
            return
        calls, planned = plan(command, self._url, world)
        if "random" in self._ways:
            drawn = draw_schedules(planned, 1)
            found = explore_variant(command, self._url, world, depth=1, budget=self._budget, jobs=self._jobs, schedules=drawn)
            self._results.keep(Row.of(client, bug.name, "random", 1, found, self._budget))
        if "fixed" in self._ways:
            found = try_fixed(command, self._url, world, calls, budget=self._budget, jobs=self._jobs)
            self._results.keep(Row.of(client, bug.name, "fixed", 1, found, self._budget))

    def measure_correct(self, client: Client, seed: int) -> None:
        """Explore a correct variant; whatever is found is false."""
        world = self.make_world(client, seed)
        found = explore_variant(client.command(), self._url, world, depth=2, budget=self._budget, jobs=self._jobs)
        self._results.keep(Row.of(client, "", "correct", seed, found, self._budget))


def install() -> None:
    """Install the packages of the Node clients, unless that was done since the lock was written."""
    lock, done = FOLDER / "package-lock.json", FOLDER / "node_modules" / ".package-lock.json"
    if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(["npm", "ci", "--no-progress"], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def served(url: str) -> Iterator[str]:
    """The address of a running server, or of one that is started for the measurement."""
    if url:
        yield url
        return
    with serving("--with-vendors", "--seed-file", f"workshop={RECORDS}", f"workshop={DOCUMENT}") as (port, _):
        yield f"http://127.0.0.1:{port}"


def choose(name: str, bug: str) -> Iterator[tuple[Client, tuple[Bug, ...]]]:
    """The clients and bugs of a part; all of them without names."""
    for client in CLIENTS:
        if name in ("", client.name):
            yield client, tuple(one for one in client.bugs if bug in ("", one.name))


def main() -> None:
    """Measure, print, and write the page if ``--write`` is given."""
    parser = argparse.ArgumentParser(description="Measure `mockserver explore` on clients with planted bugs.")
    parser.add_argument("--client", default="", choices=["", *(client.name for client in CLIENTS)], help="measure this client only")
    parser.add_argument("--bug", default="", help="measure this planted bug only")
    parser.add_argument("--without", nargs="*", default=[], choices=WAYS, help="leave these out")
    parser.add_argument("--seeds", type=int, default=10, help="seeds in which the correct variants are explored")
    parser.add_argument("--budget", type=float, default=120.0, help="seconds of each search")
    parser.add_argument("--jobs", type=int, default=count_jobs(), help="commands that run at once")
    parser.add_argument("--url", default="", help="a running server that serves the workshop, too")
    parser.add_argument("--json", type=Path, default=None, help="file that keeps the measured rows, joined with those that it has")
    parser.add_argument("--write", action="store_true", help="keep the result in docs/explore.md")
    chosen = parser.parse_args()
    results = Results(chosen.json)
    ways = frozenset(WAYS) - set(chosen.without)
    if ways:
        measure(chosen, results, ways)
    results.publish(write=chosen.write)


def measure(chosen: argparse.Namespace, results: Results, ways: frozenset[str]) -> None:
    """Measure what is asked for."""
    install()
    with served(chosen.url) as url:
        bench = Bench(url, results, budget=chosen.budget, jobs=chosen.jobs, ways=ways)
        for client, bugs in choose(chosen.client, chosen.bug):
            for bug in bugs if ways != {"correct"} else ():
                with results.printing_failures(client, bug.name):
                    bench.measure_bug(client, bug)
            for seed in range(1, chosen.seeds + 1) if "correct" in ways and not chosen.bug else ():
                with results.printing_failures(client, ""):
                    bench.measure_correct(client, seed)


if __name__ == "__main__":
    main()
