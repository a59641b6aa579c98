"""How much of a contract a run has seen: enough to say that a target conforms, or only that nothing was found as far as it looked."""

from __future__ import annotations

from typing import Any

from ..findings_store import FindingsStore

REQUIRED = 0.8
"""The share of clauses that have to be judged before a target is said to conform; the described operations have to be reached, all of them."""
DESCRIBED = "described"


def measure_coverage(store: FindingsStore, judged: int) -> dict[str, Any]:
    """The coverage of a run for its report. ``judged`` is the number of clauses that held or were broken.

    Clauses that no call from outside can show do not count, nor do operations that the page only lists. An operation is reached if it gave an answer
    that the document describes, other than a refusal of credentials or form.
    """
    contract = store.contract
    observable = [clause for clause, (operation, _) in contract.clauses.items() if clause not in operation.unseen]
    described = [one for one in contract.operations.values() if one.provenance == DESCRIBED]
    missing = [one.id for one in described if not store.observed[one.id].reached]
    share = judged / len(observable) if observable else 1.0
    return {
        "clauses_judged": judged,
        "clauses_observable": len(observable),
        "share": round(min(1.0, share), 3),
        "required": REQUIRED,
        "operations_described": len(described),
        "operations_not_reached": missing,
        "sufficient": share >= REQUIRED and not missing,
    }


def describe_gap(coverage: dict[str, Any]) -> str:
    """What was not seen, in one line; empty if enough was."""
    if coverage["sufficient"]:
        return ""
    parts = []
    if coverage["share"] < coverage["required"]:
        parts.append(
            f"{coverage['clauses_observable'] - coverage['clauses_judged']} of {coverage['clauses_observable']} clauses "
            f"({coverage['required']:.0%} have to be judged)"
        )
    missing = coverage["operations_not_reached"]
    if missing:
        parts.append(f"{len(missing)} of {coverage['operations_described']} operations: {', '.join(missing)}")
    return f"not seen: {'; '.join(parts)}"
