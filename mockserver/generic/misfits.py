"""Records of a world that no longer fit, because the document of their family was changed."""

from __future__ import annotations

from mockserver.core.base.clock import wall_clock
from mockserver.core.state.world import Transaction, World
from mockserver.generic.vendor import GenericVendor


def find_misfits(vendor: GenericVendor, world: World) -> list[str]:
    """What of a world no longer fits a vendor, a line for each family."""
    transaction = Transaction(world, world.time(wall_clock()))
    found = []
    for name, shelf in vendor.engine.shelves.by_family.items():
        schema = shelf.family.schema
        count = sum(not vendor.engine.values.is_valid(schema, item.data) for item in shelf.opened(transaction).all())
        if count:
            found.append(f"{count} of {name} do not fit their schema")
    slug = vendor.document.slug
    known = {table.name for table in vendor.api.tables}
    for name, rows in sorted(world.tables.items()):
        if name.startswith(f"{slug}.") and name not in known and len(rows.records):
            found.append(f"{len(rows.records)} of {name.partition('.')[2]}, which is no family any more")
    return found
