"""Each planted bug of the independent BackOffice shows from outside, and no conforming server shows one."""

from __future__ import annotations

import pytest

from tests.independent.backoffice.witness import WITNESSES, run_server, sees

GROUPS = [list(WITNESSES)[start : start + 13] for start in range(0, len(WITNESSES), 13)]


@pytest.mark.slow
def test_no_witness_sees_anything_on_a_clean_server() -> None:
    with run_server() as origin:
        assert [bug for bug in WITNESSES if sees(bug, origin)] == []


@pytest.mark.slow
@pytest.mark.parametrize("bugs", GROUPS, ids=lambda bugs: f"{bugs[0]}-{bugs[-1]}")
def test_each_planted_bug_is_seen_by_its_witness(bugs: list[str]) -> None:
    unseen = []
    for bug in bugs:
        with run_server(bug) as origin:
            if not sees(bug, origin):
                unseen.append(bug)
    assert unseen == []
