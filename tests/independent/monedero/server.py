"""Monedero from its page alone: Starlette over SQLite, each operation in a thread.

Environment: PORT, DB, READING, BUG. What only the owner of a staging system can do stands under /_staging: ``POST reset``, ``GET outbox``.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tests.independent.monedero.contacts import add_contact, get_contacts
from tests.independent.monedero.envelope import AUTH, Call, Refused, refuse
from tests.independent.monedero.points import create_sale, update_balance
from tests.independent.monedero.settings import BUG, READING
from tests.independent.monedero.staff import add_employee, disable_employee, get_toolusers, get_wallets
from tests.independent.monedero.store import Store

LONGEST = 1_000_000
OPERATIONS: dict[str, Callable[[Store, Call], dict[str, Any]]] = {
    "/toolusers/get": get_toolusers,
    "/wallet/get": get_wallets,
    "/wallet/contact/add": add_contact,
    "/wallet/contact/get": get_contacts,
    "/wallet/sale": create_sale,
    "/wallet/balance/update": update_balance,
    "/employee/add": add_employee,
    "/employee/disable": disable_employee,
}
AT_ONCE = {"sales_lost_at_once", "points_used_twice_at_once", "changes_lost_at_once", "registered_twice_at_once", "equal_ids_at_once"}
"""Bugs of calls that do not wait for one another."""
store = Store(os.environ["DB"])


def _read_fields(media_type: str, body: bytes) -> dict[str, str]:
    """The fields of a form; reading b reads JSON too. Any other body has none."""
    if media_type == "application/json" and READING == "b":
        try:
            sent = json.loads(body or b"{}")
        except ValueError:
            return {}
        return {name: "" if value is None else str(value) for name, value in sent.items()} if isinstance(sent, dict) else {}
    if media_type not in ("", "application/x-www-form-urlencoded"):
        return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _run(operation: Callable[[Store, Call], dict[str, Any]], key: str, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
    if BUG == "key_in_the_form":
        key = key or fields.get("apikey", "")
    same = {"key_any_case": "lower(apikey) = lower(?)", "key_prefix": "apikey = substr(?, 1, 16)"}.get(BUG, "apikey = ?")
    with contextlib.nullcontext() if BUG in AT_ONCE else store.lock:
        try:
            account = store.row(f"select * from accounts where {same}", key)  # noqa: S608 - one of the texts above
            if account is None:
                refuse(AUTH, "Usuario no autorizado")
            return 200, operation(store, Call(account, fields))
        except Refused as refused:
            return refused.answer()


def _endpoint(operation: Callable[[Store, Call], dict[str, Any]]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        body = await request.body()
        if len(body) > LONGEST and READING == "b":
            return Response("Request Entity Too Large", 413, media_type="text/plain")
        fields = _read_fields(request.headers.get("content-type", "").partition(";")[0].strip().lower(), body)
        status, shown = await run_in_threadpool(_run, operation, request.headers.get("apikey", ""), fields)
        if BUG == "errors_as_html" and not shown["success"]:
            return HTMLResponse(json.dumps(shown), status)
        return JSONResponse(shown, status)

    return answer


async def reset(_: Request) -> Response:
    await run_in_threadpool(store.reset)
    return JSONResponse({"reset": True})


async def outbox(_: Request) -> Response:
    rows = await run_in_threadpool(store.rows, "select * from messages order by id")
    messages = [
        {"channel": one["channel"], "to": one["receiver"], "body": one["body"], "links": [one["link"]] if one["link"] else [], "codes": []}
        for one in rows
    ]
    return JSONResponse({"messages": messages})


app = Starlette(
    routes=[
        *[Route(f"/api{path}", _endpoint(operation), methods=["POST"]) for path, operation in OPERATIONS.items()],
        Route("/_staging/reset", reset, methods=["POST"]),
        Route("/_staging/outbox", outbox, methods=["GET"]),
    ],
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
