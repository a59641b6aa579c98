"""Public documents, each written as a server from the document alone: nothing is found at a server that conforms, and planted bugs are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.independent.runner import CORPUS, HERE, Implementation, judge

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("museum", "petstore", "train_travel")
FOUND_QUICKLY = [("petstore", "name_in_capitals"), ("train_travel", "page_ignored"), ("museum", "change_drops_rest")]


def _read(name: str) -> Implementation:
    found = Implementation.read(HERE / "documents" / name)
    if not (CORPUS / found.document).is_file():
        pytest.skip(f"{found.document} is not there; MOCKSERVER_CORPUS names the folder of public documents")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_each_server_has_ten_planted_bugs(name: str) -> None:
    found = Implementation.read(HERE / "documents" / name)
    source = (found.folder / "server.py").read_text(encoding="utf-8")
    assert len(found.bugs) == 10
    assert [bug for bug in found.bugs if f'"{bug}"' not in source] == []


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_broken_or_suspect_at_a_server_that_conforms(name: str, tmp_path: Path) -> None:
    result = judge(_read(name), tmp_path)
    assert (result.problem, result.unfinished, [one.sentence for one in result.findings]) == ("", [], [])


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize(("name", "bug"), FOUND_QUICKLY)
def test_a_planted_bug_is_found_by_what_is_inferred(name: str, bug: str, tmp_path: Path) -> None:
    result = judge(_read(name), tmp_path, bug=bug)
    assert (result.problem, result.exit_code) == ("", 0)
    assert result.findings
