"""What differs between each world of a list and its start, in numbers that are counted once for each version of a world."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from mockserver.control.services import ControlServices
from mockserver.core.state.differences import Differences, count_differences, measure_differences

COUNTED = 50_000
"""Records that are looked at for one list of worlds; a world beyond it has no count until it is asked for alone."""
KEPT = 5_000
"""Worlds whose counts are kept."""
_FEW = 500
"""Records up to which counting takes less time than reaching a thread."""


async def count_since_start(control: ControlServices, names: Sequence[str], most: int | None = COUNTED) -> Mapping[str, Differences | None]:
    """The differences by world. Looking at a world so does not count as a use of it.

    A world is None if counting would exceed ``most`` records, or if it has to be read from the state directory first. None as ``most`` sets no limit.
    """
    known = control.differences
    found: dict[str, Differences | None] = {}
    left = most
    for name in names:
        versioned = await (control.store.peek if most is not None else control.store.find)(name)
        if versioned is None:
            found[name] = None
            continue
        kept = known.get(name)
        if kept is not None and kept[0] == versioned.version:
            found[name] = kept[1]
            continue
        cost = measure_differences(versioned.origin, versioned.world)
        if left is not None and cost > left:
            found[name] = None
            continue
        # Other requests are answered meanwhile.
        counting = (versioned.origin, versioned.world)
        counted = await asyncio.to_thread(count_differences, *counting) if cost > _FEW else count_differences(*counting)
        left = None if left is None else left - cost
        if len(known) >= KEPT:
            known.clear()
        known[name] = versioned.version, counted
        found[name] = counted
    return found
