"""The behaviour checks as checks of Schemathesis, set up in ``schemathesis.toml``.

::

    SCHEMATHESIS_HOOKS=contract_tests.suite.checks.schemathesis_checks schemathesis run …

    [checks.AnswersAreDocumented]
    slug = "serpi"
strict = true          # judge by what the mock emits, too

    [checks.BehaviourHolds]
    slug = "serpi"
    url = "http://127.0.0.1:8000/serpi/api/v1"
"""

from __future__ import annotations

from typing import Any

import httpx
import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case

from mockserver.openapi.documents import load_document

from ..harness import ApiClient, Target
from ..harness.answers import AnswerValidator
from ..harness.findings import VerdictStatus
from . import judge


@schemathesis.check
class AnswersAreDocumented:
    """Every answer of a run is one that the document describes: status, media type, headers, schema, and with ``strict`` no undeclared field."""

    def __init__(self, slug: str = "", *, strict: bool = False) -> None:
        self._answers = AnswerValidator(load_document(slug), strict=strict) if slug else None

    def after_response(self, ctx: CheckContext, response: Response, case: Case[Any]) -> bool | None:
        """Check one answer. Raises AssertionError with the reason."""
        del ctx
        if self._answers is None:
            return None
        operation = self._answers.document.by_id.get(case.operation.definition.raw.get("operationId"))
        if operation is None or operation.method != case.method.upper():
            return None
        headers = [(name, value) for name, values in response.headers.items() for value in values]
        shown = httpx.Response(
            response.status_code, headers=[pair for pair in headers if pair[0].lower() != "content-encoding"], content=response.content
        )
        problems = [problem.sentence for problem in self._answers.problems(operation, shown)]
        assert not problems, "; ".join(problems)
        return None


@schemathesis.check
class BehaviourHolds:
    """Run every behaviour check at the target after a run, in separate worlds if the target is a mock."""

    def __init__(self, slug: str = "", url: str = "", *, seed: int = 1) -> None:
        self._slug, self._url, self._seed = slug, url, seed

    def after_run(self, ctx: CheckContext) -> None:
        """Run the checks. Raises AssertionError with every sentence that does not hold."""
        del ctx
        if not self._slug:
            return
        api = ApiClient(Target.discover(self._slug, self._url))
        verdicts = judge(api, load_document(self._slug), level="standard", seed=self._seed)
        broken = sorted({verdict.reason for verdict in verdicts if verdict.outcome is VerdictStatus.BROKEN})
        api.close()
        assert not broken, "\n".join(broken)


@schemathesis.check
class LawsHold(BehaviourHolds):
    """The name of :class:`BehaviourHolds` before 0.2.0, which configurations may still use."""
