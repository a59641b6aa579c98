"""Our server's handlers of the reference API: like a vendor's, they look up, refuse, change, reply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.reference import payloads
from benchmarks.reference.state import PLANS, SUBSCRIPTIONS, Plan, Subscription
from mockserver import NotFound, Reply, by_page, iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver import Transaction


def list_plans(world: Transaction, limit: int | None, page: int | None) -> Reply:
    """A page of plans, oldest first."""
    found = by_page(world.table(PLANS), page or 1, limit or payloads.PAGE)
    return Reply(200, {"data": [_shown(plan) for plan in found.items], "page": found.number, "limit": found.size, "total": found.total})


def get_plan(world: Transaction, plan_id: int) -> Reply:
    """One plan."""
    plan = world.table(PLANS).get(plan_id)
    if plan is None:
        raise NotFound("plan", plan_id)
    return Reply(200, _shown(plan))


def create_subscription(world: Transaction, body: Mapping[str, Any]) -> Reply:
    """Subscribe a customer to existing plans."""
    plans = world.table(PLANS)
    for item in body["items"]:
        if plans.get(item["plan_id"]) is None:
            raise NotFound("plan", item["plan_id"])
    made = world.table(SUBSCRIPTIONS).add(Subscription(world.draw("reference.subscription"), "pending", body, iso(world.now)))
    return Reply(201, {"id": made.id, "state": made.state, **made.sent, "created_at": made.created_at})


def _shown(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "code": plan.code,
        "reference": plan.reference,
        "name": plan.name,
        "description": plan.description,
        "currency": plan.currency,
        "amount": plan.amount,
        "prices": [
            {"currency": currency, "amount": amount, "from_quantity": quantity, "note": note} for currency, amount, quantity, note in plan.prices
        ],
        "interval": plan.interval,
        "interval_count": plan.interval_count,
        "trial_days": plan.trial_days,
        "active": plan.active,
        "archived_at": plan.archived_at,
        "tax": {"name": plan.tax_name, "rate": plan.tax_rate, "included": plan.tax_included},
        "owner": {"id": plan.owner_id, "name": plan.owner_name, "email": plan.owner_email, "country": plan.owner_country},
        "features": plan.features,
        "metadata": plan.metadata,
        "created_at": plan.created_at,
        "updated_at": plan.updated_at,
    }
