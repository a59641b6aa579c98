"""Find the operations that answer every call alike, as a stub does, or a server before its handlers.

All that is wrong with such an operation has this one cause.
"""

from __future__ import annotations

from ..checks import DOCUMENTED, access, inputs, refusals
from ..harness.findings import Finding, Verdict, VerdictStatus
from .cause import Cause, key_of
from .events import Phase
from .findings_store import FindingsStore, Observed

ALIKE = "an answer depends on the call"
MANY = 10
"""Answers from which one says that an operation answers all calls alike."""
FEW = 2
"""The same, if every operation that was called often does so: then the whole target is a stub."""
REFUSING = (access.LAW, inputs.LAW, refusals.LAW)
"""Checks that expect a refusal."""
SHOWN = 120
"""Characters of the answer that a finding shows."""


def add_alike(store: FindingsStore) -> None:
    """Add a cause for each operation with findings that answers every call alike. :func:`.joining.join` joins these findings to it."""
    called = [seen for seen in store.observed.values() if seen.answers >= MANY]
    enough = FEW if len(called) > 1 and all(seen.alike for seen in called) else MANY
    for name, seen in store.observed.items():
        mine = [one for one in store.causes.values() if one.finding.operation == name and not one.finding.assumed]
        explained = len(mine) == 1 and mine[0].finding.check == DOCUMENTED  # no answer is as documented, which says more
        refuses_nothing = any(one.finding.check in REFUSING for one in mine)  # else all of its calls may have been right ones
        is_alike = seen.alike and seen.answers >= enough and len(seen.samples) > 1
        if is_alike and not explained and (refuses_nothing or (enough == FEW and mine)):
            cause = _make_cause(store, name, seen)
            store.causes[cause.key] = cause
            store.judge(Verdict(ALIKE, name, VerdictStatus.BROKEN, cause.finding.sentence, cause.finding))


def _make_cause(store: FindingsStore, name: str, seen: Observed) -> Cause:
    first = seen.samples[0]
    body = " ".join(first.response_body.decode("utf-8", "replace").split())
    shown = f"{first.status} {body[:SHOWN] or 'without a body'}"
    sentence = f"{name} gives the same answer to every call"
    page = store.contract.operations[name].page
    finding = Finding(ALIKE, name, sentence, None, page, "", "answers that depend on the call", f"{seen.answers} times {shown}", tuple(seen.samples))
    return Cause(key_of(finding), finding, Phase.BEHAVIOUR, count=seen.answers, confirmed=True)
