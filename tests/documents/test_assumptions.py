"""What is assumed of the routes that a vendor's page only lists: statements with ids, each checked by something, and none of them a clause."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from contract_tests.suite.verify.contract import Contract
from mockserver.openapi.documents import list_slugs, load_document
from tests.conftest import ROOT

if TYPE_CHECKING:
    from mockserver.openapi.operations import OperationSpec

OPERATIONS = [(slug, operation) for slug in list_slugs() for operation in load_document(slug).operations]
CLAUSES_AND_STATEMENTS = {"troyansys": (27, 14), "trincico": (278, 211)}
"""How many there are, by vendor whose page only lists some routes."""
GENERAL = {
    "works",
    "invalid_token",
    "missing_param",
    "unrecognized_parameter",
    "invalid_param",
    "forbidden_empty_request",
    "not_found",
    "internal_error",
    "too_large",
    "unsupported_media",
}
"""Recipes that are about the form of a request or any record; the vendor's page says of its other routes what their codes mean."""
MARKED = set(
    re.findall(r'mark\.assumption\("([\w.]+)"\)', "".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests/vendors").glob("*.py")))
)


def checked(operation: OperationSpec, name: str) -> bool:
    """Whether a recipe, a declaration or a marked test checks the statement of this name."""
    declared = {"list": "x-list", "computed": "x-computed"}.get(name, "")
    return name in operation.recipes or declared in operation.spec or f"assumed.{operation.id}.{name}" in MARKED


def test_every_listed_operation_has_statements_and_no_described_one() -> None:
    for _, operation in OPERATIONS:
        assert bool(operation.assumptions) is (operation.provenance == "listed"), operation.id


def test_a_statement_is_a_sentence_and_something_checks_it() -> None:
    for _, operation in OPERATIONS:
        for name, sentence in operation.assumptions.items():
            head, _, last = name.rpartition(".")
            assert head == f"assumed.{operation.id}"
            assert checked(operation, last), f"{name}: no recipe, declaration or marked test of this name"
            assert sentence.endswith(".")


def test_every_recipe_about_a_state_of_a_listed_operation_has_a_statement() -> None:
    for _, operation in OPERATIONS:
        if operation.provenance == "listed":
            stated = {name.rpartition(".")[2] for name in operation.assumptions}
            assert set(operation.recipes) - GENERAL <= stated, operation.id
            assert stated & {"works", "list", "page"}, operation.id


def test_a_marked_test_names_a_statement_that_is_there() -> None:
    stated = {name for slug in list_slugs() for operation in Contract(slug).operations.values() for name in operation.assumptions}
    assert stated >= MARKED


def test_no_statement_is_counted_as_a_clause() -> None:
    counted = {}
    for slug in sorted({slug for slug, operation in OPERATIONS if operation.assumptions}):
        stated = [name for of, operation in OPERATIONS if of == slug for name in operation.assumptions]
        clauses = Contract(slug).clauses
        assert not set(stated) & set(clauses)
        counted[slug] = (len(clauses), len(stated))
    assert counted == CLAUSES_AND_STATEMENTS


@pytest.mark.parametrize(
    ("slug", "operation", "pointer", "named"),
    [
        ("trincico", "create_reserve", "forbidden_resource", "assumed.create_reserve.forbidden_resource"),
        ("trincico", "create_reserve", "/date", "assumed.create_reserve.works"),
        ("trincico", "list_reserves", "/data", "assumed.list_reserves.list"),
        ("trincico", "list_invoices", "/data", ""),
        ("troyansys", "create_invoice", "stock_insuficiente", "assumed.create_invoice.stock_insuficiente"),
    ],
)
def test_a_finding_names_what_is_assumed(slug: str, operation: str, pointer: str, named: str) -> None:
    assert Contract(slug).operations[operation].assumption_at(pointer) == named
