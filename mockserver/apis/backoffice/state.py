"""BackOffice's records: members in two trees, their plans, tickets and wallet transactions, and its lists.

The unilevel tree follows ``sponsor_id``; the matrix follows ``parent_id`` and ``leg``, one of three places below each member.
Money is in hundredths. Plans, notices, lists and the switches of a member are seeded, because only the company's administrator sets them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from mockserver import Table, Transaction, VendorFault


@dataclass(frozen=True, slots=True)
class Settings:
    """The company's BackOffice: the key of its API, and the secret with which it signs tokens."""

    id: int
    api_key: str
    jwt_secret: str


@dataclass(frozen=True, slots=True)
class User:
    """A member. ``sponsor_id`` and ``parent_id`` are None at the root only; ``picture_id`` is None without an uploaded picture."""

    id: int
    username: str
    password_digest: str
    first_name: str
    last_name: str
    email: str
    country_code: str
    mobile: str
    default_leg: str
    language: str
    picture_id: int | None
    matrix_on: bool
    request_token_on_edit: bool
    plan_id: int
    sponsor_id: int | None
    parent_id: int | None
    leg: str
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class Picture:
    """An uploaded picture of a user. ``data`` are its bytes, as they came."""

    id: int
    user_id: int
    name: str
    media_type: str
    size: int
    data: bytes


@dataclass(frozen=True, slots=True)
class EditToken:
    """A token that was sent to a user by mail and allows edits of that user until it expires."""

    id: int
    user_id: int
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """Something to buy. ``price`` is in hundredths of ``currency``."""

    id: int
    name: str
    price: int
    currency: str


@dataclass(frozen=True, slots=True)
class Purchase:
    """A plan that a user has; the last one is the present plan."""

    id: int
    user_id: int
    plan_id: int


@dataclass(frozen=True, slots=True)
class Notice:
    """An announcement to one user, to the holders of a plan, or to all users if both are None."""

    id: int
    user_id: int | None
    plan_id: int | None
    title: str
    content: str


@dataclass(frozen=True, slots=True)
class Ticket:
    id: int
    user_id: int
    subject: str
    status: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Thread:
    """A message in a ticket; ``content`` is HTML."""

    id: int
    ticket_id: int
    content: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Wallet:
    """A kind of account that every user has."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class WalletTransaction:
    """A transaction of one user in one wallet. ``amount`` and ``balance``, the balance afterwards, are in hundredths."""

    id: int
    wallet_id: int
    user_id: int
    amount: int
    balance: int
    description: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry of a list that has ids and names only: a leg, a currency."""

    id: int | str
    name: str


@dataclass(frozen=True, slots=True)
class Locale:
    """A language with the picture of a flag."""

    id: str
    name: str
    image: str


@dataclass(frozen=True, slots=True)
class Category:
    """A category of resources; ``icon`` are classes of an icon font."""

    id: int
    title: str
    icon: str


@dataclass(frozen=True, slots=True)
class Resource:
    """Something to download (``file``) or to watch (``video``, empty if there is none)."""

    id: int
    category_id: int
    title: str
    description: str
    video: str
    file: str


SETTINGS = Table("backoffice.settings", Settings, {"api_key": "api_key"}, secrets=("jwt_secret",))
USERS = Table(
    "backoffice.users",
    User,
    {
        "username": lambda user: user.username.casefold(),
        "email": lambda user: user.email.casefold(),
        "sponsor": "sponsor_id",
        "place": lambda user: (user.parent_id, user.leg),
    },
    secrets=("password_digest",),
    references={
        "sponsor_id": "backoffice.users",
        "parent_id": "backoffice.users",
        "plan_id": "backoffice.plans",
        "picture_id": "backoffice.pictures",
    },
    ids="backoffice.user",
)
PICTURES = Table("backoffice.pictures", Picture, secrets=("data",), references={"user_id": "backoffice.users"}, ids="backoffice.picture")
EDIT_TOKENS = Table(
    "backoffice.edit_tokens",
    EditToken,
    {"user": "user_id"},
    references={"user_id": "backoffice.users"},
    ids="backoffice.edit_token",
    is_bookkeeping=True,
)
PLANS = Table("backoffice.plans", Plan)
PURCHASES = Table(
    "backoffice.purchases",
    Purchase,
    {"user": "user_id"},
    references={"user_id": "backoffice.users", "plan_id": "backoffice.plans"},
    ids="backoffice.purchase",
)
NOTICES = Table(
    "backoffice.notices",
    Notice,
    {"audience": lambda notice: (notice.user_id, notice.plan_id)},
    references={"user_id": "backoffice.users", "plan_id": "backoffice.plans"},
)
TICKETS = Table("backoffice.tickets", Ticket, {"user": "user_id"}, references={"user_id": "backoffice.users"}, ids="backoffice.ticket")
THREADS = Table("backoffice.threads", Thread, {"ticket": "ticket_id"}, references={"ticket_id": "backoffice.tickets"}, ids="backoffice.thread")
WALLETS = Table("backoffice.wallets", Wallet)
TRANSACTIONS = Table(
    "backoffice.transactions",
    WalletTransaction,
    {"ledger": lambda transaction: (transaction.wallet_id, transaction.user_id)},
    references={"wallet_id": "backoffice.wallets", "user_id": "backoffice.users"},
    ids="backoffice.transaction",
)
LEGS = Table("backoffice.legs", Choice)
CURRENCIES = Table("backoffice.currencies", Choice)
LOCALES = Table("backoffice.locales", Locale)
CATEGORIES = Table("backoffice.categories", Category)
RESOURCES = Table(
    "backoffice.resources", Resource, {"category": "category_id"}, references={"category_id": "backoffice.categories"}, ids="backoffice.resource"
)


def user_by(world: Transaction, user_id: int) -> User:
    """The user with this id. Raises the refusal that most reads have for an unknown one."""
    user = world.table(USERS).get(user_id)
    if user is None:
        raise VendorFault("user_not_found")
    return user


def user_named(world: Transaction, username: str) -> User | None:
    """The user with this name, in upper or lower case."""
    return world.table(USERS).find("username", username.casefold())


def user_at(world: Transaction, email: str) -> User | None:
    """The user with this e-mail address, in whichever case it is written."""
    return world.table(USERS).find("email", email.casefold())


def plan_name(world: Transaction, user: User) -> str:
    plan = world.table(PLANS).get(user.plan_id)
    return "" if plan is None else plan.name


def password_digest(password: str) -> str:
    return blake2b(password.encode(), digest_size=16).hexdigest()
