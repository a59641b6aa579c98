"""Every row of Trincico's page is run, and the page covers every documented answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockserver.openapi.documents import METHODS
from tests.vendors.trincico import DOCUMENT, OPERATIONS, RECIPES, call

if TYPE_CHECKING:
    from tests.conftest import Mock


@pytest.mark.parametrize(("operation", "answer", "credential", "written"), RECIPES)
def test_each_answer_is_reached_as_the_page_says(mock: Mock, operation: str, answer: str, credential: str, written: str) -> None:
    status, _, row = answer.strip("`").partition(" ")
    before = mock.state("trincico")
    with mock.client("trincico", None if credential == "–" else credential.strip("`")) as client:
        response = call(operation, written).send(client, operation)
    assert response.status_code == int(status), response.text
    if row:
        error = OPERATIONS[operation].spec["x-errors"][row]
        body = response.json()
        assert (response.status_code, body["internal_code"], body["message"]) == (error["status"], error.get("code", row), error["message"])
        assert body["field"] == error.get("field", body["field"])
        assert mock.state("trincico") == before
        assert mock.outbox() == []
    elif status == "204":
        assert response.content == b""


@pytest.mark.parametrize("operation", [name for name, operation in OPERATIONS.items() if operation.spec["x-provenance"] == "described"])
def test_the_page_reaches_every_documented_error(operation: str) -> None:
    reached = {answer.strip("`").partition(" ")[2] for name, answer, *_ in RECIPES if name == operation}
    spec = OPERATIONS[operation].spec
    rest = {name for name, error in spec.get("x-errors", {}).items() if error.get("clause") not in spec.get("x-unseen", {})}
    assert rest <= reached


def test_every_clause_about_an_error_is_carried_by_a_row() -> None:
    for operation in DOCUMENT.operations:
        errors = {clause for clause in operation.spec.get("x-clauses", {}) if clause.rpartition(".")[2].startswith("e")}
        assert errors == {error["clause"] for error in operation.spec.get("x-errors", {}).values() if "clause" in error}


def test_the_document_has_the_28_described_operations() -> None:
    described = [operation for operation in DOCUMENT.operations if operation.spec["x-provenance"] == "described"]
    assert len(described) == 28
    assert sum(len(operation.spec["x-clauses"]) for operation in described) == 278


@pytest.mark.parametrize(("alias", "method", "path"), DOCUMENT.aliases)
def test_an_alias_has_the_methods_of_its_operation_only(mock: Mock, alias: str, method: str, path: str) -> None:
    with mock.client("trincico") as client:
        answer = client.options(alias.replace("{", "").replace("}", ""))
        assert answer.status_code == 204
        other = next(name for name in METHODS if name not in (method, "options", "head"))
        assert client.request(other, alias.replace("{account_id}", "x")).status_code == 405
    allowed = set(answer.headers["allow"].split(", ")) - {"HEAD", "OPTIONS"}
    assert allowed == {method.upper()}
