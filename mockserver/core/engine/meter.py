"""Counts calls by operation and status, with how long they took, and refusals by limit. Worlds and clients have no counts of their own.

The counts are plain numbers, which cost a call less than a microsecond; a library shows them when they are asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from mockserver.core.base.problems import LIMIT
from mockserver.core.base.replies import Reply
from mockserver.core.engine.journal import JournalEntry
from mockserver.core.operation.compiled import Operation
from mockserver.openapi import limits

EDGES = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The upper edges of the buckets of the histogram, in seconds; the last bucket has none."""
REFUSED = 400
"""The first status of answers that may name a limit."""

BATCH = 128
"""Durations of a series that wait to be counted together."""

SeriesKey = tuple[str, str, str]
"""API, operation and status; the operation is empty if none was reached."""


@dataclass(slots=True)
class CallSeries:
    """The calls of one operation with one status: how many fell into each bucket, and how many seconds they took together."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(EDGES) + 1))
    seconds: float = 0.0
    waiting: list[float] = field(default_factory=list)
    """Durations that are not counted yet: sorting many at once is a third of the work of finding the bucket of each."""

    def settle(self) -> None:
        """Count the durations that wait."""
        found = sorted(self.waiting)
        self.waiting.clear()
        self.seconds += sum(found)
        places = [0, *(bisect_right(found, edge) for edge in EDGES), len(found)]
        for number, (before, place) in enumerate(pairwise(places)):
            self.buckets[number] += place - before


class Meter:
    """What was counted since the start of the server."""

    def __init__(self) -> None:
        self.refusals: Counter[str] = Counter()
        self._calls: dict[SeriesKey, CallSeries] = {}
        self._known: dict[tuple[str, int], CallSeries] = {}

    def observe(self, slug: str, operation: Operation | None, reply: Reply, seconds: float, entry: JournalEntry | None) -> None:
        """Count a call. The status is 0 if its connection was broken on purpose."""
        status = reply.status if entry is None else entry.status
        try:
            series = self._known[slug if operation is None else operation.name, status]
        except KeyError:
            series = self._add_series(slug, operation, status)
        waiting = series.waiting
        waiting.append(seconds)
        if len(waiting) >= BATCH:
            series.settle()
        if status >= REFUSED and LIMIT in reply.headers:
            self.refusals[reply.headers[LIMIT]] += 1

    def calls(self) -> dict[SeriesKey, CallSeries]:
        """Every series, with all calls counted."""
        for series in self._calls.values():
            series.settle()
        return self._calls

    def _add_series(self, slug: str, operation: Operation | None, status: int) -> CallSeries:
        """The series of a status; that of its class if there are too many, because fault rules may answer any status."""
        shown = str(status) if len(self._calls) < limits.METRIC_SERIES.value else f"{status // 100}xx"
        series = self._calls.setdefault((slug, "" if operation is None else operation.id, shown), CallSeries())
        self._known[slug if operation is None else operation.name, status] = series
        return series
