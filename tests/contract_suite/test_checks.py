"""Behaviour checks as checks inside a run of Schemathesis."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockserver.openapi.documents import load_document
from tests.conftest import ROOT
from tests.mutation.copies import serve_copy
from tests.mutation.mutants import mutant

if TYPE_CHECKING:
    from tests.conftest import Mock

SETTINGS = """
[checks.AnswersAreDocumented]
slug = "serpi"
strict = true

[checks.BehaviourHolds]
slug = "serpi"
url = "{url}"
"""


def run(folder: Path, origin: str, headers: dict[str, str]) -> subprocess.CompletedProcess[str]:
    url = origin + load_document("serpi").base_path
    (folder / "schemathesis.toml").write_text(SETTINGS.format(url=url))
    arguments = [argument for name, value in headers.items() for argument in ("--header", f"{name}: {value}")]
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{url}/openapi.json", "--max-examples", "3", "--no-color", "--seed", "1"]
    options = ["--checks", "AnswersAreDocumented,BehaviourHolds", "--phases", "examples,coverage"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "contract_tests.suite.checks.schemathesis_checks", "PYTHONPATH": str(ROOT)}
    return subprocess.run([*command, *options, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.slow
def test_the_checks_find_nothing_at_the_mock_and_what_is_planted_elsewhere(mock: Mock, tmp_path: Path) -> None:
    headers = mock.api("serpi")["credentials"][0]["headers"]
    quiet = run(tmp_path, mock.url, headers)
    assert quiet.returncode == 0, quiet.stdout[-3_000:]
    for name, text in (("serpi.undeclared_field", "not declared"), ("serpi.change_not_stored", "not read back")):
        with serve_copy("serpi", mutant(name).changes) as origin:
            loud = run(tmp_path, origin, headers)
        assert loud.returncode == 1
        assert text in loud.stdout
