"""Trincico, written again from its page: each planted bug shows at its server only, and the suite is right about its readings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.independent.runner import HERE, Implementation, judge, serve
from tests.independent.trincico.witness import Server, read_witnesses

TRINCICO = Implementation.read(HERE / "trincico")
FOUND = ("page_overlap", "foreign_invoice", "tax_on_price", "mail_to_owner")
"""Bugs of four kinds that the contract tests of Trincico see."""


def test_each_planted_bug_has_a_witness() -> None:
    assert set(TRINCICO.bugs) == set(read_witnesses())


@pytest.mark.slow
@pytest.mark.long
def test_no_witness_sees_anything_at_the_first_reading(tmp_path: Path) -> None:
    seen = []
    with serve(TRINCICO, tmp_path) as origin:
        server = Server(origin)
        for name, witness in read_witnesses().items():
            server.hook("reset")
            seen += [name] if witness(server) else []
    assert seen == []


@pytest.mark.slow
@pytest.mark.long
def test_each_witness_sees_its_bug(tmp_path: Path) -> None:
    unseen = []
    for name, witness in read_witnesses().items():
        (tmp_path / name).mkdir()
        with serve(TRINCICO, tmp_path / name, bug=name) as origin:
            unseen += [] if witness(Server(origin)) else [name]
    assert unseen == []


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("reading", TRINCICO.readings)
def test_a_conforming_reading_has_no_finding(reading: str, tmp_path: Path) -> None:
    found = judge(TRINCICO, tmp_path, reading=reading)
    assert not found.problem
    assert [one.sentence for one in found.findings] == []


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("bug", FOUND)
def test_a_planted_bug_is_found(bug: str, tmp_path: Path) -> None:
    found = judge(TRINCICO, tmp_path, bug=bug, level="quick")
    assert {one.call for one in found.findings} & set(TRINCICO.bugs[bug].calls or ()), found.findings
