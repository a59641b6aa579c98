"""What a run creates at a target that keeps it: said before, bounded, listed after."""

from __future__ import annotations

from collections.abc import Mapping

from .contract import Contract

MOST: Mapping[str, int] = {"quick": 400, "standard": 2_000, "deep": 8_000}
"""Records that one operation may create, by level, unless the target file says otherwise. Findings are confirmed by trying the checks again:
a run with findings creates twice what another does, and a bound in between would withdraw them."""


def creating(contract: Contract, excluded: frozenset[str]) -> list[str]:
    """The operations whose calls make something new: each POST that is not declared safe."""
    return [one.id for one in contract.operations.values() if one.method == "POST" and not one.is_safe and one.id not in excluded]


def describe_plan(names: list[str], most: int) -> str:
    """What a user should know before the first record is created."""
    return (
        f"this run creates records at the target, at most {most} by each of {', '.join(names)}. What the API cannot delete stays there. "
        f"`creations` under [limits] of the target file allows fewer, --read-only none"
    )


def describe_result(created: Mapping[str, int], deleted: Mapping[str, int]) -> str:
    """What is left of a run."""
    rows = [f"{name} {count}" + (f" ({deleted[name]} deleted again)" if deleted.get(name) else "") for name, count in created.items() if count]
    return f"created: {', '.join(rows)}" if rows else "created: nothing"
