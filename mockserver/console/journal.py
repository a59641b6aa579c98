"""The journal pages: live list, one exchange, replay, and making a call fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response, StreamingResponse

from mockserver.console.client import ControlRefused
from mockserver.console.frame import HEADERS, Visit
from mockserver.console.shown import curl
from mockserver.console.snippets import write_test
from mockserver.openapi.digits import read_digits
from mockserver.openapi.event_streams import EVENT_STREAM, StreamEvent, encode_events

PAGE = 100
"""Exchanges on one page."""
WORLDS = 100
"""Worlds that can be chosen to compare with."""
DIFFERENCES = 200
"""Changes of records on one page."""
PAUSE = 0.25
"""Seconds in which exchanges are gathered before they are sent to a page that listens."""
STATUSES = ("2xx", "3xx", "4xx", "5xx", "000")


async def journal(visit: Visit) -> Response:
    return await visit.page("journal.html", whole=None, **await list_exchanges(visit))


async def rows(visit: Visit) -> Response:
    return visit.fragment("journal_list.html", **await list_exchanges(visit))


async def exchange(visit: Visit) -> Response:
    return await visit.page("journal.html", **await _whole(visit), **await list_exchanges(visit))


async def replay(visit: Visit) -> Response:
    made = await visit.plane.call("POST", f"/journal/{visit.named('number')}/replay")
    number = made["exchange"]["number"]
    return visit.back(f"/console/journal/{number}", f"Sent again: exchange {number} is answered {made['exchange']['status']}.")


async def rewind(visit: Visit) -> Response:
    number = visit.named("number")
    try:
        await visit.plane.call("POST", f"/journal/{number}/rewind")
    except ControlRefused as refused:
        return visit.back(f"/console/journal/{number}", str(refused), wrong=True)
    return visit.back(f"/console/journal/{number}", f"The world {visit.world} is as it was before exchange {number}. The journal is kept.")


async def fork(visit: Visit) -> Response:
    number = int(visit.named("number"))
    body: dict[str, Any] = {"from": {"world": visit.world, "before": number}, "label": f"before exchange {number} of {visit.world}"}
    if visit.filled("name").strip():
        body["name"] = visit.filled("name").strip()
    try:
        made = await visit.plane.call("POST", "/worlds", body=body)
    except ControlRefused as refused:
        return visit.back(f"/console/journal/{number}", str(refused), wrong=True)
    return visit.go(made["name"], "/", f"The world {made['name']} starts from before exchange {number} of {visit.world}.")


async def compare(visit: Visit) -> Response:
    """What differs between this world and another one, or its own state before a call."""
    await visit.plane.get("/clock")
    call = read_digits(visit.asked("call"), 15)
    chosen = {"other": visit.asked("other"), "call": call, "limit": DIFFERENCES}
    try:
        diff = await visit.plane.get("/diff", **{name: value for name, value in chosen.items() if value})
    except ControlRefused as refused:
        return visit.back("/console/journal", str(refused), wrong=True)
    worlds = (await visit.plane.get("/worlds", limit=WORLDS))["worlds"]
    return await visit.page("compare.html", diff=diff, worlds=worlds, call=call)


async def clear(visit: Visit) -> Response:
    await visit.plane.call("DELETE", "/journal")
    return visit.back("/console/journal", "The journal is empty.")


async def har(visit: Visit) -> Response:
    _, _, payload = await visit.plane.fetch("GET", "/journal/har", _filters(visit))
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{visit.world}.har"'}
    return Response(payload, headers=headers, media_type="application/json")


async def live(visit: Visit) -> Response:
    """Rows of new exchanges as server-sent events, as many at once as came within a moment."""
    last = visit.request.headers.get("last-event-id") or visit.asked("since")
    since = read_digits(last, 15) or 0
    await visit.plane.get("/clock")  # access is checked before the stream starts
    return StreamingResponse(encode_events(_follow(visit, since)), headers=HEADERS, media_type=EVENT_STREAM)


async def _follow(visit: Visit, since: int) -> AsyncIterator[StreamEvent]:
    """Rows of new exchanges, those of a moment in one event, and after them how many the journal keeps."""
    filters = _filters(visit)
    async with aclosing(visit.plane.listen("/journal/stream", since=since)) as parts:
        async for part in parts:
            number = _number(part)
            if number <= since:
                continue  # a comment, or an exchange that was sent with an earlier one
            await asyncio.sleep(PAUSE)
            found = await visit.plane.get("/journal", since=since, limit=PAGE, **filters)
            newest = await visit.plane.get("/journal", since=since, limit=1)
            since = max(number, *(one["number"] for one in newest["exchanges"])) if newest["exchanges"] else number
            text = visit.render("journal_rows.html", exchanges=found["exchanges"][::-1], filters=filters, fresh=True, chosen=None)
            yield StreamEvent("rows", "\n".join(line for line in text.splitlines() if line.strip()).encode(), since)
            yield StreamEvent("count", b"%d" % newest["kept"])


def _number(event: bytes) -> int:
    """The number of the exchange in a part of the stream; 0 for a comment."""
    found = [line[4:] for line in event.splitlines() if line.startswith(b"id: ")]
    return int(found[-1]) if found else 0


def _filters(visit: Visit) -> dict[str, Any]:
    chosen = {name: visit.asked(name) for name in ("api", "operation", "method", "status", "basis", "text")}
    for name in ("findings", "injected", "changed"):
        chosen[name] = visit.asked(name) if visit.asked(name) in ("true", "false") else ""
    return {name: value for name, value in chosen.items() if value}


async def list_exchanges(visit: Visit, most: int = PAGE) -> dict[str, Any]:
    """What the list of exchanges shows: the newest ones that the filters of the page let through."""
    filters = _filters(visit)
    listed = await visit.plane.get("/journal", limit=most, before=visit.asked("before"), **filters)
    served = (await visit.plane.get("/apis"))["apis"]
    apis = [api["slug"] for api in served]
    newest = await visit.plane.get("/journal", limit=1)
    since = newest["exchanges"][-1]["number"] if newest["exchanges"] else 0
    return {
        "exchanges": listed["exchanges"][::-1],
        "has_basis": any(api.get("answers") for api in served),
        "total": listed["total"],
        "kept": listed["kept"],
        "dropped": listed["dropped"],
        "older": listed["exchanges"][0]["number"] if listed["total"] > len(listed["exchanges"]) else None,
        "filters": filters,
        "apis": apis,
        "since": since,
        "statuses": STATUSES,
        "fresh": False,
        "chosen": visit.request.path_params.get("number"),
    }


async def _whole(visit: Visit) -> dict[str, Any]:
    """One exchange, with the clauses that it touched, the errors that its operation knows, and the command that repeats it."""
    whole = await visit.plane.get(f"/journal/{visit.named('number')}")
    summary = whole["exchange"]
    operations = (await visit.plane.get(f"/apis/{summary['api']}/operations"))["operations"] if summary["api"] else []
    operation = next((found for found in operations if found["id"] == summary["operation"]), None)
    apis = (await visit.plane.get("/apis"))["apis"]
    api = next((found for found in apis if found["slug"] == summary["api"]), None)
    published = next((found["headers"] for found in (api or {}).get("credentials", ()) if found["name"] == whole["credential"]), None)
    return {
        "whole": whole,
        "operation": operation,
        "curl": curl(whole, published),
        "test": write_test(whole, _find_base_path(visit, api)) if api is not None else "",
        "worlds": (await visit.plane.get("/worlds", limit=WORLDS))["worlds"],
        "wrong": {side: _wrong(whole["findings"], side) for side in ("request", "response")},
    }


def _find_base_path(visit: Visit, api: dict[str, Any]) -> str:
    """The path of an API without that of a world."""
    return urlsplit(str(api["base_url"])).path.removeprefix(visit.world_prefix)


def _wrong(findings: list[dict[str, Any]], side: str) -> dict[str, list[str]]:
    """The violations of one body, by JSON pointer."""
    found: dict[str, list[str]] = {}
    for finding in findings:
        if finding["side"] == side and finding["place"] == "body":
            found.setdefault(finding["pointer"], []).append(finding["text"])
    return found
