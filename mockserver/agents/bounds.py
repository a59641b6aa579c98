"""Bounds of what a tool answers: pages of rows, and a length beyond which texts and lists are shortened."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from mockserver.openapi import limits

ROWS = limits.AGENT_ROWS.value
"""Rows of one page at most."""
ADVICE = "texts, lists and nested values of this answer are shortened; ask for fewer rows, filter, or ask for one of them"
Offset = Annotated[int, Field(ge=0, description="Rows to skip; take `next_offset` of the page before.")]
PageSize = Annotated[int, Field(ge=1, le=ROWS, description="Rows at most.")]

_STEPS = ((4000, 100, 12), (1000, 40, 8), (250, 12, 6), (80, 4, 5), (40, 2, 3))
"""Characters of a text, members of a list, and levels that are left, from the mildest to the hardest."""


def bound(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of a tool, shortened until it is within the limit; ``shortened`` then says so."""
    found = dict(answer)
    if measure(found) <= limits.AGENT_ANSWER.value:
        return found
    for characters, members, levels in _STEPS:
        found = {**_shorten(answer, characters, members, levels), "shortened": ADVICE}
        if measure(found) <= limits.AGENT_ANSWER.value:
            break
    return found


def page(name: str, rows: Sequence[Any], total: int, offset: int) -> dict[str, Any]:
    """Rows under a name, with how many there are in all, and where the next page begins; it is None on the last one."""
    after = offset + len(rows)
    return bound({name: list(rows), "total": total, "next_offset": after if after < total else None})


def cut(name: str, rows: Sequence[Any], offset: int, limit: int) -> dict[str, Any]:
    """One page of rows that are all there."""
    return page(name, rows[offset : offset + limit], len(rows), offset)


def measure(answer: Mapping[str, Any]) -> int:
    """The bytes of an answer as JSON."""
    return len(json.dumps(answer, ensure_ascii=False).encode())


def _shorten(value: Any, characters: int, members: int, levels: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= characters else f"{value[:characters]}… ({len(value)} characters)"
    if not isinstance(value, Mapping | list):
        return value
    if levels == 0:
        return f"… ({len(value)} members)"
    if isinstance(value, Mapping):
        kept = dict(list(value.items())[: members * 2])
        left = {"…": f"{len(value) - len(kept)} more"} if len(kept) < len(value) else {}
        return {str(name)[:characters]: _shorten(inner, characters, members, levels - 1) for name, inner in kept.items()} | left
    shown = [_shorten(inner, characters, members, levels - 1) for inner in value[:members]]
    return shown + ([f"… {len(value) - members} more"] if len(value) > members else [])
