"""How refusals of Trincico are read: which field they name, and what they are about."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from contract_tests.suite.checks.inputs import _is_about_another_row
from contract_tests.suite.checks.model import BehaviourModel
from mockserver.openapi.documents import load_document

MODEL = BehaviourModel(load_document("trincico"))


def _refusal(name: str, status: int, code: str, field: Any) -> Any:
    return MODEL.reader.answer(name, httpx.Response(status, json={"internal_code": code, "message": "No.", "field": field}))


@pytest.mark.parametrize("field", [[], None, "id", ["id"]])
def test_where_any_field_may_be_named_none_may_be(field: Any) -> None:
    assert MODEL.reader.wrong_with("cancel_subscription", "not_found", _refusal("cancel_subscription", 404, "not_found", field)) == []


def test_the_mock_names_the_field() -> None:
    strict = BehaviourModel(load_document("trincico"), strict=True)
    wrong = strict.reader.wrong_with("cancel_subscription", "not_found", _refusal("cancel_subscription", 404, "not_found", []))
    assert "the field at fault is []" in wrong


@pytest.mark.parametrize(("status", "code", "other"), [(409, "row_exists", True), (400, "invalid_param", False)])
def test_a_value_that_is_taken_says_nothing_about_its_length(status: int, code: str, other: bool) -> None:  # noqa: FBT001 - a column of the table
    answer = _refusal("create_invoice", status, code, "reference")
    assert _is_about_another_row(MODEL, "create_invoice", "reference", "maxLength", answer) is other
