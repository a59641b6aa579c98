"""A store that compares every commit with what its deltas make of the world before. It is slow, and for the project's own tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.core.base.visitors import INSIDE, Visitor
from mockserver.core.state.archive import digest
from mockserver.core.state.deltas import delta_of, is_chain
from mockserver.core.state.memory import MemoryStore
from mockserver.core.state.packing import Kept, Packer
from mockserver.core.state.store import Version
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction, World

CHECK_DELTAS = "MOCKSERVER_CHECK_DELTAS"
"""The environment variable that makes the server compare."""
COMPARED = 10_000
"""Records up to which a world is compared, because the hash of a larger one takes long."""


class CheckedStore(MemoryStore):
    """Worlds in memory, whose commits are packed, unpacked and applied, and compared with what the request made. ``tables`` are those declared."""

    tables: Mapping[str, Table[Any]]

    async def commit(
        self, name: str, version: Version, world: World, visitor: Visitor = INSIDE, *, touched: bool = True, steps: Sequence[Transaction] = ()
    ) -> bool:
        """Replace a world as MemoryStore does. Raises AssertionError if its steps do not make it."""
        before = (await self.load(name)).world
        if steps and is_chain(before, steps, world) and before.count_records() <= COMPARED:
            check_steps(before, steps, world, self.tables)
        return await super().commit(name, version, world, visitor, touched=touched, steps=steps)


def check_steps(before: World, steps: Sequence[Transaction], after: World, tables: Mapping[str, Table[Any]]) -> None:
    """Raise AssertionError if the deltas of some steps, packed and unpacked, make another world than the steps."""
    packer = Packer(tables, Kept())
    made = packer.replay(before, packer.pack_deltas(list(map(delta_of, steps))))
    compare(made, after, tables)


def compare(made: World, expected: World, tables: Mapping[str, Table[Any]]) -> None:
    """Raise AssertionError, which names the parts, if two worlds differ."""
    parts = [part for part in ("clock", "timers", "outbox", "faults", "born", "latest") if getattr(made, part) != getattr(expected, part)]
    if dict(made.counters.items()) != dict(expected.counters.items()):  # two empty maps of rpds are not equal
        parts.append("counters")
    names = {name for name in {*made.tables, *expected.tables} if _rows(made, name) != _rows(expected, name)}
    if parts or names or digest(made, tables) != digest(expected, tables):
        raise AssertionError(f"deltas make another world: {', '.join([*parts, *sorted(names)]) or 'its digest'}")


def _rows(world: World, name: str) -> Any:
    """The rows of a table, None if it is empty: an empty table need not be named."""
    rows = world.tables.get(name)
    return rows if rows is not None and len(rows.records) else None
