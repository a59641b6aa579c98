"""Plans, payment methods, subscriptions, the payment pages, the profile."""

from tests.independent.trincico.database import Row, insert, new_id, now, row, rows, run, set_state, state, update
from tests.independent.trincico.faults import Fields, Json, Refused, missing
from tests.independent.trincico.rendering import plan_of, render_method, render_plan, render_profile, render_subscription
from tests.independent.trincico.settings import READING, planted

LENGTHS = {"month": 30 * 86400, "year": 365 * 86400}
"""Seconds of a period."""
Answer = tuple[int, object]


def call_provider() -> None:
    """Refuse if the payment provider is broken."""
    if state("provider") == "broken":
        raise Refused(503, "service_unavailable")


def list_plans() -> Answer:
    found = rows("select * from plans order by weight, name")
    return 200, [render_plan(plan, embedded=False, features=True) for plan in found if plan["active"] or planted("inactive_plans")]


def list_methods() -> Answer:
    found = rows("select * from methods order by name")
    return 200, [render_method(method) for method in found if method["active"] or planted("inactive_methods")]


def method_of(fields: Fields, *, checked: bool = True) -> Row:
    """The payment method that a body names, else the default one."""
    if fields.body.get("payment_method_id") is not None:
        key = fields.key("payment_method_id")
        found = row("select * from methods where id=? and active", key)
        if found is None and checked and not planted("any_method"):
            raise missing("payment_method_id")
        if found is not None:
            return found
    found = row("select * from methods where is_default and active")
    if found is None:
        raise Refused(412, "configuration_needed")
    return found


def settle(user: int) -> None:
    """Bring the subscriptions of a user up to the present: ends, renewals, next plans."""
    for held in rows("select * from subscriptions where user=? and status in ('active', 'trailing') and end_at<=?", user, now()):
        if held["canceled_at"] is not None:
            update("subscriptions", held["id"], status="canceled")
            continue
        plan = plan_of(held["next_plan"] or held["plan"])
        length = LENGTHS[plan["interval"]]
        start, end = held["end_at"], held["end_at"] + length
        while end <= now():
            start, end = end, end + length
        update("subscriptions", held["id"], plan=plan["id"], next_plan=None, status="active", start_at=start, end_at=end, owed=0)
        if plan["price"]:
            update("subscriptions", held["id"], payment=record_payment(user, plan, plan["price"] + held["owed"], held["end_at"]))


def current_ones(user: int) -> list[Row]:
    settle(user)
    return rows("select * from subscriptions where user=? and status in ('active', 'trailing') order by seq", user)


def get_active(user: Row) -> Answer:
    found = current_ones(user["id"])
    if planted("foreign_active") and not found:
        found = rows("select * from subscriptions where status='active' order by seq")
    if not found:
        if READING.no_subscription_null:
            return 200, None
        raise missing("subscription_id")
    return 200, render_subscription(found[0])


def open_checkout(user: Row, kind: str, fields: Fields, target: str, plan: str | None = None) -> Json:
    url = f"https://checkout.pay.example/c/pay/cs_test_{new_id().replace('-', '')}"
    insert(
        "checkouts",
        url=url,
        user=user["id"],
        kind=kind,
        target=target,
        plan=plan,
        success_url=fields.body["success_url"],
        cancel_url=fields.body.get("cancel_url", ""),
    )
    return {"redirect_url": url}


def upgrade(user: Row, body: object) -> Answer:
    fields = Fields(body, "plan_id success_url cancel_url payment_method_id", "plan_id success_url cancel_url", listed=True)
    key = fields.key("plan_id")
    for name in ("success_url", "cancel_url"):
        if name in fields:
            fields.url(name)
    plan = row("select * from plans where id=?", key)
    if plan is None or not (plan["active"] or planted("inactive_upgrade")):
        raise missing("plan_id")
    method_of(fields)
    found = current_ones(user["id"])
    if not found:
        raise missing("subscription_id")
    if len(found) > 1 and not planted("two_accepted"):
        raise Refused(400, "multi_row")
    held = found[0]
    if held["plan"] == key and not planted("same_plan"):
        raise Refused(400, "already_have_resource", "plan_id")
    return change_plan(user, held, plan, fields)


