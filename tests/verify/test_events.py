"""A run is one stream of typed events: in order, in one thread, and with an end whatever the target does."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.suite.verify import events, run
from contract_tests.suite.verify.events import Phase
from contract_tests.suite.verify.fuzz import run_fuzz
from contract_tests.suite.verify.options import CannotRun, Options, make_plan
from mockserver.openapi.documents import load_document
from tests.conftest import ROOT
from tests.verify.conftest import START_UP, Done, verify
from tests.verify.servers import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contract_tests.suite.verify.session import VerifySession
    from tests.conftest import Server
    from tests.verify.servers import Handler

FILE = '[credentials.owner]\napikey = "a-secret-of-the-owner"\n[known]\nwallet = "w-1"\n'
CALLS = 30


def quick_run(slug: str, url: str, workers: int = 1, budget: float = 120.0) -> run.VerifyRun:
    options = Options(
        slug, url, 1, None, "quick", workers, read_only=False, dry_run=False, target=None, compare=None, budget=budget, any_implementation=False
    )
    return run.VerifyRun(make_plan(options, time.monotonic()))


@contextmanager
def falling_silent() -> Iterator[tuple[str, threading.Event]]:
    """A target that answers some calls, and then sends headers without an end; the event is set when it begins to."""
    asked, silent = list[str](), threading.Event()

    def handle(handler: Handler) -> None:
        asked.append(handler.path)
        if len(asked) <= CALLS:
            handler.answer(404, b'{"success": false}')
            return
        silent.set()
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            handler.wfile.write(b"a")
            handler.wfile.flush()
            time.sleep(0.2)

    with serving(handle) as origin:
        yield f"{origin}/monedero", silent


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_is_one_stream_of_events_in_the_thread_that_reads_it(server: Server, workers: int) -> None:
    seen = list(quick_run("serpi", server.url + load_document("serpi").base_path, workers))
    last = seen[-1]
    assert isinstance(seen[0], events.RunStarted)
    assert isinstance(last, events.RunFinished)
    assert last.report["verdict"] == "conforms"
    for phase in (Phase.CLAUSES, Phase.GENERATED):
        began, ended = (
            next(place for place, one in enumerate(seen) if isinstance(one, kind) and one.phase is phase)
            for kind in (events.PhaseStarted, events.PhaseFinished)
        )
        assert any(isinstance(one, events.ExchangeRecorded) for one in seen[began:ended])
    judged = {one.verdict.subject for one in seen if isinstance(one, events.VerdictReached)}
    assert set(last.report["clauses"]["held"]) <= judged


def test_the_other_phases_wait_until_pytest_has_parsed_the_tests_and_no_library_is_patched(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CPython before 3.11.8 and 3.12.2 may fail if two threads parse code at once."""
    order: list[str] = []
    parse, fuzz = ast.parse, run_fuzz

    def note_fuzz(session: VerifySession) -> None:
        order.append("generated requests")
        fuzz(session)

    def note_parse(*arguments: Any, **options: Any) -> Any:
        if "vendors" in str(options.get("filename", "")):
            order.append("a test is parsed")
        return parse(*arguments, **options)

    monkeypatch.setattr(run, "run_fuzz", note_fuzz)
    monkeypatch.setattr(ast, "parse", note_parse)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))  # with no cache in it, pytest has to parse
    for name in [name for name in sys.modules if name.startswith("contract_tests.suite.vendors.serpi")]:
        monkeypatch.delitem(sys.modules, name)
    for _ in quick_run("serpi", server.url + load_document("serpi").base_path, workers=2):
        assert ast.parse is note_parse
    assert order[-1] == "generated requests"
    assert len(order) > 1


def test_a_call_without_an_end_is_left_behind_and_what_was_judged_before_is_reported(tmp_path: Path) -> None:
    (tmp_path / "contract.toml").write_text(FILE)
    with falling_silent() as (url, _):
        done = verify(tmp_path, "monedero", "--url", url, "--time-budget", 15)
    assert done.code == done.report["exit_code"] == 1
    assert {one["law"] for one in done.report["findings"]} == {"the clause holds"}
    assert "the time budget of 15 s was spent in a call that did not end" in done.report["run"]["unfinished"]
    assert done.report["run"]["requests"] >= CALLS
    assert done.seconds < 15 + START_UP


def test_an_interrupted_run_reports_what_was_judged_so_far(tmp_path: Path) -> None:
    (tmp_path / "contract.toml").write_text(FILE)
    with falling_silent() as (url, silent):
        process = subprocess.Popen(
            [sys.executable, "-m", "contract_tests", "monedero", "--url", url, "--report", "report"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert silent.wait(60)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    done = Done(process.returncode, out, err, time.monotonic() - started, tmp_path / "report")
    assert "Traceback" not in err
    assert done.code == done.report["exit_code"] == 1
    assert done.report["run"]["unfinished"] == ["the run was interrupted"]
    assert done.report["run"]["requests"] >= CALLS
    assert done.seconds < START_UP


def test_a_run_that_is_interrupted_before_the_first_answer_says_so() -> None:
    begun = quick_run("serpi", "http://127.0.0.1:9")
    begun.interrupt()
    with pytest.raises(CannotRun, match="the run was interrupted"):
        list(begun)
