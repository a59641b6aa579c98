"""What only the owner of the server can do: begin anew, move or stop the clock, see the mails."""

from __future__ import annotations

import datetime as dt
import json
import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.independent.backoffice.store import read_clock, use_store
from tests.independent.backoffice.world import fill_store

UNITS = (86400, 3600, 60, 1)


def read_duration(text: str) -> float:
    """The seconds of an ISO 8601 duration of days, hours, minutes and seconds."""
    found = re.fullmatch(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", text)
    if found is None:
        raise ValueError(f"{text} is no duration of days, hours, minutes and seconds")
    seconds = sum(float(number or 0) * unit for number, unit in zip(found.groups()[1:], UNITS, strict=True))
    return -seconds if found[1] else seconds


def _advance(duration: str) -> None:
    with use_store(writes=True) as db:
        seconds = read_duration(duration)
        db.execute("UPDATE clock SET shift = shift + ?, frozen = frozen + ?", (seconds, seconds))


def _freeze(moment: str) -> None:
    with use_store(writes=True) as db:
        db.execute("UPDATE clock SET frozen = ?", (dt.datetime.fromisoformat(moment).timestamp(),))


def _list_mails() -> list[dict[str, object]]:
    with use_store(writes=False) as db:
        return [
            {"channel": "email", "to": row["receiver"], "subject": row["subject"], "body": row["body"], "codes": [row["code"]], "links": []}
            for row in db.execute("SELECT * FROM mails ORDER BY id")
        ]


def _now() -> float:
    with use_store(writes=False) as db:
        return read_clock(db)


async def reset(_: Request) -> JSONResponse:
    await run_in_threadpool(fill_store)
    return JSONResponse({})


async def advance(request: Request) -> JSONResponse:
    await run_in_threadpool(_advance, json.loads(await request.body())["duration"])
    return JSONResponse({"now": await run_in_threadpool(_now)})


async def freeze(request: Request) -> JSONResponse:
    await run_in_threadpool(_freeze, json.loads(await request.body())["moment"])
    return JSONResponse({"now": await run_in_threadpool(_now)})


async def outbox(_: Request) -> JSONResponse:
    return JSONResponse({"messages": await run_in_threadpool(_list_mails)})


ROUTES = [
    Route("/_staging/reset", reset, methods=["POST"]),
    Route("/_staging/advance", advance, methods=["POST"]),
    Route("/_staging/freeze", freeze, methods=["POST"]),
    Route("/_staging/outbox", outbox, methods=["GET"]),
]
