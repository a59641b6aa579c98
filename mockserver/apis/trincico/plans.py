"""Plans and payment methods; no credential is needed. Source: "Plans", "Payment methods"."""

from __future__ import annotations

from mockserver import Reply, Transaction
from mockserver.apis.trincico import wire
from mockserver.apis.trincico.state import PAYMENT_METHODS, PLANS


def list_plans(world: Transaction) -> Reply:
    """The active plans, by weight."""
    active = sorted((plan for plan in world.table(PLANS).all() if plan.active), key=lambda plan: plan.weight)
    return Reply(200, [wire.plan(world, plan, embedded=False) for plan in active])


def list_payment_methods(world: Transaction) -> Reply:
    """The active payment methods."""
    return Reply(200, [wire.payment_method(method) for method in world.table(PAYMENT_METHODS).all() if method.active])
