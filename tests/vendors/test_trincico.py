"""Trincico: sign-in, data on hosted pages, consistency of the seeded world."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from fixtures.trincico import SEEDED_RECORDS
from tests.vendors.trincico import BACK, advance, do, get, open_page, press

if TYPE_CHECKING:
    from tests.conftest import Mock

DEMO = {"email": "demo@example.com", "password": "trincico-demo-password"}


def as_bearer(mock: Mock, token: str) -> int:
    """The status of a call with a token."""
    with mock.client("trincico", None) as client:
        return client.get("/profile", headers={"Authorization": f"Bearer {token}"}).status_code


# The sign-in


def test_a_front_end_signs_in_and_stays_signed_in(mock: Mock) -> None:
    tokens = do(mock, "POST", "/users/login", 200, **DEMO)
    claims = jwt.decode(tokens["access"], options={"verify_signature": False, "verify_exp": False})
    assert (claims["sub"], claims["exp"] - claims["iat"]) == (SEEDED_RECORDS["user"], 3_600)
    assert as_bearer(mock, tokens["access"]) == 200
    assert as_bearer(mock, tokens["refresh"]) == 401
    advance(mock, "PT1H1S")
    assert as_bearer(mock, tokens["access"]) == 401
    access = do(mock, "POST", "/login/refresh", 200, refresh=tokens["refresh"])["access"]
    assert as_bearer(mock, access) == 200
    advance(mock, "P30D")
    do(mock, "POST", "/login/refresh", 401, refresh=tokens["refresh"])


def test_a_forged_token_is_refused(mock: Mock) -> None:
    token: str = do(mock, "POST", "/users/login", 200, **DEMO)["access"]
    claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
    header, payload, signature = token.split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    for forged in (
        jwt.encode(claims, "x" * 32, "HS256"),
        f"{none}.{payload}.",
        f"{none}.{payload}.{signature}",
        f"{header}.{payload}.{signature[::-1]}",
        f"{header}.{payload}",
    ):
        assert as_bearer(mock, forged) == 401


# The hosted pages


def shown(mock: Mock, url: str) -> Any:
    with mock.client() as client:
        del client.headers["x-mock-world"]
        return client.get(url)


def test_a_page_runs_nothing_and_sends_forms_only_to_the_origin_of_the_call(mock: Mock) -> None:
    url = open_page(mock, "demo", "POST", "/subscriptions/upgrade/", plan_id=SEEDED_RECORDS["plan_pro"], **BACK)
    page = shown(mock, url)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' https://shop.example.com" in policy
    assert "script-src" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert not re.search(r"<script|<img|<link|\son\w+=", page.text)
    answer = press(mock, url, "pay")
    assert (answer.status_code, answer.headers["location"]) == (303, BACK["success_url"])


def test_what_others_typed_is_text_on_a_page(mock: Mock) -> None:
    reference = "<script>alert(1)</script>"
    invoice = SEEDED_RECORDS["draft_invoice"]
    do(mock, "PUT", f"/invoices/{invoice}", 204, reference=reference)
    do(mock, "PUT", f"/invoices/{invoice}/status", 204, status="ready")
    url = open_page(
        mock, "other", "POST", f"/invoices/{invoice}/pay", success_url=BACK["success_url"], cancel_url="https://shop.example.com/?a='b'&c=d"
    )
    assert reference not in shown(mock, url).text
    assert "&lt;script&gt;" in shown(mock, url).text
    press(mock, url, "cancel")
    assert 'href="https://shop.example.com/?a=&#39;b&#39;&amp;c=d"' in shown(mock, url).text


def test_what_changed_since_the_page_was_opened_is_not_paid(mock: Mock) -> None:
    invoice = SEEDED_RECORDS["ready_invoice"]
    url = open_page(mock, "other", "POST", f"/invoices/{invoice}/pay", **BACK)
    do(mock, "PUT", f"/invoices/{invoice}/status", 204, status="draft")
    do(mock, "POST", f"/invoices/{invoice}/items", 201, name="More", price=1, quantity=1)
    do(mock, "PUT", f"/invoices/{invoice}/status", 204, status="ready")
    assert press(mock, url, "pay").status_code == 409
    assert shown(mock, url).status_code == 409
    assert get(mock, f"/invoices/{invoice}")["status"] == "ready"


@pytest.mark.parametrize("outcome", ["pay", "decline", "cancel"])
def test_pressing_again_is_harmless(mock: Mock, outcome: str) -> None:
    url = open_page(mock, "other", "POST", f"/invoices/{SEEDED_RECORDS['ready_invoice']}/pay", **BACK)
    first = press(mock, url, outcome)
    state, mails = mock.state("trincico"), mock.outbox()
    for again in ("pay", "decline", "cancel", "challenge", "confirm"):
        answer = press(mock, url, again)
        assert (answer.status_code, answer.headers["location"]) == (303, first.headers["location"])
    assert (mock.state("trincico"), mock.outbox()) == (state, mails)


def test_a_page_belongs_to_its_world(mock: Mock) -> None:
    url = open_page(mock, "demo", "POST", "/subscriptions/upgrade/", plan_id=SEEDED_RECORDS["plan_pro"], **BACK)
    assert f"/~{mock.world}/" in url
    assert shown(mock, url.replace(mock.world, f"{mock.world}-other")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "verb"), [("plan_pro", "Pay 10.00 USD"), ("plan_with_trial", "Start trial"), ("card", "Save card"), ("free invoice", "Pay")]
)
def test_the_button_says_what_it_does(mock: Mock, kind: str, verb: str) -> None:
    if kind == "card":
        url = open_page(mock, "demo", "POST", f"/subscriptions/{SEEDED_RECORDS['subscription']}/update-payment/", **BACK)
    elif kind == "free invoice":
        invoice = SEEDED_RECORDS["empty_invoice"]
        do(mock, "POST", f"/invoices/{invoice}/items", 201, name="Gift", price=0, quantity=1)
        do(mock, "PUT", f"/invoices/{invoice}/status", 204, status="ready")
        url = open_page(mock, "other", "POST", f"/invoices/{invoice}/pay", **BACK)
    else:
        url = open_page(mock, "demo", "POST", "/subscriptions/upgrade/", plan_id=SEEDED_RECORDS[kind], **BACK)
    found = re.search(r'id="pay"[^>]*>([^<]*)<', shown(mock, url).text)
    assert found is not None
    assert found[1] == verb


# Messages


@pytest.mark.parametrize(
    ("scope", "target", "to", "code", "link"),
    [
        ("welcome", "user", "demo@example.com", True, False),
        ("email_verification", "user", "demo@example.com", True, False),
        ("request_password_code", "user", "demo@example.com", True, True),
        ("password_updated", "user", "demo@example.com", False, False),
        ("invoice_created", "ready_invoice", "nora.vance@example.com", False, True),
        ("invoice_paid", "paid_invoice", "other@example.com", False, True),
        ("invoice_paid", "payment", "other@example.com", False, True),
        ("booking_created", "booking", "demo@example.com", False, False),
        ("booking_owner_canceled", "booking", "other@example.com", False, False),
        ("booking_user_canceled", "booking", "demo@example.com", False, False),
        ("booking_approved", "booking", "other@example.com", False, False),
        ("subscription_updated", "subscription", "demo@example.com", False, False),
        ("subscription_canceled", "subscription", "demo@example.com", False, False),
        ("payout_updated", "payout", "elite@example.com", False, False),
    ],
)
def test_each_mail_reaches_the_right_person(mock: Mock, scope: str, target: str, to: str, code: bool, link: bool) -> None:  # noqa: FBT001 - columns of the table
    body = {"channel": "email_notification", "scope": scope, "target_id": SEEDED_RECORDS[target]}
    do(mock, "GET", "/notifications/send", 204, "notifications", **body)
    (message,) = mock.outbox()
    assert (message["to"], message["channel"]) == (to, "mail")
    assert (bool(message["codes"]), bool(message["links"])) == (code, link)
    assert "{" not in message["body"]
    for url in message["links"]:
        assert shown(mock, url).status_code == 200


# The seeded world

OWNERS = {
    "customers": ("service_id", "services"),
    "services": ("owner_id", "users"),
    "invoices": ("customer_id", "customers"),
    "items": ("invoice_id", "invoices"),
    "subscriptions": ("plan_id", "plans"),
    "features": ("plan_id", "plans"),
    "bank_accounts": ("account_id", "payout_accounts"),
    "payout_accounts": ("user_id", "users"),
    "payouts": ("account_id", "payout_accounts"),
    "bookings": ("service_id", "services"),
}


def test_what_is_seeded_belongs_together(mock: Mock) -> None:
    state = mock.state("trincico")
    for table, (key, owner) in OWNERS.items():
        ids = {record["id"] for record in state[owner]}
        assert state[table], table
        assert {record[key] for record in state[table]} <= ids, table
    customers = {customer["id"]: customer["service_id"] for customer in state["customers"]}
    for invoice in state["invoices"]:
        assert customers[invoice["customer_id"]] == invoice["service_id"]
        items = [item for item in state["items"] if item["invoice_id"] == invoice["id"]]
        assert invoice["amount"] == sum(item["amount"] + item["tax_amount"] for item in items)
        paid = [payment for payment in state["payments"] if payment["invoice_id"] == invoice["id"] and payment["status"] == "completed"]
        assert [payment["gross_amount"] for payment in paid] == ([invoice["amount"]] if invoice["status"] == "paid" else [])
    references = [(invoice["service_id"], invoice["reference"]) for invoice in state["invoices"]]
    assert len(set(references)) == len(references)
    for record in (*state["users"], *state["customers"]):
        assert re.search(r"@example\.(com|org|net)$", record["email"]), record["email"]


def test_secrets_are_not_shown(mock: Mock) -> None:
    state = mock.state("trincico")
    assert all("password_digest" not in user or user["password_digest"] != DEMO["password"] for user in state["users"])
    assert "trincico-api-password" not in json.dumps(state)


# The payment provider


def test_everything_that_needs_the_provider_is_refused_while_it_is_down(mock: Mock) -> None:
    def pay() -> int:
        with mock.client("trincico", "other") as client:
            return client.post(f"/invoices/{SEEDED_RECORDS['ready_invoice']}/pay", json=BACK).status_code

    assert pay() == 428
    with mock.control as control:
        control.put("/services/trincico.provider", json={"down": True}).raise_for_status()
        assert pay() == 503
        control.put("/services/trincico.provider", json={"down": False}).raise_for_status()
    assert pay() == 428
