"""Calls of Trincico, and the witnesses that compare several answers. The name of a witness is that of its planted violation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract_tests.suite.vendors.trincico.calls import (
    OPERATIONS,
    SAME_ROLE,
    WORKING,
    Working,
    balance,
    invoice,
    new_invoice,
    rows,
    send,
    subscription,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from contract_tests.suite.harness import ApiClient

_CUSTOMER = {"first_name": "Ada", "last_name": "Berg", "business_name": "", "email": "ada.berg@example.com", "phone": ""}
_SERVICE = {"name": "Third", "category_id": "$category", "email": "third@example.com", "city": "Austin", "country": "US"}
LISTED = {
    "accept_reserve": Working(200, path={"reserve_id": "$booking"}),
    "activate_account": Working(200, None, fields={"email": "$not_activated_email", "code": "000000"}),
    "change_password": Working(204, fields={"old_password": "wrong", "new_password": "another one"}),
    "create_customer": Working(201, path={"service_id": "$service"}, fields=_CUSTOMER),
    "create_service": Working(201, "pro", fields=_SERVICE),
    "create_token": Working(201, fields={"token": "abc", "platform": "ios"}),
    "get_service_booking_availability": Working(200, None, path={"service_id": "$service"}, query={"date": "2041-05-08"}),
    "block_user": Working(204, fields={"user_id": "$failing_user"}),
    "cancel_reserve": Working(200, path={"reserve_id": "$booking"}),
    "change_language": Working(204, fields={"language": "es"}),
    "count_unread_messages": Working(200, path={"chat_id": "$chat"}),
    "create_chat": Working(201, fields={"user_id": "$user_without_activation_code"}),
    "get_chat": Working(200, path={"chat_id": "$chat"}),
    "get_data_to_create_service": Working(200, "pro"),
    "list_countries": Working(200, None),
    "list_customers": Working(200, path={"service_id": "$service"}),
    "list_reserves": Working(200, query={"status": "canceled"}),
    "report_profile": Working(201, path={"profile_id": "$failing_user"}, fields={"detail_id": 1, "text": "Spam."}),
    "reserve_service": Working(201, path={"service_id": "$service"}, fields={}),
    "retrieve_customer": Working(200, path={"service_id": "$service", "customer_id": "$customer"}),
    "retrieve_profile": Working(200, path={"profile_id": "$user"}),
    "retrieve_reserve": Working(200, path={"reserve_id": "$booking"}),
    "review_service": Working(201, "elite", path={"service_id": "$foreign_service"}, fields={"rating": 4, "text": "Quick and kind."}),
    "send_message": Working(201, fields={"chat_id": "$chat", "text": "Are you open?"}),
    "update_profile": Working(200, path={"profile_id": "$user"}, fields={"city": "Lublin"}),
}
"""Working calls of operations that the page only lists, in which violations are planted."""


def call(api: ApiClient, name: str, /, *, role: str | None = SAME_ROLE, headers: Mapping[str, str] | None = None, **changes: Any) -> httpx.Response:
    """The answer to a working call of any operation, with some fields replaced."""
    if name in WORKING:
        return send(api, name, role=role, headers=headers, **changes)
    working, operation = LISTED[name], OPERATIONS[name]
    path = operation.path
    for place, value in working.path.items():
        path = path.replace(f"{{{place}}}", str(api.fill(changes.pop(place, value))))
    body = {field: api.fill(value) for field, value in {**(working.fields or {}), **changes}.items()}
    return api.call(
        operation.method,
        path,
        role=working.role if role == SAME_ROLE else role,
        headers=headers,
        params=working.query,
        json=body if working.fields is not None else None,
    )


def _added(api: ApiClient, **fields: Any) -> int:
    """By how much a new item raises the amount of an invoice."""
    before = invoice(api)["amount"]
    call(api, "add_invoice_item", **fields)
    return int(invoice(api)["amount"] - before)


def _walk(api: ApiClient, limit: int) -> list[str]:
    """The ids on all pages of invoices."""
    seen: list[str] = []
    query: dict[str, Any] = {"limit": limit}
    for _ in range(60):
        body = call(api, "list_invoices", query=query).json()
        seen += [row["id"] for row in body["data"]]
        if not body["next_page"]:
            break
        query["next_page"] = body["next_page"]
    return seen


def _new_payout(api: ApiClient, later: str = "") -> str:
    """The status of a new payout, at once or after a duration."""
    call(api, "create_payout", amount=123)
    if later:
        api.advance(later)
    return str(rows(api, "list_payouts", limit=1)[0]["status"])


def _messages(api: ApiClient, **fields: Any) -> list[dict[str, Any]]:
    """The messages that a notification sends."""
    call(api, "send_notification", **fields)
    return api.outbox()


def currency_dropped(api: ApiClient) -> bool:
    return bool(invoice(api, new_invoice(api, currency="eur"))["currency"] == "eur")


def item_change_wipes_text(api: ApiClient) -> bool:
    call(api, "update_invoice_item")
    return bool(invoice(api)["items"][0]["description"])


def item_stays(api: ApiClient) -> bool:
    call(api, "delete_invoice_item")
    return api.known("item") not in str(invoice(api)["items"])


def cancel_does_nothing(api: ApiClient) -> bool:
    call(api, "cancel_subscription")
    return subscription(api, "pro")["canceled_at"] is not None


def tax_ignored(api: ApiClient) -> bool:
    return _added(api, price=500, quantity=2, tax="50") == 1500


def tax_rounded_down(api: ApiClient) -> bool:
    return _added(api, price=1, quantity=1, tax="50") == 2


def amount_stale_after_removal(api: ApiClient) -> bool:
    before = invoice(api)["amount"]
    call(api, "delete_invoice_item")
    return bool(invoice(api)["amount"] < before)


def payout_not_booked(api: ApiClient) -> bool:
    before = balance(api)["available"]["usd"]
    call(api, "create_payout", amount=5000)
    return before - balance(api)["available"]["usd"] == 5000


def page_ends_early(api: ApiClient) -> bool:
    return len(_walk(api, 6)) == len(_walk(api, 100))


def border_twice(api: ApiClient) -> bool:
    seen = _walk(api, 6)
    return len(seen) == len(set(seen))


def status_filter_ignored(api: ApiClient) -> bool:
    return {row["status"] for row in rows(api, "list_invoices", status="paid", limit=100)} == {"paid"}


def oldest_first(api: ApiClient) -> bool:
    times = [row["created_at"] for row in rows(api, "list_invoices", limit=100)]
    return times == sorted(times, reverse=True)


def payout_never_leaves(api: ApiClient) -> bool:
    return _new_payout(api, later="P1D") == "in_transit"


def payout_leaves_at_once(api: ApiClient) -> bool:
    return _new_payout(api) == "requested"


def invoice_mail_to_the_owner(api: ApiClient) -> bool:
    return bool(_messages(api)[0]["to"] == api.known("customer_email"))


def welcome_without_code(api: ApiClient) -> bool:
    return bool(_messages(api, scope="welcome", target_id="$user")[0]["codes"])


def mail_not_sent(api: ApiClient) -> bool:
    return len(_messages(api, scope="subscription_updated", target_id="$subscription")) == 1


def second_filter_ignored(api: ApiClient) -> bool:
    query = {"limit": 100, "service_id": api.known("service"), "status": "draft"}
    return {row["status"] for row in call(api, "list_invoices", query=query).json()["data"]} <= {"draft"}


def filter_on_the_first_page_only(api: ApiClient) -> bool:
    query: dict[str, Any] = {"limit": 1, "status": "ready"}
    first = call(api, "list_invoices", query=query).json()
    more = call(api, "list_invoices", query={**query, "next_page": first["next_page"]}).json() if first["next_page"] else first
    return {row["status"] for row in more["data"]} <= {"ready"}


def oldest_customers_first(api: ApiClient) -> bool:
    made = call(api, "create_customer").json()["id"]
    return bool(call(api, "list_customers").json()["data"][0]["id"] == made)


def booking_without_mail(api: ApiClient) -> bool:
    call(api, "reserve_service", service_id="$bookable_service", date="2041-03-04", time="10:00")
    return len(api.outbox()) == 1
