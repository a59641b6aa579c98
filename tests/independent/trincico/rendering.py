"""The records as they stand on the wire."""

import json
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from tests.independent.trincico.database import Row, named_id, row, rows
from tests.independent.trincico.faults import Json
from tests.independent.trincico.settings import READING, planted

CARD: Json = {
    "type": "card",
    "brand": "visa",
    "last4": "4242",
    "checks": {"cvc_check": "pass", "address_line1_check": None, "address_postal_code_check": None},
    "wallet": None,
    "country": "US",
    "funding": "credit",
    "exp_year": 2031,
    "networks": {"available": ["visa"], "preferred": None},
    "exp_month": 12,
    "fingerprint": "CwUhdemoN831aPl",
    "generated_from": None,
    "three_d_secure_usage": {"supported": True},
}


def need(found: Row | None) -> Row:
    if found is None:
        raise LookupError("a record names another that does not exist")
    return found


def iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def render_plan(plan: Row, *, embedded: bool, features: bool) -> Json:
    body: Json = {name: plan[name] for name in ("id", "name", "price", "currency")}
    if embedded:
        body["type"] = plan["type"]
    body |= {"interval": plan["interval"], "interval_count": plan["interval_count"], "active": bool(plan["active"])}
    body |= {"is_recommended": bool(plan["is_recommended"]), "weight": plan["weight"], "trial_period_days": plan["trial_period_days"]}
    body["is_default"] = bool(plan["is_default"]) or (planted("two_defaults") and plan["weight"] == 2)
    if planted("price_text"):
        body["price"] = str(plan["price"])
    if features and not READING.reduced:
        body["features"] = json.loads(plan["features"])
    return body


def plan_of(key: str) -> Row:
    return need(row("select * from plans where id=?", key))


def render_method(method: Row) -> Json:
    body: Json = {
        "id": method["id"],
        "name": method["name"],
        "payout_enable": bool(method["payout_enable"]),
        "is_default": bool(method["is_default"]),
    }
    if not READING.reduced:
        body["type"] = method["type"]
    return body


def render_payment(key: str) -> Json:
    payment = need(row("select * from payments where id=?", key))
    body: Json = {} if READING.reduced else {"id": payment["id"]}
    body |= {
        "reference": payment["reference"],
        "gross_amount": payment["gross"],
        "net_amount": payment["gross"],
        "fee_amount": 0,
        "fee_percent": "0.00",
        "details": CARD,
        "currency": payment["currency"],
        "created_at": payment["created_at"],
        "status": payment["status"],
        "target": payment["target"],
        "method": "stripe",
        "invoice": {},
        "plan": render_plan(plan_of(payment["plan"]), embedded=True, features=True),
    }
    return body


def render_subscription(subscription: Row) -> Json:
    body: Json = {name: subscription[name] for name in ("id", "start_at", "end_at", "canceled_at")}
    if planted("milliseconds"):
        body["end_at"] *= 1000
    if not READING.reduced:
        body["method_details"] = CARD
        coming = subscription["next_plan"]
        body["next_plan"] = render_plan(plan_of(coming), embedded=True, features=True) if coming else None
    body["status"] = subscription["status"]
    body["last_payment"] = render_payment(subscription["payment"]) if subscription["payment"] else None
    body["plan"] = render_plan(plan_of(subscription["plan"]), embedded=True, features=True)
    return body


def share_of(item: Row) -> tuple[int, int]:
    """Net amount and tax of an item, in minor units."""
    net = item["price"] * (1 if planted("quantity_ignored") else item["quantity"])
    rate = Decimal(item["tax"] or 0)
    if planted("tax_on_price"):
        return net, int((item["price"] * rate / 100).quantize(Decimal(1), ROUND_HALF_UP))
    return net, int((net * rate / 100).quantize(Decimal(1), ROUND_HALF_UP))


