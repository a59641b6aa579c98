"""Working calls of each operation, built from the known records of the target, and readers of answers in any documented form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

from mockserver.openapi.documents import load_document

from ...harness import LONGEST, ApiClient, not_observable

OPERATIONS = load_document("trincico").by_id

NOBODY = "00000000-0000-4000-8000-000000000000"
"""An id that nothing has."""
BACK = {"success_url": "https://shop.example.com/success", "cancel_url": "https://shop.example.com/failed"}
BACK_TO_PAYOUTS = {"return_url": "https://shop.example.com/payouts", "refresh_url": "https://shop.example.com/again"}


class Working(NamedTuple):
    """A successful call: its role, the status of the answer, the path parameters, and the body or the query."""

    status: int
    role: str | None = ""
    path: Mapping[str, str] = {}
    fields: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None


_DRAFT, _READY = {"invoice_id": "$draft_invoice"}, {"invoice_id": "$ready_invoice"}
_ITEM = {**_DRAFT, "item_id": "$item"}

WORKING: dict[str, Working] = {
    "list_plans": Working(200, None),
    "list_payment_methods": Working(200, None),
    "get_active_subscription": Working(200),
    "upgrade_subscription": Working(428, fields={"plan_id": "$plan_pro", **BACK}),
    "cancel_subscription": Working(204, path={"subscription_id": "$subscription"}),
    "update_subscription_payment_method": Working(428, path={"subscription_id": "$subscription"}, fields=BACK),
    "list_invoices": Working(200),
    "create_invoice": Working(201, fields={"service_id": "$service", "service_customer_id": "$customer", "reference": "CT-#", "currency": "usd"}),
    "build_invoice_reference": Working(200, query={"service_id": "$service"}),
    "retrieve_invoice": Working(200, path=_DRAFT),
    "update_invoice": Working(204, path=_DRAFT, fields={"service_customer_id": "$second_customer", "currency": "eur", "reference": "CT-#-B"}),
    "update_invoice_status": Working(204, path=_DRAFT, fields={"status": "ready"}),
    "view_invoice": Working(200, None, path=_READY),
    "pay_invoice": Working(428, path=_READY, fields=BACK),
    "add_invoice_item": Working(201, path=_DRAFT, fields={"name": "Programmer", "price": 500, "quantity": 2, "description": "hours", "tax": "50"}),
    "update_invoice_item": Working(204, path=_ITEM, fields={"name": "Programmer2"}),
    "delete_invoice_item": Working(204, path=_ITEM),
    "get_profile": Working(200),
    "list_payout_frequencies": Working(200),
    "create_payout_account": Working(204, fields={"payment_method_id": "$payment_method"}),
    "enable_payout_account": Working(428, "pro", fields=BACK_TO_PAYOUTS),
    "retrieve_payout_account": Working(200, "elite"),
    "update_payout_frequency": Working(204, "elite", fields={"frequency": "auto_daily"}),
    "get_payout_balance": Working(200, "elite"),
    "list_external_accounts": Working(200, "elite"),
    "create_payout": Working(204, "elite", fields={"currency": "usd", "amount": 100, "instant": False}),
    "list_payouts": Working(200, "elite"),
    "send_notification": Working(
        204, "notifications", fields={"channel": "email_notification", "scope": "invoice_created", "target_id": "$ready_invoice"}
    ),
}
"""The described operations; ``$name`` stands for a known value of the target, ``#`` for fresh digits."""

SAME_ROLE = "same"
"""The role that makes the working call."""


def send(
    api: ApiClient,
    name: str,
    /,
    *,
    role: str | None = SAME_ROLE,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    **changes: Any,
) -> httpx.Response:
    """The answer to a working call with some fields replaced, in the path or in the body; None leaves a field out."""
    working, found = WORKING[name], OPERATIONS[name]
    path = found.path
    for place, value in working.path.items():
        path = path.replace(f"{{{place}}}", str(api.fill(changes.pop(place, value))))
    body = {field: api.fill(value) for field, value in {**(working.fields or {}), **changes}.items() if value is not None}
    sent = query if query is not None else working.query
    return api.call(
        found.method,
        path,
        role=working.role if role == SAME_ROLE else role,
        headers=headers,
        params=None if sent is None else {field: api.fill(value) for field, value in sent.items()},
        json=body if working.fields is not None else None,
    )


def spend(api: ApiClient, name: str) -> None:
    """Announce a working call that may use up something that no call restores."""
    what = OPERATIONS[name].recipes.get("works", {}).get("spends")
    if what:
        api.spends(what)


