"""What happens in a run, as typed events. ``VerifyRun`` yields them in order, all in the thread that iterates over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ..harness.findings import Exchange, Finding, Verdict
from .cause import Cause, Repeat, key_of
from .masking import TargetMask


class Phase(StrEnum):
    """A part of a run that judges the target, by its name in the report."""

    CLAUSES = "clauses"
    BEHAVIOUR = "laws"
    GENERATED = "schemathesis"


@dataclass(frozen=True)
class Event:
    """Something that happened in a run."""


@dataclass(frozen=True)
class RunStarted(Event):
    """The run begins; nothing has been sent yet. ``budget`` is in seconds."""

    title: str
    url: str
    level: str
    seed: int
    budget: float
    read_only: bool


@dataclass(frozen=True)
class PhaseStarted(Event):
    """A part of the run begins."""

    phase: Phase


@dataclass(frozen=True)
class StepTaken(Event):
    """How far a phase is, in words that the next step replaces."""

    text: str


@dataclass(frozen=True)
class ExchangeRecorded(Event):
    """The target answered a request."""

    exchange: Exchange


@dataclass(frozen=True)
class VerdictReached(Event):
    """A check or a clause was judged."""

    verdict: Verdict


@dataclass(frozen=True)
class FindingMade(Event):
    """The target broke the contract. ``keyword`` is the last part of the cause's key; ``repeat`` is None if the requests cannot be sent again."""

    finding: Finding
    phase: Phase
    keyword: str = ""
    clauses: tuple[str, ...] = ()
    repeat: Repeat | None = field(default=None, repr=False)
    row: str = ""
    """The row of a parametrized test."""

    @property
    def key(self) -> str:
        return key_of(self.finding, self.keyword)

    @property
    def former(self) -> list[str]:
        """Keys of earlier versions, which had one for all rows of a test."""
        return [key_of(self.finding, self.keyword.removesuffix(f"[{self.row}]"))] if self.row else []


@dataclass(frozen=True)
class ConfirmationStarted(Event):
    """From here on, the requests of unconfirmed findings are sent again."""


@dataclass(frozen=True)
class FindingConfirmed(Event):
    """A finding came again, in these exchanges; without exchanges, the ones of before stand."""

    key: str
    exchanges: tuple[Exchange, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class FindingWithdrawn(Event):
    """A finding did not come again, or could not be confirmed; ``note`` says why."""

    key: str
    note: str


@dataclass(frozen=True)
class NoteMade(Event):
    """Something that the user of the command should know, and the report does not say."""

    text: str


@dataclass(frozen=True)
class ProblemMet(Event):
    """Something kept a part of the run from being done; the report says so."""

    text: str


@dataclass(frozen=True)
class PhaseFinished(Event):
    """A part of the run ended after some seconds; ``requests`` counts those of the whole run so far."""

    phase: Phase
    seconds: float
    requests: int


@dataclass(frozen=True)
class RunFinished(Event):
    """The last event of a run: its report as plain data, and what the evidence is written from. ``causes`` include the unconfirmed ones."""

    report: dict[str, Any]
    causes: tuple[Cause, ...]
    mask: TargetMask


@dataclass(frozen=True)
class DryRunFinished(Event):
    """The last event of a dry run: how often each request would have been sent, by operation, method and URL."""

    requests: Mapping[tuple[str, str, str], int]
