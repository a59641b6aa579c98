"""What Schemathesis reports is put into words of the suite that name operation, field and answer."""

from __future__ import annotations

import pytest
from schemathesis.core.failures import AcceptedNegativeData, ServerError
from schemathesis.openapi import checks as openapi

from contract_tests.suite.checks.model import BehaviourModel
from contract_tests.suite.harness.findings import Exchange
from contract_tests.suite.verify.contract import Contract
from contract_tests.suite.verify.documented import DocumentedAnswers
from contract_tests.suite.verify.fuzz import is_excused
from contract_tests.suite.verify.wording import describe_failure
from mockserver.openapi.documents import load_document

MODEL = BehaviourModel(load_document("monedero"))
SALE = b"wallet_key=w1&phone=12&transaction_type=7&usertool_id=7302"


def _sent(status: int, answer: bytes = b"", body: bytes = SALE, method: str = "POST") -> Exchange:
    return Exchange(method, "http://x/wallet/sale", {}, body, status, {}, answer, 0.01, "create_sale")


def _text(failure: object, exchange: Exchange) -> str:
    return describe_failure(failure, exchange, MODEL)[-1]  # type: ignore[arg-type]  # one of the failures below


def test_a_broken_request_that_is_taken_is_told_by_its_fields() -> None:
    failure = AcceptedNegativeData(operation="POST /wallet/sale", message="Invalid data", status_code=200, expected_statuses=["400", "400"])
    assert _text(failure, _sent(200)) == "takes a request that breaks its schema with 200: phone breaks pattern; transaction_type breaks enum"
    without = _sent(200, body=b"wallet_key=w1&phone=4771234567&transaction_type=0")
    assert _text(failure, without) == "takes a request that breaks its schema with 200: usertool_id is missing"


def test_a_valid_request_that_is_refused_is_told_with_the_field_that_the_answer_names() -> None:
    failure = openapi.RejectedPositiveData(operation="POST /wallet/sale", message="x", status_code=400, allowed_statuses=["200", "200"])
    text = _text(failure, _sent(400, b'{"error": "usertool_id no existe"}'))
    assert text == 'refuses a request that keeps its schema with 400 {"error": "usertool_id no existe"}; it was sent {"usertool_id": "7302"}'


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (openapi.IgnoredAuth(operation="o", message="m", scenario=openapi.AuthScenario.NO_AUTH), "answers a call without valid credentials with 200"),
        (
            openapi.MissingHeaderNotRejected(operation="o", message="m", header_name="apikey", status_code=200, expected_statuses=[400]),
            "takes a request without the header apikey with 200",
        ),
        (
            openapi.UnsupportedMethodResponse(operation="o", message="m", method="TRACE", status_code=200, failure_reason="wrong_status"),
            "answers TRACE, which is not declared, with 200",
        ),
        (ServerError(operation="o", message="m", status_code=200), "fails with 200"),
    ],
)
def test_other_failures_are_told_without_the_words_of_schemathesis(failure: object, expected: str) -> None:
    assert _text(failure, _sent(200)) == expected


@pytest.mark.parametrize(
    ("check", "status", "answer", "excused"),
    [
        ("unsupported_method", 404, b"", True),
        ("unsupported_method", 200, b"{}", False),
        ("status_code_conformance", 302, b"", False),
        ("status_code_conformance", 418, b"", True),
        ("negative_data_rejection", 200, b'{"success": false, "code": "new_sale_04"}', True),
    ],
)
def test_a_refusal_is_recognised_by_the_envelope(check: str, status: int, answer: bytes, excused: bool) -> None:  # noqa: FBT001 - a row of the table
    answers = DocumentedAnswers(Contract("monedero"))
    assert is_excused(answers, check, _sent(status, answer)) is excused


def test_a_method_that_the_mock_has_to_refuse_with_405_is_not_excused() -> None:
    answers = DocumentedAnswers(Contract("monedero"))
    answers.judge_strictly()
    assert not is_excused(answers, "unsupported_method", _sent(404))
    assert not answers.is_assumed("unsupported_method", _sent(200))


@pytest.mark.parametrize(("status", "excused"), [(404, True), (405, False), (200, False)])
def test_a_method_may_be_refused_with_the_status_of_the_page(status: int, excused: bool) -> None:  # noqa: FBT001 - a row of the table
    answers = DocumentedAnswers(Contract("backoffice"))
    answers.judge_strictly()
    exchange = Exchange("TRACE", "http://x/api/v1/legs", {}, b"", status, {}, b'{"error": "Not Found"}', 0.01, "list_legs")
    assert is_excused(answers, "unsupported_method", exchange) is excused
