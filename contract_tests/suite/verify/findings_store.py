"""What a run has found so far: verdicts, causes, and what was observed. Stages write into it, the reports read it."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import httpx

from ..checks import DOCUMENTED
from ..checks.model import BehaviourModel
from ..checks.refusals import wrong_with
from ..checks.session import Answer
from ..harness.answers import AnswerValidator
from ..harness.findings import Verdict, VerdictStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..harness.answers import Problem
    from ..harness.findings import Exchange, Finding
    from .contract import Contract
    from .target_file import Deviation

ENCODED = ("content-encoding", "content-length", "transfer-encoding")
RANK = {VerdictStatus.BROKEN: 3, VerdictStatus.HELD: 2, VerdictStatus.NOT_OBSERVABLE: 1, VerdictStatus.NOT_EXERCISED: 0}


@dataclass
class Cause:
    """One cause of findings. ``key`` names it across runs; ``again`` tells by fresh exchanges whether it is still there.

    ``again`` returns the exchanges that show it once more, None where it did not come again; None instead of a function: it cannot be asked for.
    """

    key: str
    finding: Finding
    stage: str
    again: Callable[[Cause], tuple[Exchange, ...] | None] | None = None
    count: int = 1
    clauses: set[str] = field(default_factory=set)
    confirmed: bool = False
    note: str = ""
    deviation: Deviation | None = None
    also: list[str] = field(default_factory=list)
    """Keys of other findings that came of this cause."""


def key_of(finding: Finding, keyword: str = "") -> str:
    """The name of a finding's cause: law, operation, place with every index as ``*``, and keyword."""
    pointer = re.sub(r"/\d+(?=/|$)", "/*", finding.pointer)
    return " | ".join((finding.law, finding.operation, pointer or "/", keyword)).removesuffix(" | ")


@dataclass
class Observed:
    """What was seen of one operation: answers by status, parameters sent, vendor codes that came, answers by law."""

    statuses: Counter[int] = field(default_factory=Counter)
    parameters: Counter[tuple[str, str]] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    sound: int = 0
    """Answers that the document describes."""


