"""The pages *overview* and *worlds*: served APIs, time, records and links."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mockserver.console.client import ControlClient, ControlRefused
from mockserver.console.frame import SIGN_IN, Visit, cookie_name
from mockserver.console.shown import counted, example_curl
from mockserver.openapi.digits import EXACT, read_digits

WORLDS = 200
"""Worlds that one page lists."""
STEPS = {"hour": "PT1H", "day": "P1D", "month": "P1M"}


async def overview(visit: Visit) -> Response:
    plane = visit.plane
    await plane.get("/clock")  # a world is made by its first use
    apis, world, timers, faults, services = await asyncio.gather(
        plane.get("/apis"), plane.get(f"/worlds/{visit.world}"), plane.get("/clock/timers"), plane.get("/faults"), plane.get("/services")
    )
    vendors = [await _vendor(plane, api) for api in apis["apis"]]
    down = [service for service in services["services"] if service["down"]]
    return await visit.page(
        "overview.html", vendors=vendors, counts=world, timers=timers["timers"], rules=faults["rules"], down=down, origin=_origin(visit)
    )


async def _vendor(plane: ControlClient, api: dict[str, Any]) -> dict[str, Any]:
    operations = (await plane.get(f"/apis/{api['slug']}/operations"))["operations"]
    credentials = [{**found, "curl": example_curl(api["base_url"], operations, found["headers"])} for found in api["credentials"]]
    return {**api, "credentials": credentials}


def _origin(visit: Visit) -> str:
    url = visit.request.url
    return f"{url.scheme}://{visit.request.headers.get('host', url.netloc)}"


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
    listed = await visit.plane.get("/worlds", prefix=visit.asked("prefix"), limit=WORLDS, offset=_whole(visit.asked("offset")))
    scenarios = (await visit.plane.get("/scenarios"))["scenarios"]
    snapshots = (await visit.plane.get("/snapshots"))["snapshots"]
    return await visit.page("worlds.html", listed=listed, scenarios=scenarios, snapshots=snapshots)


async def switch(visit: Visit) -> Response:
    name = visit.filled("name").strip() or "default"
    return _go(visit, name, f"This is the world {name}.")


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
    return _go(visit, made["name"], f"The world {made['name']} is made, with {counted(made['records'], 'record')}.")


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


def _go(visit: Visit, name: str, said: str) -> Response:
    target = Visit(visit.request, visit.plane, visit.templates)
    target.request.scope["mockserver.prefix"] = "" if name == "default" else f"/~{quote(name, safe='')}"
    return target.back("/", said)


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
