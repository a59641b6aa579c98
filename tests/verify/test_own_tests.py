"""Contract tests of the user's own, in a file beside the target file."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

import pytest

from contract_tests.suite.verify.target_file import BadTargetFile, read_target_file
from tests.conftest import ROOT
from tests.verify.conftest import verify
from tests.verify.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Server

BROKEN = """

@pytest.mark.clause("serpi.list_sucursales.r2")
def test_a_page_is_never_larger_than_two(api):
    assert len(api.call("GET", "/Sucursales?limite=3").json()["result"]) <= 2
"""


def example() -> str:
    """The file that the documentation shows."""
    page = (ROOT / "docs" / "conformance.md").read_text()
    found = re.search(r"```python\n(.*?def test_.*?)```", page, re.DOTALL)
    assert found is not None
    return textwrap.dedent(found[1])


def test_the_example_of_the_documentation_runs_and_a_broken_test_is_a_finding_of_its_clause(tmp_path: Path, server: Server) -> None:
    assert len(example().splitlines()) <= 12
    with plain(server.url, "serpi", tmp_path) as url:
        file = tmp_path / "contract.toml"
        file.write_text('tests = ["my_checks.py"]\n' + file.read_text())
        (tmp_path / "my_checks.py").write_text(example() + BROKEN)
        done = verify(tmp_path, "serpi", "--url", url, "--level", "quick")
    assert done.code == 1, done.out
    (finding,) = done.report["findings"]
    assert finding["key"] == "the clause holds | list_sucursales | / | test_a_page_is_never_larger_than_two"
    assert finding["clause"] == "serpi.list_sucursales.r2"
    assert finding["confirmed"]
    assert "serpi.list_sucursales.r2" in done.report["clauses"]["broken"]


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "contract.toml"
    file.write_text('api = "serpi"\ntests = ["none.py"]\n')
    with pytest.raises(BadTargetFile, match=r"line 2: tests names .*none.py, which is no Python file"):
        read_target_file(file, {})


def test_a_deviation_lasts_a_year_at_most(tmp_path: Path) -> None:
    file = tmp_path / "contract.toml"
    file.write_text('[[deviations]]\nfinding = "a | b | /"\nreason = "known"\nowner = "erp"\nexpires = 9999-12-31\n')
    with pytest.raises(BadTargetFile, match="must be at most 366 days from today"):
        read_target_file(file, {})
