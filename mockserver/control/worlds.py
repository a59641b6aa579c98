"""Worlds: create from a seed, a scenario, a snapshot, another world or a file; list, hash, export, delete."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from mockserver.control.changes import render_records
from mockserver.control.differences import count_since_start
from mockserver.control.exchanges import Rendering, find_state_before
from mockserver.control.moves import move_clock
from mockserver.control.rules import add_rule
from mockserver.control.services import ControlServices
from mockserver.core.base.clock import iso, parse_born, wall_clock
from mockserver.core.base.faults import Conflict, Invalid, LimitExceeded, NotFound
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.engine.scenarios import play
from mockserver.core.state.archive import Tables, digest, read, write
from mockserver.core.state.differences import Differences
from mockserver.core.state.store import NEW, Put, StoredWorld, summarize
from mockserver.core.state.world import Transaction, World, diff
from mockserver.openapi import limits
from mockserver.openapi.errors import Violation

READABLE = 8 * 1024 * 1024
"""Bytes up to which an exported world is indented."""
PAGE = 100
"""Worlds in a list without a limit."""


class Unfit(Invalid):
    """The body matches the document of the control plane, but is no valid record or world of the vendors."""

    status = 422


async def list_worlds(control: ControlServices, prefix: str | None, offset: int | None, limit: int | None, differences: bool | None) -> Reply:  # noqa: FBT001 - a parameter of the document
    """The existing worlds, the least recently used first."""
    first, size = offset or 0, limit or PAGE
    page = await control.store.worlds(prefix or "", first, size)
    shown = [_render_stored(control, listed) for listed in page.worlds]
    if differences:
        counted = await count_since_start(control, [listed.name for listed in page.worlds])
        shown = [{**one, "differences": _render_differences(counted.get(one["name"]))} for one in shown]
    return Reply(200, {"worlds": shown, "total": page.total, "offset": first, "limit": size})


async def create_world(control: ControlServices, request: Request, body: Mapping[str, Any] | None) -> Reply:
    """Create a world from a seed, a scenario, a snapshot or another world, with rules and a clock; without ``from`` it starts like any new one."""
    wanted = body or {}
    anew = wanted.get("anew", False)
    while True:
        name = wanted.get("name") or await control.store.find_free_name()
        if anew or await control.store.describe(name) is None:
            put = await _put(control, request, name, wanted, anew=anew)
            if put is not None:
                return Reply(201, {**await _render(control, name), "dropped": list(put.dropped)})
        if "name" in wanted:
            raise _make_taken(name)


async def _put(control: ControlServices, request: Request, name: str, wanted: Mapping[str, Any], *, anew: bool) -> Put | None:
    """Create a world as the body of the request describes it; None if the name is taken."""
    start = _equip(control, await _make_start(control, request, name, wanted.get("from", {}), _read_born(wanted)), wanted)
    return await control.store.put(name, start, request.visitor, anew=anew, label=wanted.get("label", ""))


async def get_world(control: ControlServices, request: Request, name: str, differences: bool | None) -> Reply:  # noqa: FBT001 - a parameter of the document
    """One world, with the number of its records, messages, timers, rules, exchanges and snapshots."""
    world = await control.world(name, request)
    if await control.store.describe(name) is None:
        return Reply(200, _render_stored(control, StoredWorld(name, NEW, summarize(world), 0.0, 0, pinned=False, changed=False)))
    shown = await _render(control, name)
    if differences:
        counted = await count_since_start(control, [name], most=None)
        shown["differences"] = _render_differences(counted.get(name))
    return Reply(200, shown)


def _render_differences(counted: Differences | None) -> dict[str, int] | None:
    return None if counted is None else counted._asdict()


async def pin_world(control: ControlServices, request: Request, name: str) -> Reply:
    """Pin a world: it never leaves for another one. The world of the request is made if it is not there yet."""
    world = await control.world(name, request)
    await control.store.pin(name, pinned=True, start=world, visitor=request.visitor)
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
    put = await control.store.put(name, world, request.visitor, anew=True)
    replaced, dropped = (False, ()) if put is None else (put.replaced, put.dropped)
    return Reply(200 if replaced else 201, {**await _render(control, name), "dropped": list(dropped)})


async def delete_world(control: ControlServices, name: str) -> Reply:
    """Delete a world with its journal and its snapshots; its next use creates it again."""
    if not await control.store.delete(name):
        raise NotFound("world", repr(name))
    return Reply(204)


async def get_digest(control: ControlServices, request: Request, name: str) -> Reply:
    """A hash of everything in a world that calls can change: equal hashes before and after mean that nothing changed."""
    # Of a large world it takes seconds; other requests are answered meanwhile.
    return Reply(200, {"world": name, "digest": await asyncio.to_thread(digest, await control.world(name, request), control.tables)})


async def get_outcome(control: ControlServices, request: Request, name: str) -> Reply:
    """What happened in a world since it was created: exchanges, changed records, messages."""
    now = await control.world(name, request)
    start = (await control.store.load(name)).origin
    return Reply(
        200,
        {
            "world": name,
            "now": iso(now.time(wall_clock())),
            "exchanges": [Rendering(control, exchange).outcome() for exchange in control.journal.entries(name)],
            "dropped": control.journal.count(name)[1],
            "changes": [render_records(control.tables[change.table], change) for change in diff(start, now)],
            "messages": [message.to_json() for message in now.outbox.ascending()],
        },
    )


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


def _equip(control: ControlServices, start: World, wanted: Mapping[str, Any]) -> World:
    """A world with the clock and the fault rules that the body of a creation asks for. Raises Invalid with the key that cannot be used."""
    transaction = Transaction(start, start.time(wall_clock()))
    if "clock" in wanted:
        try:
            move_clock(transaction, wanted["clock"])
        except Conflict as fault:
            raise Invalid([Violation("body", "/clock", "clock", str(fault))]) from None
    for number, rule in enumerate(wanted.get("faults", ())):
        place = f"/faults/{number}"
        try:
            add_rule(control, transaction, rule)
        except Invalid as fault:
            raise Invalid([replace(found, pointer=place + found.pointer) for found in fault.violations]) from None
        except (NotFound, Conflict) as fault:
            raise Invalid([Violation("body", place, "rule", str(fault))]) from None
    return transaction.finish()


def _make_taken(name: str) -> Conflict:
    return Conflict(f"the world {name} exists already; delete it, or replace it with anew: true")


def _read_born(wanted: Mapping[str, Any]) -> datetime | None:
    """The birth date that the body of a creation names, or None. Raises Invalid if it is none, or if the source of the world has one of its own."""
    if "born" not in wanted:
        return None
    if {"snapshot", "world", "before"} & wanted.get("from", {}).keys():
        raise Invalid([Violation("body", "/born", "from", "cannot be chosen, because the world that it starts from has a birth date")])
    try:
        return parse_born(wanted["born"])
    except ValueError as error:
        raise Invalid([Violation("body", "/born", "format", str(error))]) from None


async def _make_start(control: ControlServices, request: Request, name: str, source: Mapping[str, Any], born: datetime | None) -> World:
    """The state from which a new world starts."""
    if "snapshot" in source:
        return (await control.snapshot(source.get("world", request.world), source["snapshot"])).world
    if "before" in source:
        return find_state_before(control, source.get("world", request.world), source["before"])
    if "world" in source:
        return await control.world(source["world"], request)
    world = control.reseed(source.get("seed"), born)
    if "scenario" not in source:
        return world
    slug, scenario = control.scenario(source["scenario"])
    target = Request("GET", "/", world=name, origin=request.origin, prefix=f"/~{name}" if request.prefix else "")

    def headers(world: World, credential: str | None) -> Mapping[str, str]:
        return control.headers_of(slug, credential, Transaction(world, world.time(wall_clock()), target.base_url, target.own_url))

    return await play(slug, scenario, world, target, control.operations, control.pipeline.executor.handle, headers)


async def _render(control: ControlServices, name: str) -> dict[str, Any]:
    listed = await control.store.describe(name)
    if listed is None:
        raise NotFound("world", repr(name))
    return _render_stored(control, listed)


def _render_stored(control: ControlServices, listed: StoredWorld) -> dict[str, Any]:
    summary = listed.summary
    exchanges, dropped = control.journal.count(listed.name)
    return {
        "name": listed.name,
        "label": listed.label,
        "seed": summary.seed,
        "born": None if summary.born is None else iso(summary.born),
        "now": iso(summary.time(wall_clock())),
        "mode": summary.clock.mode,
        "records": summary.records,
        "messages": summary.messages,
        "timers": summary.timers,
        "rules": summary.rules,
        "exchanges": exchanges,
        "exchanges_dropped": dropped,
        "snapshots": listed.snapshots,
        "idle_seconds": round(listed.idle, 3),
        "pinned": listed.pinned,
        "changed": listed.changed,
    }
