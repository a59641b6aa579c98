"""Monedero's records: accounts with their wallets, cashiers and customers.

Points are integers in hundredths of a point. Settings of the vendor's panel (percentage, ticket, birthday, quotas, blacklist) are
seeded, because no call reads or sets them (monedero.D37).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from mockserver import Channel, Table, Transaction, Unauthenticated, read_digits

ACTIVE = "activo"
ARCHIVED = "archivado"


@dataclass(frozen=True, slots=True)
class Account:
    """The owner of an apikey. ``customers_left`` and ``redemptions_left`` are quotas; ``out_of_balance`` is a flag of the account (monedero.D20)."""

    id: int
    name: str
    apikey: str
    customers_left: int
    redemptions_left: int
    out_of_balance: bool


@dataclass(frozen=True, slots=True)
class Wallet:
    """A wallet with its settings. ``percent`` of a sale becomes points; ``channel`` carries the welcome message."""

    id: int
    account_id: int
    key: str
    name: str
    percent: int
    needs_ticket: bool
    needs_birthday: bool
    channel: Channel
    app_client: str
    app_redeem: str


@dataclass(frozen=True, slots=True)
class Usertool:
    """A cashier (cajero) or manager (gerente). ``wallet_id`` is the only wallet on which they may sign, None for all of the account."""

    id: int
    account_id: int
    wallet_id: int | None
    name: str
    number: str
    branch: str
    type: str
    status: str
    password_digest: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer registered in a wallet. ``points`` are hundredths; ``birthdate`` is stored as sent, empty if none was sent."""

    id: int
    account_id: int
    wallet_id: int
    phone: str
    name: str
    birthdate: str
    points: int
    usertool_id: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Blacklisted:
    id: int
    account_id: int
    phone: str


@dataclass(frozen=True, slots=True)
class Number:
    """Seeded data about a phone number: ``landline``, ``unreachable`` (no contact can be made), ``locked`` (its status cannot be set)."""

    id: int
    phone: str
    condition: str


ACCOUNTS = Table("monedero.accounts", Account, {"apikey": "apikey"})
WALLETS = Table(
    "monedero.wallets",
    Wallet,
    {"account": "account_id", "key": lambda wallet: (wallet.account_id, wallet.key)},
    references={"account_id": "monedero.accounts"},
)
USERTOOLS = Table(
    "monedero.usertools",
    Usertool,
    {
        "account": "account_id",
        "number": lambda usertool: (usertool.account_id, usertool.number, usertool.status),
        "name": lambda usertool: (usertool.account_id, usertool.name),
        "password": lambda usertool: (usertool.account_id, usertool.password_digest),
    },
    secrets=("password_digest",),
    references={"account_id": "monedero.accounts", "wallet_id": "monedero.wallets"},
    ids="monedero.usertool",
)
CONTACTS = Table(
    "monedero.contacts",
    Contact,
    {"wallet": "wallet_id", "phone": lambda contact: (contact.wallet_id, contact.phone)},
    references={"account_id": "monedero.accounts", "wallet_id": "monedero.wallets", "usertool_id": "monedero.usertools"},
    ids="monedero.contact",
)
BLACKLIST = Table(
    "monedero.blacklist", Blacklisted, {"phone": lambda entry: (entry.account_id, entry.phone)}, references={"account_id": "monedero.accounts"}
)
NUMBERS = Table("monedero.numbers", Number, {"phone": "phone"})


def verify_apikey(world: Transaction, credential: str) -> int:
    account = world.table(ACCOUNTS).find("apikey", credential)
    if account is None:
        raise Unauthenticated("apikey")
    return account.id


def account_of(world: Transaction, account_id: int) -> Account:
    account = world.table(ACCOUNTS).get(account_id)
    if account is None:
        raise Unauthenticated("apikey", "of an account that is gone")
    return account


def wallet_of(world: Transaction, account_id: int, key: str) -> Wallet | None:
    return world.table(WALLETS).find("key", (account_id, key))


def contact_of(world: Transaction, wallet: Wallet, phone: str) -> Contact | None:
    return world.table(CONTACTS).find("phone", (wallet.id, phone))


def usertool_by(world: Transaction, usertool_id: str) -> Usertool | None:
    """The cashier or manager with this id, whosever they are; ids travel as text made of digits (monedero.D07)."""
    number = read_digits(usertool_id)
    return None if number is None else world.table(USERTOOLS).get(number)


def may_sign(usertool: Usertool, wallet: Wallet) -> bool:
    """Whether a cashier or manager may sign on a wallet; archived ones may not (monedero.D26)."""
    return usertool.status == ACTIVE and usertool.wallet_id in (None, wallet.id)


def is_blacklisted(world: Transaction, account_id: int, phone: str) -> bool:
    return world.table(BLACKLIST).find("phone", (account_id, phone)) is not None


def password_digest(password: str) -> str:
    """The stored hash of a password; equal passwords have equal hashes."""
    return blake2b(password.encode(), digest_size=16).hexdigest()


def card_of(contact: Contact) -> str:
    """The name of a customer's page: its id, and a digest by which the id alone does not open it."""
    digest = blake2b(f"{contact.wallet_id} {contact.phone}".encode(), digest_size=8, key=b"monedero card")
    return f"{contact.id}-{digest.hexdigest()}"
