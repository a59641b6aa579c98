"""Rules for every request: authentication, required fields, and successes without a body."""

from __future__ import annotations

from typing import Any

import pytest

from ...harness import ApiClient, clause
from .calls import WORKING, done, refused, send, spend, works
from .world import keep_frequency

SIGNED_IN = {name: "r1" for name, working in WORKING.items() if working.role is not None} | {"get_active_subscription": "r3"}
OPEN_TO_ALL = {"list_plans": "r2", "list_payment_methods": "r2", "view_invoice": "r1"}
WITHOUT_BODY = {
    "list_plans": "r3",
    "list_payment_methods": "r3",
    "get_active_subscription": "r4",
    "cancel_subscription": "r2",
    "list_invoices": "r3",
    "build_invoice_reference": "r2",
    "retrieve_invoice": "r2",
    "view_invoice": "r2",
    "delete_invoice_item": "r2",
    "get_profile": "r2",
    "list_payout_frequencies": "r2",
    "get_payout_balance": "r2",
    "list_external_accounts": "r2",
}
ANSWERED_204 = {
    "cancel_subscription": "r6",
    "update_invoice": "r6",
    "update_invoice_status": "r9",
    "update_invoice_item": "r5",
    "delete_invoice_item": "r5",
    "create_payout_account": "r5",
    "update_payout_frequency": "r5",
    "create_payout": "r6",
    "send_notification": "r11",
}
REQUIRED = {
    "upgrade_subscription": ("r13", ("plan_id", "success_url", "cancel_url")),
    "update_subscription_payment_method": ("r8", ("success_url", "cancel_url")),
    "create_invoice": ("r2", ("service_id", "service_customer_id", "reference")),
    "update_invoice_status": ("r8", ("status",)),
    "pay_invoice": ("r6", ("success_url", "cancel_url")),
    "add_invoice_item": ("r6", ("name", "price", "quantity")),
    "enable_payout_account": ("r6", ("refresh_url", "return_url")),
    "create_payout": ("r5", ("currency", "amount", "instant")),
    "send_notification": ("r3", ("channel", "scope", "target_id")),
}
OPTIONAL = {"create_invoice": ("r2", ("currency",)), "add_invoice_item": ("r6", ("description", "tax"))}


def _cases(table: dict[str, str]) -> list[Any]:
    return [pytest.param(name, marks=clause(f"trincico.{name}.{number}"), id=name) for name, number in table.items()]


def _fields(table: dict[str, tuple[str, tuple[str, ...]]]) -> list[Any]:
    return [
        pytest.param(name, field, marks=clause(f"trincico.{name}.{number}"), id=f"{name}-{field}")
        for name, (number, fields) in table.items()
        for field in fields
    ]


@pytest.mark.parametrize("name", _cases(SIGNED_IN))
def test_nobody_is_served_without_a_credential(api: ApiClient, name: str) -> None:
    for credential in ({}, {"Authorization": "Bearer nobody"}, {"Authorization": "Basic bm9ib2R5Om5vdGhpbmc="}):
        # both statuses are documented for a credential that is missing or wrong
        assert send(api, name, role=None, headers=credential).status_code in (401, 403)


@pytest.mark.parametrize("name", _cases(OPEN_TO_ALL))
def test_what_is_public_needs_no_credential(api: ApiClient, name: str) -> None:
    assert send(api, name, role=None).status_code == 200


@pytest.mark.parametrize("name", _cases(WITHOUT_BODY))
def test_no_body_is_needed(api: ApiClient, name: str) -> None:
    assert WORKING[name].fields is None
    spend(api, name)
    works(api, name)


@pytest.mark.parametrize("name", _cases(ANSWERED_204))
def test_a_change_is_answered_without_a_body(api: ApiClient, name: str) -> None:
    if name == "update_payout_frequency":
        keep_frequency(api, str(WORKING[name].role))
    else:
        spend(api, name)
    done(api, name)


@pytest.mark.parametrize(("name", "field"), _fields(REQUIRED))
def test_what_has_to_be_sent_is_missed(api: ApiClient, name: str, field: str) -> None:
    refused(api, send(api, name, **{field: None}), name, "missing_param")
    spend(api, name)
    works(api, name)


@pytest.mark.parametrize(("name", "field"), _fields(OPTIONAL))
def test_what_may_be_sent_may_be_left_out(api: ApiClient, name: str, field: str) -> None:
    works(api, name, **{field: None})


@clause("trincico.retrieve_payout_account.r2")
def test_the_payout_account_needs_no_query(api: ApiClient) -> None:
    assert WORKING["retrieve_payout_account"].query is None
    assert send(api, "retrieve_payout_account").status_code == 200
