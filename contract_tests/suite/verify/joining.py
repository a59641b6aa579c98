"""Join the findings of one cause, which contract tests, behaviour checks and Schemathesis report each in its way.

The check names the field or the error, so its finding stays; the others stand in it by their keys. A finding that the target file accepts is never
joined: accepting one thing hides no other.
"""

from __future__ import annotations

from .alike import ALIKE
from .cause import Cause
from .clauses import CLAUSE
from .events import Phase
from .findings_store import FindingsStore
from .fuzz import ALSO_CHECKED


def join(store: FindingsStore) -> None:
    """Join findings to their root.

    All findings of an operation that answers every call alike are joined to that finding, a generated request to the check of the same name, and a
    contract test to the checks that break its clauses.
    """
    _join_alike(store)
    causes = [one for one in store.causes.values() if one.deviation is None and not one.finding.assumed]
    checks = [one for one in causes if one.stage != Phase.GENERATED and one.finding.check != CLAUSE]
    broken = {clause for one in checks for clause in one.clauses}
    for cause in causes:
        root = _find_root(cause, checks, broken)
        if root is not None:
            store.absorb(root, cause)


def _join_alike(store: FindingsStore) -> None:
    roots = {one.finding.operation: one for one in store.causes.values() if one.finding.check == ALIKE and one.deviation is None}
    for cause in [one for one in store.causes.values() if one.deviation is None and not one.finding.assumed]:
        root = roots.get(cause.finding.operation)
        if root is not None and root is not cause:
            store.absorb(root, cause)


def _find_root(cause: Cause, checks: list[Cause], broken: set[str]) -> Cause | None:
    """The finding of a check in which another stands; ``broken`` are the clauses that checks break."""
    found = cause.finding
    if cause.stage == Phase.GENERATED and found.check in ALSO_CHECKED:
        return next((one for one in checks if (one.finding.check, one.finding.operation) == (found.check, found.operation)), None)
    if found.check == CLAUSE and cause.clauses <= broken:
        return next((one for one in checks if one.clauses & cause.clauses), None)
    return None
