"""The clock of a world and its timers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from mockserver.core.base.clock import Clock, iso, later, parse_duration, parse_moment, wall_clock
from mockserver.core.base.faults import Conflict
from mockserver.core.base.replies import Reply
from mockserver.core.state.world import Transaction


def get_clock(world: Transaction) -> Reply:
    return _render(world.clock)


def update_clock(world: Transaction, body: Mapping[str, Any]) -> Reply:
    try:
        world.clock = _move(world, body)
    except (ValueError, OverflowError) as error:
        raise Conflict(f"the clock cannot be set to this: {error}") from None
    return _render(world.clock)


def list_timers(world: Transaction) -> Reply:
    timers = [{"due": iso(timer.due), "action": timer.action, "subject": timer.subject} for timer in world.timers]
    return Reply(200, {"now": iso(world.now), "timers": timers})


def _move(world: Transaction, body: Mapping[str, Any]) -> Clock:
    clock, wall = world.clock, wall_clock()
    if "freeze" in body:
        return clock.freeze(parse_moment(body["freeze"]))
    if "advance" in body:
        return clock.advance(parse_duration(body["advance"]), wall)
    if "run_from" in body:
        return Clock(shift=parse_moment(body["run_from"]) - wall)
    if "shift" in body:
        return Clock(shift=later(wall, parse_duration(body["shift"])) - wall)
    if "to" in body:
        return _move_to(clock, _find_due(world), wall)
    return Clock()


def _find_due(world: Transaction) -> datetime:
    if not world.timers:
        raise Conflict("this world has no timer, so there is no moment to move to")
    return world.timers[0].due


def _move_to(clock: Clock, moment: datetime, wall: datetime) -> Clock:
    """A clock set to a moment: a frozen one stays frozen, a running one keeps running."""
    return clock.freeze(moment) if clock.frozen_at is not None else replace(clock, shift=moment - wall)


def _render(clock: Clock) -> Reply:
    now = clock.now(wall_clock())
    return Reply(200, {"now": iso(now), "mode": clock.mode, "shift_seconds": clock.shift.total_seconds()})
