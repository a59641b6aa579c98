"""The interface of fixture modules, and the seeded world that is made from all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from faker import Faker

from mockserver.core.base.clock import Clock
from mockserver.core.operation.api import Credential
from mockserver.core.state.world import Transaction, World


class Fixture(Protocol):
    """A module ``fixtures.<slug>``. It may export ``SCENARIOS`` as well: a sequence of :class:`~mockserver.core.engine.scenarios.Scenario`."""

    LOCALE: str
    """The locale of Faker for the bulk data."""
    SEEDED_RECORDS: Mapping[str, str]
    """Ids and keys of fixed records, by the name under which contract tests and people refer to them."""

    def seed(self, world: Transaction, fake: Faker) -> None:
        """Add the seeded records, then bulk data, to an empty world."""

    def credentials(self, world: Transaction) -> Sequence[Credential]:
        """The demo credentials to publish, valid at the world's time."""


def seeded_world(fixtures: Mapping[str, Fixture], seed: int, clock: Clock, now: datetime) -> World:
    """A world with every vendor's fixtures in it; the same seed and moment give the same world."""
    transaction = Transaction(World(seed=seed, clock=clock), now)
    for slug, fixture in sorted(fixtures.items()):
        fake = Faker(fixture.LOCALE)
        fake.seed_instance(f"{seed} {slug}")
        fixture.seed(transaction, fake)
    return transaction.finish()
