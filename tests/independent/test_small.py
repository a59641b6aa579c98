"""SERPI, Troyansys and Monedero, written again from their pages: each planted bug shows at its server only, and the suite is right about them."""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.independent.runner import HERE, SHARED, Implementation, is_rightly_named, judge, serve

if TYPE_CHECKING:
    from pathlib import Path

SLUGS = ("serpi", "troyansys", "monedero")
READINGS = [(HERE / slug, reading) for slug in SLUGS for reading in Implementation.read(HERE / slug).readings]
OTHERS = [(SHARED / "serpi", "b"), (SHARED / "serpi", "c"), (SHARED / "monedero", "b"), (SHARED / "monedero", "d")]
"""Readings of implementations beside the checkout."""
FOUND_QUICKLY = [("serpi", "change_answers_only"), ("troyansys", "ruc_without_zero"), ("monedero", "archived_may_sign")]


def _witnesses(slug: str) -> Any:
    return importlib.import_module(f"tests.independent.{slug}.witness")


@pytest.mark.parametrize("slug", SLUGS)
def test_each_planted_bug_has_a_witness(slug: str) -> None:
    assert set(Implementation.read(HERE / slug).bugs) == set(_witnesses(slug).WITNESSES)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("slug", SLUGS)
def test_no_witness_sees_anything_at_a_conforming_reading(slug: str, tmp_path: Path) -> None:
    implementation, module = Implementation.read(HERE / slug), _witnesses(slug)
    seen = []
    for reading in implementation.readings:
        (tmp_path / reading).mkdir()
        names = [name for name, bug in implementation.bugs.items() if bug.reading == reading]
        with serve(implementation, tmp_path / reading, reading=reading) as origin, contextlib.closing(module.Api(origin)) as api:
            for name in names:
                httpx.post(f"{origin}/_staging/reset").raise_for_status()
                seen += [(reading, name)] if module.WITNESSES[name](api) else []
    assert seen == []


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("slug", SLUGS)
def test_each_witness_sees_its_bug(slug: str, tmp_path: Path) -> None:
    implementation, module = Implementation.read(HERE / slug), _witnesses(slug)
    unseen = []
    for name, bug in implementation.bugs.items():
        (tmp_path / name).mkdir()
        with serve(implementation, tmp_path / name, reading=bug.reading, bug=name) as origin, contextlib.closing(module.Api(origin)) as api:
            unseen += [] if module.WITNESSES[name](api) else [name]
    assert unseen == []


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize(
    ("folder", "reading"), [*READINGS, *OTHERS], ids=lambda one: one if isinstance(one, str) else f"{one.parents[1].name}-{one.name}"
)
def test_the_suite_finds_nothing_at_a_conforming_reading(folder: Path, reading: str, tmp_path: Path) -> None:
    if not folder.exists():
        pytest.skip(f"{folder} is not there; it holds an implementation that is not part of the project")
    result = judge(Implementation.read(folder), tmp_path, reading=reading)
    assert (result.problem, result.unfinished, [one.sentence for one in result.findings]) == ("", [], [])


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize(("slug", "name"), FOUND_QUICKLY)
def test_the_suite_finds_a_planted_bug_and_names_it(slug: str, name: str, tmp_path: Path) -> None:
    implementation = Implementation.read(HERE / slug)
    result = judge(implementation, tmp_path, bug=name, level="quick")
    assert result.findings, result.problem
    assert any(is_rightly_named(implementation.bugs[name], one) for one in result.findings), [one.sentence for one in result.findings]
