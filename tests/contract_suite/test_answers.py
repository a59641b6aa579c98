"""Validation of answers reports everything in which an answer differs from the document."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from contract_tests.suite.harness.answers import AnswerValidator
from mockserver.openapi.documents import Document, load_document

GOOD: dict[str, Any] = {"success": True, "code": 200, "message": "registro modificado exitosamente"}


def problems(*, strict: bool = True, status: int = 200, media_type: str = "application/json", **options: Any) -> list[str]:
    answers = AnswerValidator(load_document("serpi"), strict=strict)
    route = answers.document.route("PUT", "/Sucursales")
    assert route is not None
    headers = {"content-type": media_type} if media_type else {}
    return [problem.keyword for problem in answers.problems(route.operation, httpx.Response(status, headers=headers, **options))]


def test_a_documented_answer_has_none() -> None:
    assert problems(json=GOOD) == []
    assert problems(status=204, media_type="") == []


@pytest.mark.parametrize(
    ("options", "keyword"),
    [
        ({"status": 202, "json": GOOD}, "status"),
        ({"media_type": "text/html", "text": "<p>"}, "content-type"),
        ({"text": "no JSON"}, "body"),
        ({"status": 204, "text": "something"}, "body"),
        ({"json": {**GOOD, "code": "200"}}, "schema type"),
        ({"json": {**GOOD, "secret": 1}}, "undeclared"),
    ],
)
def test_what_is_wrong_is_named(options: dict[str, Any], keyword: str) -> None:
    assert problems(**options) == [keyword]


@pytest.mark.parametrize(
    ("schema", "body", "expected", "sentence"),
    [
        ({"required": ["a"]}, {}, {"required": "a"}, '"a" is a required property'),
        ({"properties": {"a": {"type": "string", "pattern": "^x"}}}, {"a": "y"}, {"pattern": "^x"}, '"y" does not match "^x"'),
        ({"properties": {"a": {"type": "string", "nullable": True}}}, {"a": 1}, {"type": ["null", "string"]}, "is not of types"),
        (
            {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {},
            {"anyOf": [{"required": "a"}, {"required": "b"}]},
            '"a" is a required property or "b" is',
        ),
        ({"properties": {"a": {"type": "array", "uniqueItems": True}}}, {"a": [1, 1]}, {"uniqueItems": True}, "non-unique"),
    ],
    ids=["required", "pattern", "nullable", "one of two", "unique"],
)
def test_what_is_expected_is_said_as_the_document_says_it(schema: dict[str, Any], body: object, expected: object, sentence: str) -> None:
    media = {"application/json": {"schema": {"type": "object", **schema}}}
    paths = {"/a": {"get": {"operationId": "get_a", "responses": {"200": {"description": "a", "content": media}}}}}
    answers = AnswerValidator(Document("toy", "toy.yaml", {"paths": paths}), strict=False)
    (problem,) = answers.problems(answers.document.operations[0], httpx.Response(200, json=body))
    assert problem.expected == expected
    assert sentence in problem.sentence


def test_another_implementation_may_send_more_fields_and_other_readings() -> None:
    assert problems(strict=False, json={**GOOD, "more": 1}) == []
    assert problems(strict=False, json={"success": False, "code": 409, "message": "x"}) == []
    assert problems(strict=True, json={"success": False, "code": 409, "message": "x"}) != []


def test_paths_find_their_operations() -> None:
    document = load_document("trincico")
    found = [document.route("GET", path) for path in ("/invoices/build-reference", "/invoices/1", "/nowhere")]
    assert [route and route.operation.id for route in found] == ["build_invoice_reference", "retrieve_invoice", None]
