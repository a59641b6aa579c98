"""Working calls of each operation, built from the known records of the target, and readers of answers in any documented form."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
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


OF_PRO = "the subscription of pro"
"""Stands in a path for the id of the subscription of the role pro: a paid one, which the payment provider has to know."""
_DRAFT, _READY = {"invoice_id": "$draft_invoice"}, {"invoice_id": "$ready_invoice"}
_ITEM = {**_DRAFT, "item_id": "$item"}

WORKING: dict[str, Working] = {
    "list_plans": Working(200, None),
    "list_payment_methods": Working(200, None),
    "get_active_subscription": Working(200),
    "upgrade_subscription": Working(428, fields={"plan_id": "$plan_pro", **BACK}),
    "cancel_subscription": Working(204, "pro", path={"subscription_id": OF_PRO}),
    "update_subscription_payment_method": Working(428, "pro", path={"subscription_id": OF_PRO}, fields=BACK),
    "list_invoices": Working(200, query={"limit": "100"}),
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
    "list_payouts": Working(200, "elite", query={"limit": "100"}),
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
        given = changes.pop(place, value)
        path = path.replace(f"{{{place}}}", subscription(api, "pro")["id"] if given == OF_PRO else str(api.fill(given)))
    body = {field: api.fill(value) for field, value in {**(working.fields or {}), **changes}.items() if value is not None}
    sent = query if query is not None else working.query
    if sent is not None and "limit" in (working.query or {}):
        sent = {**(working.query or {}), **sent}  # some implementations demand it
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
    return unwrapped(works(api, name, **options).json())


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
    """Make a call that is answered 204 without a body, unless a reading accepts another status."""
    answer = works(api, name, **options)
    assert answer.status_code != WORKING[name].status or not answer.content, f"{name} is answered without a body ({answer.text[:200]})"


def page_of(answer: httpx.Response) -> str:
    """The address of the page that a 428 hands out."""
    assert answer.status_code == 428, f"the answer is 428 with a redirect_url ({answer.status_code} {answer.text[:200]})"
    url: str = unwrapped(answer.json())["redirect_url"]
    return url


def refused(api: ApiClient, answer: httpx.Response, name: str, row: str) -> None:
    """Check that an answer is the refusal of a row, in any accepted reading; where a reading allows a success as well, it may be one."""
    if not api.is_refusal(name, answer) and api.readings.is_open(name, row):
        return
    wrong = api.wrong_with(name, row, answer)
    assert not wrong, f"{name} answers as its row {row} says ({'; '.join(wrong)})"


def has_worked(api: ApiClient, name: str, answer: httpx.Response) -> bool:
    """Whether an answer is the success of a working call, with the documented status or one of an accepted reading."""
    accepted = api.readings.allows_status(name, answer.status_code, "works") and not api.is_refusal(name, answer)
    return answer.status_code == WORKING[name].status or accepted


def works(api: ApiClient, name: str, /, **options: Any) -> httpx.Response:
    """The answer to a call that has to succeed."""
    answer = send(api, name, **options)
    assert has_worked(api, name, answer), f"{name} is answered {WORKING[name].status} ({answer.status_code} {answer.text[:200]})"
    return answer


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


def whole(api: ApiClient, name: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query, followed = {"limit": 100, **query}, set[str]()
    while True:
        body = works(api, name, query=query).json()
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
    found: list[dict[str, Any]] = works(api, name, role=role, query={"limit": 100, **query}).json()["data"]
    return found


def new_invoice(api: ApiClient, reference: str = "CT-#", **fields: Any) -> str:
    """The id of a new draft."""
    return str(one(got(api, "create_invoice", reference=reference, **fields))["id"])


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


def exact_amount(shown: dict[str, Any]) -> Fraction:
    """What an invoice comes to before any rounding: lines and the tax of each."""
    return sum((item["price"] * item["quantity"] * (1 + Fraction(str(item["tax"] or 0)) / 100) for item in shown["items"]), Fraction(0))


def check_amount(shown: dict[str, Any]) -> None:
    """The page does not say where and how parts of a minor unit are rounded: each line may be off by less than one."""
    off = abs(shown["amount"] - exact_amount(shown))
    assert off < max(1, len(shown["items"])), f"the amount is that of the items and their tax ({shown['amount']}, {float(exact_amount(shown))})"
