"""The records of a world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.core.faults import NotFound
from mockserver.core.reply import Reply

if TYPE_CHECKING:
    from mockserver.control.laboratory import Laboratory
    from mockserver.core.world import Draft


def get_tables(lab: Laboratory, world: Draft, slug: str) -> Reply:
    """How many records each table of a vendor has."""
    tables = lab.vendor(slug).api.tables
    return Reply(200, {"tables": {table.short_name: len(world.table(table)) for table in tables}})


def list_records(lab: Laboratory, world: Draft, slug: str, table: str) -> Reply:
    """The records of one table, oldest first, without their secrets."""
    tables = {declared.short_name: declared for declared in lab.vendor(slug).api.tables}
    if table not in tables:
        raise NotFound("table", f"{table!r} in {slug}; there are {', '.join(tables)}")
    declared = tables[table]
    return Reply(200, {"records": [declared.to_json(record) for record in world.table(declared).all()]})
