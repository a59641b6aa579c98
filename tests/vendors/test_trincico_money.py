"""Trincico's money: a month by script, clock changes, and concurrent users."""

from __future__ import annotations

import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.trincico import SEEDED_RECORDS
from tests.vendors.trincico import BACK, BACK_TO_PAYOUTS, advance, do, get, open_page, press

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from tests.conftest import Mock

START = "2031-03-10T09:00:00Z"
MONTHLY, SUPERIOR = SEEDED_RECORDS["plan_pro"], SEEDED_RECORDS["plan_elite"]


def freeze(mock: Mock, moment: str) -> None:
    with mock.control as control:
        control.patch("/clock", json={"freeze": moment}).raise_for_status()


def subscription(mock: Mock, credential: str = "demo") -> Any:
    return get(mock, "/subscriptions/active/", credential)


def owed(mock: Mock, user_id: str) -> Counter[str]:
    """The amount that the records owe a user: paid minus paid out, by currency."""
    state = mock.state("trincico")
    total: Counter[str] = Counter()
    for payment in state["payments"]:
        if payment["payee_id"] == user_id and payment["status"] == "completed":
            total[payment["currency"]] += payment["net_amount"]
    for payout in state["payouts"]:
        if payout["user_id"] == user_id and payout["status"] not in ("failed", "canceled"):
            total[payout["currency"]] -= payout["amount"]
    return total


def held(mock: Mock, credential: str) -> Counter[str]:
    """The amount that the balance shows, available and pending together, by currency."""
    balance = get(mock, "/payouts/account/balance", credential)
    total: Counter[str] = Counter()
    for row in (*(balance["available"] or ()), *(balance["pending"] or ())):
        total[row["currency"]] += row["amount"]
    return total


# One month


def month(mock: Mock) -> list[bytes]:
    """The script of a month; returns every answer."""
    answers: list[bytes] = []

    def call(method: str, path: str, status: int, body: dict[str, Any] | None = None, credential: str = "demo") -> Any:
        with mock.client("trincico", credential) as client:
            answer = client.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        answers.append(answer.content)
        return answer.json() if answer.content else None

    def pressed(url: str, outcome: str) -> None:
        answer = press(mock, url, outcome)
        assert answer.status_code == 303
        answers.append(answer.headers["location"].encode())

    with mock.control as control:
        control.post("/reset").raise_for_status()
    freeze(mock, START)
    # upgrade
    pressed(call("POST", "/subscriptions/upgrade/", 428, {"plan_id": SUPERIOR, **BACK})["redirect_url"], "pay")
    assert call("GET", "/subscriptions/active/", 200)["plan"]["id"] == SUPERIOR
    # a payout account
    call("POST", "/payouts/account", 204)
    pressed(call("POST", "/payouts/account/enable", 428, BACK_TO_PAYOUTS)["redirect_url"], "complete")
    before = held(mock, "demo")["usd"]
    # invoice, paid
    fields = {"service_id": 77, "service_customer_id": SEEDED_RECORDS["customer"], "reference": "MONTH-1"}
    invoice = call("POST", "/invoices", 201, fields)["id"]
    call("POST", f"/invoices/{invoice}/items", 201, {"name": "Work", "price": 12_345, "quantity": 2, "tax": "8.25"})
    call("PUT", f"/invoices/{invoice}/status", 204, {"status": "ready"})
    pressed(call("POST", f"/invoices/{invoice}/pay", 428, BACK, "other")["redirect_url"], "pay")
    amount = call("GET", f"/invoices/{invoice}", 200)["amount"]
    assert amount == 24_690 + 2_037  # 2036.925 rounded half up
    assert held(mock, "demo")["usd"] == before + amount
    # payout
    call("POST", "/payouts", 204, {"currency": "usd", "amount": amount, "instant": True})
    assert held(mock, "demo")["usd"] == before
    # downgrade
    assert call("POST", "/subscriptions/upgrade/", 200, {"plan_id": MONTHLY, **BACK})["code"] == "next_plan_waiting"
    advance(mock, "P31D")
    assert call("GET", "/subscriptions/active/", 200)["plan"]["id"] == MONTHLY
    call("GET", "/invoices", 200)
    call("GET", "/payouts", 200)
    call("GET", "/profile", 200)
    answers.append(str(mock.state("trincico")).encode())
    answers.append(str(mock.outbox()).encode())
    return answers


