"""What a judgement says: verdicts on laws and clauses, findings with their evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class VerdictStatus(StrEnum):
    """How a law or a clause fared at a target."""

    HELD = "held"
    BROKEN = "broken"
    NOT_OBSERVABLE = "not observable here"
    NOT_EXERCISED = "not exercised"


@dataclass(frozen=True)
class Exchange:
    """A request and its answer; ``elapsed`` in seconds."""

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
    """One way in which a target breaks the contract, in a plain sentence, with the exchanges that show it.

    ``clause`` is the one that it breaks first of all, ``clauses`` are further ones.
    """

    law: str
    operation: str
    sentence: str
    clause: str | None = None
    page: str | None = None
    pointer: str = ""
    expected: object = None
    got: object = None
    exchanges: tuple[Exchange, ...] = ()
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The outcome of a law (by its name) or of a clause (by its id) at one operation; ``reason`` where it is neither held nor broken."""

    subject: str
    operation: str
    outcome: VerdictStatus
    reason: str = ""
    finding: Finding | None = None


def in_words(error: BaseException | None) -> str:
    """What somebody who read an answer did not find in it, without the words of a programming language."""
    if isinstance(error, RuntimeError) and isinstance(error.__cause__, StopIteration):
        error = error.__cause__  # raised inside a generator
    if isinstance(error, json.JSONDecodeError):
        return "there is no JSON"
    if isinstance(error, KeyError):
        return f"{json.dumps(str(error.args[0]) if error.args else '', ensure_ascii=False)} is missing"
    if isinstance(error, (IndexError, StopIteration)):
        return "the record that is looked for is missing"
    if isinstance(error, (TypeError, AttributeError)):
        return "something has another form"
    return f"something cannot be used ({str(error)[:200]})"
