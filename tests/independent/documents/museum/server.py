"""The Museum API from its document alone: Starlette over a table of SQLite, a record as one text of JSON.

Environment: PORT, DB (a file of SQLite), BUG (the name of what it does wrong, empty for nothing).
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import sqlite3
import uuid
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

BUG = os.environ.get("BUG", "")
BASE_PATH = "/_mock/docs/openapi/museum-api"
CREDENTIAL = "Basic " + base64.b64encode(b"curator:Linen-Button-44").decode()
TEXTS = ("name", "location", "eventDescription")
EVENT = (*TEXTS, "dates", "price")
base = sqlite3.connect(os.environ["DB"], check_same_thread=False, isolation_level=None)
base.execute("create table event (number integer primary key autoincrement, id text unique, content text)")
base.execute("create table ticket (id text primary key, content text)")


def refuse(status: int, title: str) -> HTTPException:
    return HTTPException(status, title)


async def read_object(request: Request) -> dict[str, Any]:
    """The object of a body. Raises HTTPException."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise refuse(415, "send JSON")
    try:
        said = json.loads(await request.body())
    except ValueError:
        raise refuse(400, "the body is no JSON") from None
    if not isinstance(said, dict):
        raise refuse(400, "the body is no object")
    return said


def is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(dt.date.fromisoformat(value))
    except ValueError:
        return False


def is_key(value: object) -> bool:
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False


def check_event(said: dict[str, Any], needed: tuple[str, ...]) -> None:
    price, dates = said.get("price", 0), said.get("dates", [])
    wrong = [name for name in TEXTS if not isinstance(said.get(name, ""), str)]
    wrong += ["price"] if isinstance(price, bool) or not isinstance(price, int | float) else []
    wrong += ["dates"] if not isinstance(dates, list) or not all(map(is_date, dates)) else []
    wrong += [name for name in needed if name not in said]
    wrong += ["eventId"] if "eventId" in said and not is_key(said["eventId"]) else []
    if wrong and BUG != "events_unchecked":
        raise refuse(400, f"wrong: {', '.join(wrong)}")


def page(request: Request) -> tuple[int, int]:
    """Start and size of the page that a call asks for."""
    found = []
    for name, usual, most in (("page", "1", 10**6), ("limit", "10", 30)):
        text = request.query_params.get(name, usual)
        if not text.isascii() or not text.isdigit() or len(text) > 6 or not 1 <= int(text) <= most:
            raise refuse(400, f"{name} is wrong")
        found.append(int(text))
    for name in ("startDate", "endDate"):
        if name in request.query_params and not is_date(request.query_params[name]):
            raise refuse(400, f"{name} is no date")
    number, size = found
    return (number - 1) * size - (1 if BUG == "pages_overlap" and number > 1 else 0), size


async def hours(request: Request) -> Response:
    start, size = page(request)
    first = dt.date.fromisoformat(request.query_params.get("startDate", "2024-01-01"))
    days = [first + dt.timedelta(days=step) for step in range(start, min(start + size, 60)) if first.year < 9999]
    return JSONResponse([{"date": day.isoformat(), "timeOpen": "09:00", "timeClose": "18:00"} for day in days])


async def events(request: Request) -> Response:
    start, size = page(request)
    rows = [json.loads(content) for (content,) in base.execute("select content from event order by number")]
    since, until = request.query_params.get("startDate", ""), request.query_params.get("endDate", "9999-99-99")
    rows = [row for row in rows if not row["dates"] or any(since <= day <= until for day in row["dates"])]
    if BUG == "new_unlisted":
        rows = rows[:2]
    return JSONResponse(rows[start : start + size])


async def create(request: Request) -> Response:
    said = await read_object(request)
    check_event(said, EVENT)
    key = str(uuid.uuid5(uuid.NAMESPACE_OID, "one")) if BUG == "one_id_for_all" else str(uuid.uuid4())
    made = {**{name: said[name] for name in EVENT if name in said}, "eventId": key}
    kept = {**made, "price": round(made["price"] / 10) * 10} if BUG == "price_rounded" else made
    if BUG != "created_lost":
        base.execute("insert or replace into event (id, content) values (?, ?)", (key, json.dumps(kept)))
    return JSONResponse(made, 201)


