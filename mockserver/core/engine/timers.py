"""Catching up: everything that is due in a world happens before a request to it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from mockserver.core.base.clock import wall_clock
from mockserver.core.base.faults import Unavailable
from mockserver.core.state.store import BUSY, COMMIT_ATTEMPTS, NEW, Store, Versioned
from mockserver.core.state.world import Action, Transaction, World, catch_up, endless_timers, fire_due, is_due

SLICE = 200
"""Timers fired before other requests get their turn; they take about 20 ms."""
MAX_SLICES = 500
"""Slices before one request. If a world needs more, a vendor's timers never end, or its clock was moved too far."""


class CaughtUp(NamedTuple):
    """A world after everything that was due has happened.

    ``versioned`` is the one to commit against, ``now`` its time, and ``steps`` are the transactions of the timers that are not committed yet.
    """

    versioned: Versioned
    now: datetime
    steps: tuple[Transaction, ...] = ()

    @property
    def world(self) -> World:
        """The world after the last step."""
        return self.steps[-1].result if self.steps else self.versioned.world


class Timers:
    """Fires the timers of the worlds of a store. ``actions`` are the vendors' functions by the name under which a timer refers to them."""

    def __init__(self, store: Store, actions: Mapping[str, Action]) -> None:
        self._store = store
        self.actions = actions

    def fire(self, world: World, now: datetime) -> World:
        """The world after everything due by ``now`` has happened, without a break. Raises HandlerCrashed."""
        return catch_up(world, now, self.actions)

    async def catch_up(self, name: str, versioned: Versioned, now: datetime) -> CaughtUp:
        """Fire everything due by ``now`` in slices. Other requests are served between two slices.

        Raises HandlerCrashed if a timer fails, or if there is no end to them; the slices before it stay committed. Nothing of a world that is not
        in the store is committed.
        """
        if versioned.version == NEW:
            return CaughtUp(versioned, now, await self._fire_in_slices(versioned.world, now))
        for _ in range(MAX_SLICES):
            fired = fire_due(versioned.world, now, self.actions, most=SLICE)
            steps = () if fired is None else (fired,)
            current = versioned.world if fired is None else fired.result
            if not is_due(current, now):
                return CaughtUp(versioned, now, steps)
            await self._store.commit(name, versioned.version, current, touched=False, steps=steps)
            await asyncio.sleep(0)
            found = await self._store.find(name)
            if found is None:
                return CaughtUp(versioned, now, steps)  # the world was deleted meanwhile: the caller's commit fails, and it loads the world again
            versioned = found
            now = versioned.world.time(wall_clock())
        if is_due(versioned.world, now):
            raise endless_timers(versioned.world.timers[0], MAX_SLICES * SLICE)
        return CaughtUp(versioned, now)

    async def _fire_in_slices(self, world: World, now: datetime) -> tuple[Transaction, ...]:
        steps: list[Transaction] = []
        for _ in range(MAX_SLICES):
            fired = fire_due(world, now, self.actions, most=SLICE)
            if fired is not None:
                steps.append(fired)
                world = fired.result
            if not is_due(world, now):
                return tuple(steps)
            await asyncio.sleep(0)
        raise endless_timers(world.timers[0], MAX_SLICES * SLICE)

    async def settle(self, name: str) -> World | None:
        """Commit everything that is due in a world, and return the world; None if no world has this name.

        Raises HandlerCrashed as :meth:`catch_up` does, and Unavailable if other commits come first again and again.
        """
        for _ in range(COMMIT_ATTEMPTS):
            found = await self._store.find(name)
            if found is None:
                return None
            caught = await self.catch_up(name, found, found.world.time(wall_clock()))
            before = caught.versioned
            if not caught.steps or await self._store.commit(name, before.version, caught.world, touched=False, steps=caught.steps):
                return caught.world
        raise Unavailable(BUSY)
