"""What a run has found so far: verdicts, causes of findings, and what was observed. It is made from the run's events; the reports read it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlsplit

from ..checks import DOCUMENTED
from ..harness.findings import Exchange, Verdict, VerdictStatus
from .cause import Cause
from .contract import Contract
from .documented import DocumentedAnswers
from .events import (
    ConfirmationStarted,
    Event,
    ExchangeRecorded,
    FindingConfirmed,
    FindingMade,
    FindingWithdrawn,
    PhaseFinished,
    ProblemMet,
    VerdictReached,
)

RANK = {
    VerdictStatus.BROKEN: 5,
    VerdictStatus.SUSPECT: 4,
    VerdictStatus.DIFFERS: 3,
    VerdictStatus.HELD: 2,
    VerdictStatus.NOT_OBSERVABLE: 1,
    VerdictStatus.NOT_EXERCISED: 0,
}
TURNED_AWAY = (400, 401, 403)
"""Statuses that refuse a call before it reaches what the operation does: for its credentials or its form."""


@dataclass
class Observed:
    """What was seen of one operation: answers by status, parameters sent by place and name, error codes received."""

    statuses: Counter[int] = field(default_factory=Counter)
    parameters: Counter[tuple[str, str]] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    described: int = 0
    """Answers that the document describes."""
    reached: bool = False
    """Whether one of them was more than a refusal of the request's credentials or form."""
    alike: bool = True
    """Whether all answers have the same status and body."""
    samples: list[Exchange] = field(default_factory=list)
    """The first exchange, and the first with another request."""

    @property
    def answers(self) -> int:
        """How many answers there were."""
        return self.statuses.total()

    def compare(self, exchange: Exchange) -> None:
        """Compare an answer with the first one."""
        if not self.samples:
            self.samples.append(exchange)
            return
        first = self.samples[0]
        self.alike = self.alike and (exchange.status, exchange.response_body) == (first.status, first.response_body)
        if len(self.samples) == 1 and (exchange.url, exchange.request_body) != (first.url, first.request_body):
            self.samples.append(exchange)


