"""A booking in a real browser, from the page of a service to the payout of what it earned: described and listed routes work in one world.

A front end at another origin calls the API as its guest and its host; the checkout page is clicked. After each step the mails and the notices
in the app name the same users and events.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from fixtures.trincico import SEEDED_RECORDS
from tests.vendors.trincico import advance

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Mock

SERVICE = SEEDED_RECORDS["bookable_service"]
GUEST, HOST = "trial", "elite"
"""Tomas Weller books; Elin Harper owns the service and has a completed payout account."""
SLOT = {"date": "2041-05-06", "time": "10:00"}
FETCH = """async ([method, url, headers, body]) => {
  const sent = body === null ? {} : {body: JSON.stringify(body)};
  const answer = await fetch(url, {method, headers: {...headers, "Content-Type": "application/json"}, ...sent});
  const text = await answer.text();
  return [answer.status, text === "" ? null : JSON.parse(text)];
}"""
WIDTH = """address => new Promise(resolve => {
  const image = new Image();
  image.onload = () => resolve(image.naturalWidth);
  image.onerror = () => resolve(0);
  image.src = address;
})"""
SUBJECTS = {
    r"New booking of .*": "booking_created",
    r"Your booking of .* was approved": "booking_approved",
    r"Invoice \w+ is paid": "invoice_paid",
    r"Your payout was updated": "payout_updated",
}
"""What a mail is about that an event sends, as the notice in the app calls it."""


@dataclass
class FrontEnd:
    """A page of another origin, whose script calls the API with fetch, in the world that its address names."""

    mock: Mock
    page: Page

    def call(self, name: str | None, method: str, path: str, status: int = 200, body: object = None) -> Any:
        """The body of an answer that must have a status."""
        api = self.mock.api("trincico")
        headers = {} if name is None else next(one["headers"] for one in api["credentials"] if one["name"] == name)
        url = f"{self.mock.url}/~{self.mock.world}{httpx.URL(api['base_url']).path}{path}"
        got, answer = self.page.evaluate(FETCH, [method, url, headers, body])
        assert got == status, answer
        return answer

    def notices(self, name: str) -> list[str]:
        """The kinds of a user's notices, oldest first."""
        rows = self.call(name, "GET", "/profiles/notifications?limit=100")["data"]
        return [row["kind"] for row in reversed(rows)]

    def mailed(self, name: str) -> list[str]:
        """What a user was mailed of events, oldest first."""
        subjects = [mail["subject"] for mail in self.mock.outbox("trincico") if mail["to"] == f"{name}@example.com"]
        return [kind for subject in subjects for pattern, kind in SUBJECTS.items() if re.fullmatch(pattern, subject)]

    def expect(self, name: str, *kinds: str) -> None:
        """Notices of these kinds, and a mail for each that has a mail scope."""
        assert self.notices(name) == list(kinds)
        host_of_payment = ("invoice_paid",) if name == HOST else ()  # its mail goes to the payer only
        assert self.mailed(name) == [kind for kind in kinds if kind in SUBJECTS.values() and kind not in host_of_payment]


def book(front: FrontEnd) -> str:
    """The guest reads the service and books a free hour, which the host accepts. Returns the id of the booking."""
    shown = front.call(None, "GET", f"/services/{SERVICE}")
    assert (shown["name"], shown["number_of_reviews"]) == ("Harper Interiors", 0)
    assert front.page.evaluate(WIDTH, shown["cover"]) > 0
    free = f"/services/{SERVICE}/booking_availability?date={SLOT['date']}"
    assert SLOT["time"] in front.call(None, "GET", free)["time_segment"]
    booking: str = front.call(GUEST, "POST", f"/services/{SERVICE}/reserve", 201, {**SLOT, "text": "Two rooms"})["id"]
    assert SLOT["time"] not in front.call(None, "GET", free)["time_segment"]
    front.expect(HOST, "booking_created")
    assert [row["id"] for row in front.call(HOST, "GET", "/profiles/reserves")["data"]] == [booking]
    front.call(HOST, "POST", f"/reserves/{booking}/accept")
    front.expect(GUEST, "booking_approved")
    return booking


