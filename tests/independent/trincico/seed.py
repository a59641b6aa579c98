"""The records that the server starts with. Every name, address and number is invented."""

import json

from tests.independent.trincico.database import Row, insert, make_schema, named_id, now
from tests.independent.trincico.settings import READING

DAY = 86400
FREQUENCIES = ["auto_3_days", "auto_7_days", "on_demand"]
ALL_FREQUENCIES = ["auto_daily", *FREQUENCIES]
PLANS = [
    # name, price, interval, weight, type, configured, active, frequencies
    ("Basic", 0, "year", 1, "basic", True, True, ["on_demand"]),
    ("Pro Monthly", 1000, "month", 2, "pro", True, True, FREQUENCIES),
    ("Pro Yearly", 10000, "year", 3, "pro", True, True, FREQUENCIES),
    ("Elite Monthly", 3000, "month", 4, "elite", True, True, ALL_FREQUENCIES),
    ("Elite Yearly", 30000, "year", 5, "elite", False, True, ALL_FREQUENCIES),
    ("Founders", 500, "month", 2, "pro", True, False, FREQUENCIES),
]
USERS = [
    # key, plan of each subscription with its status, activation code
    ("owner", [("Basic", "active")], "4471"),
    ("other", [("Elite Monthly", "active")], "9012"),
    ("pro", [("Pro Monthly", "active")], None),
    ("elite", [("Elite Monthly", "active")], "3318"),
    ("trial", [("Pro Monthly", "trailing")], None),
    ("newcomer", [], None),
    ("twofold", [("Pro Monthly", "active"), ("Elite Monthly", "active")], None),
    ("leaver", [("Pro Monthly", "canceled")], None),
    ("detached", [("Pro Monthly", "active")], None),
    ("automatic", [("Pro Yearly", "active")], None),
]
SERVICES = [
    ("atelier", "owner", "Atelier Nord", "AT"),
    ("garage", "owner", "Garage Süd", "GA"),
    ("studio", "owner", "Studio Ost", "SO"),
    ("bakery", "other", "Bakery West", "BW"),
]
CUSTOMERS = [
    ("mira", "atelier", "Mira", "Solis", "Solis Prints"),
    ("tove", "atelier", "Tove", "Lindqvist", "Lindqvist AB"),
    ("rafe", "garage", "Rafe", "Okoro", "Okoro Fleet"),
    ("ines", "studio", "Ines", "Vidal", "Vidal & Co"),
    ("noor", "bakery", "Noor", "Haddad", "Haddad Cafés"),
]
ACCOUNTS = [
    # key, user, status, frequency
    ("other", "other", "completed", "on_demand"),
    ("pro", "pro", "pending", "on_demand"),
    ("elite", "elite", "completed", "on_demand"),
    ("automatic", "automatic", "completed", "auto_7_days"),
]
INVOICES = [
    # service, customer, status
    ("atelier", "mira", "ready"),
    ("atelier", "mira", "draft"),
    ("garage", "rafe", "ready"),
    ("atelier", "tove", "canceled"),
    ("atelier", "tove", "paid"),
    ("atelier", "mira", "ready"),
    ("atelier", "tove", "draft"),
    ("garage", "rafe", "paid"),
    ("bakery", "noor", "ready"),
]


def bank(key: str) -> Row:
    demands: Row = {"errors": [], "past_due": [], "currently_due": [], "pending_verification": []}
    return {
        "id": f"ba_1Q{key}R6Zdemo4",
        "last4": "6789",
        "object": "bank_account",
        "status": "new",
        "account": f"acct_1Q{key}R6",
        "country": "US",
        "currency": "usd",
        "metadata": [],
        "bank_name": "DEMO BANK",
        "fingerprint": "j58demo39F3VoN",
        "account_type": None,
        "requirements": demands,
        "routing_number": "110000000",
        "account_holder_name": None,
        "account_holder_type": None,
        "future_requirements": demands,
        "default_for_currency": True,
        "available_payout_methods": ["standard", "instant"],
    }


def token_of(key: str) -> str:
    return f"tk_{key}_Zq7Rm2"


def seed_plans() -> None:
    for name, price, interval, weight, kind, configured, active, frequencies in PLANS:
        features = [{"name": f"{name} rows", "code": f"rows_{weight}", "max_allowed_value": weight * 3, "metadata": None}]
        insert(
            "plans",
            id=named_id(f"plan/{name}"),
            name=name,
            price=price,
            currency="usd",
            interval=interval,
            interval_count=1,
            active=active,
            is_recommended=name == "Pro Yearly",
            weight=weight,
            trial_period_days=0,
            is_default=name == "Basic",
            type=kind,
            configured=configured,
            frequencies=json.dumps(frequencies),
            features=json.dumps(features),
        )
    insert("methods", id=named_id("method/stripe"), name="Stripe", type="stripe", payout_enable=True, is_default=True, active=True)
    insert("methods", id=named_id("method/old"), name="Stripe (old)", type="stripe", payout_enable=False, is_default=False, active=False)


