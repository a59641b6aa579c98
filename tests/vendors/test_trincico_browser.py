"""Every outcome of Trincico's hosted pages, clicked in a real browser; then invoice, subscription, payment, balance and outbox agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fixtures.trincico import SEEDED_RECORDS
from tests.vendors.trincico import advance, get, open_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Mock

PLAN, SUBSCRIPTION, READY = SEEDED_RECORDS["plan_pro"], SEEDED_RECORDS["subscription"], SEEDED_RECORDS["ready_invoice"]


def back(shop: str) -> dict[str, str]:
    return {"success_url": f"{shop}/success?order=1", "cancel_url": f"{shop}/failed"}


def checkout(mock: Mock, kind: str, shop: str) -> str:
    """The address of a checkout page of each kind."""
    if kind == "upgrade":
        return open_page(mock, "demo", "POST", "/subscriptions/upgrade/", plan_id=PLAN, **back(shop))
    if kind == "card":
        return open_page(mock, "demo", "POST", f"/subscriptions/{SUBSCRIPTION}/update-payment/", **back(shop))
    return open_page(mock, "other", "POST", f"/invoices/{READY}/pay", **back(shop))


def records(mock: Mock, table: str) -> list[dict[str, Any]]:
    with mock.control as control:
        found: list[dict[str, Any]] = control.get(f"/state/trincico/{table}").json()["records"]
    return found


def balance(mock: Mock, user_id: str) -> int:
    """The amount that the records owe a user who was never paid out."""
    payments = records(mock, "payments")
    return sum(int(payment["net_amount"]) for payment in payments if payment["payee_id"] == user_id and payment["status"] == "completed")


def world(mock: Mock) -> dict[str, Any]:
    """Everything that the outcome of a checkout may change, as the API and the outbox show it."""
    subscription = get(mock, "/subscriptions/active/")
    invoice = get(mock, f"/invoices/{READY}")
    return {
        "plan": subscription["plan"]["id"],
        "card": (subscription["method_details"] or {}).get("brand"),
        "last payment": (subscription["last_payment"] or {}).get("gross_amount"),
        "invoice": (invoice["status"], (invoice["payer"] or {}).get("email")),
        "balance": balance(mock, SEEDED_RECORDS["user"]),
        "payments": [(payment["target"], payment["gross_amount"], payment["card"], payment["status"]) for payment in records(mock, "payments")],
        "mails": [(message["to"], message["subject"]) for message in mock.outbox() if message["to"].startswith(("demo@", "other@"))],
    }


CHECKOUTS = {
    "pay": (["pay"], "visa", "paid"),
    "pay by another card": (["pay"], "amex", "paid"),
    "challenge, then confirm": (["challenge", "confirm"], "mastercard", "paid"),
    "challenge, then refuse": (["challenge", "refuse"], "mastercard", "declined"),
    "challenge, then cancel": (["challenge", "cancel"], "mastercard", "canceled"),
    "decline": (["decline"], "visa", "declined"),
    "cancel": (["cancel"], "visa", "canceled"),
}


def expected(before: dict[str, Any], kind: str, outcome: str, card: str) -> dict[str, Any]:
    """Check the world after an outcome."""
    amount = 23_050 if kind == "invoice" else 1_000
    after = dict(before)
    if kind != "card" and outcome in ("paid", "declined"):
        target = "invoice" if kind == "invoice" else "subscription"
        after["payments"] = [*before["payments"], (target, amount, card, "completed" if outcome == "paid" else "failed")]
    if outcome != "paid":
        return after
    if kind == "invoice":
        after |= {
            "invoice": ("paid", "other@example.com"),
            "balance": before["balance"] + amount,
            "mails": [("other@example.com", "Invoice ARC011 is paid")],
        }
    elif kind == "upgrade":
        after |= {"plan": PLAN, "card": card, "last payment": amount, "mails": [("demo@example.com", "Your subscription was updated")]}
    else:
        after |= {"card": card}
    return after


@pytest.mark.parametrize("kind", ["upgrade", "card", "invoice"])
@pytest.mark.parametrize("name", CHECKOUTS)
def test_an_outcome_of_the_checkout_is_seen_everywhere(mock: Mock, page: Page, shop: str, kind: str, name: str) -> None:
    buttons, card, outcome = CHECKOUTS[name]
    before = world(mock)
    assert before["mails"] == []
    url = checkout(mock, kind, shop)
    page.goto(url)
    due = {"upgrade": "10.00 USD", "card": "0.00 USD", "invoice": "230.50 USD"}[kind]
    assert page.locator("#amount").inner_text() == due
    page.locator(f"#card-{card}").check()
    for button in buttons:
        page.locator(f"#{button}").click()
    target = back(shop)["success_url" if outcome == "paid" else "cancel_url"]
    page.wait_for_url(target)
    assert page.locator("h1").inner_text() == "Back in the shop"
    after = world(mock)
    assert after == expected(before, kind, outcome, card)
    # the page shows the result after "back", without buttons
    page.goto(url)
    assert page.locator("#outcome").get_attribute("data-outcome") == outcome
    assert page.locator("button").count() == 0
    page.locator("#back").click()
    page.wait_for_url(target)
    assert world(mock) == after


SOLD = {
    "upgrade": ("Trincico", "Subscription Pro Monthly", "10.00 USD"),
    "card": ("Trincico", "Subscription Basic", "0.00 USD"),
    "invoice": ("Bar test", "2 × Extra programmer", "230.50 USD"),
}
"""Merchant, item and amount of each kind of page."""


@pytest.mark.parametrize("kind", SOLD)
def test_a_checkout_shows_merchant_item_and_amount_before_anything_to_press(mock: Mock, page: Page, shop: str, kind: str) -> None:
    merchant, item, amount = SOLD[kind]
    page.goto(checkout(mock, kind, shop))
    assert page.locator("#merchant").inner_text() == merchant
    assert page.locator("#amount").inner_text() == amount
    assert item in page.locator("#purchase").inner_text()
    assert "TEST MODE" in page.locator("#mode").inner_text()
    shown = page.locator("main").inner_text()
    assert shown.index(merchant) < shown.index(amount) < shown.index(item) < shown.index("Card\n")
    if kind == "invoice":
        assert "Tax\n30.50 USD" in page.locator("#purchase").inner_text()
    page.locator("#challenge").click()
    assert page.locator("#merchant").inner_text() == merchant


@pytest.mark.parametrize("kind", ["upgrade", "card", "invoice"])
def test_two_tabs_pay_once(mock: Mock, page: Page, shop: str, kind: str) -> None:
    url = checkout(mock, kind, shop)
    second = page.context.new_page()
    for tab in (page, second):
        tab.goto(url)
    page.locator("#pay").click()
    page.wait_for_url(back(shop)["success_url"])
    after = world(mock)
    second.locator("#decline").click()
    second.wait_for_url(back(shop)["success_url"])
    assert world(mock) == after


@pytest.mark.parametrize("kind", ["upgrade", "card", "invoice"])
def test_a_page_that_was_open_too_long_takes_nothing(mock: Mock, page: Page, shop: str, kind: str) -> None:
    before = world(mock)
    page.goto(checkout(mock, kind, shop))
    advance(mock, "PT24H1S")
    page.locator("#pay").click()
    assert page.locator("#outcome").get_attribute("data-outcome") == "expired"
    assert world(mock) == before


def test_the_pages_need_no_mouse(mock: Mock, page: Page, shop: str) -> None:
    page.goto(checkout(mock, "upgrade", shop))
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.locator("#card-mastercard").is_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(back(shop)["success_url"])
    assert world(mock)["card"] == "mastercard"


# Onboarding


@pytest.mark.parametrize(("bank", "currency"), [("test_bank_usd", "usd"), ("millenium_pln", "pln"), ("paribas_eur", "eur")])
def test_completing_the_onboarding_completes_the_account(mock: Mock, page: Page, shop: str, bank: str, currency: str) -> None:
    with mock.client("trincico") as client:
        assert client.post("/payouts/account").status_code == 204
    to = {"return_url": f"{shop}/payouts", "refresh_url": f"{shop}/again"}
    url = open_page(mock, "demo", "POST", "/payouts/account/enable", **to)
    page.goto(url)
    page.locator(f"#bank-{bank}").check()
    page.locator("#complete").click()
    page.wait_for_url(to["return_url"])
    account = get(mock, "/payouts/account")
    assert (account["status"], account["currency"]) == ("completed", currency)
    (external,) = get(mock, "/payouts/account/external-accounts")
    assert (external["currency"], external["account"] != "") == (currency, True)
    held = get(mock, "/payouts/account/balance")
    total = sum(row["amount"] for key in ("available", "pending") for row in held[key] or ())
    assert total == balance(mock, SEEDED_RECORDS["user"])
    assert bool(held["instant"]) is (bank == "test_bank_usd")
    # back to the page: there is nothing more to press
    page.goto(url)
    assert page.locator("#outcome").get_attribute("data-outcome") == "completed"
    assert get(mock, "/payouts/account") == account
    banks = [row["account_id"] for row in records(mock, "bank_accounts")]
    assert len(banks) == len(set(banks))


def test_a_failed_onboarding_changes_nothing_and_may_be_tried_again(mock: Mock, page: Page, shop: str) -> None:
    to = {"return_url": f"{shop}/payouts", "refresh_url": f"{shop}/again"}
    before = get(mock, "/payouts/account", "pro")
    page.goto(open_page(mock, "pro", "POST", "/payouts/account/enable", **to))
    page.locator("#fail").click()
    page.wait_for_url(to["refresh_url"])
    assert get(mock, "/payouts/account", "pro") == before
    page.goto(open_page(mock, "pro", "POST", "/payouts/account/enable", **to))
    page.locator("#complete").click()
    page.wait_for_url(to["return_url"])
    assert get(mock, "/payouts/account", "pro")["status"] == "completed"


def test_an_onboarding_expires(mock: Mock, page: Page, shop: str) -> None:
    to = {"return_url": f"{shop}/payouts", "refresh_url": f"{shop}/again"}
    page.goto(open_page(mock, "pro", "POST", "/payouts/account/enable", **to))
    advance(mock, "PT1H1S")
    page.locator("#complete").click()
    assert page.locator("#outcome").get_attribute("data-outcome") == "expired"
    assert get(mock, "/payouts/account", "pro")["status"] == "pending"
