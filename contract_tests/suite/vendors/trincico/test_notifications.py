"""Every rule of the vendor's page about notifications."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ...harness import ApiClient, clause
from .calls import done, refused, send, works

TARGETS = {
    "welcome": "$user",
    "email_verification": "$user",
    "request_password_code": "$user",
    "password_updated": "$user",
    "invoice_created": "$ready_invoice",
    "invoice_paid": "$payment",
    "booking_created": "$booking",
    "booking_owner_canceled": "$booking",
    "booking_user_canceled": "$booking",
    "booking_approved": "$booking",
    "subscription_updated": "$subscription",
    "subscription_canceled": "$subscription",
    "payout_updated": "$payout",
}
"""What each mail scope is about."""


def _message(api: ApiClient, scope: str, target: str) -> dict[str, Any]:
    before = len(api.outbox())
    done(api, "send_notification", scope=scope, target_id=target)
    after = api.outbox()
    assert len(after) == before + 1, f"one message is sent ({len(after) - before})"
    message = after[-1]
    assert message["channel"] == "mail"
    assert message["subject"] or api.is_shared
    return message


@clause("trincico.send_notification.r2")
def test_only_the_password_counts(api: ApiClient) -> None:
    published = api.credentials("notifications")["Authorization"].removeprefix("Basic ")
    password = base64.b64decode(published).decode().partition(":")[2]

    def as_user(user: str, secret: str) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}

    works(api, "send_notification", role=None, headers=as_user("", password))
    if not api.is_shared:  # the page names no user; whether one is looked at is not said
        works(api, "send_notification", role=None, headers=as_user("anybody", password))
    for user in ("", "anybody"):
        for secret in (password + "x", password[:-1], password.swapcase()):
            if secret != password:
                refused(api, send(api, "send_notification", role=None, headers=as_user(user, secret)), "send_notification", "bad_credentials")


@clause("trincico.send_notification.r4")
@pytest.mark.parametrize("scope", TARGETS)
def test_each_scope_of_the_mail_sends_one_message(api: ApiClient, scope: str) -> None:
    message = _message(api, scope, TARGETS[scope])
    assert "@" in message["to"]
    refused(
        api, send(api, "send_notification", channel="sms_notification", scope=scope, target_id=TARGETS[scope]), "send_notification", "not_implemented"
    )


@clause("trincico.send_notification.r5")
def test_the_welcome_mail_goes_to_the_user_of_the_profile(api: ApiClient) -> None:
    message = _message(api, "welcome", "$user")
    assert message["to"] == api.known("user_email")
    assert message["codes"]


@clause("trincico.send_notification.r6", "trincico.send_notification.r8")
def test_a_ready_invoice_is_shared_with_its_customer(api: ApiClient) -> None:
    message = _message(api, "invoice_created", "$ready_invoice")
    assert message["to"] == api.known("customer_email")
    for name in ("draft_invoice", "canceled_invoice", "paid_invoice"):
        refused(api, send(api, "send_notification", target_id=f"${name}"), "send_notification", "status_value_denied")


@clause("trincico.send_notification.r7")
def test_a_payment_is_confirmed_by_its_id(api: ApiClient) -> None:
    message = _message(api, "invoice_paid", "$payment")
    assert "@" in message["to"]
    answer = send(api, "send_notification", scope="invoice_paid", target_id="$user")
    assert api.is_refusal("send_notification", answer), "the id of a user is refused where the id of a payment is needed"
    if not api.is_shared:
        refused(api, answer, "send_notification", "unknown_target")


@clause("trincico.send_notification.r9")
@pytest.mark.parametrize("scope", ["welcome", "invoice_created", "nothing"])
def test_no_scope_of_sms_is_implemented(api: ApiClient, scope: str) -> None:
    refused(api, send(api, "send_notification", channel="sms_notification", scope=scope), "send_notification", "not_implemented")


@clause("trincico.send_notification.r10")
def test_a_scope_that_does_not_exist_is_unknown(api: ApiClient) -> None:
    refused(api, send(api, "send_notification", scope="invoice_lost"), "send_notification", "unknown_scope")