def find(request: Request) -> tuple[str, dict[str, Any]]:
    key = request.path_params["key"]
    if not is_key(key):
        raise refuse(400, "the id of an event is a UUID")
    row = base.execute("select content from event where id = ?", (key.lower(),)).fetchone()
    if row is None and BUG == "unknown_found":
        return key, {"eventId": key, "name": "", "location": "", "eventDescription": "", "dates": [], "price": 0}
    if row is None:
        raise refuse(404, "there is no such event")
    return key.lower(), json.loads(row[0])


async def read(request: Request) -> Response:
    return JSONResponse(find(request)[1])


async def change(request: Request) -> Response:
    key, before = find(request)
    said = await read_object(request)
    check_event(said, ())
    sent = {name: said[name] for name in EVENT if name in said}
    after = {**before, **sent}
    if BUG == "change_drops_rest":
        after = {**dict.fromkeys(TEXTS, ""), "dates": [], "price": 0, "eventId": key, **sent}
    if BUG != "change_forgotten":
        base.execute("update event set content = ? where id = ?", (json.dumps(after), key))
    return JSONResponse(after)


async def delete(request: Request) -> Response:
    key, _ = find(request)
    if BUG != "deleted_kept":
        base.execute("delete from event where id = ?", (key,))
    return Response(status_code=204)


async def buy(request: Request) -> Response:
    said = await read_object(request)
    kinds, mail = ("event", "general"), said.get("email", "a@example.com")
    keys = all(is_key(said[name]) for name in ("ticketId", "eventId") if name in said)
    if said.get("ticketType") not in kinds or not is_date(said.get("ticketDate")) or not isinstance(mail, str) or "@" not in mail or not keys:
        raise refuse(400, "the order is wrong")
    key = str(uuid.uuid4())
    made = {name: said[name] for name in ("ticketDate", "ticketType", "eventId") if name in said}
    base.execute("insert into ticket values (?, ?)", (key, json.dumps(made)))
    return JSONResponse({**made, "ticketId": key, "message": "Museum ticket purchased", "confirmationCode": f"ticket-{key[:6]}"}, 201)


async def code(request: Request) -> Response:
    key = request.path_params["key"]
    if not is_key(key):
        raise refuse(400, "the id of a ticket is a UUID")
    if base.execute("select 1 from ticket where id = ?", (key.lower(),)).fetchone() is None:
        raise refuse(404, "there is no such ticket")
    return Response(b"\x89PNG\r\n\x1a\n", media_type="image/png")


async def fail(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"type": "object", "title": error.detail}, error.status_code, media_type="application/problem+json", headers=error.headers)


class Guard:
    """Asks each call for the credential."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and BUG != "no_credential" and dict(scope["headers"]).get(b"authorization", b"").decode("latin-1") != CREDENTIAL:
            refused = JSONResponse({"type": "object", "title": "no credential"}, 401, media_type="application/problem+json")
            await refused(scope, receive, send)
            return
        await self.inner(scope, receive, send)


def route(path: str, methods: list[str], endpoint: Any) -> Route:
    return Route(BASE_PATH + path, endpoint, methods=methods)


EVENTS, EVENT_PATH = "/special-events", "/special-events/{key}"
app = Starlette(
    routes=[
        route("/museum-hours", ["GET"], hours),
        route(EVENTS, ["GET"], events),
        route(EVENTS, ["POST"], create),
        route(EVENT_PATH, ["GET"], read),
        route(EVENT_PATH, ["PATCH"], change),
        route(EVENT_PATH, ["DELETE"], delete),
        route("/tickets", ["POST"], buy),
        route("/tickets/{key}/qr", ["GET"], code),
    ],
    exception_handlers={HTTPException: fail},
)
if __name__ == "__main__":
    uvicorn.run(Guard(app), host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error")
