"""What a new world holds of a vendor, as a table for its page in docs/vendors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from mockserver.app import discover
from mockserver.core.base.clock import Clock
from mockserver.core.engine.fixtures import seeded_world
from mockserver.core.state.world import Transaction
from mockserver.openapi.documents import SPECS

if TYPE_CHECKING:
    from mockserver.openapi.documents import Document

BORN = datetime(2026, 1, 15, 12, tzinfo=UTC)
SEED = 0
WHEN = ("created_at", "joined_at", "issued_at", "date", "at")
"""Fields that say when a record came to be, the first that a record has."""
KINDS = ("status", "state", "kind", "channel")
"""Fields of few values, whose values are counted."""
NAMES = ("name", "title", "subject", "descripcion", "reference", "username", "description", "code")
"""Fields of which values are shown where there is no such field."""
SHOWN = 4
FEW = 8


def rows(document: Document) -> Iterator[tuple[str, ...]]:
    """Table, number of records, their age in days and values of the most telling field, for each table that holds records."""
    api, world = _world(document.slug)
    for table in api.tables:
        records = [_fields(record) for record in world.table(table).all()]
        if records:
            yield table.name.partition(".")[2], str(len(records)), _age(records), _values(records)


@cache
def _world(slug: str) -> tuple[Any, Transaction]:
    api, _, fixture = discover(SPECS)[slug]
    return api, Transaction(seeded_world({slug: fixture}, SEED, Clock(frozen_at=BORN), BORN), BORN)


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in type(record).__slots__}


def _age(records: list[dict[str, Any]]) -> str:
    """How many days before the birth of the world the oldest and the newest record came to be."""
    name = next((name for name in WHEN if name in records[0]), None)
    if name is None:
        return ""
    days = sorted(_days(record[name]) for record in records)
    return f"{days[-1]}" if days[0] == days[-1] else f"{days[-1]} to {days[0]}"


def _days(moment: datetime | float) -> int:
    at = moment if isinstance(moment, datetime) else datetime.fromtimestamp(moment, UTC)
    return (BORN - at).days


def _values(records: list[dict[str, Any]]) -> str:
    for name in KINDS:
        counts = Counter(str(record[name]) for record in records if record.get(name) not in (None, ""))
        if counts and len(counts) <= FEW:
            return ", ".join(f"{value} {count}" for value, count in counts.most_common())
    return ", ".join(_samples(records))


def _samples(records: list[Mapping[str, Any]] | list[dict[str, Any]]) -> list[str]:
    """Values of the first field that names records, from their middle, where generated ones stand."""
    name = next((name for name in NAMES if isinstance(records[0].get(name), str)), None)
    if name is None:
        return []
    found = list(dict.fromkeys(str(record[name]) for record in records if record[name]))
    start = max(0, len(found) // 2 - SHOWN // 2)
    return found[start : start + SHOWN]