def change_plan(user: Row, held: Row, plan: Row, fields: Fields) -> Answer:
    if plan["price"] == 0 and READING.basic_refused:
        raise Refused(400, "non_upgradable", "plan_id")
    if not plan["configured"] and not planted("unconfigured"):
        raise Refused(412, "configuration_needed", "plan_id")
    call_provider()
    old = plan_of(held["plan"])
    if old["price"] == 0 or planted("always_checkout"):
        return 428, open_checkout(user, "upgrade", fields, held["id"], plan["id"])
    if plan["weight"] < old["weight"]:
        if planted("downgrade_at_once"):
            update("subscriptions", held["id"], plan=plan["id"])
        else:
            update("subscriptions", held["id"], next_plan=plan["id"])
        return 200, {"code": "next_plan_waiting"}
    if not planted("upgrade_unsaved"):
        update("subscriptions", held["id"], plan=plan["id"], next_plan=None, owed=difference(held, old, plan))
    return 200, {"code": "payment_not_required"}


def difference(held: Row, old: Row, plan: Row) -> int:
    """What the rest of the period costs more under another plan; it is part of the next payment."""
    left = max(held["end_at"] - now(), 0)
    return int(plan["price"] * left / LENGTHS[plan["interval"]] - old["price"] * left / LENGTHS[old["interval"]])


def record_payment(user: int, plan: Row, amount: int, moment: int) -> str:
    key = new_id()
    insert(
        "payments",
        id=key,
        reference=new_id(),
        user=user,
        gross=amount,
        currency=plan["currency"],
        created_at=moment,
        status="completed",
        target="subscription",
        plan=plan["id"],
        invoice=None,
    )
    return key


def subscription_of(user: Row, key: str) -> Row:
    settle(user["id"])
    found = row("select * from subscriptions where id=?", key)
    if found is None:
        raise missing("subscription_id")
    if found["user"] != user["id"] and not planted("foreign_subscription"):
        raise Refused(READING.foreign_subscription[0], READING.foreign_subscription[1], "subscription_id")
    return found


def cancel(user: Row, key: str) -> Answer:
    held = subscription_of(user, key)
    if held["status"] not in {"active", "trailing"} and not planted("cancel_twice"):
        raise Refused(400, "status_value_denied")
    if held["remote_id"] is None:
        raise Refused(400, "non_processable")
    call_provider()
    if planted("cancel_forgets"):
        return 204, None
    since = held["canceled_at"] or now()
    update("subscriptions", key, canceled_at=since, status="canceled" if READING.canceled_at_once else held["status"])
    return 204, None


def update_payment(user: Row, key: str, body: object) -> Answer:
    if READING.record_first:
        subscription_of(user, key)
    fields = Fields(body, "success_url cancel_url payment_method_id", "success_url cancel_url", listed=True)
    for name in ("success_url", "cancel_url"):
        if name in fields:
            fields.url(name)
    held = subscription_of(user, key)
    method_of(fields, checked=READING.update_payment_checks_method)
    if held["remote_id"] is None:
        raise Refused(400, "non_processable")
    call_provider()
    answer = open_checkout(user, "method", fields, key)
    return (200 if planted("update_payment_200") else 428), answer


def finish_checkout(url: str, outcome: str) -> str | None:
    """Do what the payment page does when the customer leaves it: returns where the customer goes."""
    found = row("select * from checkouts where url=?", url)
    if found is None:
        return None
    run("delete from checkouts where url=?", url)
    if outcome != "success":
        return str(found["cancel_url"])
    if found["kind"] == "upgrade":
        pay_for_plan(found)
    elif found["kind"] == "invoice":
        pay_for_invoice(found)
    elif found["kind"] == "account":
        update("accounts", found["target"], status="completed", updated_at=now())
    return str(found["success_url"])


def pay_for_invoice(checkout: Row) -> None:
    update("invoices", checkout["target"], status="paid", updated_at=now())
    payer, invoice = checkout["user"], checkout["target"]
    insert(
        "payments",
        id=new_id(),
        reference=new_id(),
        user=payer,
        gross=0,
        currency="usd",
        created_at=now(),
        status="completed",
        target="invoice",
        plan=None,
        invoice=invoice,
    )


def pay_for_plan(checkout: Row) -> None:
    plan = plan_of(checkout["plan"])
    payment = record_payment(checkout["user"], plan, plan["price"], now())
    end = now() + LENGTHS[plan["interval"]]
    update("subscriptions", checkout["target"], plan=plan["id"], payment=payment, start_at=now(), end_at=end)


def get_profile(user: Row) -> Answer:
    if planted("profile_of_first"):
        user = rows("select * from users order by id")[0]
    found = current_ones(user["id"])
    held = found[0] if found else None
    if planted("profile_stale") and held:
        # The plan that the profile was first seen with is shown from then on.
        seen = state(f"profile/{user['id']}") or held["plan"]
        set_state(f"profile/{user['id']}", seen)
        held = held | {"plan": seen}
    return 200, render_profile(user, held)
