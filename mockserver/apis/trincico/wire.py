"""Records as Trincico writes them. The keys of an object depend on its place and follow the vendor's examples."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mockserver import Transaction, fields_of
from mockserver.apis.trincico import state
from mockserver.apis.trincico.choices import BANKS, CARDS
from mockserver.apis.trincico.money import rate_number, rate_text

MEDIA = "https://media.example.com"
NOTHING: dict[str, Any] = {}
"""A related object that is left empty."""


def plan(world: Transaction, shown: state.Plan, *, embedded: bool) -> dict[str, Any]:
    """A plan with its features; with its family if it is part of another object (trincico.D33)."""
    family = {"type": shown.type} if embedded else {}
    return {
        **fields_of(shown, "id name price currency"),
        **family,
        **fields_of(shown, "interval interval_count active is_recommended weight trial_period_days is_default"),
        "features": features(world, shown),
    }


def features(world: Transaction, shown: state.Plan) -> list[dict[str, Any]]:
    return [
        {"name": feature.name, "code": feature.code, "max_allowed_value": feature.max_allowed_value, "metadata": None}
        for feature in world.table(state.FEATURES).select("plan", shown.id)
    ]


def payment_method(shown: state.PaymentMethod) -> dict[str, Any]:
    """A payment method with the keys of the table and of the examples (trincico.D31)."""
    return {"id": shown.id, "name": shown.name, "type": shown.type, "payout_enable": shown.payout_enable, "is_default": shown.is_default}


def card(name: str) -> dict[str, Any] | None:
    """The data of a card; None before there is one."""
    if not name:
        return None
    shown = CARDS[name]
    return {
        "type": "card",
        "brand": shown.brand,
        "last4": shown.last4,
        "checks": {"cvc_check": "pass", "address_line1_check": None, "address_postal_code_check": None},
        "wallet": None,
        "country": "US",
        "funding": "credit",
        "exp_year": shown.exp_year,
        "networks": {"available": [shown.brand], "preferred": None},
        "exp_month": shown.exp_month,
        "fingerprint": shown.fingerprint,
        "generated_from": None,
        "three_d_secure_usage": {"supported": True},
    }


def subscription(world: Transaction, shown: state.Subscription) -> dict[str, Any]:
    """A subscription with every key of the vendor's table (trincico.D38)."""
    payment = None if shown.last_payment_id is None else world.table(state.PAYMENTS).get(shown.last_payment_id)
    next_plan = None if shown.next_plan_id is None else plan(world, state.plan_of(world, shown.next_plan_id), embedded=True)
    return {
        **fields_of(shown, "id start_at end_at canceled_at"),
        "method_details": card(shown.card),
        "next_plan": next_plan,
        "status": shown.status,
        "last_payment": None if payment is None else _payment(world, payment, payment.plan_id or shown.plan_id),
        "plan": plan(world, state.plan_of(world, shown.plan_id), embedded=True),
    }


def subscription_summary(world: Transaction, shown: state.Subscription) -> dict[str, Any]:
    """A subscription in the short form of the profile (trincico.D102)."""
    held = state.plan_of(world, shown.plan_id)
    return {**fields_of(shown, "id start_at end_at status"), "plan": {"id": held.id, "name": held.name, "type": held.type, "active": held.active}}


def _payment(world: Transaction, shown: state.Payment, plan_id: str) -> dict[str, Any]:
    """The payment of a subscription, with the plan that it was for; its invoice is empty (trincico.D45)."""
    return {
        **fields_of(shown, "id reference gross_amount net_amount fee_amount"),
        "fee_percent": "0.00",
        "details": card(shown.card),
        **fields_of(shown, "currency created_at status target"),
        "method": "stripe",
        "invoice": NOTHING,
        "plan": plan(world, state.plan_of(world, plan_id), embedded=True),
    }


def invoice_created(shown: state.Invoice) -> dict[str, Any]:
    """A new draft; what it belongs to is left empty (trincico.D74)."""
    return {**_invoice(shown), "items": [], "owner": NOTHING, "payer": NOTHING, "service": NOTHING}


