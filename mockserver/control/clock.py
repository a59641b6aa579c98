"""The clock of a world and its timers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.control.moves import move_clock
from mockserver.core.base.clock import iso
from mockserver.core.base.replies import Reply
from mockserver.core.state.world import Transaction


def get_clock(world: Transaction) -> Reply:
    return _render(world)


def update_clock(world: Transaction, body: Mapping[str, Any]) -> Reply:
    move_clock(world, body)
    return _render(world)


def list_timers(world: Transaction) -> Reply:
    timers = [{"due": iso(timer.due), "action": timer.action, "subject": timer.subject} for timer in world.timers]
    return Reply(200, {"now": iso(world.now), "timers": timers})


def _render(world: Transaction) -> Reply:
    clock = world.clock
    now = clock.now(world.wall)
    return Reply(200, {"now": iso(now), "mode": clock.mode, "shift_seconds": clock.shift.total_seconds()})
