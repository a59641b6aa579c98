"""Records as Trincico writes them. The keys of an object depend on its place and follow the vendor's examples."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mockserver import Transaction, fields_of
from mockserver.apis.trincico import community, directory, pictures, state
from mockserver.apis.trincico.choices import BANKS, CARDS
from mockserver.apis.trincico.money import rate_number, rate_text

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
        "last_payment": None if payment is None else _paid(world, payment, payment.plan_id or shown.plan_id),
        "plan": plan(world, state.plan_of(world, shown.plan_id), embedded=True),
    }


def subscription_summary(world: Transaction, shown: state.Subscription) -> dict[str, Any]:
    """A subscription in the short form of the profile (trincico.D102)."""
    held = state.plan_of(world, shown.plan_id)
    return {**fields_of(shown, "id start_at end_at status"), "plan": {"id": held.id, "name": held.name, "type": held.type, "active": held.active}}


def payment(world: Transaction, shown: state.Payment) -> dict[str, Any]:
    """A payment with what it was for: a plan, or an invoice in short."""
    invoice = None if shown.invoice_id is None else world.table(state.INVOICES).get(shown.invoice_id)
    paid = {} if invoice is None else {"invoice": fields_of(invoice, "id reference amount currency status")}
    return {**_paid(world, shown, shown.plan_id), **paid}


def _paid(world: Transaction, shown: state.Payment, plan_id: str | None) -> dict[str, Any]:
    """A payment with the plan that it was for; its invoice is empty (trincico.D45)."""
    return {
        **fields_of(shown, "id reference gross_amount net_amount fee_amount"),
        "fee_percent": "0.00",
        "details": card(shown.card),
        **fields_of(shown, "currency created_at status target"),
        "method": "stripe",
        "invoice": NOTHING,
        "plan": NOTHING if plan_id is None else plan(world, state.plan_of(world, plan_id), embedded=True),
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
        "customer": customer_shown(customer),
        "service": service_short(world.table(state.SERVICES)[shown.service_id]),
    }


def customer_shown(shown: state.Customer) -> dict[str, Any]:
    return {
        **fields_of(shown, "id first_name last_name created_at"),
        "updated_at": shown.created_at if shown.updated_at is None else shown.updated_at,
        **fields_of(shown, "business_name email phone"),
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
    return {"id": shown.id, "slug_id": None, "slug": shown.slug, "status": shown.status, "name": shown.name}


def _service_of_invoice(shown: state.Service) -> dict[str, Any]:
    return {**fields_of(shown, "id name description"), "telephone": "", **fields_of(shown, "cellphone email website"), "owner": NOTHING}


def service(world: Transaction, shown: state.Service) -> dict[str, Any]:
    """A service in full, as the profile shows it (trincico.D99)."""
    schedules = list(world.table(state.SCHEDULES).select("service", shown.id))
    average, number = rating(world, shown.id)
    return {
        **service_short(shown),
        "category_id": shown.category_id,
        "cover": _picture(world, shown.id, "cover.png"),
        "logo": _picture(world, shown.id, "logo.png"),
        "average_rating": average,
        "number_of_reviews": number,
        "expiration_date": _iso(shown.expires_at),
        "expires_at": shown.expires_at,
        "visits": [visit(one) for one in world.table(state.VISITS).select("service", shown.id)],
        **fields_of(shown, "city state country zip_code"),
        "open_now": any(_is_open(world.now, schedule.days, schedule.from_hour, schedule.to_hour) for schedule in schedules),
        "followersCount": len(world.table(state.FAVORITES).select("service", shown.id)),
        "gallery": [{"id": image.id, "image": image.image} for image in world.table(state.GALLERY).select("service", shown.id)],
        **fields_of(shown, "email cellphone website description description_short address"),
        "placeId": shown.place_id,
        "work_schedule": [_schedule(schedule.id, schedule.days, schedule.from_hour, schedule.to_hour) for schedule in schedules],
        **fields_of(shown, "lat lng booking"),
        "dates_by_day": shown.dates_by_day,
    }


def rating(world: Transaction, service_id: str) -> tuple[str, int]:
    """The average of the reviews of a service, with two decimals rounded half up, and how many there are."""
    found = [review.rating for review in world.table(community.REVIEWS).select("service", service_id)]
    hundredths = (sum(found) * 200 + len(found)) // (2 * len(found)) if found else 0
    return f"{hundredths // 100}.{hundredths % 100:02d}", len(found)


def visit(shown: state.Visit) -> dict[str, Any]:
    return {"id": shown.id, "created_at": shown.created_at, "author": shown.user_id}


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


def review(world: Transaction, shown: community.Review) -> dict[str, Any]:
    """A review with its author and service in short, and the answer of the owner."""
    service = world.table(state.SERVICES)[shown.service_id]
    return {
        "id": shown.id,
        "service": service_short(service),
        "author": person(world, state.user_of(world, shown.author_id)),
        **fields_of(shown, "rating text"),
        "answer": shown.answer or None,
        **fields_of(shown, "answered_at created_at updated_at"),
    }


def person(world: Transaction, shown: state.User) -> dict[str, Any]:
    """A user in short, as others see one."""
    return {**fields_of(shown, "id first_name last_name"), "avatar": avatar(world, shown)}


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
        **fields_of(shown, "selected_language address city country state zip_code"),
        "number_friends": len(world.table(state.USERS).select("referrer", shown.id)),
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
    """A payout; its user has an empty avatar (trincico.D96)."""
    return {
        **fields_of(shown, "id status amount currency arrival_date automatic sent_method"),
        "type": "bank_account",
        "description": None,
        "created_at": shown.created_at,
        "updated_at": shown.updated_at,
        "destination_account": payout_account(world, account, user=None),
        "user": {**user(world, owner, iso=False), "avatar": ""},
    }


def avatar(world: Transaction, shown: state.User) -> str:
    """The address of a user's picture; no call sets another one."""
    return _picture(world, shown.id, "avatar.png")


def category(world: Transaction, shown: directory.Category) -> dict[str, Any]:
    return {"id": shown.id, "name": shown.name, "image": pictures.address(world, shown.image), "parent": shown.parent}


def blog_entry(world: Transaction, shown: directory.BlogEntry) -> dict[str, Any]:
    return {**fields_of(shown, "id title slug"), "image": pictures.address(world, shown.image), **fields_of(shown, "text created_at")}


def _picture(world: Transaction, record_id: str, name: str) -> str:
    return pictures.address(world, pictures.path_of(record_id, name))


def _iso(at: int) -> str:
    return state.moment(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