def invoice_retrieved(world: Transaction, shown: state.Invoice) -> dict[str, Any]:
    """An invoice as its owner sees it; the payer is the user who paid (trincico.D56)."""
    payer = NOTHING if shown.payer_id is None else user(world, state.user_of(world, shown.payer_id), iso=True)
    service = world.table(state.SERVICES)[shown.service_id]
    return {**_invoice(shown), "items": _items(world, shown), "payer": payer, "service": _service_of_invoice(service)}


def invoice_viewed(world: Transaction, shown: state.Invoice) -> dict[str, Any]:
    """An invoice as it is shown without a credential (trincico.D81)."""
    return {**_invoice(shown), "items": _items(world, shown), "payer": NOTHING, "service": NOTHING}


def invoice_listed(world: Transaction, shown: state.Invoice) -> dict[str, Any]:
    """A row of the list: sums, customer and service (trincico.D56, trincico.D61)."""
    customer = world.table(state.CUSTOMERS)[shown.customer_id]
    return {
        **_invoice(shown),
        "tax_amount": shown.tax_amount,
        "sub_amount": shown.sub_amount,
        "items": [
            {**_item(item), "tax": rate_number(item.tax_rate), "amount": item.amount, "tax_amount": item.tax_amount}
            for item in world.table(state.ITEMS).select("invoice", shown.id)
        ],
        "customer": {
            **fields_of(customer, "id first_name last_name created_at"),
            "updated_at": customer.created_at,
            **fields_of(customer, "business_name email phone"),
        },
        "service": service_short(world.table(state.SERVICES)[shown.service_id]),
    }


def _invoice(shown: state.Invoice) -> dict[str, Any]:
    return fields_of(shown, "id reference amount currency status created_at updated_at")


def item(shown: state.Item) -> dict[str, Any]:
    """An item outside lists: its tax is text with two decimals (trincico.D60)."""
    return {**_item(shown), "tax": rate_text(shown.tax_rate)}


def _items(world: Transaction, shown: state.Invoice) -> list[dict[str, Any]]:
    return [item(line) for line in world.table(state.ITEMS).select("invoice", shown.id)]


def _item(shown: state.Item) -> dict[str, Any]:
    return {"id": shown.id, "name": shown.name, "price": shown.price, "quantity": shown.quantity, "description": shown.description}


def service_short(shown: state.Service) -> dict[str, Any]:
    return {"id": shown.id, "slug_id": None, "slug": None, "status": shown.status, "name": shown.name}


def _service_of_invoice(shown: state.Service) -> dict[str, Any]:
    return {**fields_of(shown, "id name description"), "telephone": "", **fields_of(shown, "cellphone email website"), "owner": NOTHING}


def service(world: Transaction, shown: state.Service) -> dict[str, Any]:
    """A service in full, as the profile shows it (trincico.D99)."""
    schedules = list(world.table(state.SCHEDULES).select("service", shown.id))
    return {
        **service_short(shown),
        "category_id": shown.category_id,
        "cover": f"{MEDIA}/cover_{shown.id}.jpg",
        "logo": f"{MEDIA}/logo_{shown.id}.jpg",
        "average_rating": shown.average_rating,
        "number_of_reviews": shown.number_of_reviews,
        "expiration_date": _iso(shown.expires_at),
        "expires_at": shown.expires_at,
        "visits": [
            {"id": visit.id, "created_at": visit.created_at, "author": visit.user_id}
            for visit in world.table(state.VISITS).select("service", shown.id)
        ],
        **fields_of(shown, "city state country zip_code"),
        "open_now": any(_is_open(world.now, schedule.days, schedule.from_hour, schedule.to_hour) for schedule in schedules),
        "followersCount": shown.followers,
        "gallery": [{"id": image.id, "image": image.image} for image in world.table(state.GALLERY).select("service", shown.id)],
        **fields_of(shown, "email cellphone website description description_short address"),
        "placeId": shown.place_id,
        "work_schedule": [_schedule(schedule.id, schedule.days, schedule.from_hour, schedule.to_hour) for schedule in schedules],
        **fields_of(shown, "lat lng booking"),
        "dates_by_day": 0,
    }


_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


def _is_open(now: datetime, days: str, from_hour: int, to_hour: int) -> bool:
    return days[now.isoweekday() % 7] != "-" and from_hour <= now.hour < to_hour


