"""What a run has left, in a form in which two runs can be compared: without ids, times, tokens and bookkeeping."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from mockserver.explore.model import ClientCall, ClientRun

Record = tuple[str, str, str]
"""A table, ``added``, ``changed`` or ``removed``, and the content as JSON."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_UUID = re.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b")
_SIGNED = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*")
_HEX = re.compile(r"\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{16,}\b|\b0x[0-9a-fA-F]+\b")
_LASTED = re.compile(r"\b\d+([.,]\d+)?\s?(ms|s|sec|secs|seconds|minutes|m)\b")
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_REPLACED = (
    (_COLOUR.sub, ""),
    (_MOMENT.sub, "<time>"),
    (_SIGNED.sub, "<token>"),
    (_UUID.sub, "<id>"),
    (_HEX.sub, "<id>"),
    (_LASTED.sub, "<duration>"),
)
"""What is replaced in every text, in this order, and by what."""
_DRAWN = re.compile(
    r"(^|_)(id|uuid|guid|key|token|secret|hash|digest|signature|nonce|etag|link|url|number|folio|code|reference|ref|serial|sequence|slug|version)$",
    re.IGNORECASE,
)
"""Fields whose value the server may have drawn, unless the client has sent it."""
_TIMES = re.compile(r"(_at|_on|time|timestamp|date|expires|expiry)$|(At|On)$")
_SECONDS = 10**9
"""A number of at least so much in a field of a time counts seconds since 1970."""
_KEYS = ("id", "key")


class Line(NamedTuple):
    """A line of standard output, and the same without what the server drew."""

    text: str
    undrawn: str

    def is_like(self, other: Line) -> bool:
        return self.text == other.text or self.undrawn == other.undrawn


@dataclass(frozen=True)
class End:
    """What a run has left: records and messages, each with how often, and the lines of standard output in their order."""

    records: Counter[Record]
    messages: Counter[str]
    lines: tuple[Line, ...]

    @cached_property
    def tables(self) -> frozenset[str]:
        return frozenset(table for table, _, _ in self.records)


def read_end(run: ClientRun, *, ignored: frozenset[tuple[str, str]] = frozenset()) -> End:
    """The end of a run. ``ignored`` are records, by table and id, that change without the client."""
    reader = _Reader(run)
    return End(reader.records(run.changes, ignored), reader.messages(run.messages), reader.lines(run.exited.stdout))


def read_states(run: ClientRun) -> list[Counter[Record]]:
    """The states through which a run passed: the start, and the state after each call that has written.

    Where calls of one operation follow one another, each state without some of the last ones is among them: a client that goes on with the next item
    of a batch if one failed is no worse than one that stops.
    """
    reader = _Reader(run)
    writes = [call for call in run.calls if call.has_written]
    states = [reader.records(())]
    for number, last in enumerate(writes, 1):
        done = writes[:number]
        batch = [index for index, call in enumerate(done) if call.place.operation == last.place.operation]
        if any(done[index].place.operation != last.place.operation for index in range(batch[0], number)):
            batch = [number - 1]
        states.extend(
            reader.records(_accumulate(change for index, call in enumerate(done) if index not in left_out for change in call.changes))
            for left_out in _choose(batch[:-1])
        )
    states.append(reader.records(run.changes))
    return states


MOST_LEFT_OUT = 6
"""Calls of a batch up to which every choice of those that failed is a state; of more, each single one."""


def _choose(batch: list[int]) -> Iterator[frozenset[int]]:
    """The choices of calls that are left out of a batch."""
    if len(batch) > MOST_LEFT_OUT:
        yield frozenset()
        yield from (frozenset({index}) for index in batch)
        yield from (frozenset(batch[first:]) for first in range(len(batch)))
        return
    for bits in range(1 << len(batch)):
        yield frozenset(index for place, index in enumerate(batch) if bits >> place & 1)


