"""Trincico's records, one table per kind.

Money is integers in minor units, rates of tax are integers in hundredths of a percent, times are UNIX seconds. Plans, payment methods,
customers, bookings and the condition of a user are seeded, because no described call sets them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from mockserver import Table, Transaction

PROVIDER_DOWN = "provider down"
"""The payment provider does not answer for this user."""
FAILING = "failing"
"""Every call of this user, and about this user, fails unexpectedly."""

CURRENT = ("trailing", "active")
"""Statuses in which a subscription is a user's current one (trincico.D41)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that users can subscribe to.

    Without ``remote_price_id`` its price is not configured at the provider. ``charged_at_once``: a user with a paid plan who upgrades to it pays the
    difference at once. ``frequencies`` are those of payouts (trincico.D117).
    """

    id: str
    name: str
    price: int
    currency: str
    interval: str
    interval_count: int
    active: bool
    is_recommended: bool
    weight: int
    trial_period_days: int
    is_default: bool
    type: str
    role: str
    remote_price_id: str
    charged_at_once: bool
    frequencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Feature:
    id: int
    plan_id: str
    name: str
    code: str
    max_allowed_value: int


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    id: str
    name: str
    type: str
    payout_enable: bool
    is_default: bool
    active: bool


@dataclass(frozen=True, slots=True)
class User:
    """A user with an account. ``number`` is the id that users have inside other objects (trincico.D63); ``condition`` names what the user lacks."""

    id: str
    number: int
    email: str
    first_name: str
    last_name: str
    phone: str
    country: str | None
    refer_code: str | None
    active: bool
    token: str
    password_digest: str
    activation_code: str
    condition: str
    created_at: int
    updated_at: int
    selected_language: str = "en"
    address: str = ""
    city: str | None = None
    state: str | None = None
    zip_code: str | None = None
    lat: float | None = None
    lng: float | None = None
    referred_by: str | None = None
    token_version: int = 0


@dataclass(frozen=True, slots=True)
class Service:
    """A service that a user offers.

    Old services have a ``number`` besides their id (trincico.D62). ``has_default_method`` is False if the provider has no default payment method.
    ``dates_by_day`` is how many bookings an hour takes; 0 stands for one.
    """

    id: str
    number: int | None
    owner_id: str
    name: str
    status: str
    category_id: str
    expires_at: int
    description: str
    description_short: str
    cellphone: str
    email: str
    website: str | None
    address: str
    city: str
    state: str
    country: str
    zip_code: str
    place_id: str
    lat: float
    lng: float
    booking: bool
    has_default_method: bool
    slug: str | None = None
    dates_by_day: int = 0


@dataclass(frozen=True, slots=True)
class Visit:
    id: str
    service_id: str
    user_id: str
    created_at: int


@dataclass(frozen=True, slots=True)
class GalleryImage:
    id: int
    service_id: str
    image: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """Hours in which a service is open; ``days`` has one letter per weekday from Sunday, a dash on days when it is closed."""

    id: str
    service_id: str
    days: str
    from_hour: int
    to_hour: int


@dataclass(frozen=True, slots=True)
class Favorite:
    id: int
    user_id: str
    service_id: str


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer to whom a service sends invoices; not a user."""

    id: str
    service_id: str
    first_name: str
    last_name: str
    business_name: str
    email: str
    phone: str
    created_at: int
    updated_at: int | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A user's plan.

    Its periods are counted from ``anchor_at``; ``carry`` is what the next charge takes besides the price; ``remote_id`` is empty if the provider
    does not know it; ``card`` is empty before the first payment.
    """

    id: str
    user_id: str
    plan_id: str
    next_plan_id: str | None
    status: str
    start_at: int
    end_at: int
    canceled_at: int | None
    anchor_at: int
    periods: int
    carry: int
    card: str
    remote_id: str
    last_payment_id: str | None


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment, successful or failed. ``payee_id`` is the user whose balance it is added to, None if the vendor keeps it."""

    id: str
    reference: str
    user_id: str
    payee_id: str | None
    gross_amount: int
    fee_amount: int
    net_amount: int
    currency: str
    card: str
    status: str
    target: str
    invoice_id: str | None
    subscription_id: str | None
    plan_id: str | None
    created_at: int
    available_at: int | None


@dataclass(frozen=True, slots=True)
class Invoice:
    """A bill from a service to a customer. ``number`` orders invoices of the same second; ``payer_id`` is the user who paid."""

    id: str
    number: int
    service_id: str
    owner_id: str
    customer_id: str
    reference: str
    currency: str
    status: str
    sub_amount: int
    tax_amount: int
    amount: int
    payer_id: str | None
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Item:
    """A line of an invoice. ``tax_rate`` is in hundredths of a percent, None for no tax."""

    id: str
    invoice_id: str
    name: str
    price: int
    quantity: int
    description: str
    tax_rate: int | None
    amount: int
    tax_amount: int


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout page. ``kind`` is upgrade, card or invoice; ``plan_id`` is the plan wanted, ``from_plan_id`` the one held when it was opened."""

    id: str
    kind: str
    user_id: str
    subscription_id: str | None
    invoice_id: str | None
    from_plan_id: str | None
    plan_id: str | None
    amount: int
    currency: str
    success_url: str
    cancel_url: str
    status: str
    card: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Onboarding:
    """An onboarding page of a payout account."""

    id: str
    account_id: str
    return_url: str
    refresh_url: str
    status: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class PayoutAccount:
    """A user's account at the provider, which receives payments."""

    id: str
    user_id: str
    payment_method_id: str
    frequency: str
    currency: str
    status: str
    country: str
    remote_id: str
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class BankAccount:
    """A user's own account at a bank, which receives payouts. ``bank`` names one of the banks of the onboarding page."""

    id: str
    account_id: str
    bank: str


