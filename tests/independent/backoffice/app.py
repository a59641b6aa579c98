"""The routes. Paths are served with and without a final slash, and with more than one slash (D20)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.independent.backoffice import hooks, reads, records, reference, users
from tests.independent.backoffice.settings import READING, has_bug
from tests.independent.backoffice.store import PATH, read_clock, use_store
from tests.independent.backoffice.web import Call, Refused, Sent, check_key, check_token, read_body
from tests.independent.backoffice.world import fill_store

Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Operation:
    """One entry of the page. ``signed`` ones need the session token; ``writes`` run alone."""

    method: str
    path: str
    run: Handler
    writes: bool = False
    signed: bool = True


def _list(make: Callable[[], Any]) -> Handler:
    return lambda _: {"list": make()}


OPERATIONS = (
    Operation("POST", "/login", users.login, signed=False),
    Operation("GET", "/users/{id}", users.get_user),
    Operation("POST", "/users", users.create_user, writes=True),
    Operation("PUT", "/users/{id}", users.update_user, writes=not has_bug("lost_update")),
    Operation("GET", "/cryptocurrency_cashouts", _list(reference.list_currencies)),
    Operation("GET", "/legs", _list(reference.list_legs)),
    Operation("GET", "/locales", _list(reference.list_locales)),
    Operation("GET", "/countries", _list(reference.list_countries)),
    Operation("POST", "/tokens", users.create_token, writes=True),
    Operation("GET", "/dashboards/{id}", reads.get_dashboard),
    Operation("GET", "/notices/{id}", reads.get_notices),
    Operation("GET", "/products/{id}", reads.list_products),
    Operation("GET", "/teamviews/{id}", reads.get_team),
    Operation("GET", "/matrixs/{id}", reads.get_matrix),
    Operation("GET", "/category_resources", reads.list_categories),
    Operation("GET", "/resources/{id}", reads.list_resources),
    Operation("GET", "/user_tickets/{id}", records.list_tickets),
    Operation("POST", "/user_tickets", records.create_ticket, writes=True),
    Operation("GET", "/threads/{id}", records.list_threads),
    Operation("POST", "/threads", records.create_thread, writes=not has_bug("lost_message")),
    Operation("GET", "/wallets/{id}", records.list_transactions),
)


def answer(status: int, body: Any) -> Response:
    kind = "text/html; charset=utf-8" if has_bug("html_errors") and status == 403 else "application/json; charset=utf-8"
    return Response(json.dumps(body, ensure_ascii=False), status, {"content-type": kind})


def _run(operation: Operation, request: Request, sent: Sent | Refused) -> Response:
    try:
        with use_store(writes=operation.writes) as db:
            try:
                return _perform(operation, request, sent, db)
            except Refused as refused:
                if not refused.keeps:
                    raise
                return answer(refused.status, refused.body)
    except Refused as refused:
        return answer(refused.status, refused.body)


def _perform(operation: Operation, request: Request, sent: Sent | Refused, db: Any) -> Response:
    if has_bug("token_before_key") and operation.signed:
        check_token(request.headers, db)
    if not (has_bug("login_without_key") and not operation.signed):
        check_key(request.headers)
    who = 0
    if operation.signed and not (has_bug("lists_open") and operation.path in ("/legs", "/locales", "/countries")):
        who = check_token(request.headers, db)
    if isinstance(sent, Refused):
        raise sent
    base = f"{request.url.scheme}://{request.url.netloc}"
    call = Call(db, request.path_params, dict(request.query_params), sent.fields, sent.files, base, who, read_clock(db))
    done = operation.run(call)
    return answer(*done) if isinstance(done, tuple) else answer(200, done)


def _endpoint(operation: Operation) -> Callable[[Request], Any]:
    async def serve(request: Request) -> Response:
        sent: Sent | Refused
        try:
            sent = await read_body(request)
        except Refused as refused:
            sent = refused
        return await run_in_threadpool(_run, operation, request, sent)

    return serve


def _read_picture(number: int) -> tuple[str, bytes] | None:
    with use_store(writes=False) as db:
        row = db.execute("SELECT kind, data FROM pictures WHERE id = ?", (number,)).fetchone()
    return None if row is None else (row["kind"], row["data"])


async def serve_picture(request: Request) -> Response:
    found = await run_in_threadpool(_read_picture, request.path_params["id"])
    return answer(404, {"error": "Not found."}) if found is None else Response(found[1], media_type=found[0])


async def serve_asset(_: Request) -> Response:
    return Response('<svg xmlns="http://www.w3.org/2000/svg"/>', media_type="image/svg+xml")


async def refuse_route(request: Request, _: Exception) -> Response:
    """Neither the resource nor the method is there: the page has 404 for both."""
    if READING.key_first and request.url.path.startswith("/api/"):
        try:
            check_key(request.headers)
        except Refused as refused:
            return answer(refused.status, refused.body)
    return answer(404, {"error": "Not found."})


async def report_crash(_: Request, __: Exception) -> Response:
    return answer(500, {"error": "Internal Server Error"})


class MergeSlashes:
    """Serve //api/v1//login/ as /api/v1/login."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = re.sub("/+", "/", scope["path"]).rstrip("/") or "/"
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self.app(scope, receive, send)


def make_app() -> ASGIApp:
    """The server, with a fresh store unless its file is there already."""
    if not PATH.exists() or not PATH.stat().st_size:
        fill_store()
    routes = [Route("/api/v1" + one.path, _endpoint(one), methods=[one.method]) for one in OPERATIONS]
    routes += [Route("/uploads/pictures/{id:int}", serve_picture), Route("/assets/{name}", serve_asset), *hooks.ROUTES]
    handlers: Mapping[Any, Any] = {404: refuse_route, 405: refuse_route, Refused: refuse_route, 500: report_crash}
    return MergeSlashes(Starlette(routes=routes, exception_handlers=handlers))
