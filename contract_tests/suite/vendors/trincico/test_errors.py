"""Every row of the vendor's error tables: what to send, and the code that answers it."""

from __future__ import annotations

from typing import Any

import pytest

from ...harness import ApiClient, clause
from .calls import NOBODY, OPERATIONS, SAME_ROLE, WORKING, refused, send
from .world import ANOTHER_PLAN, OWN_PLAN, funded, need, need_account, need_denied, paid_out, plan_for

MORE_THAN_THERE_IS = "more than there is"
Recipe = tuple[str, str, str | None, dict[str, Any]]

RECIPES: tuple[Recipe, ...] = (
    ("upgrade_subscription", "missing_param", SAME_ROLE, {"plan_id": None}),
    ("upgrade_subscription", "missing_param", SAME_ROLE, {"success_url": None}),
    ("upgrade_subscription", "missing_param", SAME_ROLE, {"cancel_url": None}),
    ("upgrade_subscription", "unrecognized_parameter", SAME_ROLE, {"coupon": "x"}),
    ("upgrade_subscription", "invalid_param", SAME_ROLE, {"success_url": "nowhere"}),
    ("upgrade_subscription", "multi_row", "two_subscriptions", {"plan_id": ANOTHER_PLAN}),
    ("upgrade_subscription", "already_have_resource", "pro", {"plan_id": OWN_PLAN}),
    ("upgrade_subscription", "unknown_plan", SAME_ROLE, {"plan_id": NOBODY}),
    ("upgrade_subscription", "unknown_plan", SAME_ROLE, {"plan_id": "$inactive_plan"}),
    ("upgrade_subscription", "unknown_payment_method", SAME_ROLE, {"payment_method_id": NOBODY}),
    ("upgrade_subscription", "no_active_subscription", "canceled", {}),
    ("upgrade_subscription", "configuration_needed", SAME_ROLE, {"plan_id": "$plan_without_price"}),
    ("cancel_subscription", "not_found", SAME_ROLE, {"subscription_id": NOBODY}),
    ("cancel_subscription", "forbidden_resource", SAME_ROLE, {"subscription_id": "$foreign_subscription"}),
    ("cancel_subscription", "status_value_denied", "canceled", {"subscription_id": "$ended_subscription"}),
    ("cancel_subscription", "non_processable", "unlinked", {"subscription_id": "$unlinked_subscription"}),
    ("update_subscription_payment_method", "missing_param", SAME_ROLE, {"success_url": None}),
    ("update_subscription_payment_method", "missing_param", SAME_ROLE, {"cancel_url": None}),
    ("update_subscription_payment_method", "unrecognized_parameter", SAME_ROLE, {"card": "x"}),
    ("update_subscription_payment_method", "invalid_param", SAME_ROLE, {"cancel_url": "nowhere"}),
    ("update_subscription_payment_method", "not_found", SAME_ROLE, {"subscription_id": NOBODY}),
    ("update_subscription_payment_method", "forbidden_resource", SAME_ROLE, {"subscription_id": "$foreign_subscription"}),
    ("update_subscription_payment_method", "non_processable", "unlinked", {"subscription_id": "$unlinked_subscription"}),
    ("list_invoices", "not_found", SAME_ROLE, {"query": {"service_id": NOBODY}}),
    ("list_invoices", "not_found", SAME_ROLE, {"query": {"service_id": "$foreign_service"}}),
    ("create_invoice", "unknown_service", SAME_ROLE, {"service_id": NOBODY}),
    ("create_invoice", "unknown_service", SAME_ROLE, {"service_id": "$foreign_service"}),
    ("create_invoice", "unknown_customer", SAME_ROLE, {"service_customer_id": "$foreign_customer"}),
    ("create_invoice", "unknown_customer", SAME_ROLE, {"service_customer_id": "$customer_of_other_service"}),
    ("create_invoice", "row_exists", SAME_ROLE, {"reference": "$taken_reference"}),
    ("build_invoice_reference", "not_found", SAME_ROLE, {"query": {"service_id": NOBODY}}),
    ("build_invoice_reference", "not_found", SAME_ROLE, {"query": {"service_id": "$foreign_service"}}),
    ("retrieve_invoice", "not_found", SAME_ROLE, {"invoice_id": NOBODY}),
    ("retrieve_invoice", "not_found", SAME_ROLE, {"invoice_id": "$foreign_invoice"}),
    ("update_invoice", "status_value_denied", SAME_ROLE, {"invoice_id": "$ready_invoice"}),
    ("update_invoice", "status_value_denied", SAME_ROLE, {"invoice_id": "$paid_invoice"}),
    ("update_invoice", "status_value_denied", SAME_ROLE, {"invoice_id": "$canceled_invoice"}),
    ("update_invoice", "unknown_customer", SAME_ROLE, {"service_customer_id": NOBODY}),
    ("update_invoice", "row_exists", SAME_ROLE, {"invoice_id": "$empty_invoice", "reference": "$taken_reference"}),
    ("update_invoice_status", "status_value_denied", SAME_ROLE, {"status": "paid"}),
    ("update_invoice_status", "non_processable", SAME_ROLE, {"invoice_id": "$empty_invoice"}),
    ("update_invoice_status", "not_found", SAME_ROLE, {"invoice_id": NOBODY}),
    ("update_invoice_status", "not_found", SAME_ROLE, {"invoice_id": "$foreign_invoice"}),
    ("view_invoice", "not_found", SAME_ROLE, {"invoice_id": NOBODY}),
    ("view_invoice", "internal_error", SAME_ROLE, {"invoice_id": "$failing_invoice"}),
    ("pay_invoice", "status_value_denied", SAME_ROLE, {"invoice_id": "$draft_invoice"}),
    ("pay_invoice", "status_value_denied", SAME_ROLE, {"invoice_id": "$paid_invoice"}),
    ("pay_invoice", "unknown_payment_method", SAME_ROLE, {"payment_method_id": NOBODY}),
    ("pay_invoice", "configuration_needed", SAME_ROLE, {"invoice_id": "$invoice_without_default_method"}),
    ("add_invoice_item", "status_value_denied", SAME_ROLE, {"invoice_id": "$ready_invoice"}),
    ("add_invoice_item", "not_found", SAME_ROLE, {"invoice_id": NOBODY}),
    ("add_invoice_item", "not_found", SAME_ROLE, {"invoice_id": "$foreign_invoice"}),
    ("update_invoice_item", "status_value_denied", SAME_ROLE, {"invoice_id": "$ready_invoice", "item_id": "$item_of_ready_invoice"}),
    ("update_invoice_item", "not_found", SAME_ROLE, {"invoice_id": "$foreign_invoice"}),
    ("delete_invoice_item", "status_value_denied", SAME_ROLE, {"invoice_id": "$paid_invoice", "item_id": "$item_of_paid_invoice"}),
    ("delete_invoice_item", "not_found", SAME_ROLE, {"invoice_id": "$foreign_invoice"}),
    ("create_payout_account", "unknown_payment_method", SAME_ROLE, {"payment_method_id": NOBODY}),
    ("create_payout_account", "row_exists", "elite", {}),
    ("enable_payout_account", "not_found", "demo", {}),
    ("retrieve_payout_account", "not_found", "demo", {}),
    ("update_payout_frequency", "status_value_denied", "pro", {}),
    ("update_payout_frequency", "not_found", "demo", {"frequency": "on_demand"}),
    ("get_payout_balance", "status_value_denied", "pro", {}),
    ("get_payout_balance", "not_found", "demo", {}),
    ("list_external_accounts", "status_value_denied", "pro", {}),
    ("list_external_accounts", "not_found", "demo", {}),
    ("create_payout", "status_value_denied", "automatic", {}),
    ("create_payout", "balance_insufficient", SAME_ROLE, {"amount": MORE_THAN_THERE_IS}),
    ("create_payout", "not_found", "demo", {}),
    ("create_payout", "not_found", SAME_ROLE, {"payout_account_id": NOBODY}),
    ("send_notification", "status_value_denied", SAME_ROLE, {"target_id": "$draft_invoice"}),
    ("send_notification", "unknown_scope", SAME_ROLE, {"scope": "invoice_lost"}),
    ("send_notification", "no_activation_code", SAME_ROLE, {"scope": "welcome", "target_id": "$user_without_activation_code"}),
    ("send_notification", "internal_error", SAME_ROLE, {"scope": "password_updated", "target_id": "$failing_user"}),
    ("send_notification", "not_implemented", SAME_ROLE, {"channel": "sms_notification"}),
)

