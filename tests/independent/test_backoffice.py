"""The independent BackOffice: each planted bug shows from outside, and the suite is right about its readings and some of its bugs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.independent.backoffice.witness import WITNESSES, run_server, sees
from tests.independent.runner import HERE, Implementation, judge

IMPLEMENTATION = Implementation.read(HERE / "backoffice")
GROUPS = [list(WITNESSES)[start : start + 13] for start in range(0, len(WITNESSES), 13)]


def test_each_planted_bug_has_a_witness() -> None:
    assert set(IMPLEMENTATION.bugs) == set(WITNESSES)


@pytest.mark.slow
@pytest.mark.long
def test_no_witness_sees_anything_on_a_clean_server() -> None:
    with run_server() as origin:
        assert [bug for bug in WITNESSES if sees(bug, origin)] == []


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("bugs", GROUPS, ids=lambda bugs: f"{bugs[0]}-{bugs[-1]}")
def test_each_planted_bug_is_seen_by_its_witness(bugs: list[str]) -> None:
    unseen = []
    for bug in bugs:
        with run_server(bug) as origin:
            if not sees(bug, origin):
                unseen.append(bug)
    assert unseen == []


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("reading", IMPLEMENTATION.readings)
def test_a_conforming_reading_has_no_finding(tmp_path: Path, reading: str) -> None:
    found = judge(IMPLEMENTATION, tmp_path, reading=reading)
    assert (found.problem, [one.sentence for one in found.findings]) == ("", [])
    assert found.exit_code == 0


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("bug", ["password_both", "subject_cut", "dashboard_sum", "page_overlap", "token_foreign"])
def test_a_planted_bug_is_found(tmp_path: Path, bug: str) -> None:
    found = judge(IMPLEMENTATION, tmp_path, bug=bug)
    assert found.problem == ""
    assert found.findings
