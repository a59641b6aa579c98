"""What a run of ``explore`` has found, and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mockserver.explore.faults import make_fault
from mockserver.explore.model import ONWARDS, ClientRun, Schedule

SCHEMA = 1
"""The version of the JSON."""


class NotExplored(Exception):
    """Nothing could be explored; the text says why."""


class RunVerdict(StrEnum):
    """What came of a schedule."""

    RECOVERED = "recovered"
    FAILED_CLEANLY = "failed cleanly"
    FINDING = "finding"
    NOT_APPLICABLE = "not applicable"
    NOT_TRIED = "not tried"


@dataclass(slots=True)
class ClientFinding:
    """A bug of the client: which oracle found it, by which schedule, and what was seen."""

    oracle: str
    sentence: str
    schedule: Schedule
    run: ClientRun
    difference: Mapping[str, Any]
    runs: int
    mark: str

    def to_json(self) -> dict[str, Any]:
        return {
            "oracle": self.oracle,
            "sentence": self.sentence,
            "schedule": [step.to_json() for step in self.schedule],
            "exit": self.run.exited.code if self.run.exited.ended_by is None else None,
            "stdout": self.run.exited.stdout,
            "stderr": self.run.exited.stderr,
            "exchanges": [{**call.exchange, "sent": call.sent, "answered": call.answered} for call in self.run.calls],
            "difference": dict(self.difference),
            "runs": self.runs,
        }


@dataclass(slots=True)
class Result:
    """A whole exploration, complete or not. ``verdicts`` are those of each schedule that was tried or planned."""

    complete: bool = False
    baseline: ClientRun | None = None
    deterministic: bool = False
    findings: list[ClientFinding] = field(default_factory=list)
    verdicts: dict[Schedule, RunVerdict] = field(default_factory=dict)
    untried: list[Schedule] = field(default_factory=list)
    seconds: float = 0.0
    reason: str = ""
    """Why nothing was explored; empty if something was."""
    command: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 without a finding, 1 with one, 2 if nothing was explored."""
        if self.reason:
            return 2
        return 1 if self.findings else 0

    def count(self, verdict: RunVerdict) -> int:
        return sum(1 for found in self.verdicts.values() if found == verdict)

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "complete": self.complete,
            "baseline": {
                "calls": [{"operation": call.place.operation, "occurrence": call.place.occurrence} for call in self._calls()],
                "deterministic": self.deterministic,
            },
            "figures": {
                "schedules": len(self.verdicts),
                "recovered": self.count(RunVerdict.RECOVERED),
                "failed_cleanly": self.count(RunVerdict.FAILED_CLEANLY),
                "not_applicable": self.count(RunVerdict.NOT_APPLICABLE),
                "untried": len(self.untried),
                "seconds": round(self.seconds, 3),
            },
            "findings": [finding.to_json() for finding in self.findings],
            "untried": [[step.to_json() for step in schedule] for schedule in self.untried],
            **({"reason": self.reason} if self.reason else {}),
        }

    def _calls(self) -> tuple[Any, ...]:
        return () if self.baseline is None else self.baseline.calls


def describe_schedule(schedule: Schedule) -> str:
    """A schedule in words: ``serpi.create_sucursal #1 is carried out, and …``."""
    if not schedule:
        return "without a fault"
    parts = []
    for step in schedule:
        text = f"{step.place} {make_fault(step.fault).text}"
        parts.append(f"{text}, and so are all later ones" if step.times == ONWARDS else text)
    return "; ".join(parts)
