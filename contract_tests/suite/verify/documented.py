"""What the document says of an answer: whether it describes it, and which documented errors it may be."""

from __future__ import annotations

import httpx

from ..checks.model import BehaviourModel
from ..checks.refusals import wrong_with
from ..checks.session import Answer
from ..harness.answers import AnswerValidator, Problem
from ..harness.findings import Exchange
from .contract import Contract

ENCODED = ("content-encoding", "content-length", "transfer-encoding")


class DocumentedAnswers:
    """Compares recorded answers with the document; may be used from several threads."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._answers = AnswerValidator(contract.document, strict=False)
        self._model = BehaviourModel(contract.document)

    def problem_of(self, exchange: Exchange) -> Problem | None:
        """The first part of an answer that the document does not describe; None if it describes the answer."""
        called = self.contract.operations.get(str(exchange.operation))
        if called is None:
            return None
        # As bytes: httpx takes texts of ASCII only, and a target may send others.
        headers = [(name.encode(), value.encode()) for name, value in exchange.response_headers.items() if name.lower() not in ENCODED]
        return next(self._answers.problems(called, httpx.Response(exchange.status, headers=headers, content=exchange.response_body)), None)

    def is_refusal(self, exchange: Exchange) -> bool:
        """Whether an answer refuses the request, by its status or by what the document says of refusals."""
        return self._answer(exchange).is_refusal

    def codes_of(self, exchange: Exchange) -> list[str]:
        """The documented errors that an answer may be: those whose status, code and message it has."""
        if exchange.status < 400 and not self._model.envelope.get("any-status"):
            return []
        name, answer = str(exchange.operation), self._answer(exchange)
        rows = self.contract.operations[name].own_errors
        return [code for code, row in rows.items() if "status" in row and answer.is_refusal and not wrong_with(self._model, name, code, answer)]

    def _answer(self, exchange: Exchange) -> Answer:
        return Answer(str(exchange.operation), httpx.Response(exchange.status, content=exchange.response_body), self._model.envelope, {})
