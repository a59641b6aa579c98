"""Troyansys' records: users and their sessions, companies with plan, products and invoices, and Payphone's notices.

Amounts are integers in cents of a dollar. Companies, plans, charges and products are seeded, because no call creates them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import blake2b

from mockserver import Table, Transaction

CURRENCY = "USD"
ECUADOR = timezone(timedelta(hours=-5))

ACTIVE = "active"
PAST_DUE = "past_due"

PENDING = "pending"
APPROVED = "approved"
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class User:
    """A client user. ``active_company_id`` is the company in which a login starts."""

    id: int
    name: str
    email: str
    password_digest: str
    active_company_id: int


@dataclass(frozen=True, slots=True)
class Membership:
    id: int
    user_id: int
    company_id: int


@dataclass(frozen=True, slots=True)
class Session:
    """A token with its end; ``closed_at`` is None until it is logged out."""

    id: int
    user_id: int
    token: str
    device_name: str | None
    created_at: datetime
    expires_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """A tenant. ``environment`` is the SRI's (1 tests, 2 production); ``extra_modules`` are codes of modules beyond those of its plan."""

    id: int
    name: str
    trade_name: str
    ruc: str
    api_key: str
    establishment: str
    emission_point: str
    environment: int
    sends_to_sri: bool
    sends_mail: bool
    extra_modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Module:
    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan; one that is not active is no longer offered. ``amount`` in cents."""

    id: int
    name: str
    code: str
    billing_frequency: str
    amount: int
    module_codes: tuple[str, ...]
    inventory_advanced: bool
    is_active: bool


@dataclass(frozen=True, slots=True)
class Subscription:
    """A company's plan, whether its last payment failed (``past_due``), and the end of the paid period."""

    id: int
    company_id: int
    plan_id: int
    status: str
    paid_until: datetime


@dataclass(frozen=True, slots=True)
class Charge:
    """An attempt to charge a company for a plan, known to Payphone by its reference. ``amount`` in cents."""

    id: int
    reference: str
    company_id: int
    plan_id: int
    amount: int
    status: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice of Payphone as received, the amount as plain decimal text; a field that was not sent is None."""

    id: int
    transaction_status: str | None
    reference: str | None
    amount: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Product:
    """A product of a company. Price and cost in cents, without tax; ``tax_rate`` is VAT in percent."""

    id: int
    company_id: int
    code: str
    name: str
    unit_price: int
    unit_cost: int
    tax_rate: int


@dataclass(frozen=True, slots=True)
class Movement:
    """Pieces of a product that came in (positive) or went out (negative), and the stock that this left."""

    id: int
    company_id: int
    product_id: int
    invoice_id: int | None
    kind: str
    quantity: int
    stock: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Invoice:
    """An issued invoice; amounts in cents."""

    id: int
    company_id: int
    document_number: str
    access_key: str
    identification: str
    name: str
    email: str | None
    subtotal: int
    tax: int
    sri_status: str
    email_sent: bool
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A line of an invoice; amounts in cents, ``tax_rate`` in percent."""

    id: int
    invoice_id: int
    product_id: int
    quantity: int
    unit_price: int
    subtotal: int
    tax_rate: int
    tax: int


USERS = Table(
    "troyansys.users",
    User,
    {"email": lambda user: user.email.lower()},
    secrets=("password_digest",),
    references={"active_company_id": "troyansys.companies"},
)
MEMBERSHIPS = Table(
    "troyansys.memberships",
    Membership,
    {"user": "user_id"},
    references={"user_id": "troyansys.users", "company_id": "troyansys.companies"},
    ids="troyansys.membership",
)
SESSIONS = Table(
    "troyansys.sessions",
    Session,
    {"token": "token"},
    secrets=("token",),
    references={"user_id": "troyansys.users"},
    ids="troyansys.session",
    is_bookkeeping=True,
)
COMPANIES = Table("troyansys.companies", Company, {"api_key": "api_key"}, secrets=("api_key",))
MODULES = Table("troyansys.modules", Module)
PLANS = Table("troyansys.plans", Plan)
SUBSCRIPTIONS = Table(
    "troyansys.subscriptions", Subscription, {"company": "company_id"}, references={"company_id": "troyansys.companies", "plan_id": "troyansys.plans"}
)
CHARGES = Table(
    "troyansys.charges", Charge, {"reference": "reference"}, references={"company_id": "troyansys.companies", "plan_id": "troyansys.plans"}
)
NOTICES = Table(
    "troyansys.notices", Notice, {"content": lambda notice: (notice.transaction_status, notice.reference, notice.amount)}, ids="troyansys.notice"
)
PRODUCTS = Table("troyansys.products", Product, {"company": "company_id"}, references={"company_id": "troyansys.companies"})
MOVEMENTS = Table(
    "troyansys.movements",
    Movement,
    {"product": "product_id"},
    references={"company_id": "troyansys.companies", "product_id": "troyansys.products", "invoice_id": "troyansys.invoices"},
    ids="troyansys.movement",
)
INVOICES = Table("troyansys.invoices", Invoice, references={"company_id": "troyansys.companies"}, ids="troyansys.invoice")
INVOICE_LINES = Table(
    "troyansys.invoice_lines",
    InvoiceLine,
    {"invoice": "invoice_id"},
    references={"invoice_id": "troyansys.invoices", "product_id": "troyansys.products"},
    ids="troyansys.invoice_line",
)


def subscription_of(world: Transaction, company_id: int) -> Subscription:
    """The subscription of a company; every company has one."""
    (subscription,) = world.table(SUBSCRIPTIONS).select("company", company_id)
    return subscription


def plan_of(world: Transaction, company_id: int) -> Plan:
    """The current plan of a company, offered or not."""
    return world.table(PLANS)[subscription_of(world, company_id).plan_id]


def modules_of(world: Transaction, company: Company) -> list[Module]:
    """The active modules of a company, by id: those of its plan and its own (troyansys.D08)."""
    codes = {*plan_of(world, company.id).module_codes, *company.extra_modules}
    return [module for module in world.table(MODULES).all() if module.code in codes]


def stock_of(world: Transaction, product_id: int) -> int:
    last = next(world.table(MOVEMENTS).select("product", product_id).newest(), None)
    return 0 if last is None else last.stock


def password_digest(password: str) -> str:
    return blake2b(password.encode(), digest_size=16).hexdigest()
