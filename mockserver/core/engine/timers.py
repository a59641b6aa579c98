"""Catching up: everything that is due in a world happens before a request to it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

from mockserver.core.base.clock import wall_clock
from mockserver.core.base.faults import Unavailable
from mockserver.core.state.store import BUSY, COMMIT_ATTEMPTS, NEW, Store, Versioned
from mockserver.core.state.world import Action, World, catch_up, endless_timers, is_due

SLICE = 200
"""Timers fired before other requests get their turn; they take about 20 ms."""
MAX_SLICES = 500
"""Slices before one request. If a world needs more, a vendor's timers never end, or its clock was moved too far."""


class Timers:
    """Fires the timers of the worlds of a store. ``actions`` are the vendors' functions by the name under which a timer refers to them."""

    def __init__(self, store: Store, actions: Mapping[str, Action]) -> None:
        self._store = store
        self._actions = actions

    def fire(self, world: World, now: datetime) -> World:
        """The world after everything due by ``now`` has happened, without a break. Raises HandlerCrashed."""
        return catch_up(world, now, self._actions)

    async def catch_up(self, name: str, versioned: Versioned, now: datetime) -> tuple[Versioned, World, datetime]:
        """Fire everything due by ``now`` in slices. Other requests are served between two slices.

        Returns the version to commit against, the world after the last slice, which is not committed yet, and the time of that world.
        Raises HandlerCrashed if a timer fails, or if there is no end to them; the slices before it stay committed. Nothing of a world that is not
        in the store is committed.
        """
        if versioned.version == NEW:
            return versioned, await self._fire_in_slices(versioned.world, now), now
        for _ in range(MAX_SLICES):
            current = catch_up(versioned.world, now, self._actions, most=SLICE)
            if not is_due(current, now):
                return versioned, current, now
            await self._store.commit(name, versioned.version, current, touched=False)
            await asyncio.sleep(0)
            found = await self._store.find(name)
            if found is None:
                return versioned, current, now  # the world was deleted meanwhile: the caller's commit fails, and it loads the world again
            versioned = found.versioned
            now = versioned.world.clock.now(wall_clock())
        if is_due(versioned.world, now):
            raise endless_timers(versioned.world.timers[0], MAX_SLICES * SLICE)
        return versioned, versioned.world, now

    async def _fire_in_slices(self, world: World, now: datetime) -> World:
        for _ in range(MAX_SLICES):
            world = catch_up(world, now, self._actions, most=SLICE)
            if not is_due(world, now):
                return world
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
            versioned, current, _ = await self.catch_up(name, found.versioned, found.versioned.world.clock.now(wall_clock()))
            if current is versioned.world or await self._store.commit(name, versioned.version, current, touched=False):
                return current
        raise Unavailable(BUSY)
