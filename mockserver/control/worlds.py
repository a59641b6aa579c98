"""Worlds: create from a seed, a scenario, a snapshot, another world or a file; list, hash, export, delete."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from mockserver.control.services import ControlServices
from mockserver.core.base.clock import iso, wall_clock
from mockserver.core.base.faults import Conflict, Invalid, LimitExceeded, NotFound
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.engine.scenarios import play
from mockserver.core.state.archive import Tables, digest, read, write
from mockserver.core.state.store import NEW, StoredWorld
from mockserver.core.state.world import Transaction, World
from mockserver.openapi import limits

READABLE = 8 * 1024 * 1024
"""Bytes up to which an exported world is indented."""
PAGE = 100
"""Worlds in a list without a limit."""


class Unfit(Invalid):
    """The body matches the document of the control plane, but is no valid record or world of the vendors."""

    status = 422


async def list_worlds(control: ControlServices, prefix: str | None, offset: int | None, limit: int | None) -> Reply:
    """The existing worlds, the least recently used first."""
    found = [listed for listed in await control.store.worlds() if listed.name.startswith(prefix or "")]
    first, size = offset or 0, limit or PAGE
    shown = [_render_stored(control, listed) for listed in found[first : first + size]]
    return Reply(200, {"worlds": shown, "total": len(found), "offset": first, "limit": size})


async def create_world(control: ControlServices, request: Request, body: Mapping[str, Any] | None) -> Reply:
    """Create a world from a seed, a scenario, a snapshot or another world; without ``from`` it starts like any new world."""
    wanted = body or {}
    name = wanted.get("name") or await _find_free_name(control)
    anew = wanted.get("anew", False)
    if not anew and await control.store.find(name) is not None:
        raise _make_taken(name)
    dropped = await control.store.put(name, await _make_start(control, request, name, wanted.get("from", {})), request.visitor, anew=anew)
    if dropped is None:
        raise _make_taken(name)
    control.journal.clear(name)
    return Reply(201, {**await _render(control, name), "dropped": list(dropped)})


async def get_world(control: ControlServices, request: Request, name: str) -> Reply:
    """One world, with the number of its records, messages, timers, rules, exchanges and snapshots."""
    world = await control.world(name, request)
    if await control.store.find(name) is None:
        start = replace(await control.store.load(name), world=world)
        return Reply(200, _render_stored(control, StoredWorld(name, start, 0.0, 0, pinned=False, changed=False)))
    return Reply(200, await _render(control, name))


async def pin_world(control: ControlServices, request: Request, name: str) -> Reply:
    """Pin a world: it never leaves for another one. The world of the request is made if it is not there yet."""
    world = await control.world(name, request)
    if await control.store.find(name) is None:
        await control.store.commit(name, NEW, world, request.visitor)
    await control.store.pin(name, pinned=True)
    return Reply(200, await _render(control, name))


async def unpin_world(control: ControlServices, name: str) -> Reply:
    """Unpin a world."""
    if not await control.store.pin(name, pinned=False):
        raise NotFound("world", repr(name))
    return Reply(204)


async def import_world(control: ControlServices, request: Request, name: str, body: Any) -> Reply:
    """Replace a world by an exported one. Its journal is cleared, its snapshots are kept."""
    timers = {timer for vendor in control.vendors.values() for timer in vendor.api.timers}
    try:
        # A file may hold hundreds of thousands of records; other requests are answered while it is read.
        world = await asyncio.to_thread(read, body, control.tables, timers, control.operations, control.record_validators)
    except Invalid as fault:
        raise Unfit(fault.violations) from None
    known = await control.store.find(name) is not None
    dropped = await control.store.put(name, world, request.visitor, anew=True) or ()
    control.journal.clear(name)
    return Reply(200 if known else 201, {**await _render(control, name), "dropped": list(dropped)})


async def delete_world(control: ControlServices, name: str) -> Reply:
    """Delete a world with its journal and its snapshots; its next use creates it again."""
    if not await control.store.delete(name):
        raise NotFound("world", repr(name))
    return Reply(204)


async def get_digest(control: ControlServices, request: Request, name: str) -> Reply:
    """A hash of everything in a world that calls can change: equal hashes before and after mean that nothing changed."""
    # Of a large world it takes seconds; other requests are answered meanwhile.
    return Reply(200, {"world": name, "digest": await asyncio.to_thread(digest, await control.world(name, request), control.tables)})


async def export_world(control: ControlServices, request: Request, name: str) -> Reply:
    """A world as JSON that can be edited, imported again, and given to ``mockserver serve --world``."""
    data = await asyncio.to_thread(_write_file, await control.world(name, request), control.tables)
    if len(data) > limits.WORLD_BYTES.value:
        raise LimitExceeded(limits.WORLD_BYTES, 413, "delete records, or read them with GET /_mock/state/{api}/{table}")
    return Reply(200, data)


def _write_file(world: World, tables: Tables) -> bytes:
    """The bytes of an exported world: for people if it is small, else compact, so that it can be imported again."""
    written = write(world, tables)
    small = orjson.dumps(written)
    return small if len(small) > READABLE else orjson.dumps(written, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def list_scenarios(control: ControlServices) -> Reply:
    """The named starting points of every vendor."""
    return Reply(
        200,
        {
            "scenarios": [
                {"name": f"{slug}.{scenario.name}", "api": slug, "description": scenario.description, "steps": len(scenario.steps)}
                for slug, vendor in control.vendors.items()
                for scenario in vendor.scenarios
            ]
        },
    )


def _make_taken(name: str) -> Conflict:
    return Conflict(f"the world {name} exists already; delete it, or replace it with anew: true")


async def _find_free_name(control: ControlServices) -> str:
    while True:
        name = f"world-{next(control.numbers)}"
        if await control.store.find(name) is None:
            return name


async def _make_start(control: ControlServices, request: Request, name: str, source: Mapping[str, Any]) -> World:
    """The state from which a new world starts."""
    if "snapshot" in source:
        return (await control.snapshot(source.get("world", request.world), source["snapshot"])).world
    if "world" in source:
        return await control.world(source["world"], request)
    world = control.reseed(source.get("seed"))
    if "scenario" not in source:
        return world
    slug, scenario = control.scenario(source["scenario"])
    target = Request("GET", "/", world=name, origin=request.origin, prefix=f"/~{name}" if request.prefix else "")

    def headers(world: World, credential: str | None) -> Mapping[str, str]:
        return control.headers_of(slug, credential, Transaction(world, world.clock.now(wall_clock()), target.base_url, target.own_url))

    return await play(slug, scenario, world, target, control.operations, control.pipeline.executor.handle, headers)


async def _render(control: ControlServices, name: str) -> dict[str, Any]:
    listed = await control.store.find(name)
    if listed is None:
        raise NotFound("world", repr(name))
    return _render_stored(control, listed)


def _render_stored(control: ControlServices, listed: StoredWorld) -> dict[str, Any]:
    world = listed.versioned.world
    exchanges, dropped = control.journal.count(listed.name)
    return {
        "name": listed.name,
        "seed": world.seed,
        "now": iso(world.clock.now(wall_clock())),
        "mode": world.clock.mode,
        "records": world.count_records(),
        "messages": len(world.outbox),
        "timers": len(world.timers),
        "rules": len(world.faults.rules),
        "exchanges": exchanges,
        "exchanges_dropped": dropped,
        "snapshots": listed.snapshots,
        "idle_seconds": round(listed.idle, 3),
        "pinned": listed.pinned,
        "changed": listed.changed,
    }
