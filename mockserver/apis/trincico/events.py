"""What users are notified of: each event writes its mail, if its scope has one, and the notice in the app, so that the two never disagree."""

from __future__ import annotations

from mockserver import Transaction
from mockserver.apis.trincico import community, mails, state


def _notice(world: Transaction, user_id: str, kind: str, target_id: str, text: str) -> None:
    world.table(community.USER_NOTIFICATIONS).add(
        community.UserNotification(
            state.new_id(world, "user notification"), user_id, kind, target_id, text, seen=False, created_at=state.seconds(world)
        )
    )


def followed(world: Transaction, service: state.Service, follower: state.User) -> None:
    """A user follows a service: its owner gets a notice."""
    _notice(world, service.owner_id, "service_followed", service.id, f"{follower.first_name} follows {service.name}.")


def subscription_updated(world: Transaction, subscription: state.Subscription) -> None:
    mails.subscription_updated(world, subscription)
    plan = state.plan_of(world, subscription.plan_id)
    _notice(world, subscription.user_id, "subscription_updated", subscription.id, f"Your subscription is {plan.name} now.")


def subscription_canceled(world: Transaction, subscription: state.Subscription) -> None:
    mails.subscription_canceled(world, subscription)
    plan = state.plan_of(world, subscription.plan_id)
    _notice(world, subscription.user_id, "subscription_canceled", subscription.id, f"Your subscription {plan.name} was canceled.")


def invoice_paid(world: Transaction, invoice: state.Invoice, payer: state.User, home: str) -> None:
    """An invoice was paid: the payer gets mail and notice, the owner a notice."""
    mails.invoice_paid(world, invoice, payer, home)
    amount = mails.money(invoice.amount, invoice.currency)
    _notice(world, payer.id, "invoice_paid", invoice.id, f"You paid the invoice {invoice.reference}: {amount}.")
    if invoice.owner_id != payer.id:
        _notice(world, invoice.owner_id, "invoice_paid", invoice.id, f"The invoice {invoice.reference} was paid: {amount}.")


def payout_updated(world: Transaction, payout: state.Payout) -> None:
    mails.payout_updated(world, payout)
    amount = mails.money(payout.amount, payout.currency)
    _notice(world, payout.user_id, "payout_updated", payout.id, f"Your payout of {amount} is {payout.status.replace('_', ' ')}.")


def booking_created(world: Transaction, booking: state.Booking) -> None:
    """A booking was made: the owner of the service is notified."""
    mails.booking_created(world, booking)
    service, guest = _of_booking(world, booking)
    text = f"{guest.first_name} would like to book {service.name} on {mails.day(booking.at)}."
    _notice(world, service.owner_id, "booking_created", booking.id, text)


def booking_approved(world: Transaction, booking: state.Booking) -> None:
    """A booking was approved: its user is notified."""
    mails.booking_approved(world, booking)
    service, guest = _of_booking(world, booking)
    _notice(world, guest.id, "booking_approved", booking.id, f"Your booking of {service.name} on {mails.day(booking.at)} was approved.")


def booking_owner_canceled(world: Transaction, booking: state.Booking) -> None:
    """The owner canceled a booking: its user is notified."""
    mails.booking_owner_canceled(world, booking)
    service, guest = _of_booking(world, booking)
    _notice(world, guest.id, "booking_owner_canceled", booking.id, f"Your booking of {service.name} on {mails.day(booking.at)} was canceled.")


def booking_user_canceled(world: Transaction, booking: state.Booking) -> None:
    """The user canceled a booking: the owner of the service is notified."""
    mails.booking_user_canceled(world, booking)
    service, guest = _of_booking(world, booking)
    text = f"{guest.first_name} canceled the booking of {service.name} on {mails.day(booking.at)}."
    _notice(world, service.owner_id, "booking_user_canceled", booking.id, text)


def reviewed(world: Transaction, service: state.Service, author: state.User, review: community.Review) -> None:
    """A service was reviewed: its owner gets a notice."""
    _notice(world, service.owner_id, "review_created", review.id, f"{author.first_name} gave {service.name} {review.rating} of 5 stars.")


def answered(world: Transaction, review: community.Review) -> None:
    """A review was answered: its author gets a notice."""
    service = world.table(state.SERVICES)[review.service_id]
    _notice(world, review.author_id, "review_answered", review.id, f"{service.name} answered your review.")


def _of_booking(world: Transaction, booking: state.Booking) -> tuple[state.Service, state.User]:
    return world.table(state.SERVICES)[booking.service_id], state.user_of(world, booking.user_id)


def password_updated(world: Transaction, user: state.User) -> None:
    """A password was changed: its user is notified."""
    mails.password_updated(world, user)
    _notice(world, user.id, "password_updated", user.id, "Your password was changed.")


def written(world: Transaction, chat: community.Chat, author: state.User, reader_id: str) -> None:
    """A message was sent: the other user gets a notice."""
    _notice(world, reader_id, "message_received", chat.id, f"{author.first_name} wrote to you.")
