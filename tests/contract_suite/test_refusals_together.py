"""Refusals are tried in one world, and each in a world of its own as soon as one of them is not as it should be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contract_tests.suite.checks import refusals
from contract_tests.suite.checks.model import BehaviourModel
from contract_tests.suite.checks.run import Run
from contract_tests.suite.harness import ApiClient, Target
from contract_tests.suite.harness.findings import VerdictStatus
from fixtures.trincico import SEEDED_RECORDS
from mockserver.openapi.documents import load_document

if TYPE_CHECKING:
    from contract_tests.suite.harness.findings import Verdict
    from tests.conftest import Server

DOCUMENT = load_document("trincico")
Flaw = Callable[[httpx.Request, dict[str, Any]], dict[str, Any]]
NAME, CODE = "block_user", "non_processable"


def write_when_refused(request: httpx.Request, refusal: dict[str, Any]) -> dict[str, Any]:
    """The same refusal; the caller's profile is changed in the same world."""
    home = str(request.url).partition("/profile/")[0]
    headers = {key: value for key, value in request.headers.items() if key in ("authorization", "x-mock-world")}
    httpx.patch(f"{home}/profiles/{SEEDED_RECORDS['user']}", headers=headers, json={"city": "Lublin"}).raise_for_status()
    return refusal


def answer_with_another_code(_request: httpx.Request, refusal: dict[str, Any]) -> dict[str, Any]:
    """The refusal with a code that is not its own."""
    return {**refusal, "internal_code": "row_exists"}


class Flawed(httpx.HTTPTransport):
    """Sends to the mock, and gives a flaw to one refusal of one operation. ``seen`` counts the requests."""

    def __init__(self, flaw: Flaw | None) -> None:
        super().__init__()
        self._flaw = flaw
        self.seen = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen += 1
        answer = super().handle_request(request)
        if self._flaw is None or answer.status_code < 400 or not request.url.path.endswith("/profile/block_user"):
            return answer
        refusal = json.loads(answer.read())
        shown = self._flaw(request, refusal) if refusal["internal_code"] == CODE else refusal
        headers = {"content-type": answer.headers["content-type"]}
        return httpx.Response(answer.status_code, headers=headers, stream=httpx.ByteStream(json.dumps(shown).encode()))


def judged(server: Server, flaw: Flaw | None) -> tuple[list[Verdict], int]:
    """The verdicts on the refusals of the operation, and how many requests they took."""
    transport = Flawed(flaw)
    with httpx.Client(transport=transport, timeout=30) as client:
        api = ApiClient(Target.discover("trincico", server.url + DOCUMENT.base_path), client)
        verdicts = list(refusals.check(Run(api, BehaviourModel(DOCUMENT, strict=True), "standard", 1, frozenset([NAME]))))
        api.close()
    return verdicts, transport.seen


@pytest.mark.parametrize(("flaw", "law"), [(write_when_refused, refusals.NOTHING), (answer_with_another_code, refusals.LAW)])
def test_the_refusal_with_a_flaw_is_the_one_that_is_found(server: Server, flaw: Flaw, law: str) -> None:
    verdicts, _ = judged(server, flaw)
    (broken,) = [verdict for verdict in verdicts if verdict.outcome is VerdictStatus.BROKEN]
    assert broken.subject == law
    assert CODE in broken.reason
    held = [verdict for verdict in verdicts if verdict is not broken]
    assert {verdict.outcome for verdict in held} == {VerdictStatus.HELD}
    assert len(held) > 7, "the others hold"


def test_refusals_that_are_as_they_should_be_share_their_snapshots(server: Server) -> None:
    verdicts, requests = judged(server, None)
    assert {verdict.outcome for verdict in verdicts} == {VerdictStatus.HELD}
    counted = [sum(verdict.subject == law for verdict in verdicts) for law in (refusals.LAW, refusals.NOTHING)]
    assert counted[0] == counted[1] > 4
    assert requests < 4 * len(BehaviourModel(DOCUMENT, strict=True).reads), "two snapshots, not two for each refusal"