PAID_OUT = {("create_payout", "balance_insufficient"): ("elite", "on_demand"), ("create_payout", "status_value_denied"): ("automatic", "auto_7_days")}
"""Refusals that are about the way in which an account is paid out: whose, and how."""
ACCOUNTS = {
    ("create_payout_account", "row_exists"): "completed",
    ("get_payout_balance", "status_value_denied"): "pending",
    ("list_external_accounts", "status_value_denied"): "pending",
}
"""Refusals that are about the status of a payout account."""

PROVIDER = "provider"
"""The payment provider, as the hook that breaks an upstream calls it."""
BEHIND_THE_PROVIDER: tuple[tuple[str, dict[str, Any]], ...] = (
    ("upgrade_subscription", {"plan_id": "$plan_elite"}),
    ("cancel_subscription", {}),
    ("update_subscription_payment_method", {}),
    ("pay_invoice", {}),
    ("create_payout_account", {}),
    ("enable_payout_account", {}),
    ("update_payout_frequency", {"frequency": "on_demand"}),
    ("get_payout_balance", {}),
    ("list_external_accounts", {}),
    ("create_payout", {}),
)
"""What succeeds as long as the payment provider answers."""
NEEDS_ACCOUNT = {
    "enable_payout_account": "pending",
    "update_payout_frequency": "completed",
    "get_payout_balance": "completed",
    "list_external_accounts": "completed",
    "create_payout": "completed",
}
READS_OF_OUR_OWN = ("get_active_subscription", "retrieve_payout_account")
"""Reads that need no provider, by which a call that did something would show; beside them the invoice that it is about."""

