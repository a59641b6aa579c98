"""Every shell block of the pages runs, or says why it does not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT, Mock
from tests.docs.shell import Block, list_blocks, run

if TYPE_CHECKING:
    from pathlib import Path

BLOCKS = list_blocks()
OMITTED = [block for block in BLOCKS if block.reason]
MOST_OMITTED = 28
"""Blocks that are not run, at most: those that start what does not end, need another system or a network, take hours, or are run by another test."""
PAGES = sorted({block.page for block in BLOCKS if not block.reason})


def test_blocks_that_are_not_run_are_counted_and_say_why() -> None:
    assert len(OMITTED) <= MOST_OMITTED
    assert [block for block in OMITTED if " " not in block.reason] == []
    assert {block.kind for block in BLOCKS} == {"sh"}


def test_a_test_that_runs_a_block_is_there() -> None:
    named = [name for block in OMITTED for name in re.findall(r"tests/[\w/.]+\.py", block.reason)]
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_run(page: str, mock: Mock, tmp_path: Path) -> None:
    ended = run([block for block in BLOCKS if block.page == page and not block.reason], tmp_path, mock)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.slow
def test_a_block_that_fails_is_found(mock: Mock, tmp_path: Path) -> None:
    ended = run([Block("", "", "sh", "mockserver serve nothing.yaml"), Block("", "", "sh", "echo went on")], tmp_path, mock)
    assert ended.returncode != 0
    assert "nothing.yaml: there is no such file" in ended.stdout
    assert "went on" not in ended.stdout
