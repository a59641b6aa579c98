"""Measures one variant of a client: by ``explore``, by random faults, and by a fixed list of faults, all judged alike."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from mockserver.explore import NotExplored, Result, explore
from mockserver.explore.model import ONWARDS, CallPlace, ClientCall, FaultStep, Schedule
from mockserver.explore.result import RunVerdict

EVERYWHERE = ("reset-before", "slow-answer", "status:503")
"""The fixed list, as a proxy between client and server has it: each at every call."""
PAIRS = 1 / 3
"""How many of the random schedules have two faults; the others have one."""


@dataclass(frozen=True)
class Measured:
    """What came of one measurement: the oracle and the sentence of the first finding (empty without one), schedules and seconds until then."""

    oracle: str
    sentence: str
    schedules: int
    seconds: float
    is_complete: bool

    @property
    def is_found(self) -> bool:
        """Whether there was a finding."""
        return bool(self.oracle)


class _Found(Exception):
    """There is a finding; the search may end."""


class _Watch:
    """Sees a search go on, and ends it at its first finding."""

    def __init__(self) -> None:
        self.result: Result | None = None

    def __call__(self, result: Result, waiting: int) -> None:
        del waiting
        self.result = result
        if result.findings:
            raise _Found


def explore_variant(
    command: Sequence[str], url: str, world: str, *, depth: int, budget: float, jobs: int, schedules: tuple[Schedule, ...] = ()
) -> Measured:
    """Explore until the first finding, or to the end of the budget in seconds. Raises NotExplored if there is no baseline, KeyboardInterrupt."""
    watch = _Watch()
    started = time.monotonic()
    try:
        result = explore(command, url=url, world=world, progress=watch, depth=depth, budget=budget, jobs=jobs, schedules=schedules)
    except _Found:
        if watch.result is None:
            raise NotExplored("a finding without a result") from None
        result = watch.result
    seconds = time.monotonic() - started
    if not result.findings and not result.complete and seconds < budget:
        raise KeyboardInterrupt  # the search takes an interruption for its end, and this is the end of the measurement
    if not result.findings:
        return Measured("", "", len(result.verdicts), seconds, result.complete)
    first = result.findings[0]
    return Measured(first.oracle, first.sentence, len(result.verdicts), seconds, is_complete=False)


def try_fixed(command: Sequence[str], url: str, world: str, calls: Sequence[ClientCall], *, budget: float, jobs: int) -> Measured:
    """Try the fixed list: each fault at every call. Raises NotExplored if there is no baseline."""
    started = time.monotonic()
    lists = [_list_everywhere(fault, calls) for fault in EVERYWHERE]
    schedules = tuple(schedule for everywhere in lists for schedule in everywhere)
    result = explore(command, url=url, world=world, budget=budget, jobs=jobs, schedules=schedules)
    for everywhere in lists:
        reached = [schedule for schedule in everywhere if result.verdicts.get(schedule) not in (None, RunVerdict.NOT_APPLICABLE)]
        if reached and result.verdicts[reached[-1]] == RunVerdict.FINDING:
            first = result.findings[0]
            return Measured(first.oracle, first.sentence, len(EVERYWHERE), time.monotonic() - started, is_complete=result.complete)
    return Measured("", "", len(EVERYWHERE), time.monotonic() - started, is_complete=result.complete)


def _list_everywhere(fault: str, calls: Sequence[ClientCall]) -> list[Schedule]:
    """A fault at every call of the first operation, of the first two, and so on.

    A schedule counts only if the client reaches all of its places; the longest that does is the fault at every call.
    """
    places = list(dict.fromkeys(CallPlace(call.place.operation, 1) for call in calls))
    return [tuple(FaultStep(place, fault, ONWARDS) for place in places[:length]) for length in range(1, len(places) + 1)]


def plan(command: Sequence[str], url: str, world: str) -> tuple[Sequence[ClientCall], tuple[Schedule, ...]]:
    """The calls of a run without faults, and every schedule of one fault that is planned for them. Raises NotExplored if there is no baseline."""
    result = explore(command, url=url, world=world, budget=0.0, jobs=1)
    return () if result.baseline is None else result.baseline.calls, (*result.verdicts, *result.untried)


def draw_schedules(planned: Sequence[Schedule], seed: int) -> tuple[Schedule, ...]:
    """The schedules of one fault in random order, every third joined with another one."""
    chance = random.Random(seed)
    drawn = []
    for schedule in chance.sample(planned, len(planned)):
        other = chance.choice(planned)
        is_pair = chance.random() < PAIRS and {step.place for step in schedule}.isdisjoint(step.place for step in other)
        drawn.append((*schedule, *other) if is_pair else schedule)
    return tuple(dict.fromkeys(drawn))