def _schedule(schedule_id: str, days: str, from_hour: int, to_hour: int) -> dict[str, Any]:
    return {
        "id": schedule_id,
        **{day: letter != "-" for day, letter in zip(_DAYS, days, strict=True)},
        "kind": 3,
        "time_segment": [f"{hour:02d}:00" for hour in range(from_hour, to_hour)],
        "time_windows": [{"from_hour": f"{from_hour:02d}:00:00", "to_hour": f"{to_hour:02d}:00:00"}],
    }


def roles(world: Transaction, shown: state.User) -> list[str]:
    """The roles that follow from a user's present plans (trincico.D133)."""
    held = {state.plan_of(world, subscription.plan_id).role for subscription in state.current_subscriptions(world, shown.id)}
    return sorted({"ROLE_BASIC", *held})


def permissions(world: Transaction, shown: state.User) -> list[dict[str, Any]]:
    """The features of the newest of a user's current plans."""
    held = state.current_subscriptions(world, shown.id)
    return features(world, state.plan_of(world, held[-1].plan_id)) if held else []


def user(world: Transaction, shown: state.User, *, iso: bool) -> dict[str, Any]:
    """A user inside something else, with a number for an id; times are ISO 8601 or UNIX seconds (trincico.D63, trincico.D95)."""
    return {
        "id": shown.number,
        "first_name": shown.first_name,
        "last_name": shown.last_name,
        "selected_language": "en",
        "address": "",
        "city": None,
        "country": shown.country,
        "state": None,
        "zip_code": None,
        "number_friends": 0,
        "profit": "0.00",
        "refer_code": shown.refer_code,
        "nit": "",
        **fields_of(shown, "email phone active"),
        "created_at": _iso(shown.created_at) if iso else shown.created_at,
        "updated_at": _iso(shown.updated_at) if iso else shown.updated_at,
        "roles": roles(world, shown),
        "permissions": permissions(world, shown),
    }


def payout_account(world: Transaction, shown: state.PayoutAccount, *, user: dict[str, Any] | None) -> dict[str, Any]:
    """A payout account with the keys of the table and of the examples (trincico.D113)."""
    method = world.table(state.PAYMENT_METHODS).get(shown.payment_method_id)
    return {
        **fields_of(shown, "id frequency currency"),
        "payment_method_type": "" if method is None else method.type,
        "status": shown.status,
        "country": shown.country,
        "external_accounts": external_accounts(world, shown),
        "created_at": shown.created_at,
        "updated_at": shown.updated_at,
        "user": user,
    }


def external_accounts(world: Transaction, shown: state.PayoutAccount) -> list[dict[str, Any]]:
    nothing: dict[str, list[str]] = {"currently_due": [], "errors": [], "past_due": [], "pending_verification": []}
    found = []
    for account in world.table(state.BANK_ACCOUNTS).select("account", shown.id):
        bank = BANKS[account.bank]
        found.append(
            {
                "id": account.id,
                "object": "bank_account",
                "account": shown.remote_id,
                "account_holder_name": None,
                "account_holder_type": None,
                "account_type": None,
                "available_payout_methods": ["standard", "instant"] if bank.instant else ["standard"],
                "bank_name": bank.name,
                "country": bank.country,
                "currency": bank.currency,
                "default_for_currency": True,
                "fingerprint": bank.fingerprint,
                "future_requirements": nothing,
                "last4": bank.last4,
                "metadata": [],
                "requirements": nothing,
                "routing_number": bank.routing_number,
                "status": "new",
            }
        )
    return found


def payout(world: Transaction, shown: state.Payout, account: state.PayoutAccount, owner: state.User) -> dict[str, Any]:
    return {
        **fields_of(shown, "id status amount currency arrival_date automatic sent_method"),
        "type": "bank_account",
        "description": None,
        "created_at": shown.created_at,
        "updated_at": shown.updated_at,
        "destination_account": payout_account(world, account, user=None),
        "user": {**user(world, owner, iso=False), "avatar": avatar()},
    }


def avatar() -> str:
    """The picture of everybody who has not chosen one."""
    return f"{MEDIA}/default_profile_avatar.png"


def _iso(at: int) -> str:
    return state.moment(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
