"""The pages *overview* and *worlds*: served APIs, time, records and links."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mockserver.console.client import ControlClient, ControlRefused
from mockserver.console.frame import SIGN_IN, Visit, cookie_name
from mockserver.console.journal import list_exchanges
from mockserver.console.shown import counted
from mockserver.console.snippets import connect
from mockserver.core.asgi.public_address import ORIGIN
from mockserver.core.asgi.world_middleware import COOKIE
from mockserver.core.base.names import DEFAULT, is_world_name
from mockserver.openapi.digits import EXACT, read_digits

WORLDS = 200
"""Worlds that one page lists."""
LATEST = 12
"""Exchanges on the overview."""
STEPS = {"hour": "PT1H", "day": "P1D", "week": "P7D", "month": "P1M"}


async def overview(visit: Visit) -> Response:
    plane = visit.plane
    await plane.get("/clock")  # a world is made by its first use
    apis, world, timers, faults, services = await asyncio.gather(
        plane.get("/apis"), plane.get(f"/worlds/{visit.world}"), plane.get("/clock/timers"), plane.get("/faults"), plane.get("/services")
    )
    down = [service for service in services["services"] if service["down"]]
    return await visit.page(
        "overview.html",
        apis=apis["apis"],
        counts=world,
        timers=timers["timers"],
        rules=faults["rules"],
        down=down,
        origin=visit.request.scope[ORIGIN],
        latest=await list_exchanges(visit, LATEST),
        connected=await _connect(visit, apis["apis"]),
    )


async def connect_part(visit: Visit) -> Response:
    """How an app is connected to the chosen API, as a part of the overview."""
    apis = (await visit.plane.get("/apis"))["apis"]
    return visit.fragment("connect.html", apis=apis, connected=await _connect(visit, apis))


async def _connect(visit: Visit, apis: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What an app needs for the chosen API, by default the first one; None without an API."""
    chosen = next((api for api in apis if api["slug"] == visit.asked("api")), next(iter(apis), None))
    if chosen is None:
        return None
    operations = (await visit.plane.get(f"/apis/{chosen['slug']}/operations"))["operations"]
    return {**chosen, **connect(chosen, operations, visit.world, visit.request.scope[ORIGIN], visit.world_prefix)}


async def lead_here(visit: Visit) -> Response:
    return visit.back("/")


async def move_clock(visit: Visit) -> Response:
    action = visit.filled("action")
    clock = await visit.plane.get("/clock")
    if action in STEPS:
        change: dict[str, Any] = {"advance": STEPS[action]}
    elif action == "next_timer":
        change = {"to": "next_timer"}
    elif action == "resume":
        change = {"resume": True}
    elif action == "freeze":
        change = {"freeze": _moment(visit.filled("moment")) or clock["now"]}
    else:
        raise HTTPException(400)
    try:
        moved = await visit.plane.call("PATCH", "/clock", body=change)
    except ControlRefused as refused:
        return visit.back(_from(visit), str(refused), wrong=True)
    return visit.back(_from(visit), f"The clock reads {moved['now'][:19].replace('T', ' ')} UTC now.")


def _moment(text: str) -> str:
    """A time as the control plane reads it; a browser's date field is read as UTC."""
    text = text.strip().replace(" ", "T")
    if len(text) == len("2026-01-01"):
        text += "T00:00"
    if len(text) == len("2026-01-01T00:00"):
        text += ":00"
    return text + "Z" if text and len(text) == len("2026-01-01T00:00:00") else text


def _from(visit: Visit) -> str:
    asked = visit.filled("from")
    return asked if asked.startswith("/") and not asked.startswith("//") and "\\" not in asked else "/"


async def reset(visit: Visit) -> Response:
    await visit.plane.call("POST", "/reset", body={})
    return visit.back(_from(visit), f"The world {visit.world} is as it was at its start.")


