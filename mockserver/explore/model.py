"""Values that the parts of ``explore`` exchange: calls, places, steps of a schedule, and what came of one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Times = Literal["once", "onwards"]
ONCE: Times = "once"
ONWARDS: Times = "onwards"


@dataclass(frozen=True, slots=True, order=True)
class CallPlace:
    """The n-th call of an operation in a run. ``operation`` is ``<slug>.<operationId>``, ``occurrence`` counts from 1."""

    operation: str
    occurrence: int

    def __str__(self) -> str:
        return f"{self.operation} #{self.occurrence}"


@dataclass(frozen=True, slots=True)
class ClientCall:
    """One call of a run: its place, and the exchange as ``GET /_mock/worlds/{name}/outcome`` shows it."""

    place: CallPlace
    exchange: Mapping[str, Any]
    sent: Any
    answered: Any
    changes: tuple[Mapping[str, Any], ...]

    @property
    def method(self) -> str:
        return str(self.exchange["method"])

    @property
    def is_injected(self) -> bool:
        """Whether a fault rule had an effect on it."""
        return bool(self.exchange["injected"])

    @property
    def has_written(self) -> bool:
        """Whether records other than bookkeeping changed by it."""
        return any(not change["bookkeeping"] for change in self.changes)


@dataclass(frozen=True, slots=True)
class FaultStep:
    """One fault of a schedule: which fault, at which call, once or from there on."""

    place: CallPlace
    fault: str
    times: Times = ONCE

    def to_json(self) -> dict[str, Any]:
        return {
            "operation": self.place.operation,
            "occurrence": self.place.occurrence,
            "fault": self.fault,
            "times": 1 if self.times == ONCE else ONWARDS,
        }

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> FaultStep:
        """The step that a report has. Raises KeyError, TypeError and ValueError if it is none."""
        return cls(CallPlace(str(data["operation"]), int(data["occurrence"])), str(data["fault"]), ONWARDS if data["times"] == ONWARDS else ONCE)


Schedule = tuple[FaultStep, ...]


Ending = Literal["hang", "storm", "stop"]
"""Why a command was ended."""


@dataclass(frozen=True, slots=True)
class Exited:
    """How a command ended. ``code`` is its exit code, negative for a signal; ``ended_by`` says why it was ended, if it did not end by itself."""

    code: int
    stdout: str
    stderr: str
    seconds: float
    ended_by: Ending | None = None


@dataclass(frozen=True, slots=True)
class ClientRun:
    """One run of the command: the schedule, how the command ended, the calls that it made, and what it left.

    ``changes`` and ``messages`` are those of the outcome of its world. ``applied`` says whether every fault of the schedule had an effect.
    """

    schedule: Schedule
    exited: Exited
    calls: tuple[ClientCall, ...]
    changes: tuple[Mapping[str, Any], ...]
    messages: tuple[Mapping[str, Any], ...]
    applied: bool = True
    unmet: tuple[str, ...] = ()
    """The expectations that do not hold at the end."""
    masked: Mapping[str, str] = field(default_factory=dict)
    """Texts that belong to this run only, such as the name of its world, and what stands for them."""
