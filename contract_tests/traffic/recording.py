"""Recorded traffic, read entry by entry: HAR files of browsers, proxies and the journal, and JSON Lines with one HAR entry each.

Only one entry is in memory at a time, so a file may be larger than memory. Nesting, the digits of a number and the bytes of an entry are bounded
before a parser builds anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import ijson
import orjson

from mockserver.openapi import limits
from mockserver.openapi.nesting import STRING

from .exchange import RecordedExchange
from .har import EntryUnreadable, read_entry

_HAR = re.compile(rb'\{\s*+"log"\s*+:')
_PEEK = 64 * 1024
_PART = 1 << 20
_BOM = b"\xef\xbb\xbf"
_QUOTE = ord('"')
_TOKEN = re.compile(b"%b|[\\[{]|[\\]}]|[0-9]{%d}" % (STRING, limits.DIGITS.value + 1), re.DOTALL)


class RecordingBroken(ValueError):
    """A recording cannot be read further. The text names the place."""


def exchanges(file: BinaryIO, skip: Callable[[int, str], None] | None = None) -> Iterator[RecordedExchange]:
    """The exchanges of a recording, numbered from 1.

    ``skip`` is called with the number of each entry that is no HAR entry and with the reason, and reading goes on.

    Raises:
        RecordingBroken: the file is neither HAR nor JSON Lines, is cut off or passes a limit; or an entry is no HAR entry and ``skip`` is None.
    """
    for number, entry in enumerate(_entries(file), 1):
        try:
            found = read_entry(number, entry)
        except EntryUnreadable as error:
            if skip is None:
                raise RecordingBroken(f"entry {number} is no HAR entry: {error}") from error
            skip(number, str(error))
        else:
            yield found


def _entries(file: BinaryIO) -> Iterator[Any]:
    head = file.read(_PEEK).removeprefix(_BOM)
    if _HAR.match(head.lstrip()):
        return _har_entries(_BoundedFile(_Behind(head, file)))
    return _json_lines(_Behind(head, file))


def _har_entries(source: _BoundedFile) -> Iterator[Any]:
    try:
        for entry in ijson.items(source, "log.entries.item"):  # with use_float a huge integer would break the file
            yield entry
            source.begin_entry()
    except RecordingBroken:
        raise
    except (ijson.common.JSONError, ValueError, OverflowError) as error:
        raise RecordingBroken(f"the HAR file is broken: {' '.join(str(error).split())[:200]}") from None


def _json_lines(source: _Behind) -> Iterator[Any]:
    for number, line in enumerate(source.lines(), 1):
        if not line.strip():
            continue
        wrong = _Scanner().scan(line)[1]
        if wrong:
            raise RecordingBroken(f"line {number} {wrong}")
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise RecordingBroken(f"line {number} is no JSON ({error}); a recording is a HAR file or has one HAR entry per line") from None
        yield entry


class _Scanner:
    """Follows the nesting of a JSON text that comes in parts."""

    def __init__(self) -> None:
        self._depth = 0
        self._open = b""
        """What stands for a string that goes on in the next part: a quote, and a backslash if the next character is escaped."""

    def scan(self, part: bytes) -> tuple[int, str]:
        """How many bytes of the part keep the limits, and what is wrong with the next one; all of them and nothing if the part is good."""
        text = self._open + part
        before = len(self._open)
        self._open = b""
        for token in _TOKEN.finditer(text):
            first = text[token.start()]
            if first == _QUOTE:
                self._open = b"" if token[1] else b'"' + text[token.end() :]
            elif first in b"[{":
                self._depth += 1
            elif first in b"]}":
                self._depth -= 1
            else:
                return max(0, token.start() - before), f"holds a number of more than {limits.DIGITS.value} digits"
            if self._depth > limits.JSON_DEPTH.value:
                return max(0, token.start() - before), f"is nested deeper than {limits.JSON_DEPTH.value} levels"
        return len(part), ""


class _BoundedFile:
    """A JSON file that ends with an error at the first byte beyond a limit; what stands before that byte is read."""

    def __init__(self, source: _Behind) -> None:
        self._source = source
        self._scanner = _Scanner()
        self._number = 1
        self._read = 0
        self._wrong = ""

    def begin_entry(self) -> None:
        """Count the bytes of the next entry."""
        self._number += 1
        self._read = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises RecordingBroken."""
        if self._wrong:
            raise RecordingBroken(f"the HAR file {self._wrong} at entry {self._number}")
        part = self._source.read(size)
        kept, self._wrong = self._scanner.scan(part)
        self._read += len(part)
        if self._read > limits.RECORDING_ENTRY.value:
            self._wrong = f"has more than {limits.RECORDING_ENTRY.value} bytes"
        return part[:kept] if kept or not self._wrong else self.read(size)


class _Behind:
    """A file whose first bytes were read already."""

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        self._head = head
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if size == 0:
            return b""
        if self._head:
            found, self._head = (self._head, b"") if size < 0 else (self._head[:size], self._head[size:])
            return found
        return self._file.read(size)

    def lines(self) -> Iterator[bytes]:
        """The lines. Raises RecordingBroken for one that is too long."""
        rest, number = b"", 1
        while part := self.read(_PART):
            *whole, rest = (rest + part).split(b"\n")
            yield from whole
            number += len(whole)
            if len(rest) > limits.RECORDING_ENTRY.value:
                raise RecordingBroken(f"line {number} has more than {limits.RECORDING_ENTRY.value} bytes")
        if rest:
            yield rest