def test_a_month_by_script_has_one_payment_each_and_is_the_same_twice(mock: Mock) -> None:
    first = month(mock)
    state = mock.state("trincico")
    payments = [payment for payment in state["payments"] if payment["user_id"] == SEEDED_RECORDS["user"]]
    of_subscription = [
        (payment["plan_id"], payment["gross_amount"], payment["status"]) for payment in payments if payment["target"] == "subscription"
    ]
    assert of_subscription == [(SUPERIOR, 3_000, "completed"), (MONTHLY, 1_000, "completed")]
    (invoice,) = [invoice for invoice in state["invoices"] if invoice["reference"] == "MONTH-1"]
    assert invoice["status"] == "paid"
    assert [payment["gross_amount"] for payment in state["payments"] if payment["invoice_id"] == invoice["id"]] == [invoice["amount"]]
    (payout,) = [payout for payout in state["payouts"] if payout["user_id"] == SEEDED_RECORDS["user"]]
    assert (payout["amount"], payout["status"]) == (invoice["amount"], "paid")
    renewed = subscription(mock)
    assert (renewed["plan"]["id"], renewed["next_plan"], renewed["last_payment"]["gross_amount"]) == (MONTHLY, None, 1_000)
    assert renewed["start_at"] < renewed["end_at"]
    subjects = Counter((message["to"], message["subject"]) for message in mock.outbox() if message["to"] == "demo@example.com")
    assert subjects[("demo@example.com", "Your subscription was updated")] == 3  # started, about to go on as a lower plan, renewed as that
    assert subjects[("demo@example.com", "Your payout was updated")] == 1
    assert month(mock) == first


# The clock


@pytest.mark.parametrize("steps", [["P1Y"], ["P6M", "P6M"], ["P1M"] * 12, ["P7D"] * 52])
def test_each_month_is_charged_once_however_the_clock_gets_there(mock: Mock, steps: list[str]) -> None:
    freeze(mock, START)
    press(mock, open_page(mock, "demo", "POST", "/subscriptions/upgrade/", plan_id=MONTHLY, **BACK), "pay")
    starts = [subscription(mock)["start_at"]]
    for step in steps:
        advance(mock, step)
        subscription(mock)
    payments = [payment for payment in mock.state("trincico")["payments"] if payment["subscription_id"] == SEEDED_RECORDS["subscription"]]
    weeks_short = steps == ["P7D"] * 52  # 364 days: the thirteenth month has not begun
    assert len(payments) == 12 if weeks_short else 13
    times = [payment["created_at"] for payment in payments]
    assert times[0] == starts[0]
    assert times == sorted(set(times))


def test_the_day_of_the_month_is_kept_if_the_month_has_it(mock: Mock) -> None:
    freeze(mock, "2031-01-31T12:00:00Z")
    press(mock, open_page(mock, "demo", "POST", "/subscriptions/upgrade/", plan_id=MONTHLY, **BACK), "pay")
    ends = [subscription(mock)["end_at"]]
    for day in ("03-02", "04-02", "05-02"):
        freeze(mock, f"2031-{day}T12:00:00Z")
        ends.append(subscription(mock)["end_at"])
    assert [f"{datetime.fromtimestamp(end, UTC):%m-%d}" for end in ends] == ["02-28", "03-31", "04-30", "05-31"]


def test_a_trial_ends_in_a_charge(mock: Mock) -> None:
    plan = SEEDED_RECORDS["plan_with_trial"]
    press(mock, open_page(mock, "demo", "POST", "/subscriptions/upgrade/", plan_id=plan, **BACK), "pay")
    trial = subscription(mock)
    assert (trial["status"], trial["last_payment"]) == ("trailing", None)
    assert trial["end_at"] - trial["start_at"] == 14 * 86_400
    advance(mock, "P14D")
    advance(mock, "PT1M")
    paid = subscription(mock)
    assert (paid["status"], paid["plan"]["id"], paid["last_payment"]["gross_amount"]) == ("active", plan, 30_000)


def test_what_was_paid_is_pending_for_two_days(mock: Mock) -> None:
    before = get(mock, "/payouts/account/balance", "elite")
    invoice = ready_invoice(mock, 10_000)
    press(mock, open_page(mock, "other", "POST", f"/invoices/{invoice}/pay", **BACK), "pay")

    def of(key: str) -> int:
        after = get(mock, "/payouts/account/balance", "elite")
        amounts = [{row["currency"]: row["amount"] for row in shown[key] or ()}.get("usd", 0) for shown in (before, after)]
        return int(amounts[1] - amounts[0])

    assert (of("available"), of("pending"), of("instant")) == (0, 10_000, 10_000)
    advance(mock, "P2D")
    advance(mock, "PT1M")
    assert of("available") >= 10_000
    assert of("instant") == 10_000


def test_automatic_payouts_go_out_each_interval_while_there_is_something(mock: Mock) -> None:
    def automatic() -> list[Any]:
        return [payout for payout in get(mock, "/payouts", "automatic", limit=100)["data"] if payout["automatic"]]

    total = held(mock, "automatic")["usd"]
    assert automatic() == []
    advance(mock, "P7D")
    advance(mock, "PT1M")
    assert [payout["amount"] for payout in automatic()] == [total]
    assert automatic()[0]["status"] in ("requested", "in_transit")  # it may be just before midnight
    advance(mock, "P30D")
    assert [(payout["amount"], payout["status"]) for payout in automatic()] == [(total, "paid")]
    assert held(mock, "automatic") == Counter()


