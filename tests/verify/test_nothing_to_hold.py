"""A check is held only if there was something that could have broken it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.verify.conftest import verify
from tests.verify.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Server

NEEDS_MORE = ("another tenant cannot read it", "what was deleted is gone")
"""Checks that SERPI cannot show: nothing can be deleted, and the run has the credentials of one client."""


@pytest.mark.parametrize("level", [pytest.param(level, marks=pytest.mark.slow) for level in ("standard", "deep")])
def test_a_check_without_anything_to_check_is_not_held(tmp_path: Path, server: Server, level: str) -> None:
    with plain(server.url, "serpi", tmp_path) as url:
        done = verify(tmp_path, "serpi", "--url", url, "--level", level)
    assert done.code == 0, done.out  # at level deep too, where no link of the document leads to an operation that may be called
    assert done.report["run"]["unfinished"] == []
    held = {one["law"] for one in done.report["laws"] if one["outcome"] == "held"}
    assert "the answer is documented" in held
    assert held.isdisjoint(NEEDS_MORE)