class FindingsStore:
    """Everything that a run has learned. ``apply`` takes the events, one at a time.

    With ``strict`` it is a finding, too, that the target differs from what the document assumes; with ``inferred_strictly``, that it differs from
    what was inferred of it.
    """

    def __init__(self, contract: Contract, *, strict: bool = False, inferred_strictly: bool = False) -> None:
        self.contract = contract
        self._strict = strict
        self._inferred_strictly = inferred_strictly
        self.answers = DocumentedAnswers(contract)
        self.verdicts: dict[tuple[str, str], Verdict] = {}
        self.causes: dict[str, Cause] = {}
        self.unconfirmed: list[Cause] = []
        self.observed = {name: Observed() for name in contract.operations}
        self.created: list[Exchange] = []
        self.problems: list[str] = []
        self.seconds: dict[str, float] = {}
        self._before: dict[tuple[str, str], Verdict] = {}

    def apply(self, event: Event) -> None:
        match event:
            case ExchangeRecorded(exchange):
                self.observe(exchange)
            case VerdictReached(verdict):
                self.judge(verdict)
            case FindingMade():
                self.add(event)
            case FindingConfirmed():
                self._confirm(event)
            case FindingWithdrawn(key, note):
                self._withdraw(self.causes[key], note)
            case ProblemMet(text) if text not in self.problems:
                self.problems.append(text)
            case ConfirmationStarted():
                self._fold()
            case PhaseFinished(phase, seconds):
                self.seconds[phase] = seconds

    def judge(self, verdict: Verdict) -> None:
        """Keep a verdict if it is graver than the one before on the same subject."""
        is_raised = {VerdictStatus.DIFFERS: self._strict, VerdictStatus.SUSPECT: self._inferred_strictly}
        if is_raised.get(verdict.outcome, False):
            verdict = replace(verdict, outcome=VerdictStatus.BROKEN)
        place = (verdict.subject, verdict.operation)
        before = self.verdicts.get(place)
        if before is None or RANK[verdict.outcome] > RANK[before.outcome]:
            if before is not None and verdict.outcome is VerdictStatus.BROKEN:
                self._before[place] = before
            self.verdicts[place] = verdict
        elif before.outcome is VerdictStatus.BROKEN and verdict.outcome is not VerdictStatus.BROKEN:
            self._before[place] = verdict

    def add(self, event: FindingMade) -> Cause:
        """Keep a finding under its cause, and judge its check and its clauses as broken."""
        finding = replace(event.finding, assumed=event.finding.assumed and not self._strict)
        cause = self.causes.get(event.key)
        if cause is None:
            cause = self.causes[event.key] = Cause(event.key, finding, event.phase, event.repeat, row=event.row, former=event.former)
        else:
            cause.count += 1
            if cause.finding.assumed and not finding.assumed:
                cause.finding, cause.repeat = finding, event.repeat
            if finding.exchanges and len(finding.exchanges) < len(cause.finding.exchanges):
                cause.finding = replace(finding, clause=cause.finding.clause or finding.clause)
                cause.repeat = event.repeat
        if finding.assumed:
            self.judge(Verdict(finding.check, finding.operation, VerdictStatus.DIFFERS, finding.sentence, cause.finding))
            return cause
        if finding.origin is not None:
            self.judge(Verdict(finding.check, finding.operation, VerdictStatus.SUSPECT, finding.sentence, cause.finding))
            return cause
        cause.clauses |= {*event.clauses, *finding.clauses, *([finding.clause] if finding.clause else [])}
        self.judge(Verdict(finding.check, finding.operation, VerdictStatus.BROKEN, finding.sentence, cause.finding))
        for clause in cause.clauses & self.contract.clauses.keys():
            self.judge(Verdict(clause, self.contract.clauses[clause][0].id, VerdictStatus.BROKEN, finding.sentence, cause.finding))
        return cause

    def observe(self, exchange: Exchange) -> None:
        if exchange.operation is None:
            return
        seen = self.observed[exchange.operation]
        seen.statuses[exchange.status] += 1
        seen.compare(exchange)
        problem = self.answers.problem_of(exchange)
        if problem is None or problem.assumed:
            seen.described += 1
            seen.reached = seen.reached or exchange.status not in TURNED_AWAY or not self.answers.is_refusal(exchange)
        seen.parameters.update(_sent_parameters(exchange, self.contract.operations[exchange.operation].inputs))
        seen.codes.update(self.answers.codes_of(exchange))
        if exchange.method == "POST" and 200 <= exchange.status < 300:
            self.created.append(exchange)

    def _fold(self) -> None:
        """If an operation never gave an answer that the document describes, that explains everything else that was found on it."""
        for name, seen in self.observed.items():
            mine = [one for one in self.causes.values() if one.finding.operation == name and not one.finding.assumed]
            roots = [one for one in mine if one.finding.check == DOCUMENTED]
            if seen.described or not roots or len(mine) == 1:
                continue
            root = max(roots, key=lambda one: one.count)
            for other in mine:
                if other is not root:
                    self.absorb(root, other)
            root.note = f"no answer of this operation is as documented; {len(mine) - 1} other findings follow from that"

    def absorb(self, root: Cause, other: Cause) -> None:
        """Count another cause as part of the first; its key is kept."""
        root.clauses |= other.clauses
        root.count += other.count
        root.also += [key for key in (other.key, *other.also) if key not in root.also]  # a later phase may have seen it again
        root.former += [key for key in other.former if key not in root.former]
        del self.causes[other.key]

    def _confirm(self, event: FindingConfirmed) -> None:
        cause = self.causes[event.key]
        cause.confirmed = True
        cause.note = cause.note or event.note
        if event.exchanges:
            cause.finding = replace(cause.finding, exchanges=event.exchanges)

    def _withdraw(self, cause: Cause, note: str) -> None:
        """Take a cause back. Its verdicts are what they were without it, else *not exercised*."""
        del self.causes[cause.key]
        cause.note = note
        self.unconfirmed.append(cause)
        for place, verdict in list(self.verdicts.items()):
            mine = verdict.subject in cause.clauses or place == (cause.finding.check, cause.finding.operation)
            others = any(verdict.subject in one.clauses or place == (one.finding.check, one.finding.operation) for one in self.causes.values())
            if verdict.outcome in (VerdictStatus.BROKEN, VerdictStatus.DIFFERS, VerdictStatus.SUSPECT) and mine and not others:
                self.verdicts[place] = self._before.get(place) or Verdict(*place, VerdictStatus.NOT_EXERCISED, f"broken once, not again: {note}")

    def clause(self, name: str) -> Verdict:
        operation = self.contract.clauses[name][0]
        found = self.verdicts.get((name, operation.id))
        if found is None and name in operation.unseen:
            return Verdict(name, operation.id, VerdictStatus.NOT_OBSERVABLE, operation.unseen[name])
        return found or Verdict(name, operation.id, VerdictStatus.NOT_EXERCISED, "no contract test reached it in this run")


def _sent_parameters(exchange: Exchange, parameters: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """The parameters of an operation, by place and name, that a request carried."""
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
