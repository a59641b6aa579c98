"""SERPI, Troyansys and Monedero, written again from their pages: each planted bug shows at its server only, and the suite is right about them."""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.independent.runner import HERE, Implementation, serve

if TYPE_CHECKING:
    from pathlib import Path

SLUGS = [slug for slug in ("serpi", "troyansys", "monedero") if (HERE / slug / "about.json").exists()]


def _witnesses(slug: str) -> Any:
    return importlib.import_module(f"tests.independent.{slug}.witness")


@pytest.mark.parametrize("slug", SLUGS)
def test_each_planted_bug_has_a_witness(slug: str) -> None:
    assert set(Implementation.read(HERE / slug).bugs) == set(_witnesses(slug).WITNESSES)


@pytest.mark.slow
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
@pytest.mark.parametrize("slug", SLUGS)
def test_each_witness_sees_its_bug(slug: str, tmp_path: Path) -> None:
    implementation, module = Implementation.read(HERE / slug), _witnesses(slug)
    unseen = []
    for name, bug in implementation.bugs.items():
        (tmp_path / name).mkdir()
        with serve(implementation, tmp_path / name, reading=bug.reading, bug=name) as origin, contextlib.closing(module.Api(origin)) as api:
            unseen += [] if module.WITNESSES[name](api) else [name]
    assert unseen == []
