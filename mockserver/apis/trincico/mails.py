"""The messages of the thirteen mail scopes, with their recipients, codes and links.

Some are sent on an event; the notifications call can send all of them.
"""

from __future__ import annotations

from mockserver import Transaction
from mockserver.apis.trincico import state


def _mail(world: Transaction, to: str, subject: str, *paragraphs: str, codes: tuple[str, ...] = ()) -> None:
    world.send("trincico", "mail", to, "\n\n".join((*paragraphs, "Trincico")), subject=subject, codes=codes)


def _greeting(name: str) -> str:
    return f"Hello {name}," if name else "Hello,"


_WITHOUT_MINOR_UNIT = frozenset("bif clp djf gnf isk jpy kmf krw pyg rwf ugx vnd vuv xaf xof xpf".split())
"""Currencies of ISO 4217 whose smallest unit is the whole one."""


def money(amount: int, currency: str) -> str:
    """An amount in minor units for people."""
    if currency in _WITHOUT_MINOR_UNIT:
        return f"{amount} {currency.upper()}"
    return f"{amount // 100}.{amount % 100:02d} {currency.upper()}"


def welcome(world: Transaction, user: state.User) -> None:
    text = f"Welcome to Trincico. Your activation code is {user.activation_code}."
    _mail(world, user.email, "Welcome to Trincico", _greeting(user.first_name), text, codes=(user.activation_code,))


def email_verification(world: Transaction, user: state.User) -> None:
    text = f"Your activation code is {user.activation_code}."
    _mail(world, user.email, "Verify your e-mail address", _greeting(user.first_name), text, codes=(user.activation_code,))


def request_password_code(world: Transaction, user: state.User, code: str, link: str) -> None:
    text = f"Your code for a new password is {code}. If you did not ask for it, ignore this message."
    _mail(world, user.email, "Your code for a new password", _greeting(user.first_name), text, f"Or choose one at {link}", codes=(code,))


def password_updated(world: Transaction, user: state.User) -> None:
    _mail(world, user.email, "Your password was changed", _greeting(user.first_name), "The password of your account was changed.")


def invoice_created(world: Transaction, invoice: state.Invoice, home: str) -> None:
    customer, service = world.table(state.CUSTOMERS)[invoice.customer_id], world.table(state.SERVICES)[invoice.service_id]
    text = f"{service.name} sent you the invoice {invoice.reference} over {money(invoice.amount, invoice.currency)}."
    link = f"See it at {home}/invoices/{invoice.id}/view"
    _mail(world, customer.email, f"Invoice {invoice.reference} from {service.name}", _greeting(customer.first_name), text, link)


def invoice_paid(world: Transaction, invoice: state.Invoice, payer: state.User, home: str) -> None:
    service = world.table(state.SERVICES)[invoice.service_id]
    text = f"Your payment of {money(invoice.amount, invoice.currency)} for the invoice {invoice.reference} of {service.name} arrived."
    link = f"See it at {home}/invoices/{invoice.id}/view"
    _mail(world, payer.email, f"Invoice {invoice.reference} is paid", _greeting(payer.first_name), text, link)


def booking_created(world: Transaction, booking: state.Booking) -> None:
    service, guest = world.table(state.SERVICES)[booking.service_id], state.user_of(world, booking.user_id)
    owner = state.user_of(world, service.owner_id)
    text = f"{guest.first_name} would like to book {service.name} on {day(booking.at)}. The booking waits for your confirmation."
    _mail(world, owner.email, f"New booking of {service.name}", _greeting(owner.first_name), text)


def booking_owner_canceled(world: Transaction, booking: state.Booking) -> None:
    _to_guest(world, booking, "was canceled by its owner")


def booking_user_canceled(world: Transaction, booking: state.Booking) -> None:
    service, guest = world.table(state.SERVICES)[booking.service_id], state.user_of(world, booking.user_id)
    owner = state.user_of(world, service.owner_id)
    text = f"{guest.first_name} canceled the booking of {service.name} on {day(booking.at)}."
    _mail(world, owner.email, f"Canceled booking of {service.name}", _greeting(owner.first_name), text)


def booking_approved(world: Transaction, booking: state.Booking) -> None:
    _to_guest(world, booking, "was approved")


def subscription_updated(world: Transaction, subscription: state.Subscription) -> None:
    user, plan = state.user_of(world, subscription.user_id), state.plan_of(world, subscription.plan_id)
    lines = [f"Your subscription is {plan.name}, valid until {day(subscription.end_at)}."]
    if subscription.next_plan_id is not None:
        lines.append(f"It goes on as {state.plan_of(world, subscription.next_plan_id).name} after that.")
    _mail(world, user.email, "Your subscription was updated", _greeting(user.first_name), *lines)


def subscription_canceled(world: Transaction, subscription: state.Subscription) -> None:
    user, plan = state.user_of(world, subscription.user_id), state.plan_of(world, subscription.plan_id)
    text = f"Your subscription {plan.name} was canceled. It is valid until {day(subscription.end_at)}."
    _mail(world, user.email, "Your subscription was canceled", _greeting(user.first_name), text)


def payout_updated(world: Transaction, payout: state.Payout) -> None:
    user = state.user_of(world, payout.user_id)
    text = f"Your payout of {money(payout.amount, payout.currency)} is now {payout.status.replace('_', ' ')}."
    _mail(world, user.email, "Your payout was updated", _greeting(user.first_name), text)


def _to_guest(world: Transaction, booking: state.Booking, what: str) -> None:
    service, guest = world.table(state.SERVICES)[booking.service_id], state.user_of(world, booking.user_id)
    text = f"Your booking of {service.name} on {day(booking.at)} {what}."
    _mail(world, guest.email, f"Your booking of {service.name} {what}", _greeting(guest.first_name), text)


def day(at: int) -> str:
    """A day for people."""
    when = state.moment(at)
    return f"{when.day} {when:%B %Y}"
