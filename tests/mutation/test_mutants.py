"""Planted violations: their rows are read, fit the mock as it is, and have a witness; more in ``python -m benchmarks.contract_power``."""

from __future__ import annotations

from contextlib import closing
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

from contract_tests.suite.harness import ApiClient, Target
from mockserver.openapi.documents import load_document
from tests.documents.conftest import FILES
from tests.mutation.copies import ROOT, plant
from tests.mutation.documented import conversion
from tests.mutation.mutants import CATEGORIES, AnswerChange, CopyFailed, Mutant, SourceEdit, mutant, mutants
from tests.mutation.run import Result, run_mutant, table, wilson_interval
from tests.mutation.variants import Variant, variants
from tests.mutation.witness import is_as_documented, witness_holds

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Mock

ALL = [one for slug in FILES for one in mutants(slug)]
COUNTS = {"backoffice": 51, "monedero": 53, "serpi": 48, "trincico": 73, "troyansys": 46}
SAMPLE = (
    "backoffice.body_of_any_size",
    "monedero.crash_on_bytes_that_are_no_text",
    "serpi.id_as_text",
    "serpi.change_wipes_optional",
    "monedero.more_used_than_there_is",
    "monedero.branch_swapped",
    "monedero.read_changes_points",
    "backoffice.unknown_sponsor_accepted",
    "backoffice.jwt_never_expires",
    "trincico.currency_dropped",
    "troyansys.foreign_product_sold",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLE)
def test_what_is_planted_is_found_at_its_place(name: str) -> None:
    result = run_mutant(name, "standard", 1, clause_tests=False)
    assert (result.acts, result.killed, result.attributed) == (True, True, True), result.found


def test_every_vendor_has_its_violations_and_every_category_some() -> None:
    assert {slug: len(mutants(slug)) for slug in FILES} == COUNTS
    assert {one.category for one in ALL} == set(CATEGORIES)
    assert len({one.id for one in ALL}) == len(ALL)
    for slug in FILES:
        assert all(one.slug == slug for one in mutants(slug))
        assert len(variants(slug)) >= 10


def operations(slug: str) -> dict[str, Any]:
    return {one.id: one.spec for one in load_document(slug).operations}


def test_the_operations_and_clauses_of_a_violation_exist() -> None:
    for one in ALL:
        known = operations(one.slug)
        assert set(one.operations) <= set(known), one.id
        assert set(one.clauses) <= {clause for operation in known.values() for clause in operation.get("x-clauses", {})}, one.id


def test_every_edit_finds_its_text_as_demanded() -> None:
    rows: list[Mutant | Variant] = [*ALL, *(variant for slug in FILES for variant in variants(slug))]
    misfits = []
    for one in rows:
        texts: dict[str, str] = {}
        for edit in one.edits:
            try:
                texts[edit.file] = edit.apply(texts.get(edit.file) or (ROOT / edit.file).read_text(encoding="utf-8"))
            except (CopyFailed, OSError) as reason:
                misfits.append(f"{getattr(one, 'id', one.name)}: {reason}")
            assert edit.old != edit.new
    assert misfits == []


@pytest.mark.parametrize("slug", FILES)
def test_every_witness_holds_at_the_mock_as_it_is(mock: Mock, slug: str) -> None:
    with closing(ApiClient(Target.discover(slug, mock.url + load_document(slug).base_path))) as api:
        assert [one.id for one in mutants(slug) if not witness_holds(one, api.fresh())] == []


@pytest.mark.parametrize("slug", FILES)
def test_every_function_of_witnesses_is_the_witness_of_a_row_without_steps(slug: str) -> None:
    module = import_module(f"tests.mutation.witnesses.{slug}")
    written = {name for name, one in vars(module).items() if isinstance(one, FunctionType) and one.__module__ == module.__name__}
    assert {name for name in written if not name.startswith("_")} - {"call"} <= {one.name for one in mutants(slug) if not one.witness}
    for one in mutants(slug):
        assert one.witness or one.answers or hasattr(module, one.name), one.id


def test_a_copy_holds_one_vendor_and_what_was_changed(tmp_path: Path) -> None:
    plant(tmp_path, "serpi", mutant("serpi.limit_of_zero").changes)
    assert [file.name for file in (tmp_path / "specs").glob("*.yaml")] == ["serpi.yaml"]
    assert "minimum: 0" in (tmp_path / "specs/serpi.yaml").read_text(encoding="utf-8")
    assert "response_middleware" in (tmp_path / "mockserver/serving.py").read_text(encoding="utf-8")


def test_a_violation_that_does_not_fit_says_so(tmp_path: Path) -> None:
    with pytest.raises(CopyFailed, match="holds 'no such text' 0 times"):
        plant(tmp_path, "serpi", [SourceEdit("specs/serpi.yaml", "no such text", "")])
    with pytest.raises(CopyFailed, match="does not hold 'no such place'"):
        SourceEdit("specs/serpi.yaml", "a", "b", after="no such place").apply("a")
    with pytest.raises(CopyFailed, match="holds 'a' 2 times"):
        SourceEdit("specs/serpi.yaml", "a", "b").apply("a a")


def test_a_row_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `oops`"):
        msgspec.convert({"id": "a.b", "category": "shape", "operation": "c", "oops": 1}, Mutant)


@pytest.mark.parametrize(
    ("operator", "at", "to", "right", "wrong"),
    [
        ("drop_field", "/errors", None, {"errors": []}, {}),
        ("add_field", "/more", 1, {}, {"more": 1}),
        ("rename_field", "/errors", "faults", {"errors": []}, {"faults": []}),
        ("change_type", "/errors", None, {"errors": ["x"]}, {"errors": "x"}),
        ("change_value", "/code", 1, {"code": 400}, {"code": 1}),
    ],
)
def test_a_witness_follows_from_an_answer_change(operator: Any, at: str, to: object, right: object, wrong: object) -> None:
    change = AnswerChange("create_sucursal", 400, operator, at, to)
    assert is_as_documented("serpi", change, httpx.Response(400, json=right))
    assert not is_as_documented("serpi", change, httpx.Response(400, json=wrong))
    assert not is_as_documented("serpi", change, httpx.Response(401, json=right))


def test_a_changed_type_is_one_that_the_document_does_not_allow() -> None:
    conversions = {
        one.id: conversion(one.slug, change) for one in ALL for change in one.answers if change.operator == "change_type" and change.to is None
    }
    assert conversions == {
        "serpi.id_as_text": "text",
        "serpi.refusal_without_list": "first item",
        "monedero.balance_as_list": "list",
        "trincico.amount_as_text": "text",
        "trincico.unread_as_text": "text",
        "troyansys.amount_as_text": "text",
        "backoffice.level_as_text": "text",
        "backoffice.balance_as_number": "number",
    }


def test_the_table_counts_what_acts_and_could_run() -> None:
    results = [
        Result("a.x", "shape", found=[("check", "x", None)], attributed=True, seconds=1),
        Result("a.y", "shape", seconds=3),
        Result("a.z", "tenants", acts=False),
        Result("a.w", "tenants", could_not_run="no port"),
    ]
    shown = table(results)
    assert "| shape | 2 | 1 | 50% |" in shown
    assert "Survivors: a.y." in shown
    assert "Void: the witness saw nothing: a.z." in shown
    assert "Could not run: a.w (no port)." in shown
    low, high = wilson_interval(9, 10)
    assert 0.55 < low < 0.61
    assert 0.97 < high < 1
