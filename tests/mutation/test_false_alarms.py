"""On a target that conforms, whatever the command reports is a false alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.documents.conftest import FILES
from tests.mutation import false_alarms as module
from tests.mutation.copies import serve_copy
from tests.mutation.false_alarms import UNCHANGED, PlannedRun, RunResult, alarm_table, complaints, plan_runs, run_all, run_once
from tests.mutation.mutants import AnswerChange, SourceEdit
from tests.mutation.variants import Variant, variants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import Mock


def test_every_seed_meets_the_unchanged_mock_and_ten_variants_cover_ten_seeds() -> None:
    runs = plan_runs(["serpi"], ["quick", "deep"], range(1, 11))
    unchanged = [run for run in runs if run.variant == UNCHANGED]
    assert unchanged == [PlannedRun("serpi", UNCHANGED, level, seed) for level in ("quick", "deep") for seed in range(1, 11)]
    changed = [run for run in runs if run.variant != UNCHANGED and run.level == "deep"]
    assert [run.variant for run in changed] == [variant.name for variant in variants("serpi")]
    assert [run.seed for run in changed][:11] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1]


def test_the_unchanged_mock_is_quiet(mock: Mock) -> None:
    result = run_once(PlannedRun("serpi", UNCHANGED, "quick", 2), mock.url)
    assert (result.exit_code, result.found, result.could_not_run, result.is_alarm) == (0, [], "", False)


def test_a_variant_is_judged_by_what_the_document_allows_and_not_by_what_the_mock_has_promised() -> None:
    with serve_copy("serpi", [AnswerChange("list_sucursales", 200, "add_field", "/more", to=True)]) as origin:
        variant, promised = (run_once(PlannedRun("serpi", name, "quick", 1), origin) for name in ("one field more", UNCHANGED))
    assert not variant.is_alarm, variant.found
    assert promised.exit_code == 1
    assert promised.found


def test_a_server_that_does_not_start_is_an_alarm_of_every_run_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def unfit(_slug: str) -> Sequence[Variant]:
        return [Variant("unfit", (SourceEdit("specs/serpi.yaml", "no such text", ""),))]

    monkeypatch.setattr(module, "variants", unfit)
    results = list(run_all([PlannedRun("serpi", "unfit", "quick", seed) for seed in (1, 2)]))
    assert [(one.seed, one.is_alarm) for one in results] == [(1, True), (2, True)]
    assert "no such text" in results[0].could_not_run


@pytest.mark.parametrize("slug", FILES)
def test_a_variant_whose_text_differs_starts(slug: str) -> None:
    for variant in variants(slug):
        if variant.edits:
            with serve_copy(slug, variant.changes) as origin:
                assert origin


def test_what_was_seen_once_and_what_was_left_undone_are_alarms_too() -> None:
    report = {"findings": [{"sentence": "a"}], "unconfirmed": [{"sentence": "b"}], "run": {"unfinished": ["c"]}}
    assert complaints(report) == ["a", "seen once, not again: b", "not done: c"]


def test_the_table_counts_runs_alarms_and_seconds_by_vendor_and_level() -> None:
    results = [
        RunResult("serpi", UNCHANGED, "quick", 1, seconds=2),
        RunResult("serpi", UNCHANGED, "quick", 2, seconds=4, exit_code=1, found=["x is wrong"]),
        RunResult("serpi", "other data", "quick", 1, seconds=3),
    ]
    shown = alarm_table(results)
    assert "| serpi | quick | unchanged | 2 | 1 | 3.0 | 4.0 |" in shown
    assert "| serpi | quick | variants | 1 | 0 | 3.0 | 3.0 |" in shown
    assert "3 runs where nothing is to be found, 1 with alarms.\nserpi, unchanged, quick, seed 2, 4.0 s: x is wrong." in shown