# Many at once

PEOPLE = 50


def ready_invoice(mock: Mock, price: int, status: str = "ready") -> str:
    """A new invoice of the user with a completed payout account."""
    row = get(mock, "/invoices", "elite", limit=1)["data"][0]
    fields = {"service_id": row["service"]["id"], "service_customer_id": row["customer"]["id"], "reference": f"MANY-{price}"}
    invoice: str = do(mock, "POST", "/invoices", 201, "elite", **fields)["id"]
    do(mock, "POST", f"/invoices/{invoice}/items", 201, "elite", name="Work", price=price, quantity=1)
    if status == "ready":
        do(mock, "PUT", f"/invoices/{invoice}/status", 204, "elite", status="ready")
    return invoice


def act(mock: Mock, invoice: str, pages: Sequence[str], what: str, number: int) -> httpx.Response:
    """One client's calls to an invoice; the number identifies the client in the journal."""
    with mock.client() if what == "pay" else mock.client("trincico", "elite") as client:
        client.headers["x-request-id"] = f"act-{number}"
        if what == "pay":
            del client.headers["x-mock-world"]
            return client.post(pages[number % len(pages)], data={"outcome": "pay"})
        if what == "item":
            return client.post(f"/invoices/{invoice}/items", json={"name": "More", "price": 100, "quantity": 1, "tax": "10"})
        return client.put(f"/invoices/{invoice}/status", json={"status": what})


@pytest.mark.parametrize("seed", range(2))
def test_fifty_people_at_one_invoice_leave_what_some_order_explains(mock: Mock, seed: int) -> None:
    invoice = ready_invoice(mock, 1_000)
    owner = next(user["id"] for user in mock.state("trincico")["users"] if user["email"] == "elite@example.com")
    before = len(mock.state("trincico")["payments"])
    pages = [open_page(mock, "other", "POST", f"/invoices/{invoice}/pay", **BACK) for _ in range(10)]
    acts = (["ready", "draft", "item", "item", "pay"] * 10)[:PEOPLE]
    acts[-1 if seed else 0] = "canceled"
    random.Random(seed).shuffle(acts)

    checked = []

    def watch(_: int) -> None:
        # the balance belongs to one moment, the records to another, so only the balance is read here
        checked.append(held(mock, "elite")["usd"])

    with ThreadPoolExecutor(PEOPLE) as pool:
        watching = [pool.submit(watch, number) for number in range(5)]
        answers = list(zip(acts, pool.map(partial(act, mock, invoice, pages), acts, range(PEOPLE)), strict=True))
        for done in watching:
            done.result()

    succeeded = Counter(what for what, answer in answers if answer.status_code in (201, 204))
    gone_to_success = [answer for what, answer in answers if what == "pay" and answer.headers.get("location") == BACK["success_url"]]
    assert {answer.status_code for _, answer in answers} <= {201, 204, 303, 400, 409}
    state = mock.state("trincico")
    (record,) = [found for found in state["invoices"] if found["id"] == invoice]
    items = [item for item in state["items"] if item["invoice_id"] == invoice]
    payments = state["payments"][before:]
    # items were added while it was a draft, and each that was answered 201 is there
    assert len(items) == 1 + succeeded["item"]
    assert record["amount"] == 1_000 + 110 * succeeded["item"] == sum(item["amount"] + item["tax_amount"] for item in items)
    # ready and draft alternate, an end is reached once
    assert succeeded["canceled"] + len(payments) <= 1
    ups_and_downs = 1 + succeeded["ready"] - succeeded["draft"]
    if record["status"] == "paid":
        assert [(payment["status"], payment["gross_amount"], payment["invoice_id"]) for payment in payments] == [
            ("completed", record["amount"], invoice)
        ]
        assert gone_to_success
        assert ups_and_downs == 1
    elif record["status"] == "canceled":
        assert (payments, succeeded["canceled"]) == ([], 1)
        assert ups_and_downs in (0, 1)
        assert not gone_to_success
    else:
        assert payments == []
        assert ups_and_downs == (1 if record["status"] == "ready" else 0)
        assert not gone_to_success
    assert held(mock, "elite") == +owed(mock, owner)
    possible = {held(mock, "elite")["usd"], held(mock, "elite")["usd"] - sum(payment["net_amount"] for payment in payments)}
    assert set(checked) <= possible


