"""Snapshots of a world: save, restore, compare. A snapshot is a reference to an immutable value, so it takes memory only as the world changes."""

from __future__ import annotations

from typing import Any

from mockserver.control.changes import render_change
from mockserver.control.services import ControlServices
from mockserver.core.base.clock import iso, wall_clock
from mockserver.core.base.faults import NotFound
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.state.store import NEW, Snapshot, replace_world
from mockserver.core.state.world import World, diff


async def list_snapshots(control: ControlServices, request: Request) -> Reply:
    return Reply(200, {"snapshots": [_render(snapshot) for snapshot in await control.store.snapshots(request.world)]})


async def save_snapshot(control: ControlServices, request: Request, snapshot: str) -> Reply:
    known = any(saved.name == snapshot for saved in await control.store.snapshots(request.world))
    world = await control.world(request.world, request)
    if (await control.store.load(request.world)).version == NEW:
        await control.store.commit(request.world, NEW, world, request.visitor)
    saved = Snapshot(snapshot, world, world.clock.now(wall_clock()))
    dropped = await control.store.save(request.world, saved)
    return Reply(200 if known else 201, {**_render(saved), "dropped": list(dropped)})


async def delete_snapshot(control: ControlServices, request: Request, snapshot: str) -> Reply:
    if not await control.store.drop(request.world, snapshot):
        raise NotFound("snapshot", f"{snapshot!r} of the world {request.world}")
    return Reply(204)


async def restore_snapshot(control: ControlServices, request: Request, snapshot: str) -> Reply:
    saved = await control.snapshot(request.world, snapshot)
    await replace_world(control.store, request.world, saved.world, request.visitor)
    return Reply(200, _render(saved))


async def get_diff(control: ControlServices, request: Request, before: str | None, after: str | None) -> Reply:
    now = await control.world(request.world, request)
    start = await control.store.load(request.world)
    old = start.origin if before is None else (await control.snapshot(request.world, before)).world
    new = now if after is None else (await control.snapshot(request.world, after)).world
    return Reply(
        200,
        {
            "changes": [render_change(control.tables[change.table], change) for change in diff(old, new)],
            "messages": _render_counts(len(old.outbox), len(new.outbox)),
            "timers": _render_counts(len(old.timers), len(new.timers)),
        },
    )


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
