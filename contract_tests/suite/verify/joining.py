"""What is left of the findings of a run when those that have one cause are joined.

Contract tests, laws and Schemathesis look at the same target, and see the same defect each in its way. The law names the field or the error, so its
finding stays; the others stand in it by their keys. What somebody has accepted is never joined to anything: accepting one thing hides no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .clauses import CLAUSE
from .fuzz import ALSO_LAWS
from .fuzz import STAGE as GENERATED

if TYPE_CHECKING:
    from .findings_store import Cause, FindingsStore


def join(findings_store: FindingsStore) -> None:
    """Join what generated requests saw accepted to what the law of the same name found, and a contract test to the laws that break its clauses."""
    causes = [one for one in findings_store.causes.values() if one.deviation is None]
    laws = [one for one in causes if one.stage != GENERATED and one.finding.law != CLAUSE]
    broken = {clause for one in laws for clause in one.clauses}
    for cause in causes:
        root = _root(cause, laws, broken)
        if root is not None:
            findings_store.absorb(root, cause)


def _root(cause: Cause, laws: list[Cause], broken: set[str]) -> Cause | None:
    """The finding of a law in which another stands; ``broken`` are the clauses that laws break."""
    found = cause.finding
    if cause.stage == GENERATED and found.law in ALSO_LAWS:
        return next((one for one in laws if (one.finding.law, one.finding.operation) == (found.law, found.operation)), None)
    if found.law == CLAUSE and cause.clauses <= broken:
        return next((one for one in laws if one.clauses & cause.clauses), None)
    return None
