"""Verdicts on checks and clauses, and findings with their evidence."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum


class VerdictStatus(StrEnum):
    """Whether a target passes a check or keeps a clause."""

    HELD = "held"
    BROKEN = "broken"
    NOT_OBSERVABLE = "not observable here"
    NOT_EXERCISED = "not exercised"
    DIFFERS = "differs from what we assumed"
    SUSPECT = "suspect: inferred"


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
class InferredFrom:
    """Where an inferred declaration comes from: how sure inference is and why, and the lines of an overlay that make it certain, or turn it off."""

    confidence: str
    because: str
    certain: str
    off: str


@dataclass(frozen=True)
class Finding:
    """One way in which a target breaks the contract, in a plain sentence, with the exchanges that show it.

    ``clause`` is the main clause that it breaks, ``clauses`` are further ones; ``page`` is the vendor's page, ``pointer`` the place in the answer.
    ``assumed`` says that the target only differs from what the document assumes where the vendor's page is silent; then it breaks no clause.
    ``origin`` is set if what the target breaks was inferred from the document, and declared by no person.
    """

    check: str
    operation: str
    sentence: str
    clause: str | None = None
    page: str | None = None
    pointer: str = ""
    expected: object = None
    got: object = None
    exchanges: tuple[Exchange, ...] = ()
    clauses: tuple[str, ...] = ()
    assumed: bool = False
    origin: InferredFrom | None = None


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check (by its name) or of a clause (by its id) at one operation; ``reason`` says why it is neither held nor broken."""

    subject: str
    operation: str
    outcome: VerdictStatus
    reason: str = ""
    finding: Finding | None = None


_WORDS = (
    (re.compile(r"(?:not enough|too many) values to unpack \(expected (?:at least )?(\d+), got (\d+)\)", re.DOTALL), r"\1 expected, \2 came"),
    (re.compile(r"too many values to unpack \(expected (\d+)\)", re.DOTALL), r"\1 expected, more came"),
    (re.compile(r"Invalid isoformat string: (.*)", re.DOTALL), r"\1 is no date and time as ISO 8601 has them"),
    (re.compile(r"invalid literal for int\(\) with base 10: (.*)", re.DOTALL), r"\1 is no whole number"),
    (re.compile(r"could not convert string to float: (.*)", re.DOTALL), r"\1 is no number"),
)
"""Texts of a programming language, and what they mean for an answer."""


def to_plain(value: object) -> object:
    """A value that JSON can hold; whatever is no text, number, mapping or collection becomes a text."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, Mapping):
        return {str(key): to_plain(inner) for key, inner in value.items()}
    if isinstance(value, AbstractSet):
        return sorted(map(to_plain, value), key=str)  # a set has another order in each run
    if isinstance(value, Collection) and not isinstance(value, (bytes, bytearray)):
        found = [to_plain(inner) for inner in value]
        # The order of a set differs from run to run.
        return sorted(found, key=lambda one: json.dumps(one, sort_keys=True)) if isinstance(value, AbstractSet) else found
    return str(value)


def in_words(error: BaseException | None) -> str:
    """Why an answer could not be used, without the words of a programming language."""
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
    text = str(error)[:200]
    return next((pattern.sub(words, text) for pattern, words in _WORDS if pattern.fullmatch(text)), "a value cannot be used")