def bill(front: FrontEnd) -> str:
    """The host makes the guest a customer and sends an invoice; the link in its mail shows it. Returns the id of the invoice."""
    guest = front.call(GUEST, "GET", "/profile")
    fields = {"first_name": guest["first_name"], "last_name": guest["last_name"], "business_name": "", "email": guest["email"], "phone": ""}
    customer = front.call(HOST, "POST", f"/services/{SERVICE}/customers", 201, fields)
    reference = front.call(HOST, "GET", f"/invoices/build-reference?service_id={SERVICE}")["reference"]
    sent = {"service_id": SERVICE, "service_customer_id": customer["id"], "reference": reference}
    invoice: str = front.call(HOST, "POST", "/invoices", 201, sent)["id"]
    item = {"name": "Plan of two rooms", "price": 12_000, "quantity": 2, "tax": 25}
    front.call(HOST, "POST", f"/invoices/{invoice}/items", 201, item)
    front.call(HOST, "PUT", f"/invoices/{invoice}/status", 204, {"status": "ready"})
    with front.mock.client("trincico", "notifications") as client:  # no browser sends a body with GET
        scope = {"channel": "email_notification", "scope": "invoice_created", "target_id": invoice}
        assert client.request("GET", "/notifications/send", json=scope).status_code == 204
    mail = front.mock.outbox("trincico")[-1]
    assert (mail["to"], mail["subject"]) == (f"{GUEST}@example.com", f"Invoice {reference} from Harper Interiors")
    link = re.search(r"http\S+/view", mail["body"])
    assert link is not None
    _, viewed = front.page.evaluate(FETCH, ["GET", link.group(), {}, None])
    assert (viewed["id"], viewed["status"], viewed["amount"]) == (invoice, "ready", 30_000)
    return invoice


def pay(front: FrontEnd, shop: str, invoice: str) -> None:
    """The guest pays on the checkout page."""
    back = {"success_url": f"{shop}/paid", "cancel_url": f"{shop}/failed"}
    front.page.goto(front.call(GUEST, "POST", f"/invoices/{invoice}/pay", 428, back)["redirect_url"])
    assert front.page.locator("#amount").inner_text() == "300.00 USD"
    front.page.locator("#card-mastercard").check()
    front.page.locator("#pay").click()
    front.page.wait_for_url(back["success_url"])
    front.expect(GUEST, "booking_approved", "invoice_paid")
    front.expect(HOST, "booking_created", "invoice_paid")
    shown = front.call(HOST, "GET", f"/invoices/{invoice}")
    assert (shown["status"], shown["payer"]["email"]) == ("paid", f"{GUEST}@example.com")
    for name in (GUEST, HOST):
        payment = front.call(name, "GET", "/payments?limit=100")["data"][0]
        assert (payment["invoice"]["id"], payment["net_amount"], payment["details"]["brand"]) == (invoice, 30_000, "mastercard")


def review(front: FrontEnd) -> None:
    """The guest reviews the service, and the host answers; the service shows the rating."""
    written = front.call(GUEST, "POST", f"/services/{SERVICE}/review_service", 201, {"rating": 4, "text": "Bright and warm."})
    front.call(HOST, "POST", f"/reviews/{written['id']}/answer", 201, {"text": "Enjoy the rooms."})
    shown = front.call(None, "GET", f"/services/{SERVICE}")
    assert (shown["average_rating"], shown["number_of_reviews"]) == ("4.00", 1)
    (seen,) = front.call(GUEST, "GET", "/profile")["reviews"]
    assert (seen["service"]["id"], seen["answer"]) == (SERVICE, "Enjoy the rooms.")


def pay_out(front: FrontEnd, before: int) -> None:
    """The host pays out what was earned, when it is available; the bank has it after two midnights more."""
    assert held(front, "pending") == before + 30_000
    advance(front.mock, "P2DT1M")
    assert held(front, "pending") == 0
    front.call(HOST, "POST", "/payouts", 204, {"amount": 30_000, "currency": "usd", "instant": False})
    for status in ("requested", "in_transit", "paid"):
        newest = front.call(HOST, "GET", "/payouts?limit=1")["data"][0]
        assert (newest["amount"], newest["status"]) == (30_000, status)
        advance(front.mock, "P1D" if status == "requested" else "P2D")


def held(front: FrontEnd, kind: str) -> int:
    """The balance of the host in US dollars, in cents."""
    rows = front.call(HOST, "GET", "/payouts/account/balance")[kind]
    return sum(row["amount"] for row in rows or () if row["currency"] == "usd")


def test_a_booking_goes_from_the_service_to_the_payout(mock: Mock, page: Page, shop: str) -> None:
    page.goto(f"{shop}/")
    front = FrontEnd(mock, page)
    pending = held(front, "pending")
    booking = book(front)
    pay(front, shop, bill(front))
    review(front)
    front.expect(GUEST, "booking_approved", "invoice_paid", "review_answered")
    pay_out(front, pending)
    front.expect(HOST, "booking_created", "invoice_paid", "review_created", *["payout_updated"] * 3)
    assert front.call(GUEST, "GET", f"/reserves/{booking}")["status"] == "approved"
