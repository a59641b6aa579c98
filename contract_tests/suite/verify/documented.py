"""What the document says of an answer: whether it describes it, and which documented errors it may be."""

from __future__ import annotations

import httpx

from mockserver.openapi.provenance import NOT_DESCRIBED
from mockserver.openapi.readings import CREDENTIALS, INPUTS, Readings

from ..checks.model import BehaviourModel
from ..harness.answers import AnswerValidator, Problem
from ..harness.envelope import Answer
from ..harness.findings import Exchange
from .contract import Contract
from .requested import breaks_page, is_ordinary

SUBJECTS = (CREDENTIALS, INPUTS)
"""What the refusal of a recorded request may be about."""
ACCEPTANCE = "positive_data_acceptance"
BROKEN_ON_PURPOSE = ("negative_data_rejection", "missing_required_header")
OF_HTTP = ("unsupported_method", "allow_header_conformance")
"""Checks of Schemathesis for what no page of a vendor says."""
ENCODED = ("content-encoding", "content-length", "transfer-encoding")


class DocumentedAnswers:
    """Compares recorded answers with the document; may be used from several threads."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._answers = AnswerValidator(contract.document, strict=False)
        self.model = BehaviourModel(contract.document)

    def judge_strictly(self) -> None:
        """Accept no reading from now on but the one that the mock has chosen, and hold answers to what was assumed as well."""
        self._answers = AnswerValidator(self.contract.document, strict=False, readings=Readings(self.contract.document, none=True))
        self.model = BehaviourModel(self.contract.document, strict=True)

    def problem_of(self, exchange: Exchange) -> Problem | None:
        """The first part of an answer that the document does not describe, before others one that breaks the page; None if there is none."""
        called = self.contract.operations.get(str(exchange.operation))
        if called is None:
            return None
        # As bytes: httpx takes texts of ASCII only, and a target may send others.
        headers = [(name.encode(), value.encode()) for name, value in exchange.response_headers.items() if name.lower() not in ENCODED]
        answer = httpx.Response(exchange.status, headers=headers, content=exchange.response_body)
        return min(self._answers.problems(called, answer), key=lambda problem: problem.assumed, default=None)

    def is_refusal(self, exchange: Exchange) -> bool:
        """Whether an answer refuses the request, by its status or by what the document says of refusals."""
        return self._answer(exchange).is_refusal

    def is_assumed(self, check: str, exchange: Exchange) -> bool:
        """Whether a check of generated requests fails for what the document assumes only; ``check`` as Schemathesis names it."""
        if self.model.strict or check in OF_HTTP:  # such a request has a method that no operation has
            return not self.model.strict
        if str(exchange.operation) not in self.contract.operations:
            return False
        if self.contract.operations[str(exchange.operation)].provenance in NOT_DESCRIBED:
            return True
        if check in BROKEN_ON_PURPOSE:
            return not breaks_page(self.model, exchange)
        return check == ACCEPTANCE and not is_ordinary(self.model, exchange)

    def is_refused_by_state(self, exchange: Exchange) -> bool:
        """Whether an answer is, in an accepted reading, a documented error that depends on the state of the target."""
        rows = self.contract.rows_of_state[str(exchange.operation)]
        return not self.model.strict and not rows.isdisjoint(self.codes_of(exchange))

    def codes_of(self, exchange: Exchange) -> list[str]:
        """The documented errors that an answer may be: those whose status, code and message it has."""
        if exchange.status < 400 and not self.model.envelope.get("any-status") and not self.model.envelope.get("refused"):
            return []
        name, answer = str(exchange.operation), self._answer(exchange)
        rows = self.contract.operations[name].own_errors
        wrong_with = self.model.reader.wrong_with
        return [code for code, row in rows.items() if "status" in row and answer.is_refusal and not wrong_with(name, code, answer, *SUBJECTS)]

    def _answer(self, exchange: Exchange) -> Answer:
        name = str(exchange.operation)
        content = self._answers.read_body(name, exchange.response_body)
        return self.model.reader.answer(name, httpx.Response(exchange.status, content=content))
