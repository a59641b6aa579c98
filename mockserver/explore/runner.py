"""Runs the command once under a schedule: a fork of the prepared world with its faults, the command, the outcome."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from mockserver.explore.control import Control
from mockserver.explore.expectations import Expectation
from mockserver.explore.faults import PlacedFault, make_fault
from mockserver.explore.gateway import Act, Gateway, find_free_port
from mockserver.explore.model import ONWARDS, CallPlace, ClientRun, Exited, FaultStep, Schedule
from mockserver.explore.options import ExploreOptions
from mockserver.explore.oracles import STORM
from mockserver.explore.others import make_change
from mockserver.explore.pages import list_prepared
from mockserver.explore.processes import RUN, run_command
from mockserver.explore.schedules import number_calls
from mockserver.testing.client import Refused

MARKS = "MOCKSERVER_EXPLORE"
"""The variable that tells the fixtures of pytest and Playwright to be in the given world."""
PORT = "MOCKSERVER_EXPLORE_PORT"
"""The variable that has a free port, for a server that the command starts: several commands run at once."""
PATIENCE = 120.0
"""Seconds without a call that a run without a fault may take; how long one takes is not known before it."""


class NotApplicable(Exception):
    """A schedule cannot be tried here; the text says why."""


class Runner:
    """Makes runs. ``base`` is the world from which each of them starts, ``variables`` lead to it."""

    def __init__(self, options: ExploreOptions, control: Control, base: str, variables: Mapping[str, str], expected: Sequence[Expectation]) -> None:
        self._options = options
        self._control = control
        self._base = base
        self._variables = variables
        self._expected = expected
        self._numbers = count(1)
        self.hang = max(PATIENCE, options.hang)
        self.most_calls = 10_000
        self.positions: dict[CallPlace, int] = {}
        """The number of each call of the baseline."""
        self._baseline: ClientRun | None = None

    async def run(self, schedule: Schedule) -> ClientRun:
        """One run. Raises NotApplicable, processes.NotStarted, Refused."""
        world = f"{self._base}.{next(self._numbers)}"
        faults = [make_fault(step.fault) for step in schedule]
        rules = [_make_rule(step, fault) for step, fault in zip(schedule, faults, strict=True) if fault.rule is not None]
        events = [(step, fault) for step, fault in zip(schedule, faults, strict=True) if fault.event is not None]
        # A world that is being made when the run is cancelled is there a moment later, and has to be deleted then.
        making = asyncio.ensure_future(self._control.make_world(world, {"world": self._base}, rules, near=self._base))
        gateway = None
        try:
            try:
                await asyncio.shield(making)
            except Refused as error:
                if rules:
                    raise NotApplicable(str(error)) from None
                raise
            if events and events[0][1].event == "page":
                await self._add_records(world, events[0][1])
            elif events:
                gateway = self._make_gateway(world, *events[0])
                await gateway.start()
            exited = await self._execute(world, gateway)
            return await self._read(world, schedule, exited, gateway)
        finally:
            await asyncio.shield(self._clean_up(world, making, gateway))

    async def _clean_up(self, world: str, making: asyncio.Future[None], gateway: Gateway | None) -> None:
        await asyncio.gather(making, return_exceptions=True)
        if gateway is not None:
            await gateway.close()
        await self._control.delete_world(world)

    def _make_gateway(self, world: str, step: FaultStep, fault: PlacedFault) -> Gateway:
        at = self.positions.get(step.place)
        if at is None:
            raise NotApplicable(f"{step.place} is no call of the run without faults")
        acts: Mapping[str, Callable[[], Act] | None] = {
            "refuse": None,
            "jump": lambda: self._call(world, "PATCH", "/clock", {"advance": fault.jump}),
            "down": lambda: self._call(world, "PUT", f"/services/{fault.details['service']}", {"down": True}),
            "other": lambda: self._change(world, fault),
        }
        make = acts[fault.event or "refuse"]
        return Gateway(self._control.url, at, None if make is None else make(), lasts=step.times == ONWARDS)

    async def _add_records(self, world: str, fault: PlacedFault) -> None:
        """Add the records with which a run begins. Raises NotApplicable."""
        slug, _, table = fault.details["table"].partition(".")
        records = [] if self._baseline is None else list_prepared(self._baseline, fault)
        if not records:
            raise NotApplicable(f"the run without faults adds no records to {slug}.{table} that could be renamed")
        try:
            for record in records:
                await self._control.call("POST", f"/state/{slug}/{table}", world, record)
        except Refused as error:
            raise NotApplicable(str(error)) from None

    def _call(self, world: str, method: str, path: str, body: Mapping[str, Any]) -> Act:
        async def act() -> bool:
            try:
                await self._control.call(method, path, world, dict(body))
            except Refused:
                return False
            return True

        return act

    def _change(self, world: str, fault: PlacedFault) -> Act:
        """What another user does: change a text of a record."""
        slug, _, table = fault.details["table"].partition(".")
        path = f"/state/{slug}/{table}/{fault.details['id']}"

        async def act() -> bool:
            try:
                found = await self._control.call("GET", path, world)
                await self._control.call("PATCH", path, world, make_change(found, fault.details["field"]))
            except (Refused, KeyError):
                return False
            return True

        return act

    async def _execute(self, world: str, gateway: Gateway | None) -> Exited:
        mark = f"{RUN}={world}\0"  # with its end, because the name of another run may begin so
        variables = {**os.environ, **self._point(world, gateway), **self._options.variables, MARKS: "1", RUN: world}
        return await run_command(
            self._options.command,
            variables,
            hang=self.hang,
            count_calls=lambda: self._control.count_calls(world),
            most_calls=self.most_calls,
            mark=mark,
        )

    def _point(self, world: str, gateway: Gateway | None) -> dict[str, str]:
        """The variables that lead to a world, through the gateway if there is one."""
        found = {}
        for name, value in self._variables.items():
            text = value.replace(f"/~{self._base}/", f"/~{world}/")
            found[name] = text if gateway is None else text.replace(self._control.url, gateway.url)
        found["MOCKSERVER_WORLD"] = world
        found[PORT] = str(find_free_port())
        bypass = [os.environ.get("NO_PROXY", ""), "127.0.0.1", "localhost"]
        found["NO_PROXY"] = found["no_proxy"] = ",".join(filter(None, bypass))
        return found

    async def _read(self, world: str, schedule: Schedule, exited: Exited, gateway: Gateway | None) -> ClientRun:
        unmet = [one.text for one in self._expected if not await one.holds(self._control, world)]
        outcome = await self._control.outcome(world)
        calls = number_calls(outcome["exchanges"])
        injected = {call.place for call in calls if call.is_injected}
        applied = all(step.place in injected for step in schedule if make_fault(step.fault).rule is not None)
        masked = {world: "<world>", self._control.url: "<server>"}
        if gateway is not None:
            applied = applied and gateway.applied
            masked |= {gateway.url: "<server>", f"127.0.0.1:{gateway.port}": self._control.url.partition("//")[2]}
        return ClientRun(schedule, exited, calls, tuple(outcome["changes"]), tuple(outcome["messages"]), applied, tuple(unmet), masked)

    def learn(self, baseline: ClientRun, seconds: float) -> None:
        """Take the bounds from the run without a fault."""
        self._baseline = baseline
        self.hang = max(self._options.hang, 3 * seconds)
        self.most_calls = len(baseline.calls) + STORM
        self.positions = {call.place: number for number, call in enumerate(baseline.calls, 1)}


def _make_rule(step: FaultStep, fault: PlacedFault) -> dict[str, Any]:
    slug, _, operation = step.place.operation.partition(".")
    moment = "since" if step.times == ONWARDS else "nth"
    return {"api": slug, "operation": operation, **(fault.rule or {}), moment: step.place.occurrence}