async def worlds(visit: Visit) -> Response:
    await visit.plane.get("/clock")
    listed = await visit.plane.get("/worlds", prefix=visit.asked("prefix"), limit=WORLDS, offset=_whole(visit.asked("offset")), differences="true")
    scenarios = (await visit.plane.get("/scenarios"))["scenarios"]
    snapshots = (await visit.plane.get("/snapshots"))["snapshots"]
    return await visit.page("worlds.html", listed=listed, scenarios=scenarios, snapshots=snapshots)


async def differences(visit: Visit) -> Response:
    """What differs between one world and its start, however long it takes to count."""
    one = await visit.plane.get(f"/worlds/{visit.named('name')}", differences="true")
    return visit.fragment("world_differences.html", one=one)


async def switch(visit: Visit) -> Response:
    name = visit.filled("name").strip() or "default"
    return visit.go(name, "/", f"This is the world {name}.")


async def choose_for_browser(visit: Visit) -> Response:
    """Set the cookie by which this browser's calls of every API mean a world, or remove it for the default world."""
    name = visit.filled("name").strip() or DEFAULT
    if not is_world_name(name):
        return visit.back("/console/worlds", f"{name[:80]!r} is no name of a world.", wrong=True)
    if name == DEFAULT:
        response = visit.back("/console/worlds", "This browser means the default world again.")
        response.delete_cookie(COOKIE, path="/", samesite="lax")
        return response
    response = visit.back("/console/worlds", f"This browser's calls mean the world {name}, if neither their path nor a header names one.")
    response.set_cookie(COOKIE, name, path="/", samesite="lax")
    return response


async def create_world(visit: Visit) -> Response:
    body: dict[str, Any] = {}
    if visit.filled("name").strip():
        body["name"] = visit.filled("name").strip()
    kind, _, value = visit.filled("source").partition(":")
    if kind in ("scenario", "world", "snapshot") and value:
        body["from"] = {kind: value}
    elif kind == "seed":
        seed = read_digits(visit.filled("seed").strip(), EXACT)
        if seed is None:
            return visit.back("/console/worlds", f"A seed is a whole number of at most {EXACT} digits.", wrong=True)
        body["from"] = {"seed": seed}
    try:
        made = await visit.plane.call("POST", "/worlds", body=body)
    except ControlRefused as refused:
        return visit.back("/console/worlds", str(refused), wrong=True)
    return visit.go(made["name"], "/", f"The world {made['name']} is made, with {counted(made['records'], 'record')}.")


async def delete_world(visit: Visit) -> Response:
    name = visit.named("name")
    await visit.plane.call("DELETE", f"/worlds/{name}")
    return visit.back("/console/worlds", f"The world {name} is forgotten; its next use makes it anew.")


async def pin_world(visit: Visit) -> Response:
    name = visit.named("name")
    await visit.plane.call("PUT", f"/worlds/{name}/pin")
    return visit.back("/console/worlds", f"The world {name} is pinned: it never leaves for another one.")


async def unpin_world(visit: Visit) -> Response:
    name = visit.named("name")
    await visit.plane.call("DELETE", f"/worlds/{name}/pin")
    return visit.back("/console/worlds", f"The world {name} is no longer pinned.")


def _whole(text: str) -> int:
    return read_digits(text, 9) or 0


async def sign_in_page(visit: Visit) -> Response:
    return visit.fragment("sign_in.html", wrong=False, onward=visit.asked("onward"))


async def sign_in(visit: Visit) -> Response:
    token = visit.filled("token").strip()
    plane = ControlClient(visit.plane.stack, visit.request, token)
    try:
        await plane.get("/clock")
    except ControlRefused as refused:
        if refused.status != 401:  # noqa: PLR2004 - wrong token
            raise
        return visit.fragment("sign_in.html", 401, wrong=True, onward=visit.filled("onward"))
    onward = visit.filled("onward")
    response = visit.back(onward if onward.startswith("/") and not onward.startswith("//") and "\\" not in onward else "/")
    response.set_cookie(cookie_name(visit.request), quote(token), path="/", httponly=True, samesite="strict")
    return response


async def sign_out(visit: Visit) -> Response:
    response = visit.back(SIGN_IN)
    response.delete_cookie(cookie_name(visit.request), path="/")
    return response
