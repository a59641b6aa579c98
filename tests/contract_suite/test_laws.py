"""The laws find nothing at the mock, find what is planted, and say where; more in ``python -m benchmarks.contract_power``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.self_test.copies import NoCopy, plant
from contract_tests.self_test.mutants import KINDS, Edit, mutants
from contract_tests.self_test.run import Result, interval, table, try_one
from contract_tests.self_test.variants import variants
from contract_tests.suite.checks import judge
from contract_tests.suite.harness import ApiClient, Target
from contract_tests.suite.harness.findings import VerdictStatus
from mockserver.openapi.documents import load_document
from tests.documents.conftest import FILES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Mock

ALL = [mutant for slug in FILES for mutant in mutants(slug)]
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


@pytest.mark.parametrize("slug", [pytest.param(slug, marks=() if slug == "serpi" else pytest.mark.slow) for slug in FILES])
def test_the_mock_breaks_no_law(mock: Mock, slug: str) -> None:
    api = ApiClient(Target.discover(slug, mock.url + load_document(slug).base_path))
    verdicts = list(judge(api, load_document(slug), level="standard", seed=3))
    assert [verdict.reason for verdict in verdicts if verdict.outcome is not VerdictStatus.HELD] == []
    assert {verdict.operation for verdict in verdicts} >= {operation.id for operation in load_document(slug).operations if operation.recipes}
    api.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLE)
def test_what_is_planted_is_found_at_its_place(name: str) -> None:
    result = try_one(name, "standard", 1, clause_tests=False)
    assert (result.acts, result.killed, result.attributed) == (True, True, True), result.found


def test_violations_are_planted_in_every_vendor_and_class() -> None:
    assert len(ALL) >= 100
    assert {mutant.kind for mutant in ALL} == set(KINDS)
    assert len({mutant.id for mutant in ALL}) == len(ALL)
    for slug in FILES:
        assert len(mutants(slug)) >= 20
        assert len(variants(slug)) >= 10


def test_what_a_violation_blames_exists() -> None:
    for mutant in ALL:
        known = load_document(mutant.slug).by_id
        assert set(mutant.operations) <= set(known), mutant.id
        assert set(mutant.clauses) <= {clause for operation in known.values() for clause in operation.clauses}, mutant.id


@pytest.mark.parametrize("slug", FILES)
def test_every_violation_fits_the_mock_as_it_is(slug: str, tmp_path: Path) -> None:
    for number, mutant in enumerate(mutants(slug)):
        plant(tmp_path / str(number), slug, mutant.changes)


def test_a_violation_that_does_not_fit_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoCopy, match="holds 'no such text' 0 times"):
        plant(tmp_path, "serpi", [Edit("specs/serpi.yaml", "no such text", "")])


def test_the_table_counts_what_acts_and_could_run() -> None:
    results = [
        Result("a.x", "shape", found=[("law", "x", None)], attributed=True, seconds=1),
        Result("a.y", "shape", seconds=3),
        Result("a.z", "tenants", acts=False),
        Result("a.w", "tenants", could_not_run="no port"),
    ]
    shown = table(results)
    assert "| shape | 2 | 1 | 50% |" in shown
    assert "Survivors: a.y." in shown
    assert "Void: the witness saw nothing: a.z." in shown
    assert "Could not run: a.w (no port)." in shown
    low, high = interval(9, 10)
    assert 0.55 < low < 0.61
    assert 0.97 < high < 1
