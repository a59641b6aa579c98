"""How many records differ between two worlds, without showing them."""

from __future__ import annotations

from typing import Any, NamedTuple

from mockserver.core.state.tables import EMPTY, Rows, UnreadRows
from mockserver.core.state.world import World


class Differences(NamedTuple):
    """How many records were added, changed and removed."""

    added: int = 0
    changed: int = 0
    removed: int = 0


def measure_differences(before: World, after: World) -> int:
    """How many records have to be looked at to count the differences. Tables that two worlds share cost nothing."""
    return sum(len(old.positions) + len(new.positions) for old, new in _list_differing(before, after))


def count_differences(before: World, after: World) -> Differences:
    """How many records differ from one world to another; those of tables that are not served are not counted."""
    added = changed = removed = 0
    for old, new in _list_differing(before, after):
        for record_id in new.positions:
            is_, was = new.get(record_id), old.get(record_id)
            if was is None:
                added += 1
            elif was is not is_ and was != is_:
                changed += 1
        removed += sum(1 for record_id in old.positions if record_id not in new.positions)
    return Differences(added, changed, removed)


def _list_differing(before: World, after: World) -> list[tuple[Rows[Any], Rows[Any]]]:
    found = []
    for name in {*before.tables, *after.tables}:
        old, new = before.tables.get(name) or EMPTY, after.tables.get(name) or EMPTY
        if old is not new and not isinstance(old, UnreadRows) and not isinstance(new, UnreadRows):
            found.append((old, new))
    return found
