"""Worlds as things: made from a seed, a scenario, a snapshot, another world or a file; listed, compared, exported, deleted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mockserver.core.base.clock import iso, wall_clock
from mockserver.core.base.faults import Conflict, Invalid, NotFound
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.engine.scenarios import play
from mockserver.core.state.archive import digest, read, write
from mockserver.core.state.world import Transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.control.services import ControlServices
    from mockserver.core.state.store import StoredWorld
    from mockserver.core.state.world import World

PAGE = 100
"""Worlds in a list where no limit is sent."""


class Unfit(Invalid):
    """What was sent keeps the document, but fits no record or no world."""

    status = 422


async def list_worlds(control: ControlServices, prefix: str | None, offset: int | None, limit: int | None) -> Reply:
    """The worlds that there are, the one unused for longest first."""
    found = [listed for listed in await control.store.worlds() if listed.name.startswith(prefix or "")]
    first, size = offset or 0, limit or PAGE
    shown = [_render_stored(control, listed) for listed in found[first : first + size]]
    return Reply(200, {"worlds": shown, "total": len(found), "offset": first, "limit": size})


async def create_world(control: ControlServices, request: Request, body: Mapping[str, Any] | None) -> Reply:
    """Make a world from a seed, a scenario, a snapshot or another world; without ``from`` as any new world starts."""
    wanted = body or {}
    name = wanted.get("name") or await _find_free_name(control)
    anew = wanted.get("anew", False)
    if not anew and await control.store.find(name) is not None:
        raise _make_taken(name)
    dropped = await control.store.put(name, await _make_start(control, request, name, wanted.get("from", {})), anew=anew)
    if dropped is None:
        raise _make_taken(name)
    control.journal.clear(name)
    return Reply(201, {**await _render(control, name), "dropped": list(dropped)})


async def get_world(control: ControlServices, name: str) -> Reply:
    """One world, with what there is in it by number."""
    await control.world(name)
    return Reply(200, await _render(control, name))


async def import_world(control: ControlServices, name: str, body: Any) -> Reply:
    """Let a world start anew from an exported file. Its journal starts anew as well, its snapshots stay.

    A file may hold hundreds of thousands of records, so it is read beside what others are answered in the meantime.
    """
    timers = {timer for vendor in control.vendors.values() for timer in vendor.api.timers}
    try:
        world = await asyncio.to_thread(read, body, control.tables, timers, control.operations, control.record_validators)
    except Invalid as fault:
        raise Unfit(fault.violations) from None
    known = await control.store.find(name) is not None
    dropped = await control.store.put(name, world, anew=True) or ()
    control.journal.clear(name)
    return Reply(200 if known else 201, {**await _render(control, name), "dropped": list(dropped)})


async def delete_world(control: ControlServices, name: str) -> Reply:
    """Forget a world with its journal and its snapshots; its next use makes it anew."""
    if not await control.store.delete(name):
        raise NotFound("world", repr(name))
    return Reply(204)


async def get_digest(control: ControlServices, name: str) -> Reply:
    """A hash of all that calls can change in a world: equal before and after means that nothing changed."""
    return Reply(200, {"world": name, "digest": digest(await control.world(name), control.tables)})


async def export_world(control: ControlServices, name: str) -> Reply:
    """A world as a file that can be read, kept, changed by hand, imported again, and served from."""
    return Reply(200, await asyncio.to_thread(write, await control.world(name), control.tables), indent=True)


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
    return Conflict(f"there is a world {name} already; delete it, or let it start anew with anew: true")


async def _find_free_name(control: ControlServices) -> str:
    while True:
        name = f"world-{next(control.numbers)}"
        if await control.store.find(name) is None:
            return name


async def _make_start(control: ControlServices, request: Request, name: str, source: Mapping[str, Any]) -> World:
    """The value from which a new world starts."""
    if "snapshot" in source:
        return (await control.snapshot(source.get("world", request.world), source["snapshot"])).world
    if "world" in source:
        return await control.world(source["world"])
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
        "records": sum(len(rows.records) for rows in world.tables.values()),
        "messages": len(world.outbox),
        "timers": len(world.timers),
        "rules": len(world.faults.rules),
        "exchanges": exchanges,
        "exchanges_dropped": dropped,
        "snapshots": listed.snapshots,
        "idle_seconds": round(listed.idle, 3),
    }
