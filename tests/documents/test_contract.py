"""Errors, clauses and discrepancies of a document are consistent, and equal to the lists beside these tests."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.app import discover
from mockserver.openapi.documents import SPECS
from tests.documents.conftest import FILES
from tests.documents.rules import request_examples, walk

if TYPE_CHECKING:
    from mockserver.openapi.documents import Document
    from mockserver.openapi.operations import OperationSpec

HERE = Path(__file__).parent
CLAUSES = (HERE / "clauses.txt").read_text().split()
DISCREPANCIES = (HERE / "discrepancies.txt").read_text().split()
REFERENCES = {
    "ticket_id",
    "user_id",
    "id",
    "wallet_key",
    "usertool_id",
    "plan_id",
    "payment_method_id",
    "payout_account_id",
    "service_id",
    "service_customer_id",
    "target_id",
}
"""Request fields that refer to a record."""


def _of(document: Document, ids: list[str]) -> list[str]:
    return [name for name in ids if name.startswith(f"{document.slug}.")]


def test_documents_packages_and_fixtures_are_the_same_vendors() -> None:
    assert set(discover(SPECS)) == set(FILES)


def test_every_clause_stands_in_one_operation(document: Document) -> None:
    found = Counter(clause for operation in document.operations for clause in operation.spec.get("x-clauses", {}))
    assert found == Counter(_of(document, CLAUSES))


def test_the_clauses_of_an_operation_have_one_name_and_are_sentences(document: Document) -> None:
    """The middle part of an id is the operationId, or an earlier name of the operation."""
    named: dict[str, str] = {}
    for operation in document.operations:
        for clause, sentence in operation.spec.get("x-clauses", {}).items():
            assert named.setdefault(clause.split(".")[1], operation.id) == operation.id
            assert sentence.endswith(".")
        assert len({clause.split(".")[1] for clause in operation.spec.get("x-clauses", {})}) <= 1


def test_every_discrepancy_is_marked_at_its_place(document: Document) -> None:
    found = {name for path, node in walk(document.raw) if path[-1:] == ("x-discrepancy",) for name in node}
    assert found == set(_of(document, DISCREPANCIES))


def test_every_discrepancy_is_explained(document: Document) -> None:
    explained = document.raw["components"]["x-discrepancies"]
    assert sorted(explained) == sorted(_of(document, DISCREPANCIES))
    for name, texts in explained.items():
        assert texts.keys() - {"also", "accepts"} == {"where", "page", "chosen"}, name
        assert texts["page"].endswith("."), name


def _errors(document: Document, operation: OperationSpec) -> dict[str, Any]:
    """The error rows of an operation, including those of its credentials."""
    shared = document.raw.get("x-errors", {}) if operation.spec.get("security", True) else {}
    return {**shared, **operation.spec.get("x-errors", {})}


def test_every_error_code_is_documented_with_its_status(document: Document) -> None:
    for operation in document.operations:
        for error in _errors(document, operation).values():
            assert str(error["status"]) in operation.spec["responses"]
            assert error["message"]


def test_every_fault_code_is_a_documented_error(document: Document) -> None:
    for operation in document.operations:
        errors = _errors(document, operation)
        body = document.resolve(operation.spec.get("requestBody", {}))
        nodes: list[Any] = [operation.spec.get("x-fault-codes", {}), *(parameter.get("x-fault-codes", {}) for parameter in operation.parameters)]
        for media in body.get("content", {}).values():
            schema = document.resolve(media["schema"])
            properties = [document.resolve(found) for found in schema.get("properties", {}).values()]
            nodes += [node for found in (schema, *properties) for path, node in walk(found) if path[-1:] == ("x-fault-codes",)]
        if operation.spec.get("security", True):
            schemes = document.raw["components"]["securitySchemes"].values()
            nodes += [scheme.get("x-fault-codes", {}) for scheme in schemes]
        for codes in nodes:
            for code in codes.values():
                assert set([code] if isinstance(code, str) else code) <= set(errors), operation.id


def test_every_code_of_an_error_may_stand_in_the_body_of_its_response(document: Document) -> None:
    for operation in document.operations:
        for code, error in operation.spec.get("x-errors", {}).items():
            response = document.resolve(operation.spec["responses"][str(error["status"])])
            media = response["content"]["application/json"]
            properties = document.resolve(media.get("x-emits", media["schema"])).get("properties", {})
            place = "internal_code" if "internal_code" in properties else "code"
            if place in properties:  # errors of some vendors differ by text only
                assert error.get("code", code) in document.resolve(properties[place])["enum"], (operation.id, code)


@pytest.mark.parametrize("slug", FILES)
def test_ids_in_examples_of_requests_are_seeded_records(slug: str) -> None:
    """Every reference in a request example names a record of the seeded world, looked up in the source of the fixtures."""
    document = discover(SPECS)[slug][1]
    folder = SPECS.parent / "fixtures"
    source = "".join(file.read_text() for file in [*folder.glob(f"{slug}.py"), *folder.glob(f"{slug}/*.py")])
    for operation, _, name, value in request_examples(document):
        for key, named in value.items():
            is_reference = key in REFERENCES or (key in ("phone", "number") and not operation.startswith("add_"))
            if is_reference and "unknown" not in name:
                assert json.dumps(named).strip('"') in source.replace("_", ""), (operation, name, key, named)


def test_no_two_discrepancies_share_what_is_said_of_them(document: Document) -> None:
    """Each is about another fact, so that a sentence for several would not say what the mock does at one of them."""
    for member in ("chosen", "page"):
        texts = [entry[member] for entry in document.raw["components"]["x-discrepancies"].values()]
        assert [text for text, count in Counter(texts).items() if count > 1] == []
