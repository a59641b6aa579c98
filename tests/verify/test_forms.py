"""What a form with brackets means is for the server to say, so that its refusal is no finding."""

from __future__ import annotations

import pytest

from contract_tests.harness.findings import Exchange
from contract_tests.verify.fuzz import has_brackets

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


def test_a_call_without_an_answer_has_none() -> None:
    assert not has_brackets(None)
