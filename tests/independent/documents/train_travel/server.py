"""The Train Travel API from its document alone: WSGI on Werkzeug, bookings as rows of SQLite.

Environment: PORT, DB (a file of SQLite), BUG (the name of what it does wrong, empty for nothing).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import sqlite3
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.serving import WSGIRequestHandler, run_simple
from werkzeug.wrappers import Request, Response

BUG = os.environ.get("BUG", "")
TOKEN = "tt-Kestrel-81-Harbour-token"
TYPES = {"trip_id": str, "passenger_name": str, "has_bicycle": bool, "has_dog": bool}
URLS = Map(
    [
        Rule("/stations", endpoint="stations", methods=["GET"]),
        Rule("/trips", endpoint="trips", methods=["GET"]),
        Rule("/bookings", endpoint="bookings", methods=["GET"]),
        Rule("/bookings", endpoint="create_booking", methods=["POST"]),
        Rule("/bookings/<key>", endpoint="booking", methods=["GET"]),
        Rule("/bookings/<key>", endpoint="delete_booking", methods=["DELETE"]),
        Rule("/bookings/<key>/payment", endpoint="pay", methods=["POST"]),
    ]
)
base = sqlite3.connect(os.environ["DB"], check_same_thread=False, isolation_level=None)
base.execute("create table booking (place integer primary key autoincrement, id text unique, content text)")


class Refused(Exception):
    """A call is refused with a status and a detail."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def key_of(text: object) -> str:
    try:
        found = str(uuid.UUID(str(text)))
    except ValueError:
        raise Refused(400, "an identifier is a UUID") from None
    if not isinstance(text, str) or found != text.lower():
        raise Refused(400, "an identifier is a UUID")
    return found


def sent_object(request: Request) -> dict[str, Any]:
    if request.mimetype != "application/json":
        raise Refused(415, "send JSON")
    try:
        said = json.loads(request.get_data())
    except ValueError:
        raise Refused(400, "the body is no JSON") from None
    if not isinstance(said, dict):
        raise Refused(400, "the body is no object")
    return said


def paged(request: Request, rows: list[Any]) -> dict[str, Any]:
    """The page of a list that a call asks for, in the envelope of collections."""
    found = {}
    for name, usual, most in (("page", "1", 10**6), ("limit", "10", 100)):
        text = request.args.get(name, usual)
        if re.fullmatch(r"[0-9]{1,6}", text) is None or not 1 <= int(text) <= most:
            raise Refused(400, f"{name} is wrong")
        found[name] = int(text)
    size = 10 if BUG == "limit_ignored" else found["limit"]
    start = 0 if BUG == "page_ignored" else (found["page"] - 1) * size
    return {"data": rows[start : start + size], "links": {"self": request.base_url}}


def stations(request: Request) -> tuple[int, Any]:
    names = ("Berlin", "Paris", "Madrid", "Lisbon", "Vienna")
    rows = [
        {
            "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
            "name": f"{name} Central",
            "address": f"1 Station Street, {name}",
            "country_code": name[:2].upper(),
        }
        for name in names
    ]
    search, country = request.args.get("search", ""), request.args.get("country")
    return 200, paged(request, [row for row in rows if search in row["name"] and country in (None, row["country_code"])])


def trips(request: Request) -> tuple[int, Any]:
    origin, destination = key_of(request.args.get("origin")), key_of(request.args.get("destination"))
    try:
        day = dt.datetime.fromisoformat(request.args.get("date", ""))
    except ValueError:
        raise Refused(400, "date is no moment") from None
    for flag in ("bicycles", "dogs"):
        if request.args.get(flag, "true") not in ("true", "false"):
            raise Refused(400, f"{flag} is no flag")
    moment = day.replace(tzinfo=day.tzinfo or dt.UTC).isoformat()
    trip = {"id": str(uuid.uuid5(uuid.UUID(origin), destination)), "origin": origin, "destination": destination, "price": 50}
    return 200, paged(request, [{**trip, "departure_time": moment, "arrival_time": moment, "operator": "Rail", "bicycles_allowed": True}])


def bookings(request: Request) -> tuple[int, Any]:
    rows = [json.loads(content) for (content,) in base.execute("select content from booking order by place")]
    return 200, paged(request, rows[:1] if BUG == "new_unlisted" else rows)


def create_booking(request: Request) -> tuple[int, Any]:
    said = sent_object(request)
    if BUG != "bookings_unchecked":
        for name, kind in TYPES.items():
            if name in said and not isinstance(said[name], kind):
                raise Refused(400, f"{name} is wrong")
        if "trip_id" in said:
            key_of(said["trip_id"])
    key = str(uuid.uuid5(uuid.NAMESPACE_OID, "one")) if BUG == "one_id_for_all" else str(uuid.uuid4())
    made = {"id": key, **{name: said[name] for name in TYPES if name in said}}
    kept = {**made, "has_dog": False} if BUG == "dog_lost" else made
    if BUG != "created_lost":
        base.execute("insert or replace into booking (id, content) values (?, ?)", (key, json.dumps(kept)))
    return 201, made


def find(key: str) -> dict[str, Any]:
    row = base.execute("select content from booking where id = ?", (key_of(key),)).fetchone()
    if row is None and BUG == "unknown_found":
        return {"id": key, "passenger_name": "nobody"}
    if row is None:
        raise Refused(404, "there is no such booking")
    found: dict[str, Any] = json.loads(row[0])
    return found


def booking(_: Request, key: str) -> tuple[int, Any]:
    return 200, find(key)


def delete_booking(_: Request, key: str) -> tuple[int, Any]:
    found = find(key)
    if BUG != "deleted_kept":
        base.execute("delete from booking where id = ?", (found["id"],))
    return 204, None


def pay(request: Request, key: str) -> tuple[int, Any]:
    find(key)
    sent_object(request)
    raise Refused(400, "the card is declined")


CALLS: Mapping[str, Any] = {one.__name__: one for one in (stations, trips, bookings, create_booking, booking, delete_booking, pay)}


def check_token(request: Request) -> None:
    if BUG != "no_credential" and request.headers.get("Authorization") != f"Bearer {TOKEN}":
        raise Refused(401, "the token is missing or wrong")


def answer(request: Request) -> Response:
    problem = "application/json" if BUG == "problems_as_json" else "application/problem+json"
    try:
        check_token(request)
        endpoint, values = URLS.bind_to_environ(request.environ).match()
        status, body = CALLS[endpoint](request, **values)
    except Refused as refused:
        status, body = refused.status, {"type": "about:blank", "title": "Refused", "status": refused.status, "detail": str(refused)}
    except HTTPException as error:
        status = error.code or 500
        body = {"type": "about:blank", "title": error.name, "status": status, "detail": error.name}
    content = b"" if body is None else json.dumps(body).encode()
    return Response(content, status, content_type="application/json" if status < 400 else problem)


class Quiet(WSGIRequestHandler):
    """A handler that writes no log."""

    protocol_version = "HTTP/1.1"

    def log(self, *_: Any) -> None:
        """Keep quiet."""


def application(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """Answer a call."""
    return answer(Request(environ))(environ, start)


if __name__ == "__main__":
    run_simple("127.0.0.1", int(os.environ["PORT"]), application, threaded=False, request_handler=Quiet)
