"""The contract tests alone, by pytest, at a real target."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.conftest import ROOT
from tests.verify.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Server


def by_pytest(*options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "contract_tests", "-q", "-p", "no:cacheprovider", *map(str, options)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_target_file_is_enough(tmp_path: Path, server: Server) -> None:
    with plain(server.url, "serpi", tmp_path):
        done = by_pytest("--target", tmp_path / "contract.toml")
    assert done.returncode == 0, done.stdout[-2_000:]
    assert int(re.findall(r"(\d+) passed", done.stdout)[-1]) > 20


def test_a_run_that_skips_everything_fails_and_says_why(tmp_path: Path, server: Server) -> None:
    with plain(server.url, "serpi", tmp_path) as url:
        done = by_pytest("--api", "serpi", "--url", url)
    assert done.returncode == 1, done.stdout[-2_000:]
    assert "every test was skipped, so nothing was judged; most often because: Skipped: not observable here: no credentials were given" in done.stdout


def test_a_target_file_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "contract.toml"
    file.write_text('api = "serpi"\nbas_url = "https://api.example.com"\n')
    done = by_pytest("--target", file)
    assert done.returncode == 4
    assert "line 2: bas_url is not known; did you mean base_url?" in done.stderr + done.stdout