def seed_users(moment: int) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for number, (key, held, code) in enumerate(USERS, start=71):
        numbers[key] = number
        roles = ["ROLE_" + plan.upper().replace(" ", "_") for plan, _ in held] or ["ROLE_BASIC"]
        insert(
            "users",
            id=number,
            uuid=named_id(f"user/{key}"),
            token=token_of(key),
            email=f"{key}@people.example",
            first_name=key.capitalize(),
            last_name="Demo",
            roles=json.dumps(roles),
            activation_code=code,
            created_at=moment - 400 * DAY,
            updated_at=moment - 30 * DAY,
        )
        for plan, status in held:
            seed_subscription(key, number, plan, status, moment)
    return numbers


def seed_subscription(key: str, user: int, plan: str, status: str, moment: int) -> None:
    payment = None
    price = next(row[1] for row in PLANS if row[0] == plan)
    if price:
        payment = named_id(f"payment/{key}/{plan}")
        insert(
            "payments",
            id=payment,
            reference=named_id(f"reference/{key}/{plan}"),
            user=user,
            gross=price,
            currency="usd",
            created_at=moment - 5 * DAY,
            status="completed",
            target="subscription",
            plan=named_id(f"plan/{plan}"),
            invoice=None,
        )
    insert(
        "subscriptions",
        id=named_id(f"subscription/{key}/{plan}"),
        user=user,
        plan=named_id(f"plan/{plan}"),
        status=status,
        start_at=moment - 5 * DAY,
        end_at=moment + 25 * DAY,
        canceled_at=moment - DAY if status == "canceled" else None,
        next_plan=None,
        remote_id=None if key == "detached" or (price == 0 and not READING.free_plan_at_provider) else f"sub_{key}",
        payment=payment,
    )


def seed_services(numbers: dict[str, int], moment: int) -> None:
    for key, user, name, prefix in SERVICES:
        insert(
            "services", id=named_id(f"service/{key}"), user=numbers[user], name=name, status="published", prefix=prefix, email=f"{key}@shops.example"
        )
        insert("bookings", id=named_id(f"booking/{key}"), service=named_id(f"service/{key}"), user=numbers["other"])
    for number, (key, service, first, last, business) in enumerate(CUSTOMERS):
        insert(
            "customers",
            id=named_id(f"customer/{key}"),
            service=named_id(f"service/{service}"),
            first_name=first,
            last_name=last,
            business_name=business,
            email=f"{key}@clients.example",
            phone=f"+1555010{number:04}",
            created_at=moment - 60 * DAY,
        )


def seed_invoice(key: str, service: str, customer: str, reference: str, status: str, moment: int) -> None:
    invoice = named_id(f"invoice/{key}")
    insert(
        "invoices",
        id=invoice,
        service=named_id(f"service/{service}"),
        customer=named_id(f"customer/{customer}"),
        reference=reference,
        currency="usd",
        status=status,
        created_at=moment,
        updated_at=moment,
        stored_amount=23550,
    )
    for number, (price, quantity, tax) in enumerate([(10000, 2, "15.25"), (500, 1, None)]):
        insert(
            "items",
            id=named_id(f"item/{key}/{number}"),
            invoice=invoice,
            name=f"Work {number}",
            price=price,
            quantity=quantity,
            description="hours",
            tax=tax,
        )


def seed_payment(key: str, user: int, moment: int) -> None:
    insert(
        "payments",
        id=named_id(f"payment/{key}"),
        reference=named_id(f"reference/{key}"),
        user=user,
        gross=23550,
        currency="usd",
        created_at=moment,
        status="completed",
        target="invoice",
        plan=None,
        invoice=named_id(f"invoice/{key}"),
    )


def seed_payouts(numbers: dict[str, int], moment: int) -> None:
    for key, user, status, frequency in ACCOUNTS:
        account = named_id(f"account/{key}")
        insert(
            "accounts",
            id=account,
            user=numbers[user],
            method=named_id("method/stripe"),
            frequency=frequency,
            currency="usd",
            status=status,
            country="US",
            banks=json.dumps([bank(key)] if status == "completed" else []),
            created_at=moment - 90 * DAY,
            updated_at=moment - 80 * DAY,
        )
        funds = (
            [("available", "usd", 500000), ("available", "eur", 118109), ("available", "pln", 90400), ("pending", "usd", 86054)]
            if key in {"other", "elite", "automatic"}
            else []
        )
        for kind, currency, amount in funds:
            insert("balances", account=account, kind=kind, currency=currency, amount=amount)
    for number, (user, status) in enumerate([("elite", "paid"), ("elite", "failed"), ("elite", "paid"), ("elite", "canceled"), ("other", "paid")]):
        at = moment - (10 - number) * DAY
        insert(
            "payouts",
            id=named_id(f"payout/{number}"),
            account=named_id(f"account/{user}"),
            user=numbers[user],
            amount=2000 + number,
            currency="usd",
            status=status,
            instant=True,
            arrival_date=at,
            created_at=at,
            updated_at=at,
        )


def reset() -> None:
    """Put every record back to what it was at the start."""
    make_schema()
    moment = now()
    seed_plans()
    numbers = seed_users(moment)
    seed_services(numbers, moment)
    prefixes = {key: prefix for key, _, _, prefix in SERVICES}
    for number, (service, customer, status) in enumerate(INVOICES):
        at = moment - (20 - number) * DAY
        seed_invoice(str(number), service, customer, f"{prefixes[service]}{number + 1:03}", status, at)
        if status == "paid":
            seed_payment(str(number), numbers["owner"], at)
    seed_payouts(numbers, moment)
