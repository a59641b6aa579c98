"""What judging a target yields: exchanges, findings and verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Outcome(StrEnum):
    """What became of a law or a clause at this target."""

    HELD = "held"
    BROKEN = "broken"
    NOT_OBSERVABLE = "not observable here"
    NOT_EXERCISED = "not exercised"


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as they went over the wire; bodies are bytes, ``elapsed`` is in seconds."""

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    response_headers: Mapping[str, str]
    response_body: bytes
    elapsed: float
    operation: str | None = None


@dataclass(frozen=True)
class Finding:
    """One violation: the law or clause, a sentence for people, where in the answer (JSON pointer), what was expected and what came."""

    law: str
    operation: str
    sentence: str
    clause: str | None = None
    page: str | None = None
    pointer: str = ""
    expected: object = None
    got: object = None
    exchanges: tuple[Exchange, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What became of one subject, a law's name or a clause's id, at one operation."""

    subject: str
    operation: str
    outcome: Outcome
    reason: str = ""
    finding: Finding | None = None