def got(api: ApiClient, name: str, /, **options: Any) -> Any:
    """The result of a successful call, without the wrapper of some readings."""
    answer = send(api, name, **options)
    assert answer.status_code == WORKING[name].status, answer.text
    return unwrapped(answer.json())


def unwrapped(body: Any) -> Any:
    """A payload: bare, alone in ``data``, or alone in a list."""
    if isinstance(body, dict) and body.keys() == {"data"}:
        body = body["data"]
    return body


def one(found: Any) -> dict[str, Any]:
    """An object, or the only item of a list."""
    record: dict[str, Any] = found[0] if isinstance(found, list) else found
    return record


def done(api: ApiClient, name: str, /, **options: Any) -> None:
    """Make a call that is answered 204 without a body."""
    answer = send(api, name, **options)
    assert (answer.status_code, answer.content) == (204, b""), answer.text


def page_of(answer: httpx.Response) -> str:
    """The address of the page that a 428 hands out."""
    assert answer.status_code == 428, answer.text
    url: str = answer.json()["redirect_url"]
    return url


def refused(answer: httpx.Response, name: str, row: str) -> None:
    """Whether an answer is a documented refusal: code, text and status of its row; if the page prints two texts or statuses, either is accepted."""
    error = OPERATIONS[name].own_errors[row]
    body = answer.json()
    assert body["internal_code"] == error.get("code", row), body
    assert isinstance(body["message"], str)
    assert answer.status_code == error["status"]
    if "field" in error:
        assert error["field"] in (body["field"] if isinstance(body["field"], list) else [body["field"]])


def invoice(api: ApiClient, invoice_id: str = "$draft_invoice") -> dict[str, Any]:
    return one(got(api, "retrieve_invoice", invoice_id=invoice_id))


def subscription(api: ApiClient, role: str = "") -> dict[str, Any]:
    return one(got(api, "get_active_subscription", role=role))


def account(api: ApiClient, role: str = "elite") -> dict[str, Any]:
    return one(got(api, "retrieve_payout_account", role=role))


def balance(api: ApiClient, role: str = "elite") -> dict[str, dict[str, int]]:
    """The balance of a role, by key and currency."""
    found = one(got(api, "get_payout_balance", role=role))
    return {key: {row["currency"]: row["amount"] for row in found[key] or ()} for key in ("available", "instant", "pending")}


def paid_out(api: ApiClient, role: str, frequency: str) -> None:
    """Set the payout method of a role's account for a test, and restore it afterwards."""
    if not api.is_shared:
        return
    keep_frequency(api, role)
    if account(api, role)["frequency"] != frequency:
        done(api, "update_payout_frequency", role=role, frequency=frequency)


def keep_frequency(api: ApiClient, role: str) -> None:
    """Restore the payout frequency of a role's account after the test."""
    if api.is_shared:
        before = account(api, role)["frequency"]
        api.afterwards(lambda: send(api, "update_payout_frequency", role=role, frequency=before))


def whole(api: ApiClient, name: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query, followed = {"limit": 100, **query}, set[str]()
    while True:
        answer = send(api, name, query=query)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found += body["data"]
        following = body.get("next_page")
        if not following or not body["data"]:
            return found
        if len(followed) == LONGEST:
            not_observable(f"the pages of {name} are more than {LONGEST}")
        assert following not in followed, f"{name} hands out the next_page {following} again behind the page that it led to: its pages have no end"
        followed.add(following)
        query["next_page"] = following


def rows(api: ApiClient, name: str, *, role: str | None = SAME_ROLE, **query: Any) -> list[dict[str, Any]]:
    answer = send(api, name, role=role, query=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def new_invoice(api: ApiClient, reference: str = "CT-#", **fields: Any) -> str:
    """The id of a new draft."""
    answer = send(api, "create_invoice", reference=reference, **fields)
    assert answer.status_code == 201, answer.text
    return str(one(unwrapped(answer.json()))["id"])


def look(api: ApiClient, url: str) -> httpx.Response:
    """A page that the target handed out. Only a mock's own pages are opened; those of others belong to their providers."""
    if api.target.control is None or not url.startswith(api.target.control):
        not_observable("the page belongs to somebody else")
    return api.follow(url)


def press(api: ApiClient, url: str, outcome: str, **fields: str) -> str:
    """Press a button of a page that the target handed out, and return the address to which the browser is sent."""
    answer = api.submit(url, outcome=outcome, **fields)
    assert answer.status_code in (302, 303), answer.text
    return answer.headers["location"]