class FindingsStore:
    """Everything a run has learned; safe to write from several threads."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.verdicts: dict[tuple[str, str], Verdict] = {}
        self.causes: dict[str, Cause] = {}
        self.unconfirmed: list[Cause] = []
        self.observed = {name: Observed() for name in contract.operations}
        self._answers = AnswerValidator(contract.document, strict=False)
        self._model = BehaviourModel(contract.document)
        self.created: list[Exchange] = []
        self.problems: list[str] = []
        self.seconds: dict[str, float] = {}
        self._before: dict[tuple[str, str], Verdict] = {}
        self._lock = threading.RLock()

    def judge(self, verdict: Verdict) -> None:
        """Take a verdict in; of several on one subject the gravest stands."""
        with self._lock:
            place = (verdict.subject, verdict.operation)
            before = self.verdicts.get(place)
            if before is None or RANK[verdict.outcome] > RANK[before.outcome]:
                if before is not None and verdict.outcome is VerdictStatus.BROKEN:
                    self._before[place] = before
                self.verdicts[place] = verdict
            elif before.outcome is VerdictStatus.BROKEN and verdict.outcome is not VerdictStatus.BROKEN:
                self._before[place] = verdict

    def found(
        self,
        finding: Finding,
        stage: str,
        *,
        keyword: str = "",
        clauses: Iterable[str] = (),
        again: Callable[[Cause], tuple[Exchange, ...] | None] | None = None,
    ) -> Cause:
        """Take a finding in, under its cause."""
        key = key_of(finding, keyword)
        with self._lock:
            cause = self.causes.get(key)
            if cause is None:
                cause = self.causes[key] = Cause(key, finding, stage, again)
            else:
                cause.count += 1
                if finding.exchanges and len(finding.exchanges) < len(cause.finding.exchanges):
                    cause.finding = replace(finding, clause=cause.finding.clause or finding.clause)
                    cause.again = again
            cause.clauses |= {*clauses, *finding.clauses, *([finding.clause] if finding.clause else [])}
            self.judge(Verdict(finding.law, finding.operation, VerdictStatus.BROKEN, finding.sentence, cause.finding))
            for clause in cause.clauses & self.contract.clauses.keys():
                self.judge(Verdict(clause, self.contract.clauses[clause][0].id, VerdictStatus.BROKEN, finding.sentence, cause.finding))
            return cause

    def problem(self, text: str) -> None:
        """Note something that kept a part of the run from being done."""
        with self._lock:
            if text not in self.problems:
                self.problems.append(text)

    def hear(self, exchange: Exchange) -> None:
        """Note what an exchange shows of its operation."""
        if exchange.operation is None:
            return
        operation = self.contract.operations[exchange.operation]
        with self._lock:
            seen = self.observed[exchange.operation]
            seen.statuses[exchange.status] += 1
            seen.sound += self.problem_of(exchange) is None
            seen.seconds += exchange.elapsed
            for place in _sent(exchange, operation.inputs):
                seen.parameters[place] += 1
            for code in self._told(exchange):
                seen.codes[code] += 1
            if exchange.method == "POST" and 200 <= exchange.status < 300:
                self.created.append(exchange)

    def _told(self, exchange: Exchange) -> list[str]:
        """The documented errors that an answer may be: status, code and message are theirs."""
        if exchange.status < 400 and not self._model.envelope.get("any-status"):
            return []
        name, answer = str(exchange.operation), self._answer(exchange)
        rows = self.contract.operations[name].own_errors
        return [code for code, row in rows.items() if "status" in row and answer.is_refusal and not wrong_with(self._model, name, code, answer)]

    def _answer(self, exchange: Exchange) -> Answer:
        return Answer(str(exchange.operation), httpx.Response(exchange.status, content=exchange.response_body), self._model.envelope, {})

    def is_refusal(self, exchange: Exchange) -> bool:
        """Whether an answer refuses what was asked, by its status or by what the document says of refusals."""
        return self._answer(exchange).is_refusal

    def problem_of(self, exchange: Exchange) -> Problem | None:
        """What the document does not say of an answer, None where it describes the answer."""
        called = self.contract.operations.get(str(exchange.operation))
        if called is None:
            return None
        headers = [(name, value) for name, value in exchange.response_headers.items() if name.lower() not in ENCODED]
        return next(self._answers.problems(called, httpx.Response(exchange.status, headers=headers, content=exchange.response_body)), None)

    def fold(self) -> None:
        """Where an operation never gave an answer that the document describes, that is the cause of all that was found on it."""
        with self._lock:
            for name, seen in self.observed.items():
                mine = [one for one in self.causes.values() if one.finding.operation == name]
                roots = [one for one in mine if one.finding.law == DOCUMENTED]
                if seen.sound or not roots or len(mine) == 1:
                    continue
                root = max(roots, key=lambda one: one.count)
                for other in mine:
                    if other is not root:
                        self.absorb(root, other)
                root.note = f"no answer of this operation is as documented; {len(mine) - 1} other findings follow from that"

    def absorb(self, root: Cause, other: Cause) -> None:
        """Count another cause as one that comes of the first; its key is kept."""
        with self._lock:
            root.clauses |= other.clauses
            root.count += other.count
            root.also += [key for key in (other.key, *other.also) if key not in root.also]  # a later stage may have seen it again
            del self.causes[other.key]

    def withdraw(self, cause: Cause, note: str) -> None:
        """Take back a cause that did not come again; its verdicts are what they were without it, else *not exercised*."""
        with self._lock:
            del self.causes[cause.key]
            cause.note = note
            self.unconfirmed.append(cause)
            for place, verdict in list(self.verdicts.items()):
                mine = verdict.subject in cause.clauses or place == (cause.finding.law, cause.finding.operation)
                others = any(verdict.subject in one.clauses or place == (one.finding.law, one.finding.operation) for one in self.causes.values())
                if verdict.outcome is VerdictStatus.BROKEN and mine and not others:
                    self.verdicts[place] = self._before.get(place) or Verdict(*place, VerdictStatus.NOT_EXERCISED, f"broken once, not again: {note}")

    def clause(self, name: str) -> Verdict:
        """What became of a clause."""
        operation = self.contract.clauses[name][0]
        found = self.verdicts.get((name, operation.id))
        if found is None and name in operation.unseen:
            return Verdict(name, operation.id, VerdictStatus.NOT_OBSERVABLE, operation.unseen[name])
        return found or Verdict(name, operation.id, VerdictStatus.NOT_EXERCISED, "no contract test reached it in this run")


def _sent(exchange: Exchange, parameters: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """The parameters of an operation that a request carried."""
    query = {name for name, _ in parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)}
    headers = {name.lower() for name in exchange.request_headers}
    cookies = next((value for name, value in exchange.request_headers.items() if name.lower() == "cookie"), "")
    body = exchange.request_body
    found = []
    for place, name in parameters:
        if (
            place == "path"
            or (place == "query" and name in query)
            or (place == "header" and name.lower() in headers)
            or (place == "cookie" and f"{name}=" in cookies)
            or (place == "body" and any(form.encode() in body for form in (f'"{name}"', f"{name}=")))
        ):
            found.append((place, name))
    return found
