"""Servers that get the same calls in turns, compared by the processor time that they use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

import psutil

ROUNDS, CALLS, WARM = 12, 200, 2
"""Turns of each server, calls of a turn, and first turns that are not counted."""
SUCCESS = range(200, 300)


@dataclass(frozen=True)
class Call:
    """A call that is sent again and again."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None


class Line:
    """A connection to a server that stays open, and the processor time that the server has used."""

    def __init__(self, base: str, process: psutil.Process) -> None:
        address = urlsplit(base)
        self._connection = HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=30)
        self._process = process
        self.base = address.path.rstrip("/")

    def send(self, call: Call) -> int:
        """The status of an answer; 0 if there is none."""
        try:
            self._connection.request(call.method, self.base + call.path, call.body, dict(call.headers))
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            self._connection.close()
            return 0
        return answer.status

    def used(self) -> float:
        """Seconds of processor time of the server and its children."""
        total = 0.0
        for one in (self._process, *self._process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = one.cpu_times()
                total += times.user + times.system
        return total


def race(lines: Sequence[Line], calls: Sequence[Call]) -> list[float]:
    """Calls per second of processor time of each server, in turns."""
    used = [0.0 for _ in lines]
    for turn in range(ROUNDS):
        for number, line in enumerate(lines):
            before = line.used()
            for index in range(CALLS):
                line.send(calls[index % len(calls)])
            if turn >= WARM:
                used[number] += line.used() - before
    return [round((ROUNDS - WARM) * CALLS / max(one, 0.01), 1) for one in used]
