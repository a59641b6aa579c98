"""The HTTP side: routes, credentials, envelopes, hooks of the staging system."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.independent.trincico import invoices, notifications, payouts, staging, subscriptions
from tests.independent.trincico.database import Row, connect, remove_old_file, row, transaction
from tests.independent.trincico.faults import BIGINT, Refused, render_refusal
from tests.independent.trincico.paging import Query
from tests.independent.trincico.seed import reset
from tests.independent.trincico.settings import PORT, READING, planted
from tests.independent.trincico.subscriptions import Answer

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
UUID = "([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})"
BODY_LIMIT = 1 << 20


@dataclass
class Call:
    """One request, read."""

    method: str
    path: str
    query: Query
    headers: dict[str, str]
    raw: bytes
    keys: tuple[str, ...] = ()

    def body(self, *, listed: bool = False) -> object:
        """What was sent. `listed`: the table of the operation prints 400 for a faulty param."""
        if not self.raw.strip():
            return None
        try:
            return json.loads(self.raw.decode(), parse_constant=self.refuse_constant, parse_int=self.read_integer)
        except (ValueError, RecursionError):
            raise Refused(READING.listed_status if listed else READING.invalid_status, "invalid_param") from None

    @staticmethod
    def refuse_constant(name: str) -> object:
        raise ValueError(name)

    @staticmethod
    def read_integer(text: str) -> int:
        return int(text) if len(text) < 20 else BIGINT + 1


Handler = Callable[[Row, Call], Answer]


def public(answer: Callable[[Call], Answer]) -> Handler:
    return lambda _, call: answer(call)


ROUTES: list[tuple[str, str, str, Handler]] = [
    ("GET", "/plans", "none", public(lambda _: subscriptions.list_plans())),
    ("GET", "/payment-methods", "none", public(lambda _: subscriptions.list_methods())),
    ("GET", "/subscriptions/active", "bearer", lambda user, _: subscriptions.get_active(user)),
    ("POST", "/subscriptions/upgrade", "bearer", lambda user, call: subscriptions.upgrade(user, call.body(listed=True))),
    ("POST", f"/subscriptions/{UUID}/cancel", "bearer", lambda user, call: subscriptions.cancel(user, *call.keys)),
    (
        "POST",
        f"/subscriptions/{UUID}/update-payment",
        "bearer",
        lambda user, call: subscriptions.update_payment(user, call.keys[0], call.body(listed=True)),
    ),
    ("GET", "/invoices", "bearer", lambda user, call: invoices.list_invoices(user, call.query)),
    ("POST", "/invoices", "bearer", lambda user, call: invoices.create(user, call.body())),
    ("GET", "/invoices/build-reference", "bearer", lambda user, call: invoices.build_reference(user, call.query)),
    ("GET", f"/invoices/{UUID}", "bearer", lambda user, call: invoices.retrieve(user, *call.keys)),
    ("PUT", f"/invoices/{UUID}", "bearer", lambda user, call: invoices.update_invoice(user, call.keys[0], call.body())),
    ("PUT", f"/invoices/{UUID}/status", "bearer", lambda user, call: invoices.update_status(user, call.keys[0], call.body())),
    ("GET", f"/invoices/{UUID}/view", "none", public(lambda call: invoices.view(*call.keys))),
    ("POST", f"/invoices/{UUID}/pay", "bearer", lambda user, call: invoices.pay(user, call.keys[0], call.body())),
    ("POST", f"/invoices/{UUID}/items", "bearer", lambda user, call: invoices.add_item(user, call.keys[0], call.body())),
    ("PUT", f"/invoices/{UUID}/items/{UUID}", "bearer", lambda user, call: invoices.update_item(user, call.keys[0], call.keys[1], call.body())),
    ("DELETE", f"/invoices/{UUID}/items/{UUID}", "bearer", lambda user, call: invoices.delete_item(user, *call.keys)),
    ("GET", "/profile", "bearer", lambda user, _: subscriptions.get_profile(user)),
    ("GET", "/payouts/frequencies", "bearer", lambda user, _: payouts.list_frequencies(user)),
    ("POST", "/payouts/account", "bearer", lambda user, call: payouts.create_account(user, call.body())),
    ("GET", "/payouts/account", "bearer", lambda user, _: payouts.retrieve(user)),
    ("POST", "/payouts/account/enable", "bearer", lambda user, call: payouts.enable(user, call.body())),
    ("PUT", "/payouts/account/frequency", "bearer", lambda user, call: payouts.update_frequency(user, call.body())),
    ("GET", "/payouts/account/balance", "bearer", lambda user, _: payouts.get_balance(user)),
    ("GET", "/payouts/account/external-accounts", "bearer", lambda user, _: payouts.list_banks(user)),
    ("POST", "/payouts", "bearer", lambda user, call: payouts.create_payout(user, call.body())),
    ("GET", "/payouts", "bearer", lambda user, call: payouts.list_payouts(user, call.query)),
    ("GET", "/notifications/send", "basic", public(lambda call: notifications.send(call.body()))),
    *([("POST", "/notifications/send", "basic", public(lambda call: notifications.send(call.body())))] if READING.notify_by_post else []),
]


def user_of(call: Call) -> Row:
    """The user whose bearer token the call carries."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    token = token.strip()
    found = row("select * from users where token=?", token)
    if found is None and planted("token_case"):
        found = row("select * from users where lower(token)=lower(?)", token)
    if found is None and planted("token_prefix") and token:
        found = row("select * from users where substr(token, 1, ?)=? or substr(?, 1, length(token))=token", len(token), token, token)
    if found is None and planted("any_token") and token:
        found = row("select * from users order by id")
    if found is None or scheme.lower() != "bearer":
        raise Refused(*READING.unauthorised)
    return found


