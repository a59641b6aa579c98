"""What the world of a target has to be for a test: it is asked of the target first, and where it is otherwise the test is *not observable here*."""

from __future__ import annotations

from typing import Any

from ...harness import ApiClient, not_observable
from .calls import account, balance, done, got, send, subscription, unwrapped

ANOTHER_PLAN, OWN_PLAN = "a plan that the caller has not", "the plan that the caller has"
"""Stand in a test case for the id of a plan."""


def need(holds: object, what: str) -> None:
    """End a test where the target's world is not the one that it is about. The text says what the target has instead."""
    if not holds:
        not_observable(what)


def need_subscription(api: ApiClient, role: str) -> dict[str, Any]:
    """The subscription that a role has at present."""
    answer = send(api, "get_active_subscription", role=role)
    held = None if api.is_refusal("get_active_subscription", answer) else unwrapped(answer.json())
    need(held, f"{_called(role)} have no active subscription")
    return subscription(api, role)


def need_plan(api: ApiClient, role: str, plan: str) -> dict[str, Any]:
    """The subscription of a role, which has to be for a known plan."""
    held = need_subscription(api, role)
    need(held["plan"]["id"] == api.known(plan), f"{_called(role)} have the plan {held['plan'].get('name')}, not the {plan} of [known]")
    return held


def plan_for(api: ApiClient, role: str, wanted: str) -> str:
    """The id of the plan that a role has, or of another one that can be asked for."""
    if wanted == OWN_PLAN:
        return str(need_subscription(api, role)["plan"]["id"])
    taken = {api.known("plan_pro"), api.known("plan_elite"), *[api.target.known.get("plan_without_price", "")]}
    found = [plan["id"] for plan in got(api, "list_plans") if plan["id"] not in taken and plan["price"]]
    need(found, "the list has no plan that a subscriber of plan_pro and plan_elite could still ask for")
    return str(found[0])


def need_account(api: ApiClient, role: str, status: str) -> dict[str, Any]:
    """The payout account of a role, which has to be in a status."""
    answer = send(api, "retrieve_payout_account", role=role)
    need(not api.is_refusal("retrieve_payout_account", answer), f"{_called(role)} have no payout account")
    found = account(api, role)
    need(found["status"] == status, f"the payout account of {_called(role)} is {found['status']}, not {status}")
    return found


def need_denied(api: ApiClient, role: str) -> list[str]:
    """The frequencies that the list of the role elite has, and that of another role has not."""
    everything, listed = (got(api, "list_payout_frequencies", role=one) for one in ("elite", role))
    denied = [frequency for frequency in everything if frequency not in listed]
    need(denied, f"{_called(role)} may use every frequency that elite may use")
    return denied


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


def funded(api: ApiClient, role: str = "elite", key: str = "available") -> tuple[str, int]:
    """A currency of which the account of a role holds something, usd if there is a choice, and how much that is."""
    held = {currency: amount for currency, amount in balance(api, role)[key].items() if amount > 0}
    need(held, f"the payout account of {_called(role)} has nothing {key}")
    currency = "usd" if "usd" in held else min(held)
    return currency, held[currency]


def other_customer(api: ApiClient) -> str:
    """The id of a customer of ``service_without_invoices``."""
    made = send(
        api,
        "create_invoice",
        service_id="$service_without_invoices",
        service_customer_id="$customer_of_other_service",
        reference="CT-#-0",
    )
    need(
        not api.is_refusal("create_invoice", made),
        "service_without_invoices takes no invoice for customer_of_other_service, which has to be one of its customers",
    )
    return api.known("customer_of_other_service")


def _called(role: str) -> str:
    return f"the credentials {role}" if role else "the first credentials"
