"""What the client does without a fault: three runs that have to be alike."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mockserver.explore.ends import End, Record, read_end, read_states, without_digits
from mockserver.explore.model import ClientRun

RUNS = 3
"""Runs without a fault."""
LONGEST = 400 * 86_400
"""Seconds of the longest lifetime that is jumped over."""
_LIFETIME = re.compile(r"(expires?_?in|ttl|max_?age|lifetime)$", re.IGNORECASE)
_EXPIRY = re.compile(r"(expires?(_?at)?|expiry|expiration|valid_?until|paid_?until)$", re.IGNORECASE)


class Unusable(Exception):
    """The runs without a fault are no baseline; the text says why."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The run to which others are compared. ``states`` are those through which it passed; ``seconds`` is the longest of its runs.

    ``has_stable_numbers`` says whether its output has the same numbers each time. ``lifetimes`` are the durations for which it was given something,
    each with the number of the call after which it had it.
    """

    run: ClientRun
    states: Sequence[Counter[Record]]
    seconds: float
    has_stable_numbers: bool = True
    lifetimes: Mapping[str, int] = field(default_factory=dict)


def read_baseline(runs: Sequence[ClientRun], variables: Mapping[str, str]) -> Baseline:
    """The baseline of some runs without a fault. ``variables`` are those that the command got. Raises Unusable."""
    for run in runs:
        if run.exited.ended_by == "hang":
            raise Unusable(f"the command did not end without a fault{_say(run)}")
        if run.exited.code != 0:
            raise Unusable(f"the command failed without a fault, with exit code {run.exited.code}{_say(run)}")
        if run.unmet:
            raise Unusable(f"an expectation does not hold without a fault: {'; '.join(run.unmet)}")
        if not run.calls:
            raise Unusable(
                "the command never called its world; it has to take the address of the API from <API>_BASE_URL (see `mockserver env`),"
                " or from MOCKSERVER_URL and MOCKSERVER_WORLD"
            )
    first = runs[0]
    ends = [read_end(run) for run in runs]
    is_stable = all(end.lines == ends[0].lines for end in ends)
    for run, end in zip(runs[1:], ends[1:], strict=True):
        difference = _find_difference(ends[0], end, first, run)
        if difference:
            raise Unusable(f"two runs without a fault differ: {difference}")
    return Baseline(first, read_states(first), max(run.exited.seconds for run in runs), is_stable, dict(_find_lifetimes(first, variables)))


def _say(run: ClientRun) -> str:
    said = (run.exited.stderr.strip() or run.exited.stdout.strip())[-1500:]
    return f":\n{said}" if said else ""


def _find_difference(one: End, other: End, first: ClientRun, second: ClientRun) -> str:
    """How two runs differ, in words; empty if they do not."""
    calls, again = (Counter(call.place.operation for call in run.calls) for run in (first, second))
    if calls != again:
        differing = sorted({name for name in {*calls, *again} if calls[name] != again[name]})
        return ", ".join(f"{calls[name]} and {again[name]} calls of {name}" for name in differing)
    if one.records != other.records:
        (table, kind, content), *_ = list(((one.records - other.records) + (other.records - one.records)).elements())
        return f"the records that they leave, such as one {kind} in {table}: {content[:300]}"
    if one.messages != other.messages:
        return "the messages that were sent"
    if without_digits(one).lines != without_digits(other).lines:
        shown = next(((a.text, b.text) for a, b in zip(one.lines, other.lines, strict=False) if a.undrawn != b.undrawn), ("", ""))
        return f"standard output: {shown[0]!r} and {shown[1]!r}" if any(shown) else "the number of lines of standard output"
    return ""


def _find_lifetimes(run: ClientRun, variables: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """The lifetimes that the baseline was given, as durations a little longer, each with the number of the call that gave it."""
    found: dict[int, int] = {}
    start = datetime.fromisoformat(run.calls[0].exchange["at"])
    for text in variables.values():
        for seconds in _read_token(text, start):
            found.setdefault(seconds, 0)
    for number, call in enumerate(run.calls, 1):
        at = datetime.fromisoformat(call.exchange["at"])
        for value in (call.answered, *(change["after"] for change in call.changes)):
            for seconds in _find_seconds(value, at):
                found.setdefault(seconds, number)
    for seconds, number in sorted(found.items()):
        if 0 < seconds <= LONGEST:
            yield f"PT{seconds + 1}S", number


def _find_seconds(value: Any, at: datetime, name: str = "") -> Iterator[int]:
    if isinstance(value, dict):
        for inner, content in value.items():
            yield from _find_seconds(content, at, inner)
    elif isinstance(value, list):
        for content in value[:20]:
            yield from _find_seconds(content, at, name)
    elif isinstance(value, int) and not isinstance(value, bool) and _LIFETIME.search(name):
        yield value
    elif isinstance(value, str) and _EXPIRY.search(name):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return
        yield int(((moment if moment.tzinfo else moment.replace(tzinfo=at.tzinfo)) - at).total_seconds())
    elif isinstance(value, str):
        yield from _read_token(value, at)


def _read_token(text: str, at: datetime) -> Iterator[int]:
    """The seconds for which a signed token is still valid."""
    parts = text.removeprefix("Bearer ").split(".")
    if len(parts) != 3 or not parts[0].startswith("eyJ"):  # noqa: PLR2004 - header, claims, signature
        return
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        yield int(claims["exp"] - at.timestamp())
    except (ValueError, KeyError, TypeError, binascii.Error, OverflowError):
        return
