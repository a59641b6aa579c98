"""The interface of fixture modules, and the seeded world that is made from all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from faker import Faker

from mockserver.core.base.clock import EARLIEST, Clock
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


def seeded_world(fixtures: Mapping[str, Fixture], seed: int, clock: Clock, born: datetime) -> World:
    """A world with every vendor's fixtures in it; the same seed and birth date give the same world."""
    transaction = Transaction(World(seed=seed, clock=clock, born=born), born)
    for slug, fixture in sorted(fixtures.items()):
        fake = Faker(fixture.LOCALE)
        fake.seed_instance(f"{seed} {slug}")
        fixture.seed(transaction, fake)
    # The birth date may be ahead of real time, which must not hold the world's clock back.
    return replace(transaction.finish(), latest=EARLIEST)