def tax_of(item: Row, form: str) -> object:
    if item["tax"] is None:
        return None
    value = Decimal(item["tax"])
    if READING.tax == "number" or (READING.tax == "mixed" and form == "list"):
        return float(value)
    return str(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def render_item(item: Row, form: str) -> Json:
    net, tax = share_of(item)
    body: Json = {"id": item["id"], "name": item["name"], "price": item["price"], "quantity": item["quantity"]}
    body |= {"description": item["description"], "tax": tax_of(item, form)}
    if planted("description_escaped") and item["description"]:
        body["description"] = item["description"].replace("&", "&amp;").replace("<", "&lt;")
    if planted("item_price_float"):
        body["price"] = float(item["price"])
    if form == "list" or READING.totals_everywhere:
        body |= {"amount": net, "tax_amount": tax}
    return body


def items_of(invoice: Row) -> list[Row]:
    return rows("select * from items where invoice=? order by seq", invoice["id"])


def total_of(invoice: Row) -> int:
    if planted("lost_update"):
        return int(invoice["stored_amount"])
    shares = [share_of(item) for item in items_of(invoice)]
    if planted("list_totals_untaxed"):
        return sum(net for net, _ in shares)
    return sum(net + tax for net, tax in shares)


def render_customer(customer: Row) -> Json:
    names = ("id", "first_name", "last_name", "business_name", "email", "phone")
    return {name: customer[name] for name in names} | {"created_at": customer["created_at"], "updated_at": customer["created_at"]}


def render_service(service: Row, form: str) -> Json:
    if form == "list":
        return {"id": service["id"], "slug_id": None, "slug": None, "status": service["status"], "name": service["name"]}
    body: Json = {"id": service["id"], "name": service["name"], "description": f"{service['name']} since 1998", "telephone": ""}
    return body | {"cellphone": "+15550108888", "email": service["email"], "website": None, "owner": {}}


def render_recipient(invoice: Row, form: str) -> Json:
    customer = need(row("select * from customers where id=?", invoice["customer"]))
    if READING.recipient == "customer" or form == "list":
        return {"customer": render_customer(customer)}
    return {"payer": {} if form in {"create", "view"} else render_customer(customer)}


def render_invoice(invoice: Row, form: str) -> Json:
    """`form`: list, create, retrieve or view; the page prints another set of keys for each."""
    items = items_of(invoice)
    shares = [share_of(item) for item in items]
    body: Json = {"id": invoice["id"], "reference": invoice["reference"]}
    if form == "list" or READING.totals_everywhere:
        body |= {"tax_amount": sum(tax for _, tax in shares), "sub_amount": sum(net for net, _ in shares)}
    body |= {"amount": total_of(invoice), "currency": invoice["currency"], "status": invoice["status"]}
    body |= {"created_at": invoice["created_at"], "updated_at": invoice["updated_at"]}
    if form == "create" and READING.recipient == "customer":
        body |= {"created_at": invoice["created_at"] + 0.25, "updated_at": invoice["updated_at"] + 0.25}
    body["items"] = [render_item(item, form) for item in items]
    body |= render_recipient(invoice, form)
    service = need(row("select * from services where id=?", invoice["service"]))
    hidden = form in {"create", "view"} and not READING.full_objects
    body["service"] = {} if hidden else render_service(service, form)
    if form == "create" and not READING.reduced:
        body["owner"] = {}
    return body


def render_user(user: Row) -> Json:
    body: Json = {"id": user["uuid"] if READING.full_objects else user["id"], "first_name": user["first_name"]}
    body |= {} if READING.reduced else {"avatar": ""}
    body |= {"last_name": user["last_name"], "selected_language": "en", "address": "", "city": None, "country": None, "state": None, "zip_code": None}
    body |= {"number_friends": 0, "profit": "0.00", "refer_code": None, "nit": "", "email": user["email"], "phone": "", "active": True}
    return body | {"created_at": user["created_at"], "updated_at": user["updated_at"], "roles": json.loads(user["roles"]), "permissions": []}


def render_account(account: Row, *, nested: bool = False) -> Json:
    body: Json = {name: account[name] for name in ("id", "frequency", "currency", "status")}
    if not READING.reduced:
        body["payment_method_type"] = "stripe"
    body |= {"country": account["country"], "external_accounts": json.loads(account["banks"])}
    body |= {"created_at": account["created_at"], "updated_at": account["updated_at"]}
    return body | {"user": None if nested else {}}


def render_payout(payout: Row) -> Json:
    account = need(row("select * from accounts where id=?", payout["account"]))
    arrival = payout["arrival_date"]
    body: Json = {name: payout[name] for name in ("id", "status", "amount", "currency")}
    body |= {"arrival_date": str(arrival) if READING.arrival_text else arrival, "automatic": False}
    body |= {
        "sent_method": "instant" if payout["instant"] and not planted("never_instant") else "standard",
        "type": "bank_account",
        "description": None,
    }
    body |= {"created_at": payout["created_at"], "updated_at": payout["updated_at"], "destination_account": render_account(account, nested=True)}
    return body | {"user": render_user(need(row("select * from users where id=?", payout["user"])))}


def render_profile(user: Row, subscription: Row | None) -> Json:
    services = rows("select * from services where user=? or ? order by rowid", user["id"], planted("services_of_all"))
    current = None
    if subscription:
        plan = plan_of(subscription["plan"])
        reduced = {"id": plan["id"], "name": plan["name"], "type": plan["type"], "active": bool(plan["active"])}
        current = {name: subscription[name] for name in ("id", "start_at", "end_at", "status")} | {"plan": reduced}
    if READING.full_objects and subscription:
        current = render_subscription(subscription)
    body: Json = {"id": user["uuid"], "roles": json.loads(user["roles"]), "email": user["email"], "first_name": user["first_name"]}
    body |= {"last_name": user["last_name"], "avatar": "https://media.shops.example/avatar.png", "refer_code": None, "phone": ""}
    body |= {"services": [render_profile_service(service) for service in services], "favorites": [], "reviews": []}
    body |= {"address": "", "city": None, "state": None, "country": None, "zip_code": None}
    body |= {"permissions": [{"name": "Service create", "code": "service_get_data_to_create", "max_allowed_value": 5, "metadata": None}]}
    body |= {"current_subscription": current, "selected_language": "en"}
    return body | {"created_at": user["created_at"], "updated_at": user["updated_at"]}


def render_profile_service(service: Row) -> Json:
    body = render_service(service, "list")
    body |= {
        "category_id": named_id("category/trade"),
        "cover": "https://media.shops.example/cover.jpg",
        "logo": "https://media.shops.example/logo.jpg",
    }
    body |= {
        "average_rating": "4.30",
        "number_of_reviews": "3" if READING.reduced else 3,
        "expiration_date": iso(1893456000),
        "expires_at": 1893456000,
    }
    body |= {"visits": [], "email": service["email"], "cellphone": "+15550108888", "website": None, "description": f"{service['name']} since 1998"}
    if READING.reduced:
        return body
    body |= {"city": "Riga", "state": None, "country": "LV", "zip_code": "LV-1001", "open_now": True, "followersCount": 0, "gallery": []}
    body |= {"description_short": service["name"], "address": "Demo street 1", "placeId": "demo-place", "work_schedule": []}
    return body | {"lat": 56.95, "lng": 24.1, "booking": True, "dates_by_day": 0}