OPEN_TO_ALL = [name for name, working in WORKING.items() if working.role is None]
FAILING = [name for name in WORKING if name not in (*OPEN_TO_ALL, "send_notification")]


def _case(name: str, row: str, role: str | None, options: dict[str, Any]) -> object:
    shown = ",".join(f"{field}={value}" for field, value in options.items())
    return pytest.param(name, row, role, options, marks=clause(OPERATIONS[name].own_errors[row]["clause"]), id=f"{name}-{row}-{shown}")


@pytest.mark.parametrize(("name", "row", "role", "options"), [_case(*recipe) for recipe in RECIPES])
def test_each_row_answers_what_it_says(api: ApiClient, name: str, row: str, role: str | None, options: dict[str, Any]) -> None:
    if (name, row) in PAID_OUT:
        paid_out(api, *PAID_OUT[name, row])
    if (row, role) == ("not_found", "demo") and name != "retrieve_payout_account":
        need(api.is_refusal("retrieve_payout_account", send(api, "retrieve_payout_account", role=role)), "the role demo has a payout account")
    if (name, row) in ACCOUNTS:
        need_account(api, str(role), ACCOUNTS[name, row])
    refused(api, send(api, name, role=role, **_filled(api, name, row, str(role), options)), name, row)


def _filled(api: ApiClient, name: str, row: str, role: str, options: dict[str, Any]) -> dict[str, Any]:
    """The fields of a case with what depends on the world of the target."""
    if (name, row) == ("update_payout_frequency", "status_value_denied"):
        need_account(api, role, "pending")
        return {"frequency": need_denied(api, role)[0]}
    if options.get("plan_id") in (ANOTHER_PLAN, OWN_PLAN):
        return {**options, "plan_id": plan_for(api, role, options["plan_id"])}
    if options.get("amount") == MORE_THAN_THERE_IS:
        currency, available = funded(api)
        return {"currency": currency, "amount": available + 1}
    return options


@pytest.mark.parametrize(("name", "row", "role", "options"), [_case(name, "internal_error", "internal_error", {}) for name in FAILING])
def test_an_unexpected_failure_is_said_to_be_one(api: ApiClient, name: str, row: str, role: str | None, options: dict[str, Any]) -> None:
    refused(api, send(api, name, role=role, **options), name, row)


@pytest.mark.parametrize(
    ("name", "row", "options"),
    [
        pytest.param(name, "service_unavailable", options, marks=clause(OPERATIONS[name].own_errors["service_unavailable"]["clause"]), id=name)
        for name, options in BEHIND_THE_PROVIDER
    ],
)
def test_while_the_provider_is_broken_what_needs_it_is_refused_and_nothing_is_done(
    api: ApiClient, name: str, row: str, options: dict[str, Any]
) -> None:
    working = WORKING[name]
    reads: list[tuple[str, dict[str, Any]]] = [(read, {}) for read in READS_OF_OUR_OWN]
    reads += [("retrieve_invoice", dict(working.path))] if "invoice_id" in working.path else []

    def seen() -> list[tuple[int, Any]]:
        answers = [(read, send(api, read, role=working.role or "", **where)) for read, where in reads]
        return [(answer.status_code, None if api.is_refusal(read, answer) else answer.json()) for read, answer in answers]

    if name in NEEDS_ACCOUNT:
        need_account(api, str(working.role), NEEDS_ACCOUNT[name])
    if name == "create_payout":
        paid_out(api, "elite", "on_demand")
        options = {"currency": funded(api)[0]}
    before = seen()
    api.break_upstream(PROVIDER)
    refused(api, send(api, name, **options), name, row)
    assert seen() == before
