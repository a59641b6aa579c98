"""Reads everything in a state directory, to find what is damaged before a server does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.core.base.faults import StoreFailed
from mockserver.core.state.database import Database
from mockserver.core.state.file_reader import FileReader
from mockserver.core.state.tables import Table, UnreadRows
from mockserver.core.state.world import World


@dataclass
class StateReport:
    """What was read: how many worlds and snapshots, what is broken, and which tables this release does not read, each in a sentence."""

    worlds: int = 0
    snapshots: int = 0
    broken: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def check_state(database: Database, tables: Mapping[str, Table[Any]]) -> StateReport:
    """Read every world and snapshot. ``tables`` are those that can be read; the others are kept as they are."""
    report = StateReport()
    report.broken += [f"{database.file}: {row[0]}" for row in database.execute("pragma quick_check") if row[0] != "ok"]
    reader = FileReader(database, World())
    reader.read_all(tables)
    unread: dict[str, None] = {}
    for name in reader.names:
        try:
            for world in reader.read_values(name):
                unread.update({rows.why: None for rows in world.tables.values() if isinstance(rows, UnreadRows)})
                report.snapshots += 1
        except StoreFailed as failure:
            report.broken.append(str(failure))
        else:
            report.worlds += 1
            report.snapshots -= 2  # its present value and its origin
    report.unread = list(unread)
    return report
