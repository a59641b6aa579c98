"""Runs of the contract suite that a person starts: one at a time, with a time limit, with live output."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from mockserver.control import runs as module
from mockserver.control.runs import RunInProgress, Runs
from tests.conftest import Server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Mock

REPORT = """
import json, pathlib, sys
arguments = dict(zip(sys.argv[2::2], sys.argv[3::2]))
print("listening to", sys.argv[1], arguments["--url"], arguments["--level"], arguments["--time-budget"], flush=True)
folder = pathlib.Path(arguments["--report"])
(folder / "report.json").write_text(json.dumps({"run": {"api": sys.argv[1]}, "findings": [{"operation": "x", "sentence": "<b>It broke.</b>"}]}))
(folder / "report.html").write_text("<!doctype html><p>told")
sys.exit(%d)
"""


def suite(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


async def ended(runs: Runs) -> None:
    assert runs._task is not None
    await runs._task


@pytest.mark.parametrize(("exit_code", "state"), [(0, "held"), (1, "broken"), (2, "failed")])
def test_a_run_reports_how_it_ended_and_leaves_a_report(tmp_path: Path, exit_code: int, state: str) -> None:
    async def play() -> Runs:
        runs = Runs(tmp_path, suite(REPORT % exit_code))
        await runs.start("serpi", "http://127.0.0.1:9/x?a=1;b", "quick", 30)
        assert runs.state == "running"
        await ended(runs)
        return runs

    runs = asyncio.run(play())
    assert (runs.state, runs.exit_code) == (state, exit_code)
    assert list(runs.lines) == ["listening to serpi http://127.0.0.1:9/x?a=1;b quick 30"]
    assert runs.find_newest_folder() == tmp_path / "serpi"
    report = runs.read_report()
    assert report is not None
    assert report["run"] == {"api": "serpi"}


def test_a_run_that_wrote_no_report_counts_as_not_done_with_any_exit_code(tmp_path: Path) -> None:
    async def play() -> Runs:
        runs = Runs(tmp_path, suite("import sys; sys.exit(1)"))
        await runs.start("serpi", "http://127.0.0.1:9", "quick", 30)
        await ended(runs)
        return runs

    assert asyncio.run(play()).state == "failed"


def test_there_is_one_run_at_a_time_and_it_can_be_stopped(tmp_path: Path) -> None:
    async def play() -> None:
        runs = Runs(tmp_path, suite("import time; print('busy', flush=True); time.sleep(60)"))
        await runs.start("serpi", "http://127.0.0.1:9", "quick", 30)
        with pytest.raises(RunInProgress):
            await runs.start("serpi", "http://127.0.0.1:9", "quick", 30)
        assert await runs.stop()
        assert runs.state == "stopped"
        assert not await runs.stop()

    started = time.monotonic()
    asyncio.run(play())
    assert time.monotonic() - started < 30


def test_a_run_that_overstays_its_budget_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE", 0.2)

    async def play() -> Runs:
        runs = Runs(tmp_path, suite("import time; time.sleep(60)"))
        await runs.start("serpi", "http://127.0.0.1:9", "quick", 0)
        await ended(runs)
        return runs

    runs = asyncio.run(play())
    assert runs.state == "failed"
    assert "exceeded its time budget" in runs.lines[-1]


def test_of_endless_output_the_last_lines_are_kept(tmp_path: Path) -> None:
    async def play() -> Runs:
        runs = Runs(tmp_path, suite("print('x' * 3_000_000); [print(n) for n in range(5000)]"))
        await runs.start("serpi", "http://127.0.0.1:9", "quick", 60)
        await ended(runs)
        return runs

    lines = asyncio.run(play()).lines
    assert len(lines) == module.LINES
    assert lines[-1] == "4999"


@pytest.mark.parametrize(("scheme", "is_own", "checks"), [("https", True, False), ("https", False, True), ("http", True, True)])
def test_only_a_run_at_the_own_socket_leaves_its_certificate_unchecked(tmp_path: Path, scheme: str, is_own: bool, checks: bool) -> None:  # noqa: FBT001 - a table
    async def play() -> Runs:
        runs = Runs(tmp_path, suite("import sys; print(*sys.argv, flush=True)"), scheme=scheme)
        await runs.start("serpi", f"{scheme}://127.0.0.1:9/x", "quick", 30, is_own=is_own)
        await ended(runs)
        return runs

    (line,) = asyncio.run(play()).lines
    target = tmp_path / "serpi" / "own.toml"
    assert (f"--target {target}" in line) is not checks
    assert target.exists() is not checks


def test_a_run_started_in_the_console_reaches_a_server_with_tls(tmp_path: Path) -> None:
    server = Server("--tls", "self-signed", "--reports", str(tmp_path))
    try:
        authority = re.search(r"have to trust (\S+)", server.banner)
        assert authority
        with httpx.Client(base_url=server.url, verify=ssl.create_default_context(cafile=authority[1]), timeout=60) as client:
            started = client.post("/_mock/conformance", json={"api": "serpi"}).json()
            assert started["url"].startswith("https://127.0.0.1:")
            deadline = time.monotonic() + 60
            while "it is a mock" not in str(told := client.get("/_mock/conformance").json()):
                assert told["state"] == "running", told
                assert time.monotonic() < deadline, told
                time.sleep(0.2)
            client.delete("/_mock/conformance")
    finally:
        server.stop()


def test_a_report_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    assert runs.find_newest_folder() is None
    assert runs.read_report() is None
    (tmp_path / "report.json").write_text("{", encoding="utf-8")
    assert runs.read_report() is None
    (tmp_path / "report.json").write_text(json.dumps({"findings": []}), encoding="utf-8")
    assert runs.read_report() == {"findings": []}


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.com", "--report=/tmp", "http://", "http:// x", "javascript:alert(1)"])
def test_only_addresses_of_http_are_judged(mock: Mock, console: httpx.Client, url: str) -> None:
    with mock.control as control:
        assert control.post("/conformance", json={"api": "serpi", "url": url}).status_code == 400
        assert control.post("/conformance", json={"api": "nobody"}).status_code == 404
        assert control.post("/conformance", json={"api": "serpi", "seconds": 100_000}).status_code == 400
    refused = console.post("/console/conformance", data={"api": "serpi", "url": url})
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text


def test_a_page_of_another_origin_starts_nothing(mock: Mock, console: httpx.Client) -> None:
    elsewhere = {"origin": "https://elsewhere.example.com"}
    assert console.post("/console/conformance", data={"api": "serpi"}, headers=elsewhere).status_code == 403
    with mock.control as control:
        assert control.post("/conformance", json={"api": "serpi"}, headers=elsewhere).status_code == 403
