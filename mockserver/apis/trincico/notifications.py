"""Notifications on request. Source: "Notifications"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver import Reply, Transaction, VendorFault
from mockserver.apis.trincico import mails, passwords
from mockserver.apis.trincico.state import BOOKINGS, FAILING, INVOICES, PAYMENTS, PAYOUTS, SUBSCRIPTIONS, USERS, user_of

Sender = Callable[[Transaction, str, str], None]


def send_notification(
    world: Transaction, body: Mapping[str, Any] | None, channel: str | None, scope: str | None, target_id: str | None, home: str
) -> Reply:
    """Send one message, asked for in a body or in the query (trincico.D25)."""
    asked = body or {"channel": channel, "scope": scope, "target_id": target_id}
    for name, row in (("channel", "missing_channel"), ("scope", "missing_scope"), ("target_id", "missing_target")):
        if asked[name] is None:
            raise VendorFault(row)
    if asked["channel"] == "sms_notification":
        raise VendorFault("not_implemented")
    sender = _SENDERS.get(asked["scope"])
    if sender is None:
        raise VendorFault("unknown_scope")
    sender(world, asked["target_id"].lower(), home)
    return Reply(204)


def _to_user(mail: Callable[[Transaction, Any], None], *, with_activation_code: bool = False) -> Sender:
    def send(world: Transaction, target: str, _home: str) -> None:
        user = world.table(USERS).get(target)
        if user is None:
            raise VendorFault("unknown_target")
        if user.condition == FAILING:
            raise VendorFault("internal_error")
        if with_activation_code and not user.activation_code:
            raise VendorFault("no_activation_code")
        mail(world, user)

    return send


def _send_password_code(world: Transaction, target: str, home: str) -> None:
    _to_user(lambda _world, user: passwords.request(world, user, home))(world, target, home)


def _about(table: Any, mail: Callable[[Transaction, Any], None]) -> Sender:
    def send(world: Transaction, target: str, _home: str) -> None:
        record = world.table(table).get(target)
        if record is None:
            raise VendorFault("unknown_target")
        mail(world, record)

    return send


def _share_invoice(world: Transaction, target: str, home: str) -> None:
    invoice = world.table(INVOICES).get(target)
    if invoice is None:
        raise VendorFault("unknown_target")
    if invoice.status != "ready":
        raise VendorFault("status_value_denied")
    mails.invoice_created(world, invoice, home)


def _confirm_payment(world: Transaction, target: str, home: str) -> None:
    """The target is an invoice or the payment of one (trincico.D127). An unpaid invoice has no payer."""
    payment = world.table(PAYMENTS).get(target)
    invoice = world.table(INVOICES).get(target if payment is None else payment.invoice_id or "")
    if invoice is None or invoice.payer_id is None:
        raise VendorFault("unknown_target")
    mails.invoice_paid(world, invoice, user_of(world, invoice.payer_id), home)


_SENDERS: Mapping[str, Sender] = {
    "welcome": _to_user(mails.welcome, with_activation_code=True),
    "email_verification": _to_user(mails.email_verification, with_activation_code=True),
    "request_password_code": _send_password_code,
    "password_updated": _to_user(mails.password_updated),
    "invoice_created": _share_invoice,
    "invoice_paid": _confirm_payment,
    "booking_created": _about(BOOKINGS, mails.booking_created),
    "booking_owner_canceled": _about(BOOKINGS, mails.booking_owner_canceled),
    "booking_user_canceled": _about(BOOKINGS, mails.booking_user_canceled),
    "booking_approved": _about(BOOKINGS, mails.booking_approved),
    "subscription_updated": _about(SUBSCRIPTIONS, mails.subscription_updated),
    "subscription_canceled": _about(SUBSCRIPTIONS, mails.subscription_canceled),
    "payout_updated": _about(PAYOUTS, mails.payout_updated),
}
"""What sends each mail scope, given the id of its target and the address of the API."""
