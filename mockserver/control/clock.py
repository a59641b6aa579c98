"""The clock of a world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.core.clock import Clock, iso, parse_duration, parse_moment, wall_clock
from mockserver.core.faults import Conflict
from mockserver.core.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.core.world import Draft


def get_clock(world: Draft) -> Reply:
    """The world's time and whether it runs."""
    return _shown(world.clock, world)


def update_clock(world: Draft, body: Mapping[str, Any]) -> Reply:
    """Freeze the clock at a moment, advance it by a duration, or resume real time. What becomes due happens before the next request."""
    clock = world.clock
    try:
        if "freeze" in body:
            clock = clock.freeze(parse_moment(body["freeze"]))
        elif "advance" in body:
            clock = clock.advance(parse_duration(body["advance"]), wall_clock())
        else:
            clock = Clock()
    except (ValueError, OverflowError) as error:
        raise Conflict(f"the clock cannot go there: {error}") from None
    world.clock = clock
    return _shown(clock, world)


def _shown(clock: Clock, world: Draft) -> Reply:
    now = clock.now(wall_clock()) if clock is not world.clock or clock.frozen_at is None else clock.frozen_at
    return Reply(200, {"now": iso(now), "mode": clock.mode, "shift_seconds": clock.shift.total_seconds()})
