"""The whole of a run: prepare, baseline, search, and nothing left behind however it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mockserver.explore.baseline import RUNS, Baseline, Unusable, read_baseline
from mockserver.explore.control import Control
from mockserver.explore.expectations import UnreadableExpectation, read_expectation
from mockserver.explore.model import ClientRun, FaultStep, Schedule
from mockserver.explore.options import ExploreOptions
from mockserver.explore.prepare import learn, prepare
from mockserver.explore.processes import CommandNotStarted
from mockserver.explore.result import NotExplored, Result
from mockserver.explore.runner import Runner
from mockserver.explore.search import Progress, Search
from mockserver.explore.sweeper import Sweeper
from mockserver.testing.client import Refused


def _ignore(_result: Result, _waiting: int) -> None:
    """Show no progress."""


def explore(
    command: Sequence[str],
    *,
    url: str | None = None,
    world: str | None = None,
    schedules: Iterable[Iterable[FaultStep | Mapping[str, Any]]] = (),
    progress: Progress = _ignore,
    **options: Any,
) -> Result:
    """Explore a client app: run a command that drives it once, again and again with faults.

    ``schedules`` are the only ones that are tried, with steps as a report has them; without any they are planned. ``options`` are the other fields
    of :class:`ExploreOptions`. Without ``url`` and ``world`` those of ``MOCKSERVER_URL`` and ``MOCKSERVER_WORLD`` count. Raises NotExplored if
    there is nothing to explore, ValueError for a schedule that has no such fault.
    """
    chosen = ExploreOptions(
        command=tuple(command),
        url=url or os.environ.get("MOCKSERVER_URL", "http://127.0.0.1:8000"),
        world=world or os.environ.get("MOCKSERVER_WORLD", "default"),
        token=options.pop("token", None) or os.environ.get("MOCKSERVER_TOKEN"),
        schedules=tuple(tuple(step if isinstance(step, FaultStep) else FaultStep.read(step) for step in steps) for steps in schedules),
        **options,
    )
    result = run(chosen, progress)
    if result.reason:
        raise NotExplored(result.reason)
    return result


def run(options: ExploreOptions, progress: Progress = _ignore) -> Result:
    """Explore as the options say. A reason for which nothing was explored stands in the result; an interruption leaves it incomplete."""
    result = Result(command=options.command)
    asyncio.run(_run(options, result, progress))
    return result


async def _run(options: ExploreOptions, result: Result, progress: Progress) -> None:
    started = time.monotonic()
    loop = asyncio.get_running_loop()
    work = asyncio.ensure_future(_explore(options, result, progress, started))
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):  # in a thread that is not the first, the caller ends the run
            loop.add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        result.complete = False
        if not result.verdicts:
            result.reason = "interrupted before a schedule was tried"
    except (Refused, Unusable, UnreadableExpectation, CommandNotStarted) as error:
        result.complete, result.reason = False, str(error)
    result.seconds = time.monotonic() - started


async def _explore(options: ExploreOptions, result: Result, progress: Progress, started: float) -> None:
    expected = [read_expectation(text) for text in options.expected]
    control = Control(options.url, options.token)
    prepared = None
    try:
        prepared = await prepare(options, control)
        with Sweeper(options, prepared.base):
            runner = Runner(options, control, prepared.base, prepared.variables, expected)
            baseline = await _make_baseline(runner, prepared.variables)
            result.baseline, result.deterministic = baseline.run, True
            runner.learn(baseline.run, baseline.seconds)
            known = await learn(control, prepared.base, baseline.run, baseline.lifetimes)
            await Search(options, control, runner, baseline, known, prepared.base, result, progress).run(started + options.budget)
    finally:
        if prepared is not None:
            await asyncio.shield(control.delete_worlds(prepared.base))
        await asyncio.shield(control.close())


async def _make_baseline(runner: Runner, variables: Mapping[str, str]) -> Baseline:
    """The runs without a fault. Raises Unusable."""
    nothing: Schedule = ()
    runs: list[ClientRun] = [await runner.run(nothing) for _ in range(RUNS)]
    return read_baseline(runs, variables)