@dataclass(frozen=True, slots=True)
class Payout:
    """Money on its way to a bank account. ``number`` orders payouts of the same second."""

    id: str
    number: int
    user_id: str
    account_id: str
    amount: int
    currency: str
    status: str
    arrival_date: int
    automatic: bool
    sent_method: str
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Booking:
    """A user's booking of a service: requested, approved or canceled, then by the user or the owner (``canceled_by``)."""

    id: str
    service_id: str
    user_id: str
    at: int
    status: str
    phone: str = ""
    text: str = ""
    canceled_by: str = ""
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that the vendor has configured."""

    id: str
    value: str


PLANS = Table("trincico.plans", Plan)
FEATURES = Table("trincico.features", Feature, {"plan": "plan_id"}, references={"plan_id": "trincico.plans"})
PAYMENT_METHODS = Table("trincico.payment_methods", PaymentMethod)
USERS = Table(
    "trincico.users",
    User,
    {"token": "token", "email": "email", "referrer": "referred_by", "number": "number"},
    secrets=("password_digest",),
    references={"referred_by": "trincico.users"},
)
SERVICES = Table(
    "trincico.services",
    Service,
    {"owner": "owner_id", "number": "number"},
    references={"owner_id": "trincico.users", "category_id": "trincico.categories"},
    retired=("average_rating", "number_of_reviews", "followers"),
)
VISITS = Table(
    "trincico.visits",
    Visit,
    {"service": "service_id"},
    references={"service_id": "trincico.services", "user_id": "trincico.users"},
    is_bookkeeping=True,
)
GALLERY = Table("trincico.gallery", GalleryImage, {"service": "service_id"}, references={"service_id": "trincico.services"})
SCHEDULES = Table("trincico.schedules", Schedule, {"service": "service_id"}, references={"service_id": "trincico.services"})
FAVORITES = Table(
    "trincico.favorites",
    Favorite,
    {"user": "user_id", "service": "service_id"},
    references={"user_id": "trincico.users", "service_id": "trincico.services"},
)
CUSTOMERS = Table("trincico.customers", Customer, {"service": "service_id"}, references={"service_id": "trincico.services"})
SUBSCRIPTIONS = Table(
    "trincico.subscriptions",
    Subscription,
    {"user": "user_id"},
    references={"user_id": "trincico.users", "plan_id": "trincico.plans", "next_plan_id": "trincico.plans", "last_payment_id": "trincico.payments"},
)
PAYMENTS = Table(
    "trincico.payments",
    Payment,
    {"payee": "payee_id", "invoice": "invoice_id", "user": "user_id"},
    references={
        "user_id": "trincico.users",
        "payee_id": "trincico.users",
        "invoice_id": "trincico.invoices",
        "subscription_id": "trincico.subscriptions",
        "plan_id": "trincico.plans",
    },
)
INVOICES = Table(
    "trincico.invoices",
    Invoice,
    {"owner": "owner_id", "service": "service_id", "reference": lambda invoice: (invoice.service_id, invoice.reference)},
    references={"service_id": "trincico.services", "owner_id": "trincico.users", "customer_id": "trincico.customers", "payer_id": "trincico.users"},
)
ITEMS = Table("trincico.items", Item, {"invoice": "invoice_id"}, references={"invoice_id": "trincico.invoices"})
CHECKOUTS = Table(
    "trincico.checkouts",
    Checkout,
    references={
        "user_id": "trincico.users",
        "subscription_id": "trincico.subscriptions",
        "invoice_id": "trincico.invoices",
        "from_plan_id": "trincico.plans",
        "plan_id": "trincico.plans",
    },
    is_bookkeeping=True,
)
ONBOARDINGS = Table("trincico.onboardings", Onboarding, references={"account_id": "trincico.payout_accounts"}, is_bookkeeping=True)
PAYOUT_ACCOUNTS = Table(
    "trincico.payout_accounts",
    PayoutAccount,
    {"user": "user_id"},
    references={"user_id": "trincico.users", "payment_method_id": "trincico.payment_methods"},
)
BANK_ACCOUNTS = Table("trincico.bank_accounts", BankAccount, {"account": "account_id"}, references={"account_id": "trincico.payout_accounts"})
PAYOUTS = Table("trincico.payouts", Payout, {"user": "user_id"}, references={"user_id": "trincico.users", "account_id": "trincico.payout_accounts"})
BOOKINGS = Table(
    "trincico.bookings",
    Booking,
    {"service": "service_id", "user": "user_id"},
    references={"service_id": "trincico.services", "user_id": "trincico.users"},
)
SETTINGS = Table("trincico.settings", Setting, secrets=("value",))


def as_uuid(number: int) -> str:
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def new_id(world: Transaction, kind: str) -> str:
    """The next UUID of a kind, of version 4 by its bits."""
    drawn = world.chance(f"trincico {kind}").getrandbits(128)
    return as_uuid(drawn & ~(0xF << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62)


def seconds(world: Transaction) -> int:
    """The world's time in UNIX seconds."""
    return int(world.now.timestamp())


def moment(at: int) -> datetime:
    """UNIX seconds as a moment."""
    return datetime.fromtimestamp(at, UTC)


def current_subscriptions(world: Transaction, user_id: str) -> list[Subscription]:
    """The subscriptions that a user has at present; normally one."""
    return [subscription for subscription in world.table(SUBSCRIPTIONS).select("user", user_id) if subscription.status in CURRENT]


def plan_of(world: Transaction, plan_id: str) -> Plan:
    return world.table(PLANS)[plan_id]


def user_of(world: Transaction, user_id: str) -> User:
    return world.table(USERS)[user_id]
