"""Compare two implementations: send the same steps to both, and report the first difference with the clause about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mockserver.openapi.documents import Document
from mockserver.openapi.masking import MASK
from mockserver.openapi.operations import OperationSpec
from mockserver.openapi.pointers import escape_part, find_value
from mockserver.openapi.readings import KINDS_OF_REFUSAL, Readings

from .findings import REFUSED
from .judge import short
from .player import PlayedAnswer, Player
from .steps import Step
from .volatile import data_of, volatile

KINDS = ("answer", "status", "media type", "shape", "value")
"""What may differ, the worst first."""
GRADES = {"": "A", "value": "B", "shape": "C", "media type": "C", "status": "D", "answer": "F"}
"""The grade of an operation by the worst that differs: A nothing, B values, C shapes, D statuses, F no answer at one side."""


@dataclass(frozen=True)
class Difference:
    """The first place where the answers to a step differ. ``path`` is a JSON pointer into the body, or the name of the part that differs."""

    kind: str
    path: str
    left: str
    right: str
    clause: str | None = None
    says: str = ""


@dataclass(frozen=True)
class Played:
    """One step at both sides."""

    step: Step
    left: PlayedAnswer
    right: PlayedAnswer
    difference: Difference | None


@dataclass
class Comparison:
    """Every step at both sides."""

    document: Document
    left: str
    right: str
    played: list[Played] = field(default_factory=list)

    @property
    def differences(self) -> list[Played]:
        return [played for played in self.played if played.difference is not None]

    def grades(self) -> dict[str, tuple[str, int, int]]:
        """By operation its grade, how many steps there were, and how many of them were the same."""
        steps: Counter[str] = Counter()
        same: Counter[str] = Counter()
        worst: dict[str, str] = {}
        for played in self.played:
            operation = played.step.operation.id
            steps[operation] += 1
            kind = played.difference.kind if played.difference is not None else ""
            same[operation] += not kind
            if kind and (not worst.get(operation) or KINDS.index(kind) < KINDS.index(worst[operation])):
                worst[operation] = kind
        return {operation: (GRADES[worst.get(operation, "")], count, same[operation]) for operation, count in steps.items()}

    def grade(self) -> str:
        return max((grade for grade, _, _ in self.grades().values()), default="A")


def compare(steps: Iterable[Step], document: Document, left: Player, right: Player) -> Comparison:
    """Play steps at both sides, one after the other. Raises ScenarioBroken."""
    result = Comparison(document, left.side.url, right.side.url)
    for step in steps:
        answers = left.play(step), right.play(step)
        result.played.append(Played(step, *answers, difference(step.operation, *answers)))
    return result


def difference(operation: OperationSpec, left: PlayedAnswer, right: PlayedAnswer) -> Difference | None:
    if left.broken or right.broken:
        if left.broken and right.broken:
            return None
        return Difference("answer", "answer", left.broken or "an answer", right.broken or "an answer")
    codes = [str(value["code"]) for value in (left.value, right.value) if isinstance(value, dict) and "code" in value]
    clause = next((found for code in codes if (found := operation.clause_of(code)) is not None), None)
    first = _first(operation, left, right)
    if first is None:
        return None
    kind, path, one, other = first
    clause = clause or _mentioned(operation, path)
    says = operation.clauses.get(clause, "") if clause is not None else ""
    return Difference(kind, path, one, other, clause, says or operation.section)


def _first(operation: OperationSpec, left: PlayedAnswer, right: PlayedAnswer) -> tuple[str, str, str, str] | None:
    one, other, readings = left.exchange, right.exchange, Readings(operation.document)
    if one.status != other.status:
        return None if _are_accepted(operation, one.status, other.status) else ("status", "status", str(one.status), str(other.status))
    if one.response.media_type != other.response.media_type:
        return "media type", "content-type", one.response.media_type, other.response.media_type
    response = operation.response(one.status) or {}
    unstable = {name.lower() for name in operation.document.raw.get("x-volatile-headers", ())}
    for name in response.get("headers", {}):
        values = one.response.headers.get(name), other.response.headers.get(name)
        if bool(values[0]) != bool(values[1]) or (values[0] != values[1] and name.lower() not in unstable):
            return ("value" if all(values) else "shape"), f"header {name}", values[0] or "(missing)", values[1] or "(missing)"
    places = volatile(operation, one.status, one.response.media_type, left.value)
    places |= volatile(operation, other.status, other.response.media_type, right.value)
    values = readings.read(operation.id, left.value), readings.read(operation.id, right.value)
    found = differing(*values, "", places)
    return next((first for first in found if not _is_accepted(operation, first[1], *values)), None)


def _are_accepted(operation: OperationSpec, *statuses: int) -> bool:
    """Whether two refusals differ in their statuses only as accepted readings of the document do."""
    readings = Readings(operation.document)
    return all(status >= REFUSED for status in statuses) and any(
        readings.allows_status(operation.id, status, *KINDS_OF_REFUSAL, *operation.errors) for status in statuses
    )


def _is_accepted(operation: OperationSpec, pointer: str, left: Any, right: Any) -> bool:
    """Whether an accepted reading allows either side to have nothing at a place, or anything."""
    readings = Readings(operation.document)
    values = find_value(left, pointer), find_value(right, pointer)
    return (None in values and readings.may_lack(operation.id, pointer)) or any(readings.is_free(operation.id, pointer, value) for value in values)


def differing(left: Any, right: Any, place: str, places: set[str]) -> Iterator[tuple[str, str, str, str]]:
    """The first difference of two values. A volatile value is compared by type only; one that a recording masks is not compared."""
    if MASK in (left, right):
        return
    if _kind(left) != _kind(right):
        yield "shape", place or "/", _told(left), _told(right)
    elif place in places:
        return
    elif isinstance(left, dict):
        for name in left:
            inner = f"{place}/{escape_part(name)}"
            if name in right:
                yield from differing(left[name], right[name], inner, places)
            else:
                yield "shape", inner, _told(left[name]), "(missing)"
        yield from (("shape", f"{place}/{escape_part(name)}", "(missing)", _told(right[name])) for name in right if name not in left)
    elif isinstance(left, list):
        for index, (one, other) in enumerate(zip(left, right, strict=False)):
            yield from differing(one, other, f"{place}/{index}", places)
        if len(left) != len(right):
            yield "value", f"{place}/{min(len(left), len(right))}", f"{len(left)} items", f"{len(right)} items"
    elif left != right:
        yield "value", place or "/", _told(left), _told(right)


def _kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, int | float) else type(value).__name__


def _told(value: Any) -> str:
    return short(repr(value) if isinstance(value, str) else str(value))


def _mentioned(operation: OperationSpec, path: str) -> str | None:
    words = [word for word in path.split("/") if word and not word.isdigit()]
    for word in reversed(words):
        for clause, sentence in operation.clauses.items():
            if word in sentence.replace(",", " ").replace(".", " ").split():
                return clause
    return None


def replayed_difference(step: Step, answer: PlayedAnswer, *, whole: bool = False) -> Difference | None:
    """Differences that show that the world has diverged from the recording: no answer, or another status.

    With ``whole``, whole answers are compared.
    """
    if whole and step.recorded is not None:
        if step.recorded.response.body is None:
            return None  # the body was not recorded
        return difference(step.operation, PlayedAnswer(step.recorded, data_of(step.recorded.response)), answer)
    if answer.broken:
        return Difference("answer", "answer", "an answer", answer.broken)
    if step.recorded is not None and step.recorded.status != answer.exchange.status:
        code = find_value(answer.value, "/code")
        return Difference("status", "status", str(step.recorded.status), f"{answer.exchange.status}" + (f" {code}" if code is not None else ""))
    return None
