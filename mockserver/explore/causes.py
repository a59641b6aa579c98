"""Which findings have one cause, and which schedule shows a cause most simply."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.explore.faults import make_fault
from mockserver.explore.model import ONCE, CallPlace, Schedule
from mockserver.explore.oracles import Accusation
from mockserver.explore.result import ClientFinding

_CARRIED_OUT = frozenset({"lost answer", "broken body"})
"""Families whose call was carried out, though the client cannot know it."""
_FAILED = frozenset({"refusal", "page", "connection", "no answer"})
"""Families whose call was not carried out."""
_BY_MARK = frozenset({"crashed", "hung", "retry storm", "off contract", "expectation"})
"""Oracles whose mark alone tells the cause."""

Cause = tuple[object, ...]


def find_cause(accusation: Accusation, schedule: Schedule) -> Cause:
    """What identifies the cause of an accusation."""
    if accusation.oracle in _BY_MARK:
        return accusation.oracle, accusation.mark
    return accusation.mark, frozenset(_describe(schedule, accusation.mark))


def _describe(schedule: Schedule, mark: str) -> set[tuple[str, str]]:
    """The operations at which a schedule has faults, each with the class of its fault. What is there twice has one cause, whatever failed."""
    return {(step.place.operation, "" if mark.startswith("duplicated") else _name_class(step.fault)) for step in schedule}


def _name_class(fault: str) -> str:
    family = make_fault(fault).family
    if family in _CARRIED_OUT:
        return "carried out"
    return "failed" if family in _FAILED else family


def find_known(accusation: Accusation, schedule: Schedule, findings: Mapping[Cause, ClientFinding]) -> Cause | None:
    """The cause of a finding that an accusation repeats: the same cause, or the same end by some of the steps alone. None if it is new."""
    cause = find_cause(accusation, schedule)
    if cause in findings:
        return cause
    steps = _describe(schedule, accusation.mark)
    for known, finding in findings.items():
        if finding.mark == accusation.mark and _describe(finding.schedule, finding.mark) <= steps:
            return known
    return None


def measure(schedule: Schedule, positions: Mapping[CallPlace, int]) -> tuple[int, ...]:
    """How simple a schedule is; the smaller the simpler: fewest faults, each once, at the earliest calls."""
    late = len(positions) + 1
    return (len(schedule), sum(step.times != ONCE for step in schedule), *(positions.get(step.place, late) for step in schedule))