def _accumulate(changes: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The changes of several calls as one change of each record."""
    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for change in changes:
        key = change["table"], str(change["id"])
        merged[key] = {**change, "before": merged[key]["before"] if key in merged else change["before"]}
    return [change for change in merged.values() if change["before"] != change["after"]]


def mask_texts(text: str, masked: Mapping[str, str]) -> str:
    """A text without the texts that belong to one run only, without colours, moments, durations and drawn texts."""
    for found, instead in masked.items():
        text = text.replace(found, instead)
    for replace, instead in _REPLACED:
        text = replace(instead, text)
    return text


class _Reader:
    """Reads what one run has left, and knows which values its server drew."""

    def __init__(self, run: ClientRun) -> None:
        self._masked = run.masked
        added = [change for change in run.changes if change["before"] is None]
        self._ids = {str(change["id"]) for change in added} | {str(change["after"].get("id")) for change in added}
        self._sent = {text for call in run.calls for text in _list_sent(call)}
        self._drawn = set(self._ids)
        for change in added:
            self._collect(change["after"])

    def _collect(self, value: Any, field: str = "") -> None:
        """Remember the values of a new record that the server has drawn."""
        if isinstance(value, dict):
            for name, inner in value.items():
                self._collect(inner, name)
        elif isinstance(value, str | int) and not isinstance(value, bool) and self._is_drawn(field, value):
            self._drawn.add(str(value))

    def _is_drawn(self, field: str, value: Any) -> bool:
        return bool(_DRAWN.search(field)) and str(value) not in ("", "None") and str(value) not in self._sent

    def records(self, changes: Iterable[Mapping[str, Any]], ignored: frozenset[tuple[str, str]] = frozenset()) -> Counter[Record]:
        found: Counter[Record] = Counter()
        for change in changes:
            if not change["bookkeeping"] and (change["table"], str(change["id"])) not in ignored:
                found[self._record(change)] += 1
        return found

    def _record(self, change: Mapping[str, Any]) -> Record:
        table, before, after = str(change["table"]), change["before"], change["after"]
        if before is None:
            return table, "added", _write(self._plain({name: value for name, value in after.items() if name not in _KEYS}))
        if after is None:
            return table, "removed", _write(str(change["id"]))
        differing = {name: after.get(name) for name in {*before, *after} if before.get(name) != after.get(name)}
        return table, "changed", _write({"id": str(change["id"]), "to": self._plain(differing)})

    def _plain(self, value: Any, field: str = "") -> Any:
        """A value without what the server drew."""
        if isinstance(value, dict):
            return {name: self._plain(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._plain(inner, field) for inner in value]
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return self._plain_scalar(value, field)
        return value

    def _plain_scalar(self, value: str | float, field: str) -> str | float:
        if _DRAWN.search(field) and (str(value) in self._ids or self._is_drawn(field, value)):
            return "<drawn>"
        if isinstance(value, str):
            return mask_texts(value, self._masked)
        if _TIMES.search(field) and value >= _SECONDS:
            return "<time>"
        return value

    def messages(self, messages: Iterable[Mapping[str, Any]]) -> Counter[str]:
        return Counter(self._message(message) for message in messages)

    def _message(self, message: Mapping[str, Any]) -> str:
        text = f"{message['subject']}\n{message['body']}"
        for drawn in (*message["links"], *message["codes"]):
            text = text.replace(drawn, "<drawn>")
        return f"{message['api']} {message['channel']} to {message['to']}: {self._text(text)}"

    def lines(self, stdout: str) -> tuple[Line, ...]:
        found = (mask_texts(line, self._masked).rstrip() for line in stdout.splitlines())
        return tuple(Line(line, self._undraw(line)) for line in found if line)

    def _text(self, text: str) -> str:
        return self._undraw(mask_texts(text, self._masked))

    def _undraw(self, text: str) -> str:
        for drawn in sorted(self._drawn, key=len, reverse=True):
            text = re.sub(rf"(?<![\w.]){re.escape(drawn)}(?![\w.]\w|\w)", "<drawn>", text)
        return text


def _list_sent(call: ClientCall) -> Iterator[str]:
    """The values that a client sent with a call: in its path, its query and its body."""
    yield from unquote(str(call.exchange["path"])).split("/")
    yield from (value for _, value in parse_qsl(str(call.exchange["query"])))
    yield from _list_values(call.sent)


def _list_values(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _list_values(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _list_values(inner)
    elif value is not None:
        yield str(value)


def _write(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def without_digits(end: End) -> End:
    """An end whose lines show no numbers, for a command that prints numbers of its own."""
    plain = (re.sub(r"\d+([.,]\d+)*", "#", line.undrawn) for line in end.lines)
    return End(end.records, end.messages, tuple(Line(line, line) for line in plain))
