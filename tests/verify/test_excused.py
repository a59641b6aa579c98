"""Failures of generated requests that are not findings: ambiguous forms with brackets, and refusals without an error status."""

from __future__ import annotations

import pytest

from contract_tests.suite.harness.findings import Exchange
from contract_tests.suite.verify.contract import Contract
from contract_tests.suite.verify.documented import DocumentedAnswers
from contract_tests.suite.verify.fuzz import has_brackets, is_excused

FORM = "application/x-www-form-urlencoded"
FILES = "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("kind", "body", "brackets"),
    [
        (FORM, b"=a&%5Blimits%5D=1&ticket_id=7", True),
        (FORM, b"a[b]=1&a=2", True),
        (FORM, b"ticket_id=7&content=%5Ba%5D", False),
        (FORM, b"", False),
        (FILES, b'--x\r\nContent-Disposition: form-data; name="a[b]"\r\n\r\n1\r\n--x--', True),
        (FILES, b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n[1]\r\n--x--', False),
        ("application/json", b'{"a[b]": 1}', False),
    ],
)
def test_brackets_in_the_names_of_a_form_are_seen(kind: str, body: bytes, brackets: bool) -> None:  # noqa: FBT001 - a row of the table
    exchange = Exchange("POST", "http://x/y", {"Content-Type": kind}, body, 400, {}, b"", 0.01)
    assert has_brackets(exchange) is brackets


@pytest.mark.parametrize(
    ("check", "body", "expected"),
    [
        ("negative_data_rejection", b'{"success": false, "code": "contact_add_01"}', True),
        ("negative_data_rejection", b'{"success": true}', False),
        ("positive_data_acceptance", b'{"success": false, "code": "contact_add_01"}', False),
    ],
)
def test_a_refusal_with_the_status_200_is_recognised_as_the_document_declares(check: str, body: bytes, expected: bool) -> None:  # noqa: FBT001 - a row of the table
    exchange = Exchange("POST", "http://x/wallet/contact/add", {}, b"", 200, {}, body, 0.01, "add_contact")
    assert is_excused(DocumentedAnswers(Contract("monedero")), check, exchange) is expected


def test_what_a_405_allows_stands_on_no_page() -> None:
    exchange = Exchange("PATCH", "http://target/invoices", {}, b"", 405, {"allow": "GET, POST"}, b"", 0.0, None)
    answers = DocumentedAnswers(Contract("trincico"))
    assert answers.is_assumed("allow_header_conformance", exchange)
    answers.judge_strictly()
    assert not answers.is_assumed("allow_header_conformance", exchange)
