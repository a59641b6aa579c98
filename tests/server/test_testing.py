"""The pytest plugin, on the example project and on small projects that fail."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from mockserver.testing import Mock, launch
from mockserver.testing.client import trusted_certificates
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from tests.conftest import Server

EXAMPLE = ROOT / "docs" / "example"
QUICK = ("-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:cacheprovider")
"""Plugins of this environment that the example does not need."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for the state of the test's runs; it must be empty at the end."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.delenv("MOCKSERVER_URL", raising=False)
    yield tmp_path
    assert list(tmp_path.glob("mockserver-*")) == []
    assert servers(tmp_path) == []


def servers(folder: Path) -> list[psutil.Process]:
    """The servers that were started by runs in a folder."""
    running = ((process, process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))
    return [process for process, arguments in running if "--announce" in arguments and str(folder) in " ".join(arguments)]


def run(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", *QUICK, *options]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=300, check=False)


def test_the_clients_of_a_mock_read_the_certificates_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted_certificates.cache_clear()
    made = []
    create = ssl.create_default_context

    def count(*arguments: Any, **options: Any) -> ssl.SSLContext:
        made.append(create(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", count)
    with Mock(server.url) as mock:
        assert [mock.monedero.client().get("/").status_code, mock.serpi.client().get("/").status_code] == [404, 404]
    assert len(made) == 1


def project(folder: Path, text: str, settings: str = "") -> Path:
    """A project with one test file."""
    made = folder / "project"
    made.mkdir()
    (made / "pytest.ini").write_text(f"[pytest]\nfilterwarnings = error\n{settings}\n", encoding="utf-8")
    (made / "test_it.py").write_text(text, encoding="utf-8")
    return made


def test_the_example_passes_alone(folder: Path) -> None:
    done = run(EXAMPLE)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "19 passed" in done.stdout


def test_the_example_passes_with_eight_workers_on_one_server(folder: Path) -> None:
    done = run(EXAMPLE, "-n", "8")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "19 passed" in done.stdout


@pytest.mark.slow
def test_the_example_passes_with_eight_workers_ten_times_in_a_row(folder: Path) -> None:
    for _ in range(10):
        done = run(EXAMPLE, "-n", "8")
        assert done.returncode == 0, done.stdout[-3000:]


def test_the_example_passes_on_a_server_that_runs_already(folder: Path, world: Mock) -> None:
    before = {found["name"] for found in world.call("GET", "/worlds", params={"limit": 10_000})["worlds"]}
    done = run(EXAMPLE, "--mock-url", world.url)
    assert done.returncode == 0, done.stdout[-3000:]
    after = {found["name"] for found in world.call("GET", "/worlds", params={"limit": 10_000})["worlds"]}
    assert after <= before | {world.world}


def test_no_test_of_the_example_sleeps() -> None:
    for file in EXAMPLE.rglob("*.py"):
        assert "sleep" not in file.read_text(encoding="utf-8")


def test_one_server_serves_all_workers(folder: Path) -> None:
    text = "import pytest\n@pytest.mark.parametrize('n', range(8))\ndef test(mock, n):\n    print(f'URL={mock.url} WORLD={mock.world}')\n"
    done = run(project(folder, text), "-n", "4", "-rP")
    assert done.returncode == 0, done.stdout
    printed = [line for line in done.stdout.splitlines() if line.startswith("URL=")]
    assert len(printed) == 8
    assert len({line.split()[0] for line in printed}) == 1
    assert len({line.split()[1] for line in printed}) == 8


def test_a_run_that_needs_no_mock_starts_none(folder: Path) -> None:
    made = project(folder, "def test():\n    pass\n")
    assert run(made, "-rA").returncode == 0
    assert run(made, "-n", "2").returncode == 0


def test_a_test_that_fails_shows_what_it_called(folder: Path) -> None:
    text = "def test(mock):\n    mock.monedero.client().post('/wallet/sale')\n    mock.journal.verify('create_sale', count=2)\n"
    done = run(project(folder, text))
    assert done.returncode == 1
    assert "calls in the world mockserver-" in done.stdout
    assert "POST /monedero/wallet/sale → 400 new_sale_02" in done.stdout
    assert "1 such call was made, 2 expected" in done.stdout


def test_a_test_that_fails_without_a_call_says_so(folder: Path) -> None:
    done = run(project(folder, "def test(mock):\n    assert not mock.apis\n"))
    assert done.returncode == 1
    assert "\nnone\n" in done.stdout


def test_the_server_gets_the_options_of_the_project(folder: Path) -> None:
    text = "def test(mock):\n    assert (mock.clock.mode, mock.clock.now.year) == ('frozen', 2031)\n"
    marked = "@mock.world(freeze='2032-01-01T00:00:00Z', faults=({'preset': 'lost-answer'},))\ndef test_marked(mock):\n"
    marked += "    assert (mock.clock.now.year, len(mock.faults.rules)) == (2032, 1)\n"
    made = project(folder, f"from mockserver.testing.markers import mock\n{text}{marked}", "mock_options = --freeze 2031-01-01T00:00:00Z")
    done = run(made)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_a_server_that_does_not_start_fails_every_test_with_the_reason(folder: Path, options: tuple[str, ...]) -> None:
    text = "import pytest\n@pytest.mark.parametrize('n', range(2))\ndef test(mock, n):\n    pass\n"
    done = run(project(folder, text, "mock_options = --freeze yesterday"), *options)
    assert done.returncode == 1
    assert done.stdout.count("the mock server ended with 2") >= 2
    assert "write a moment such as" in done.stdout


def test_a_wrong_address_is_reported_in_words(folder: Path) -> None:
    done = run(project(folder, "def test(mock):\n    pass\n"), "--mock-url", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "no mock server answers at http://127.0.0.1:9" in done.stdout


def test_a_run_that_is_killed_leaves_no_server_behind(folder: Path) -> None:
    made = project(folder, "import os, signal\ndef test(mock):\n    os.kill(os.getpid(), signal.SIGKILL)\n")
    assert run(made).returncode == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while servers(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert servers(folder) == []
    for left in folder.glob("mockserver-*"):
        for file in left.iterdir():
            file.unlink()
        left.rmdir()


def test_a_server_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "PATIENCE", 0.1)
    (tmp_path / "lock").touch()
    with pytest.raises(launch.NotStarted, match="did not start within"):
        launch.start_or_join(tmp_path, os.getpid())
    launch.stop(tmp_path)
