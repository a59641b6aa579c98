"""The search: plans schedules, runs several at once, judges each run, confirms what it finds, and plans what follows from it."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from dataclasses import replace

from mockserver.explore.baseline import Baseline
from mockserver.explore.causes import Cause, find_cause, find_known, measure
from mockserver.explore.control import Control
from mockserver.explore.faults import LATER_PAGE, PlacedFault, make_fault
from mockserver.explore.model import ClientRun, FaultStep, Schedule
from mockserver.explore.options import ExploreOptions
from mockserver.explore.oracles import Accusation, judge
from mockserver.explore.pages import accuse_of_first_page
from mockserver.explore.prepare import Known
from mockserver.explore.result import ClientFinding, Result, RunVerdict
from mockserver.explore.runner import NotApplicable, Runner
from mockserver.explore.schedules import Planned, find_key, plan_pairs, plan_retries, plan_singles
from mockserver.testing.client import Refused

Progress = Callable[[Result, int], None]
"""Gets the result so far, and how many schedules wait."""


class Search:
    """One search. ``result`` is filled while it runs, and is whole at every moment."""

    def __init__(
        self,
        options: ExploreOptions,
        control: Control,
        runner: Runner,
        baseline: Baseline,
        known: Known,
        base: str,
        result: Result,
        progress: Progress,
    ) -> None:
        self._options = options
        self._control = control
        self._runner = runner
        self._baseline = baseline
        self._known = known
        self._base = base
        self._result = result
        self._progress = progress
        self._waiting: list[Planned] = []
        self._seen: set[frozenset[FaultStep]] = set()
        self._running: set[Schedule] = set()
        self._changed = asyncio.Condition()
        self._findings: dict[Cause, ClientFinding] = {}
        self._behaviours: set[tuple[object, ...]] = set()
        self._jumped: dict[str, frozenset[tuple[str, str]]] = {}
        self._confirming = asyncio.Lock()
        self._stopped = False

    async def run(self, deadline: float) -> None:
        """Search until nothing is left, or until a moment of the monotonic clock. Cancelling it ends it early; what waits is untried then."""
        if self._options.schedules:
            self._plan([Planned((number,), schedule) for number, schedule in enumerate(self._options.schedules)])
        else:
            self._plan(plan_singles(self._baseline.run.calls, self._known.operations, self._known.surroundings))
        workers = [asyncio.ensure_future(self._work()) for _ in range(self._options.jobs)]
        try:
            done, _ = await asyncio.wait(workers, timeout=max(0.0, deadline - time.monotonic()), return_when=asyncio.FIRST_EXCEPTION)
            for worker in done:
                worker.result()
            self._result.complete = len(done) == len(workers)
        finally:
            self._stopped = True
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            self._result.untried = self._list_untried()

    def _list_untried(self) -> list[Schedule]:
        return [*self._running, *(planned.schedule for planned in sorted(self._waiting))]

    def _plan(self, planned: list[Planned]) -> None:
        for one in planned:
            key = find_key(one.schedule)
            if key not in self._seen:
                self._seen.add(key)
                heapq.heappush(self._waiting, one)

    async def _work(self) -> None:
        """Try one schedule after the other until none waits and none runs."""
        while True:
            async with self._changed:
                while not self._waiting:
                    if not self._running:
                        self._changed.notify_all()
                        return
                    await self._changed.wait()
                schedule = heapq.heappop(self._waiting).schedule
                self._running.add(schedule)
            verdict = await self._try(schedule)
            if self._stopped:
                return
            self._result.verdicts[schedule] = verdict
            async with self._changed:
                self._running.discard(schedule)
                self._changed.notify_all()
            self._result.untried = self._list_untried()
            self._progress(self._result, len(self._waiting) + len(self._running))

    async def _try(self, schedule: Schedule) -> RunVerdict:
        """Run a schedule, and plan what follows from it."""
        try:
            run = await self._runner.run(schedule)
        except NotApplicable:
            return RunVerdict.NOT_APPLICABLE
        if not run.applied:
            return RunVerdict.NOT_APPLICABLE
        accusation = await self._judge(run)
        if accusation is not None:
            async with self._confirming:
                if await self._accuse(schedule, run, accusation):
                    return RunVerdict.FINDING
        self._plan_after(run)
        return RunVerdict.RECOVERED if run.exited.code == 0 else RunVerdict.FAILED_CLEANLY

    async def _judge(self, run: ClientRun) -> Accusation | None:
        faults = [make_fault(step.fault) for step in run.schedule]
        if faults and faults[0].event == "page":
            return await self._judge_page(run, faults[0])
        ignored = frozenset[tuple[str, str]]().union(*[await self._find_jumped(fault.jump) for fault in faults if fault.jump])
        return judge(run, self._baseline, faults, without=self._options.without, ignored=ignored)

    async def _judge_page(self, run: ClientRun, fault: PlacedFault) -> Accusation | None:
        """Judge a run whose records are on a later page by one in which they are on the first."""
        if "wrong end" in self._options.without:
            return None
        try:
            control = await self._runner.run((replace(run.schedule[0], fault=f"{LATER_PAGE}:{fault.details['table']}/0"),))
        except NotApplicable:
            return None
        return accuse_of_first_page(run, control, self._baseline.run, fault)

    async def _find_jumped(self, duration: str) -> frozenset[tuple[str, str]]:
        """The records that change by a jump of time alone, in a fork without a client."""
        if duration not in self._jumped:
            world = f"{self._base}.jump-{len(self._jumped)}"
            self._jumped[duration] = frozenset()
            try:
                await self._control.make_world(world, {"world": self._base}, near=self._base)
                await self._control.call("PATCH", "/clock", world, {"advance": duration})
                changes = (await self._control.outcome(world))["changes"]
            except Refused:
                changes = []
            finally:
                await asyncio.shield(self._control.delete_world(world))
            self._jumped[duration] = frozenset((change["table"], str(change["id"])) for change in changes)
        return self._jumped[duration]

    async def _accuse(self, schedule: Schedule, run: ClientRun, accusation: Accusation) -> bool:
        """Take an accusation if a second run confirms it. One that repeats a finding replaces its schedule if it is simpler."""
        known = find_known(accusation, schedule, self._findings)
        if known is not None and not self._is_simpler(schedule, self._findings[known]):
            return True
        again = await self._confirm(schedule, accusation)
        if again is None:
            return known is not None
        found = await self._minimise(schedule, accusation) if len(schedule) > 1 else None
        shown = found or (schedule, run, again)
        finding = ClientFinding(again.oracle, shown[2].sentence, shown[0], shown[1], shown[2].difference, 2, again.mark)
        cause = known or find_cause(again, shown[0])
        if cause in self._findings:
            self._result.findings[self._result.findings.index(self._findings[cause])] = finding
        else:
            self._result.findings.append(finding)
        self._findings[cause] = finding
        return True

    def _is_simpler(self, schedule: Schedule, finding: ClientFinding) -> bool:
        return measure(schedule, self._runner.positions) < measure(finding.schedule, self._runner.positions)

    async def _confirm(self, schedule: Schedule, accusation: Accusation) -> Accusation | None:
        """The accusation of a second run of a schedule, if it is the same."""
        try:
            run = await self._runner.run(schedule)
        except NotApplicable:
            return None
        again = await self._judge(run) if run.applied else None
        return again if again is not None and (again.oracle, again.mark) == (accusation.oracle, accusation.mark) else None

    async def _minimise(self, schedule: Schedule, accusation: Accusation) -> tuple[Schedule, ClientRun, Accusation] | None:
        """The first step of a schedule that alone leads to the same accusation, with its run; None if it takes all of them."""
        for step in schedule:
            try:
                run = await self._runner.run((step,))
            except NotApplicable:
                continue
            found = await self._judge(run) if run.applied else None
            if found is not None and (found.oracle, found.mark) == (accusation.oracle, accusation.mark):
                return (step,), replace(run, schedule=(step,)), found
        return None

    def _plan_after(self, run: ClientRun) -> None:
        """Plan schedules with one more fault, unless another fault at the same calls has led to the same behaviour."""
        schedule = run.schedule
        if self._options.schedules or any(make_fault(step.fault).rule is None for step in schedule):
            return
        behaviour = (
            tuple(step.place for step in schedule),
            run.exited.code,
            tuple(call.place for call in run.calls),
            frozenset(call.place for call in run.calls if call.has_written),
        )
        if behaviour in self._behaviours:
            return
        self._behaviours.add(behaviour)
        if len(schedule) <= self._options.depth:
            self._plan(plan_retries(run, self._baseline.run, self._known.operations))
        if len(schedule) < self._options.depth:
            self._plan(plan_pairs(run, self._known.operations))
