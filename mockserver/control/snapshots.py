"""Snapshots of a world: save, restore, compare. A snapshot is a reference to an immutable value, so it takes memory only as the world changes."""

from __future__ import annotations

import asyncio
from typing import Any

from mockserver.control.changes import render_change
from mockserver.control.exchanges import find_state_before
from mockserver.control.services import ControlServices
from mockserver.core.base.clock import iso, wall_clock
from mockserver.core.base.faults import Conflict, NotFound, Unavailable
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.state.store import BUSY, COMMIT_ATTEMPTS, Snapshot
from mockserver.core.state.world import World, diff


async def list_snapshots(control: ControlServices, request: Request) -> Reply:
    return Reply(200, {"snapshots": [_render(snapshot) for snapshot in await control.store.snapshots(request.world)]})


async def save_snapshot(control: ControlServices, request: Request, snapshot: str) -> Reply:
    for _ in range(COMMIT_ATTEMPTS):
        await control.pipeline.timers.settle(request.world)
        versioned = await control.store.load(request.world)
        taken = Snapshot(snapshot, versioned.world, versioned.world.time(wall_clock()))
        saved = await control.store.save(request.world, versioned.version, taken, request.visitor)
        if saved is not None:
            return Reply(200 if saved.replaced else 201, {**_render(taken), "dropped": list(saved.dropped)})
    raise Unavailable(BUSY)


async def delete_snapshot(control: ControlServices, request: Request, snapshot: str) -> Reply:
    if not await control.store.drop(request.world, snapshot):
        raise NotFound("snapshot", f"{snapshot!r} of the world {request.world}")
    return Reply(204)


async def restore_snapshot(control: ControlServices, request: Request, snapshot: str) -> Reply:
    restored = await control.store.restore(request.world, snapshot, request.visitor)
    return Reply(200, _render(restored or await control.snapshot(request.world, snapshot)))


async def get_diff(
    control: ControlServices,
    request: Request,
    before: str | None,
    after: str | None,
    other: str | None,
    call: int | None,
    offset: int | None,
    limit: int | None,
) -> Reply:
    if before is not None and call is not None:
        raise Conflict("call cannot stand beside before: compare from a snapshot, or from the state before a call")
    now = await control.world(request.world, request)
    old = await _find_start(control, request, before, other, call)
    new = now if after is None else (await control.snapshot(request.world, after)).world
    # Of large worlds it takes seconds; other requests are answered meanwhile.
    total, changes = await asyncio.to_thread(_compare, control, old, new, offset or 0, limit)
    return Reply(
        200,
        {
            "changes": changes,
            "total": total,
            "messages": _render_counts(len(old.outbox), len(new.outbox)),
            "timers": _render_counts(len(old.timers), len(new.timers)),
        },
    )


async def _find_start(control: ControlServices, request: Request, before: str | None, other: str | None, call: int | None) -> World:
    """The state from which to compare: of the world of the request, or of another one."""
    name = other or request.world
    if call is not None:
        return find_state_before(control, name, call)
    if before is not None:
        return (await control.snapshot(name, before)).world
    return (await control.store.load(name)).origin if other is None else await control.world(other, request)


def _compare(control: ControlServices, old: World, new: World, offset: int, limit: int | None) -> tuple[int, list[dict[str, Any]]]:
    """How many records differ, and a part of the list of them."""
    found = list(diff(old, new))
    shown = found[offset:] if limit is None else found[offset : offset + limit]
    return len(found), [render_change(control.tables[change.table], change) for change in shown]


def _render_counts(before: int, after: int) -> dict[str, int]:
    return {"before": before, "after": after}


def _render(snapshot: Snapshot) -> dict[str, Any]:
    world: World = snapshot.world
    return {
        "name": snapshot.name,
        "taken_at": iso(snapshot.taken_at),
        "seed": world.seed,
        "records": world.count_records(),
        "messages": len(world.outbox),
    }
