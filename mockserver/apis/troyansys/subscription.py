"""Plans, and what Payphone reports of payments for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from mockserver import Reply, Transaction, fields_of
from mockserver.apis.troyansys import state
from mockserver.apis.troyansys.callers import Caller, UserCaller
from mockserver.apis.troyansys.shapes import dollars

MONTH = timedelta(days=30)
"""How long a payment of a monthly plan lasts."""


def list_plans(world: Transaction, caller: UserCaller) -> Reply:
    """The active plans, and the current one of the company named in X-Company-Id."""
    return _plans(world, caller)


def list_company_plans(world: Transaction, caller: Caller) -> Reply:
    """The active plans, and the current one of the company of the key (troyansys.D07)."""
    return _plans(world, caller)


def receive_payphone_notification(world: Transaction, body: Mapping[str, Any] | None) -> Reply:
    """Keep a notice, and settle the charge that it names (troyansys.D11). One that is known already changes nothing."""
    sent = body or {}
    amount = None if "amount" not in sent else Decimal(str(sent["amount"]))
    status, reference = sent.get("transactionStatus"), sent.get("reference")
    shown = None if amount is None else format(amount.normalize(), "f")
    notices = world.table(state.NOTICES)
    if notices.find("content", (status, reference, shown)) is None:
        notices.add(state.Notice(world.draw("troyansys.notice"), status, reference, shown, world.now))
        charge = world.table(state.CHARGES).find("reference", reference)
        if charge is not None and charge.status != state.APPROVED and status is not None:
            _settle(world, charge, status, amount)
    return Reply(200, {"message": "Webhook procesado"})


def _settle(world: Transaction, charge: state.Charge, status: str, amount: Decimal | None) -> None:
    """*Approved* puts the company on the plan and prolongs it; any other status (troyansys.D12) marks the subscription as past due.

    An approved amount that differs from the charge settles nothing.
    """
    subscription = state.subscription_of(world, charge.company_id)
    if status.casefold() != state.APPROVED:
        world.table(state.CHARGES).change(charge, status=state.FAILED)
        world.table(state.SUBSCRIPTIONS).change(subscription, status=state.PAST_DUE)
    elif amount is None or amount * 100 == charge.amount:
        paid_until = max(subscription.paid_until, world.now) + MONTH
        world.table(state.CHARGES).change(charge, status=state.APPROVED)
        world.table(state.SUBSCRIPTIONS).change(subscription, plan_id=charge.plan_id, status=state.ACTIVE, paid_until=paid_until)


def _plans(world: Transaction, caller: Caller) -> Reply:
    """The same answer for users and keys (troyansys.D06); the current plan is named even if it is no longer offered."""
    current = state.plan_of(world, caller.company.id)
    return Reply(
        200,
        {
            "data": [_to_wire(plan) for plan in world.table(state.PLANS).all() if plan.is_active],
            "meta": {"current_plan_id": current.id, "current_plan_code": current.code},
        },
    )


def _to_wire(plan: state.Plan) -> dict[str, Any]:
    return {
        **fields_of(plan, "id name code billing_frequency"),
        "amount": dollars(plan.amount),
        "currency_code": state.CURRENCY,
        "module_codes": list(plan.module_codes),
        "feature_flags": {"inventory_advanced": plan.inventory_advanced},
    }
