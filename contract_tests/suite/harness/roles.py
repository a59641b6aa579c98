"""What the first calls of a role have shown: whether the target accepts its credentials at all."""

from __future__ import annotations

from dataclasses import dataclass

USABLE, REFUSED, WRONG_ON_PURPOSE, NOT_TRIED = "usable", "refused", "refused as it should be", "not tried"


@dataclass(frozen=True)
class TriedRole:
    """What the first calls of a role have shown; ``reason`` says what the target answered, or why nothing was tried."""

    role: str
    state: str
    reason: str = ""
