"""``mockserver verify --self-test``: loads the planted violations from the checkout, and says so if there is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from contract_tests.suite.verify import command
from tests.mutation import run as mutation
from tests.mutation.run import Result

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_an_installed_suite_without_the_tests_cannot_run_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "__file__", str(tmp_path / "mockserver" / "contract_tests" / "suite" / "verify" / "command.py"))
    done = CliRunner().invoke(command.verify, ["serpi", "--self-test"])
    assert done.exit_code == 2
    assert done.output.splitlines() == [
        "could not run: --self-test needs a checkout of the repository; the planted violations, in its folder tests/mutation, are not installed"
    ]


@pytest.mark.parametrize(("found", "code", "text"), [([("check", "create_sucursal", None)], 0, "found"), ([], 1, "NOT FOUND")])
def test_in_a_checkout_it_prints_each_violation_and_the_table(
    monkeypatch: pytest.MonkeyPatch, found: list[mutation.Found], code: int, text: str
) -> None:
    def one_result(slugs: list[str], **_: object) -> Iterator[Result]:
        assert slugs == ["serpi"]
        yield Result("serpi.creation_lost", "persistence", found=found)

    monkeypatch.setattr(mutation, "run", one_result)
    done = CliRunner().invoke(command.verify, ["serpi", "--self-test"])
    assert done.exit_code == code
    assert re.search(rf"1 of \d+: serpi\.creation_lost: {text}", done.output)
    assert "| persistence | 1 |" in done.output