def answer_call(call: Call) -> Response:
    path = call.path.rstrip("/") or "/"
    if path.startswith("/_staging/"):
        with transaction():
            return staging.answer(call.method, path.removeprefix("/_staging/"), call.query)
    found = [(method, handler, kind, keys) for method, pattern, kind, handler in ROUTES if (keys := re.fullmatch(pattern, path))]
    if not found:
        return refuse(Refused(404, "not_found"))
    method = "GET" if call.method == "HEAD" else call.method
    for known, handler, kind, keys in found:
        if known == method:
            call.keys = tuple(key.lower() for key in keys.groups())
            return answer_route(call, kind, handler)
    response = refuse(Refused(405, "not_found"))
    response.headers["allow"] = ", ".join(known for known, *_ in found)
    return response


def answer_route(call: Call, kind: str, handler: Handler) -> Response:
    try:
        with transaction():
            user: Row = {}
            if kind == "bearer" and not (planted("profile_open") and call.path == "/profile"):
                user = user_of(call)
            elif kind == "bearer":
                user = row("select * from users order by id") or {}
            elif planted("view_needs_token") and call.path.endswith("/view"):
                user = user_of(call)
            elif kind == "basic":
                notifications.check_password(call.headers.get("authorization", ""))
            return render(*handler(user, call))
    except Refused as refused:
        return refuse(refused)


def refuse(refused: Refused) -> Response:
    if planted("refused_with_200"):
        return Response(json.dumps(render_refusal(refused)), 200, media_type="application/json")
    if planted("html_errors") and refused.status == 404:
        return Response("<h1>Not found</h1>", 404, media_type="text/html")
    if planted("message_missing"):
        body = render_refusal(refused)
        del body["message"]
        return Response(json.dumps(body), refused.status, media_type="application/json")
    return Response(json.dumps(render_refusal(refused)), refused.status, media_type="application/json")


def render(status: int, body: Any) -> Response:
    if status == 204:
        return Response(status_code=200, content="{}", media_type="application/json") if planted("ok_for_empty") else Response(status_code=204)
    paged = isinstance(body, dict) and "next_page" in body
    if READING.wrapped and not paged:
        body = {"data": body}
    return Response(json.dumps(body, ensure_ascii=False), status, media_type="text/plain" if planted("plain_text") else "application/json")


async def endpoint(request: Request) -> Response:
    raw = await request.body()
    if len(raw) > BODY_LIMIT:
        return refuse(Refused(413, "invalid_param"))
    call = Call(request.method, request.url.path, request.query_params, dict(request.headers), raw)
    response = await run_in_threadpool(answer_call, call)
    if request.method == "HEAD":
        response.body = b""
    return response


def main() -> None:
    remove_old_file()
    connect().execute("pragma journal_mode=wal")
    with transaction():
        reset()
    app = Starlette(routes=[Route("/{path:path}", endpoint, methods=METHODS)])
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")


if __name__ == "__main__":
    main()
