"""Audit a recording: judge every exchange, group the findings, count the operations and responses that were seen.

Every error of a response is a violation: an undocumented status or media type, a header or a body that breaks its schema. An error of a request is
a violation if the request was accepted, that is answered below 400; if it was refused with 4xx, it is counted as *refused*. A path or method that
the document lacks is listed, and is a violation if it was answered below 400. Answers of a fault rule or of ``Prefer`` (``_mock.injected``)
are not judged. What could not be judged, and what could not even be read, is counted with its reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from mockserver.openapi import limits
from mockserver.openapi.documents import Document
from mockserver.openapi.operations import OperationSpec

from .exchange import RecordedExchange
from .findings import Judgement, TrafficFinding
from .judge import TrafficValidator
from .recording import exchanges

EXAMPLES = 5
"""Findings of one kind that are kept as examples; all are counted."""
KINDS = limits.FINDING_KINDS.value
"""The most kinds of findings, and of unknown paths, that are kept apart; a recording of another API would fill the memory."""
REASONS = 100
"""Reasons for unreadable entries that are kept apart."""
_INDEX = re.compile(r"/\d+(?=/|$)")
_ID = re.compile(r"(?<=/)(?:\d+|[0-9a-fA-F-]{16,}|[A-Za-z_]+_[0-9A-Za-z]{8,})(?=/|$)")


@dataclass
class Group:
    """Findings at the same place of the same operation."""

    key: tuple[str, str, str, str, str]
    count: int = 0
    examples: list[TrafficFinding] = field(default_factory=list)


@dataclass
class Seen:
    """What the recording contains of one operation."""

    calls: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    parameters: Counter[tuple[str, str]] = field(default_factory=Counter)


class Audit:
    """Takes judgements one by one; its size does not grow with their number. ``strict`` as in TrafficValidator."""

    def __init__(self, document: Document, *, strict: bool = False) -> None:
        self.document = document
        self.judge = TrafficValidator(document, strict=strict)
        self.kinds: Counter[str] = Counter()
        self.refused = 0
        self.unjudged: Counter[str] = Counter()
        self.unknown: Counter[tuple[str, str, int]] = Counter()
        self.groups: dict[tuple[str, str, str, str, str], Group] = {}
        self.overflow = 0
        self.unreadable: Counter[str] = Counter()
        """Entries that are no HAR entries, by reason."""
        self.first_unreadable = 0
        """The number of the first of them."""
        self.stopped = ""
        """Why the recording was not read to its end."""
        self.seen: dict[str, Seen] = {operation.id: Seen() for operation in document.operations}

    def read(self, file: BinaryIO) -> Audit:
        """Judge every exchange of a recording, and count its unreadable entries. Raises RecordingBroken; what was judged before stays counted."""
        return self.run(exchanges(file, self._skip))

    def _skip(self, number: int, reason: str) -> None:
        self.first_unreadable = self.first_unreadable or number
        key = reason if reason in self.unreadable or len(self.unreadable) < REASONS else "other reasons"
        self.unreadable[key] += 1

    def run(self, recorded: Iterable[RecordedExchange]) -> Audit:
        """Judge every exchange of a recording."""
        for exchange in recorded:
            self.add(exchange, self.judge.judge(exchange))
        return self

    def add(self, exchange: RecordedExchange, judgement: Judgement) -> None:
        """Count one judgement."""
        self.kinds[judgement.kind] += 1
        for reason in judgement.unjudged:
            self.unjudged[reason] += 1
        if judgement.kind == "unknown":
            self._count(self.unknown, (exchange.method, _ID.sub("{id}", exchange.path)[:200], judgement.status))
        if judgement.operation is not None:
            self._see(judgement.operation, judgement)
        self.refused += judgement.refused
        for finding in judgement.findings:
            key = (finding.operation or "", finding.side, finding.place, _INDEX.sub("/*", finding.pointer), finding.keyword)
            if key not in self.groups and len(self.groups) >= KINDS:
                self.overflow += 1
                continue
            group = self.groups.setdefault(key, Group(key))
            group.count += 1
            if len(group.examples) < EXAMPLES:
                group.examples.append(finding)

    def _see(self, operation: OperationSpec, judgement: Judgement) -> None:
        seen = self.seen[operation.id]
        seen.calls += 1
        seen.statuses[str(judgement.status)] += 1
        for sent in judgement.sent.intersection(operation.inputs):
            seen.parameters[sent] += 1

    @staticmethod
    def _count(counter: Counter[tuple[str, str, int]], key: tuple[str, str, int]) -> None:
        if key in counter or len(counter) < KINDS:
            counter[key] += 1

    # Results

    @property
    def violations(self) -> int:
        """How many violations were found."""
        return sum(group.count for group in self.groups.values()) + self.overflow

    @property
    def total(self) -> int:
        """How many exchanges there were, without the unreadable ones."""
        return sum(self.kinds.values())

    def undocumented(self) -> dict[str, list[str]]:
        """The undocumented statuses by operation."""
        return {
            operation.id: missing
            for operation in self.document.operations
            if (missing := sorted(status for status in self.seen[operation.id].statuses if status not in (*operation.statuses, "0")))
        }

    def coverage(self) -> dict[str, tuple[int, int]]:
        """How much of the document was seen: operations, documented statuses, parameters; each with how many there are."""
        operations = self.document.operations
        return {
            "operations": (sum(seen.calls > 0 for seen in self.seen.values()), len(operations)),
            "statuses": (
                sum(status in self.seen[operation.id].statuses for operation in operations for status in operation.statuses),
                sum(len(operation.statuses) for operation in operations),
            ),
            "parameters": (
                sum(found in self.seen[operation.id].parameters for operation in operations for found in operation.inputs),
                sum(len(operation.inputs) for operation in operations),
            ),
        }

    def result(self) -> dict[str, Any]:
        """The audit as JSON."""
        return {
            "api": self.document.slug,
            "title": self.document.title,
            "exchanges": self.total,
            "stopped": self.stopped,
            "unreadable": dict(self.unreadable),
            "kinds": dict(self.kinds),
            "refused": self.refused,
            "violations": self.violations,
            "findings": [_group(group) for group in self.ordered()],
            "unknown": [
                {"method": method, "path": path, "status": status, "count": count} for (method, path, status), count in sorted(self.unknown.items())
            ],
            "undocumented_statuses": self.undocumented(),
            "unjudged": dict(self.unjudged),
            "coverage": {name: {"seen": seen, "documented": documented} for name, (seen, documented) in self.coverage().items()},
            "operations": [self._operation(operation) for operation in self.document.operations],
        }

    def ordered(self) -> list[Group]:
        """The groups of findings in the order of the document."""
        order = {operation.id: index for index, operation in enumerate(self.document.operations)}
        return sorted(self.groups.values(), key=lambda group: (order.get(group.key[0], -1), group.key))

    def _operation(self, operation: OperationSpec) -> dict[str, Any]:
        seen = self.seen[operation.id]
        return {
            "operation": operation.id,
            "calls": seen.calls,
            "statuses": {status: seen.statuses[status] for status in sorted({*operation.statuses, *seen.statuses})},
            "parameters": [{"in": place, "name": name, "sent": seen.parameters[place, name]} for place, name in operation.inputs],
        }


def _group(group: Group) -> dict[str, Any]:
    operation, side, place, pointer, keyword = group.key
    first = group.examples[0]
    return {
        "operation": operation or None,
        "side": side,
        "place": place,
        "pointer": pointer,
        "keyword": keyword,
        "count": group.count,
        "schema": first.schema,
        "clause": first.clause,
        "says": first.says,
        "examples": [
            {"entry": finding.entry, "pointer": finding.pointer, "value": finding.value, "text": finding.text} for finding in group.examples
        ],
    }
