"""The user's subscription and its changes. Source: "Subscriptions"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver import Reply, Transaction, VendorFault
from mockserver.apis.trincico import billing, events, wire
from mockserver.apis.trincico.checkouts import Wish, named_method, open_checkout
from mockserver.apis.trincico.faults import no_subscription
from mockserver.apis.trincico.identity import need_provider
from mockserver.apis.trincico.state import CURRENT, PLANS, SUBSCRIPTIONS, Subscription, User, current_subscriptions, plan_of


def get_active_subscription(world: Transaction, caller: User) -> Reply:
    """The subscription that the caller has at present; of several the newest."""
    if not current_subscriptions(world, caller.id):
        raise VendorFault("no_active_subscription")
    billing.read(world, caller.id)
    held = current_subscriptions(world, caller.id)
    if not held:
        return no_subscription()  # as a reply, because a fault would take back that the subscription has ended
    return Reply(200, wire.subscription(world, held[-1]))


def upgrade_subscription(world: Transaction, caller: User, body: Mapping[str, Any], home: str) -> Reply:
    """Move to another plan: with a checkout from a free plan (trincico.D49), at once to a superior one, at the end of the period to a lower one.

    The present plan can be taken again after it was canceled (trincico.D48).
    """
    plan = world.table(PLANS).get(body["plan_id"].lower())
    if plan is None or not plan.active:
        raise VendorFault("unknown_plan")
    named_method(world, body)
    held = current_subscriptions(world, caller.id)
    if not held:
        raise VendorFault("no_active_subscription")
    if len(held) > 1:
        raise VendorFault("multi_row")
    (subscription,) = held
    if subscription.plan_id == plan.id and subscription.canceled_at is None:
        raise VendorFault("already_have_resource")
    if not plan.remote_price_id:
        raise VendorFault("configuration_needed")
    need_provider(world, caller)

    if subscription.plan_id == plan.id:
        events.subscription_updated(world, world.table(SUBSCRIPTIONS).change(subscription, canceled_at=None, next_plan_id=None))
        return Reply(200, {"code": "payment_not_required"})
    present = plan_of(world, subscription.plan_id)
    if plan.weight < present.weight:
        events.subscription_updated(world, world.table(SUBSCRIPTIONS).change(subscription, next_plan_id=plan.id))
        return Reply(200, {"code": "next_plan_waiting"})
    if present.price:
        return Reply(200, {"code": billing.move_up(world, subscription, plan)})
    due = 0 if plan.trial_period_days else plan.price
    wish = Wish("upgrade", due, plan.currency, subscription=subscription, plan=plan)
    return Reply(428, {"redirect_url": open_checkout(world, caller, wish, body, home)})


def cancel_subscription(world: Transaction, caller: User, subscription_id: str) -> Reply:
    """Cancel a subscription for the end of its period (trincico.D51); the moment of the first cancellation is kept."""
    subscription = _own(world, caller, subscription_id)
    if subscription.status not in CURRENT:
        raise VendorFault("status_value_denied")
    if not subscription.remote_id:
        raise VendorFault("non_processable")
    need_provider(world, caller)
    if subscription.canceled_at is None:
        billing.cancel(world, subscription)
    elif subscription.next_plan_id is not None:
        world.table(SUBSCRIPTIONS).change(subscription, next_plan_id=None)
    return Reply(204)


def update_subscription_payment_method(world: Transaction, caller: User, subscription_id: str, body: Mapping[str, Any], home: str) -> Reply:
    """Open the page on which the subscription gets another card."""
    subscription = _own(world, caller, subscription_id)
    named_method(world, body)
    if not subscription.remote_id:
        raise VendorFault("non_processable")
    need_provider(world, caller)
    wish = Wish("card", 0, plan_of(world, subscription.plan_id).currency, subscription=subscription)
    return Reply(428, {"redirect_url": open_checkout(world, caller, wish, body, home)})


def _own(world: Transaction, caller: User, subscription_id: str) -> Subscription:
    """A subscription of the caller (trincico.D11)."""
    subscription = world.table(SUBSCRIPTIONS).get(subscription_id.lower())
    if subscription is None:
        raise VendorFault("not_found")
    if subscription.user_id != caller.id:
        raise VendorFault("forbidden_resource")
    return subscription
