"""How grave a finding is: what it does to the clients and the data of the target. Reports show the gravest first."""

from __future__ import annotations

from ..checks import (
    access,
    callers,
    computed,
    kept,
    pages,
    reads,
    records,
    refusals,
    strictness,
    tenants,
    together,
    transport,
    unique,
    updates,
)
from .cause import Cause

LEAKS, LOSES, BREAKS, COSMETIC = "leaks", "loses data", "breaks clients", "cosmetic"
ORDER = (LEAKS, LOSES, BREAKS, COSMETIC)
"""The gravest first."""
NOT_REFUSED = "a refusal"
"""What was expected of a call that was not refused."""
_OF_CHECK = {
    **dict.fromkeys((access.LAW, callers.LAW, strictness.LAW, tenants.LAW, "another tenant cannot read it"), LEAKS),
    **dict.fromkeys(
        (
            *(records.WRITTEN, records.LISTED, records.ALONE, records.CHANGED, records.KEPT, records.GONE, "what was deleted is gone"),
            *(kept.TEXT, kept.LISTED, kept.TWICE, kept.LENGTH, refusals.NOTHING, reads.LAW, computed.LAW, unique.LAW, pages.VISIT),
            *(together.CREATED, together.CHANGED, together.UNIQUE, together.SUMS, updates.EMPTIED, updates.REFUSED, updates.REPEATED),
        ),
        LOSES,
    ),
    **dict.fromkeys((transport.METHOD, transport.MEDIA, "a 405 names the methods that are allowed"), COSMETIC),
}
_COSMETIC_KEYWORDS = (" header", " content-type")


def severity_of(check: str, key: str, expected: object = NOT_REFUSED) -> str:
    """The gravity of a finding, by its check, the keyword at the end of its key, and what was expected; whatever is not named breaks clients."""
    if check == access.LAW and expected != NOT_REFUSED:
        return BREAKS  # it is refused, though otherwise than documented
    if key.rpartition(" | ")[2].endswith(_COSMETIC_KEYWORDS):
        return COSMETIC
    return _OF_CHECK.get(check, BREAKS)


def rank_of(cause: Cause) -> int:
    """The place of a cause in the order of gravity, 0 for the gravest."""
    return ORDER.index(severity_of(cause.finding.check, cause.key, cause.finding.expected))
