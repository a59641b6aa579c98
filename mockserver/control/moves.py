"""Moves of a world's clock, as the bodies of requests describe them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from mockserver.core.base.clock import Clock, later, parse_duration, parse_moment
from mockserver.core.base.faults import Conflict
from mockserver.core.state.world import Transaction


def move_clock(world: Transaction, change: Mapping[str, Any]) -> None:
    """Move the clock of a world as the body of a request says. Raises Conflict if it cannot be moved so."""
    try:
        world.clock = _move(world, change)
    except (ValueError, OverflowError) as error:
        raise Conflict(f"the clock cannot be set to this: {error}") from None


def _move(world: Transaction, body: Mapping[str, Any]) -> Clock:
    clock, wall = world.clock, world.wall
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
