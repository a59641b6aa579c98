"""Payout accounts and payouts."""

import json

from tests.independent.trincico.database import Row, insert, let_others_in, new_id, now, row, rows, run, update
from tests.independent.trincico.faults import Fields, Json, Refused, missing
from tests.independent.trincico.paging import Query, filter_status, limit_of, order_rows, page
from tests.independent.trincico.rendering import plan_of, render_account, render_payout
from tests.independent.trincico.settings import READING, planted
from tests.independent.trincico.subscriptions import Answer, call_provider, current_ones, method_of, open_checkout

DAY = 86400
FREQUENCIES = ("auto_daily", "auto_3_days", "auto_7_days", "on_demand")


def frequencies_of(user: Row) -> list[str]:
    found = current_ones(user["id"])
    if not found or planted("frequencies_of_basic"):
        return ["on_demand"]
    return [str(one) for one in json.loads(plan_of(found[-1]["plan"])["frequencies"])]


def list_frequencies(user: Row) -> Answer:
    found = frequencies_of(user)
    return 200, [*FREQUENCIES] if planted("frequencies_of_all") else found


def account_of(user: Row) -> Row:
    query = "select * from accounts where user=? and status in ('pending', 'completed') order by created_at desc"
    if planted("foreign_account"):
        query = "select * from accounts where ? and status in ('completed') order by created_at desc, id"
    found = row(query, user["id"])
    if found is None:
        raise missing("payout_account_id")
    return found


def create_account(user: Row, body: object) -> Answer:
    fields = Fields(body if body is not None else {}, "payment_method_id", "")
    method = method_of(fields)
    found = row("select * from accounts where user=? and status in ('pending', 'completed')", user["id"])
    if found and not planted("second_account") and (found["status"] == "completed" or READING.pending_account_conflict):
        raise Refused(409, "row_exists")
    call_provider()
    if found is None or planted("second_account"):
        insert(
            "accounts",
            id=new_id(),
            user=user["id"],
            method=method["id"],
            frequency="on_demand",
            currency="usd",
            status="pending",
            country="US",
            banks="[]",
            created_at=now(),
            updated_at=now(),
        )
    if READING.account_answer == 201:
        return 201, render_account(account_of(user))
    return 204, None


def enable(user: Row, body: object) -> Answer:
    fields = Fields(body, "refresh_url return_url", "refresh_url return_url")
    read = fields.url if READING.strict_urls else fields.text  # "string" in this table, "url" in the others
    read("refresh_url")
    fields.body["success_url"] = read("return_url")
    account = account_of(user)
    call_provider()
    if planted("enable_at_once"):
        update("accounts", account["id"], status="completed")
    return 428, open_checkout(user, "account", fields, account["id"])


def retrieve(user: Row) -> Answer:
    return 200, render_account(account_of(user))


def update_frequency(user: Row, body: object) -> Answer:
    if READING.record_first:
        account_of(user)
    fields = Fields(body, "frequency", "frequency")
    wanted = fields.text("frequency")
    if wanted not in FREQUENCIES:
        raise Refused(400, "status_value_denied", "frequency") if READING.record_first else fields.wrong("frequency")
    account = account_of(user)
    if READING.frequency_needs_completed and account["status"] != "completed":
        raise Refused(400, "status_value_denied")
    if wanted not in frequencies_of(user) and not planted("any_frequency"):
        raise Refused(400, "status_value_denied", "frequency")
    call_provider()
    if not planted("frequency_unsaved"):
        update("accounts", account["id"], frequency=wanted, updated_at=now())
    if planted("frequency_of_all"):
        run("update accounts set frequency=?", wanted)
    return 204, None


def completed_of(user: Row) -> Row:
    account = account_of(user)
    if account["status"] != "completed" and not planted("pending_is_enough"):
        raise Refused(400, "status_value_denied")
    call_provider()
    return account


def get_balance(user: Row) -> Answer:
    account = completed_of(user)
    body: Json = {}
    for kind in ("available", "instant", "pending"):
        found = rows("select currency, amount from balances where account=? and kind=? order by currency", account["id"], kind)
        if planted("balance_major"):
            found = [{"currency": one["currency"], "amount": one["amount"] / 100} for one in found]
        body[kind] = found or READING.empty_balance
    return 200, body


def list_banks(user: Row) -> Answer:
    return 200, json.loads(completed_of(user)["banks"])


def account_for_payout(user: Row, fields: Fields) -> Row:
    if fields.body.get("payout_account_id") is None:
        return account_of(user)
    found = row("select * from accounts where id=? and status in ('pending', 'completed')", fields.key("payout_account_id"))
    if found is None or (found["user"] != user["id"] and not planted("foreign_payout_account")):
        raise missing("payout_account_id")
    return found


def create_payout(user: Row, body: object) -> Answer:
    if READING.record_first:
        account_of(user)
    fields = Fields(body, "payout_account_id currency amount instant", "currency amount instant")
    currency = fields.currency()
    amount = fields.integer("amount", 1)
    instant = fields.flag("instant")
    account = account_for_payout(user, fields)
    if account["status"] != "completed" or (account["frequency"] != "on_demand" and not planted("automatic_payout")):
        raise Refused(400, "status_value_denied")
    found = row("select amount from balances where account=? and kind='available' and currency=?", account["id"], currency)
    funds = found["amount"] if found else 0
    if amount > funds + planted("balance_off_by_one") and not planted("overdraft"):
        raise Refused(400, "balance_insufficient", "amount")
    if amount == funds and planted("last_cent_refused"):
        raise Refused(400, "balance_insufficient", "amount")
    call_provider()
    if planted("balance_race"):
        let_others_in()
    write_payout(user, account, amount, currency, instant=instant)
    return 204, None


def write_payout(user: Row, account: Row, amount: int, currency: str, *, instant: bool) -> None:
    if not planted("balance_kept"):
        run("update balances set amount=amount-? where account=? and kind='available' and currency=?", amount, account["id"], currency)
    if planted("charged_twice"):
        run("update balances set amount=amount-? where account=? and kind='available' and currency=?", amount, account["id"], currency)
    insert(
        "payouts",
        id=new_id(),
        account=account["id"],
        user=user["id"],
        amount=amount * 100 if planted("payout_in_cents") else amount,
        currency="usd" if planted("payout_currency_fixed") else currency,
        status=READING.first_payout_status,
        instant=instant,
        arrival_date=now() + 60 if instant else (now() // DAY + 1) * DAY,
        created_at=now(),
        updated_at=now(),
    )


def settle_payouts(user: int) -> None:
    """Payouts arrive when their time has come."""
    run(
        "update payouts set status='paid', updated_at=arrival_date where user=? and status=? and arrival_date<=?",
        user,
        READING.first_payout_status,
        now(),
    )


def list_payouts(user: Row, query: Query) -> Answer:
    settle_payouts(user["id"])
    found = rows("select * from payouts") if planted("payouts_of_all") else rows("select * from payouts where user=?", user["id"])
    if planted("status_of_payouts_ignored"):
        query = {name: value for name, value in query.items() if name != "status"}
    found = filter_status(found, query, "pending in_transit paid canceled failed requested")
    found = order_rows(found, query, "id status amount currency arrival_date created_at updated_at")
    body = page(found, query, render_payout)
    if not READING.reduced:
        body["limit"] = limit_of(query)
    return 200, body