def test_fifty_people_at_one_invoice_leave_what_their_calls_leave_one_after_the_other(mock: Mock) -> None:
    """The journal's order is a serial order: its calls, repeated on the initial world, get the same answers and leave the same records."""
    freeze(mock, START)
    invoice = ready_invoice(mock, 1_000)
    pages = [open_page(mock, "other", "POST", f"/invoices/{invoice}/pay", **BACK) for _ in range(10)]
    again = type(mock)(mock.url, f"{mock.world}-again")
    with mock.control as control:
        control.post("/worlds", json={"name": again.world, "from": {"world": mock.world}}).raise_for_status()
    acts = (["ready", "draft", "item", "item", "pay"] * 10)[:PEOPLE]
    random.Random(7).shuffle(acts)

    with ThreadPoolExecutor(PEOPLE) as pool:
        answers = list(pool.map(partial(act, mock, invoice, pages), acts, range(PEOPLE)))
    with mock.control as control:
        entries = control.get("/journal/har").json()["log"]["entries"]
    names = [header["value"] for entry in entries for header in entry["request"]["headers"] if header["name"] == "x-request-id"]
    order = [int(name.removeprefix("act-")) for name in names]
    assert sorted(order) == list(range(PEOPLE))

    def here(text: str) -> str:
        return text.replace(again.world, mock.world)

    with again.client() as client:
        del client.headers["x-mock-world"]
        for number in order:
            sent, answer = answers[number].request, answers[number]
            headers = {**sent.headers, **({"x-mock-world": again.world} if "x-mock-world" in sent.headers else {})}
            replayed = client.request(
                sent.method, str(sent.url).replace(f"~{mock.world}/", f"~{again.world}/"), content=sent.content, headers=headers
            )
            assert (replayed.status_code, here(replayed.text)) == (answer.status_code, answer.text), acts[number]
    assert here(json.dumps(again.state("trincico"))) == json.dumps(mock.state("trincico"))
    assert len({answer.status_code for answer in answers}) > 1


def test_fifty_payouts_at_once_never_take_more_than_there_is(mock: Mock) -> None:
    total = held(mock, "elite")["usd"]
    amount = total // 20

    def pay_out(_: int) -> int:
        with mock.client("trincico", "elite") as client:
            return client.post("/payouts", json={"currency": "usd", "amount": amount, "instant": True}).status_code

    with ThreadPoolExecutor(PEOPLE) as pool:
        answers = Counter(pool.map(pay_out, range(PEOPLE)))
    assert answers == {204: total // amount, 400: PEOPLE - total // amount}
    assert held(mock, "elite")["usd"] == total - amount * answers[204]


def test_pages_show_each_invoice_once_while_new_ones_arrive(mock: Mock) -> None:
    at_first = {row["id"] for row in get(mock, "/invoices", limit=100)["data"]}

    def insert(number: int) -> None:
        fields = {"service_id": 77, "service_customer_id": SEEDED_RECORDS["customer"], "reference": f"LATE-{number}"}
        do(mock, "POST", "/invoices", 201, **fields)

    with ThreadPoolExecutor(4) as pool:
        arriving = [pool.submit(insert, number) for number in range(40)]
        for order_by in ("-created_at", "created_at", "amount", "-reference"):
            seen: list[str] = []
            query: dict[str, Any] = {"limit": 5, "order_by": order_by}
            for _ in range(100):
                page = get(mock, "/invoices", **query)
                seen += [row["id"] for row in page["data"]]
                if page["next_page"] is None:
                    break
                query["next_page"] = page["next_page"]
            assert len(set(seen)) == len(seen)
            assert at_first <= set(seen)
        for done in arriving:
            done.result()


@pytest.mark.parametrize("years", [9, 40])
def test_a_clock_moved_on_at_once_renews_as_one_that_was_moved_by_years(mock: Mock, years: int) -> None:
    """Plans, periods and amounts are equal; for times more than ten years ago only the existence of renewals is compared."""

    def renewed(steps: int) -> list[dict[str, Any]]:
        with mock.control as control:
            control.post("/reset").raise_for_status()
        freeze(mock, START)
        for _ in range(steps):
            advance(mock, f"P{years // steps}Y")
        state = mock.state("trincico")
        payments = {payment["id"]: payment for payment in state["payments"]}
        return [
            {**shown, "last_payment_id": None, "paid": payments.get(shown["last_payment_id"], {}).get("gross_amount")}
            for shown in state["subscriptions"]
        ]

    assert renewed(1) == renewed(years if years < 10 else years // 5)


def test_the_end_of_time_is_reached_in_one_step(mock: Mock) -> None:
    freeze(mock, "8999-12-31T00:00:00Z")
    with mock.client("trincico") as client:
        assert client.get("/subscriptions/active/").json()["status"] == "active"
    assert len(mock.state("trincico")["payments"]) < 2_000, "seven thousand years of renewals were told apart"
