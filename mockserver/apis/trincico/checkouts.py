"""Checkout pages: opened by three calls, left by one outcome, which counts once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mockserver import Transaction, VendorFault
from mockserver.apis.trincico import billing, events, state, treasury

EXPIRES = "trincico.checkout_expires"
OPEN_FOR = timedelta(hours=24)

OPEN, CHALLENGED = "open", "challenged"
EXPIRED, OUTDATED = "expired", "outdated"
PAID, DECLINED, CANCELED = "paid", "declined", "canceled"
LEFT = (PAID, DECLINED, CANCELED)
"""Statuses of a page on which an outcome was chosen."""
STATUSES = (OPEN, CHALLENGED, *LEFT, EXPIRED, OUTDATED)


def named_method(world: Transaction, body: Mapping[str, Any] | None) -> state.PaymentMethod | None:
    """The payment method that a request names, or None. Raises a fault if it is unknown or not active."""
    wanted = (body or {}).get("payment_method_id")
    if wanted is None:
        return None
    method = world.table(state.PAYMENT_METHODS).get(wanted.lower())
    if method is None or not method.active:
        raise VendorFault("unknown_payment_method")
    return method


@dataclass(frozen=True, slots=True)
class Wish:
    """The purpose of a checkout: an upgrade of a subscription to a plan, another card of a subscription, or an invoice."""

    kind: str
    amount: int
    currency: str
    subscription: state.Subscription | None = None
    plan: state.Plan | None = None
    invoice: state.Invoice | None = None


def open_checkout(world: Transaction, user: state.User, wish: Wish, body: Mapping[str, Any], home: str) -> str:
    """Open a page and return its address."""
    expires = world.now + OPEN_FOR
    checkout = world.table(state.CHECKOUTS).add(
        state.Checkout(
            id=world.token("trincico.checkout"),
            kind=wish.kind,
            user_id=user.id,
            subscription_id=None if wish.subscription is None else wish.subscription.id,
            invoice_id=None if wish.invoice is None else wish.invoice.id,
            from_plan_id=None if wish.subscription is None else wish.subscription.plan_id,
            plan_id=None if wish.plan is None else wish.plan.id,
            amount=wish.amount,
            currency=wish.currency,
            success_url=body["success_url"],
            cancel_url=body["cancel_url"],
            status=OPEN,
            card="",
            expires_at=int(expires.timestamp()),
        )
    )
    world.schedule(expires, EXPIRES, checkout.id)
    return f"{home}/checkout/{checkout.id}"


def expire(world: Transaction, subject: int | str | None) -> None:
    """Close a page on which nothing was chosen in time."""
    checkout = None if subject is None else world.table(state.CHECKOUTS).get(subject)
    if checkout is not None and checkout.status in (OPEN, CHALLENGED):
        world.table(state.CHECKOUTS).change(checkout, status=EXPIRED)


def choose(world: Transaction, checkout: state.Checkout, outcome: str, card: str, home: str) -> state.Checkout:
    """The page after a button was pressed; unchanged if the button is not on it, or if an outcome was chosen before."""
    if checkout.status == OPEN:
        if outcome == "challenge":
            return world.table(state.CHECKOUTS).change(checkout, status=CHALLENGED, card=card)
        status = {"pay": PAID, "decline": DECLINED, "cancel": CANCELED}.get(outcome)
    elif checkout.status == CHALLENGED:
        status = {"confirm": PAID, "refuse": DECLINED, "cancel": CANCELED}.get(outcome)
        card = checkout.card
    else:
        status = None
    if status is None:
        return checkout
    world.cancel(EXPIRES, checkout.id)
    if status != CANCELED and not _SETTLE[checkout.kind](world, checkout, card, home, paid=status == PAID):
        status = OUTDATED
    return world.table(state.CHECKOUTS).change(checkout, status=status, card=card)


def _settle_upgrade(world: Transaction, checkout: state.Checkout, card: str, _home: str, *, paid: bool) -> bool:
    """Start the plan that was paid, or record the failed payment; False if the subscription has changed since."""
    subscription = _subscription(world, checkout)
    if subscription is None or checkout.plan_id is None or subscription.plan_id != checkout.from_plan_id:
        return False
    plan = state.plan_of(world, checkout.plan_id)
    if paid:
        billing.start(world, subscription, plan, card)
    else:
        billing.charge(world, subscription, plan, checkout.amount, card, status="failed")
    return True


def _settle_card(world: Transaction, checkout: state.Checkout, card: str, _home: str, *, paid: bool) -> bool:
    """Replace the card; False if the subscription is over."""
    subscription = _subscription(world, checkout)
    if subscription is None:
        return False
    if paid:
        world.table(state.SUBSCRIPTIONS).change(subscription, card=card)
    return True


def _subscription(world: Transaction, checkout: state.Checkout) -> state.Subscription | None:
    found = None if checkout.subscription_id is None else world.table(state.SUBSCRIPTIONS).get(checkout.subscription_id)
    return found if found is not None and found.status in state.CURRENT else None


def _settle_invoice(world: Transaction, checkout: state.Checkout, card: str, home: str, *, paid: bool) -> bool:
    """Pay the invoice, or record the failed payment; False if the invoice has changed since the page was opened."""
    invoice = None if checkout.invoice_id is None else world.table(state.INVOICES).get(checkout.invoice_id)
    if invoice is None or invoice.status != "ready" or (invoice.amount, invoice.currency) != (checkout.amount, checkout.currency):
        return False
    now = state.seconds(world)
    world.table(state.PAYMENTS).add(
        state.Payment(
            id=state.new_id(world, "payment"),
            reference=state.new_id(world, "payment reference"),
            user_id=checkout.user_id,
            payee_id=invoice.owner_id,
            gross_amount=invoice.amount,
            fee_amount=0,
            net_amount=invoice.amount,
            currency=invoice.currency,
            card=card,
            status="completed" if paid else "failed",
            target="invoice",
            invoice_id=invoice.id,
            subscription_id=None,
            plan_id=None,
            created_at=now,
            available_at=treasury.settled_at(world) if paid else None,
        )
    )
    if paid:
        invoice = world.table(state.INVOICES).change(invoice, status="paid", payer_id=checkout.user_id, updated_at=now)
        treasury.credited(world, invoice.owner_id)
        events.invoice_paid(world, invoice, state.user_of(world, checkout.user_id), home)
    return True


_SETTLE = {"upgrade": _settle_upgrade, "card": _settle_card, "invoice": _settle_invoice}
KINDS = tuple(_SETTLE)
