"""State of the reference API: its records, its one credential, its refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.reference import payloads
from mockserver import Credential, Reply, Table, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faker import Faker

    from mockserver import Fault, FaultContext, Transaction

LOCALE = "es_MX"
SEEDED_RECORDS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Key:
    """An API key."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan; ``prices`` are (currency, amount, from quantity, note)."""

    id: int
    code: str
    reference: int | str | None
    name: str
    description: str | None
    currency: str
    amount: int
    prices: tuple[tuple[str, int, int, str | None], ...]
    interval: str
    interval_count: int
    trial_days: int
    active: bool
    archived_at: str | None
    tax_name: str
    tax_rate: float
    tax_included: bool
    owner_id: int
    owner_name: str
    owner_email: str
    owner_country: str
    features: tuple[str, ...]
    metadata: Mapping[str, str]
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription; ``sent`` is the body of its creation."""

    id: int
    state: str
    sent: Mapping[str, Any]
    created_at: str


KEYS = Table("reference.keys", Key)
PLANS = Table("reference.plans", Plan)
SUBSCRIPTIONS = Table("reference.subscriptions", Subscription)


def verify_key(world: Transaction, credential: str) -> Key:
    """The key that was sent."""
    key = world.table(KEYS).get(credential)
    if key is None:
        raise Unauthenticated("key")
    return key


def render_fault(fault: Fault, _situation: FaultContext) -> Reply:
    """A refusal with a kind and a sentence."""
    return Reply(fault.status, {"error": fault.kind, "message": str(fault)})


def seed(world: Transaction, _fake: Faker) -> None:
    """One key and a page of plans."""
    world.table(KEYS).add(Key(payloads.KEY, "benchmark"))
    fill(world, payloads.PAGE)


def fill(world: Transaction, plans: int) -> None:
    """Add plans up to this number."""
    table = world.table(PLANS)
    for number in range(len(table) + 1, plans + 1):
        wire = payloads.plan(number)
        nested = {f"{name}_{inner}": value for name in ("tax", "owner") for inner, value in wire.pop(name).items()}
        wire["prices"] = tuple(tuple(price.values()) for price in wire["prices"])
        wire["features"] = tuple(wire["features"])
        table.add(Plan(**wire, **nested))


def credentials(_world: Transaction) -> Sequence[Credential]:
    """The one key."""
    return (Credential("benchmark", "The key of the benchmark", {"X-Api-Key": payloads.KEY}),)
