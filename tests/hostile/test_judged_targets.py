"""Targets that bomb, nest, drip, redirect or send malformed heads: findings on the target or one sentence, within 1 GB, and no call elsewhere."""

from __future__ import annotations

import gzip
import json
import os
import resource
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import brotli
import pytest
import requests
import zstandard
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.suite.harness import answers as suite_answers
from contract_tests.suite.harness.bodies import find_excess, find_reason, read_body
from contract_tests.suite.harness.findings import Exchange
from contract_tests.suite.harness.policy import Limits, RequestPolicy
from contract_tests.suite.harness.transports import police_requests
from contract_tests.suite.verify import run
from contract_tests.suite.verify.command import verify
from contract_tests.suite.verify.events import RunFinished
from contract_tests.suite.verify.findings_store import FindingsStore
from mockserver.openapi import limits
from tests.conftest import ROOT
from tests.verify.conftest import START_UP, Done
from tests.verify.servers import Handler, serving, talking
from tests.verify.test_events import quick_run

MEMORY = 1_000_000_000
"""Bytes of address space that the command may have."""
BUDGET = 20
FILE = '[credentials.owner]\nAuthorization = "Bearer secret-of-the-owner"\nsecretkey = "secret-key-1"\n[known]\nbranch = "1"\n[limits]\ntimeout = 1\n'
JSON = {"Content_Type": "application/json"}
LEVELS = limits.JSON_DEPTH.value


def repeated(block: bytes, times: int) -> bytes:
    """A gzip body of a block many times over, without compressing each."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    part = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + part * times + b"\x03\0" + bytes(8)


BOMB = repeated(b" " * 1_048_576, 2_000)
"""2 MB that unpack to 2 GB."""


def head(status: str, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def whole(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    return head(status, **{**JSON, "Content_Length": str(len(body)), "Connection": "close", **headers}) + body


def send(connection: socket.socket, *parts: bytes, pause: float = 0.0) -> None:
    """Read a request, send the parts of an answer, and close."""
    asked = b""
    while b"\r\n\r\n" not in asked:
        asked += connection.recv(65_536) or b"\r\n\r\n"
    for part in parts:
        connection.sendall(part)
        time.sleep(pause)
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65_536):  # what is left of the request; a close before would reset the connection
        pass


def stream(connection: socket.socket, part: bytes, pause: float) -> None:
    """Send the chunk for ever."""
    connection.recv(65_536)
    connection.sendall(head("200 OK", Content_Type="application/json", Transfer_Encoding="chunked"))
    while True:
        connection.sendall(part)
        time.sleep(pause)


@dataclass(frozen=True)
class Hostile:
    """How a target answers, and how the command has to end: its exit code, and a text of a finding or of standard error."""

    talk: Callable[[socket.socket], None]
    code: int
    said: str


def answers(*parts: bytes) -> Callable[[socket.socket], None]:
    return partial(_answer, parts)


def _answer(parts: tuple[bytes, ...], connection: socket.socket) -> None:
    send(connection, *parts)


TARGETS = {
    "a gzip bomb": Hostile(answers(whole(BOMB, Content_Encoding="gzip")), 1, "a body that cannot be read: the body unpacks to more than"),
    "JSON of 900 levels": Hostile(answers(whole(b"[" * 900 + b"]" * 900)), 1, f"cannot be read: it is nested deeper than {LEVELS} levels"),
    "JSON of 100,000 levels": Hostile(answers(whole(b"[" * 100_000)), 1, f"cannot be read: it is nested deeper than {LEVELS} levels"),
    "gzip that is none": Hostile(answers(whole(b"{}", Content_Encoding="gzip")), 1, "cannot be read: the body is not gzip"),
    "a slow drip": Hostile(partial(stream, part=b"1\r\n \r\n", pause=0.1), 2, "did not answer in time"),
    "endless chunks": Hostile(partial(stream, part=b"10000\r\n" + b" " * 65_536 + b"\r\n", pause=0), 2, "did not answer in time"),
    "a redirect to itself": Hostile(answers(whole(b"", "302 Found", Location="/serpi/api/v1")), 1, "302, which is not documented"),
    "too long a length": Hostile(answers(head("200 OK", **JSON, Content_Length="100") + b"{}"), 2, "answered nothing that can be read as HTTP"),
    "too short a length": Hostile(answers(head("200 OK", **JSON, Content_Length="4", Connection="close") + b'{"success": true}'), 1, "no JSON"),
    "two lengths": Hostile(answers(head("200 OK", Content_Length="2, 3") + b"{}"), 2, "answered nothing that can be read as HTTP"),
    "the status 999": Hostile(answers(whole(b"{}", "999 Odd")), 1, "999, which is not documented"),
    "a head that is none": Hostile(answers(b"HTTP/1.1 abc\r\nno colon\r\n\r\n"), 2, "answered nothing that can be read as HTTP"),
    "an escape in the reason": Hostile(answers(whole(b"{}", "200 \x1b[31mOK")), 1, "breaks its schema"),
    "an escape in the media type": Hostile(answers(whole(b"{}", Content_Type="a/\x9b31m")), 1, r"as a/\x9b31m"),
    "an escape in the body": Hostile(answers(whole(b"\x1b[31m\x1b]0;title\x07", "200 OK")), 1, "no JSON"),
    "an escape in names": Hostile(answers(whole(b'{"result": [{"\\u001b[2J": 1}], "\\u001b]0;a\\u0007": "\\u001b[31m"}')), 1, "breaks its schema"),
    "a mock of another form": Hostile(answers(whole(b'{"apis": [{"slug": "serpi", "credentials": 5}]}')), 1, "breaks its schema"),
}


@dataclass
class Canary:
    """A server that must not be called, and what was called all the same."""

    origin: str = ""
    calls: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    found = Canary()

    def note(handler: Handler) -> None:
        found.calls.append(handler.path)
        handler.answer(200, b"{}")

    with serving(note) as origin:
        found.origin = origin
        yield found


def judge(folder: Path, origin: str, canary: Canary, level: str = "quick", budget: int = BUDGET, patience: float = START_UP) -> Done:
    """The end of the real command with little memory. Everything that it writes is checked for what no target may cause."""
    (folder / "contract.toml").write_text(FILE)
    started = time.monotonic()
    arguments = ["serpi", "--url", f"{origin}/serpi/api/v1", "--level", level, "--time-budget", str(budget), "--report", "report"]
    done = subprocess.run(
        [sys.executable, "-m", "contract_tests", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=2 * budget + 30 + patience,  # the budget counts the time of the target; the suite may need as much again
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", "HTTP_PROXY": canary.origin, "ALL_PROXY": canary.origin},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    told = done.stdout + done.stderr
    assert "Traceback" not in told, told[-4_000:]
    assert "an error of" not in told, told[-4_000:]
    assert told.replace("\n", "").isprintable()
    assert not [*folder.rglob("*crash*")]
    assert not canary.calls
    return Done(done.returncode, done.stdout, done.stderr, time.monotonic() - started, folder / "report")


def check(done: Done, code: int, said: str) -> None:
    assert done.code == code, done.out[-2_000:] + done.err[-2_000:]
    if code == 1:
        found = done.report["findings"]
        assert done.report["exit_code"] == 1
        assert any(said in one["sentence"] for one in found), found
        assert all(one["exchanges"] for one in found)
    else:
        assert said in done.err
        assert done.err.count("could not run: ") == 1


SLOW = (
    "JSON of 900 levels",
    "gzip that is none",
    "too short a length",
    "two lengths",
    "a redirect to itself",
    "an escape in the body",
    "an escape in names",
)
"""Targets whose classes another target stands for in a quick run."""


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in TARGETS])
def test_a_hostile_target_is_judged_or_refused_in_one_sentence(tmp_path: Path, canary: Canary, name: str) -> None:
    hostile = TARGETS[name]
    with talking(hostile.talk) as origin:
        done = judge(tmp_path, origin, canary)
    check(done, hostile.code, hostile.said)


def redirect_to(canary: Canary) -> Callable[[socket.socket], None]:
    return answers(whole(json.dumps({"next": canary.origin}).encode(), "307 Temporary Redirect", Location=f"{canary.origin}/x"))


def test_a_redirect_to_another_host_is_not_followed(tmp_path: Path, canary: Canary) -> None:
    with talking(redirect_to(canary)) as origin:
        done = judge(tmp_path, origin, canary)
    check(done, 1, "307, which is not documented")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a gzip bomb", "JSON of 100,000 levels", "the status 999", "a redirect to another host"])
def test_checks_and_generated_requests_stand_it_as_well(tmp_path: Path, canary: Canary, name: str) -> None:
    with talking(TARGETS[name].talk if name in TARGETS else redirect_to(canary)) as origin:
        done = judge(tmp_path, origin, canary, "standard", 40)
    check(done, 1, TARGETS[name].said if name in TARGETS else "307, which is not documented")


# Bodies

SPACES = b" " * 100_000
PACKED = {
    "gzip": gzip.compress(SPACES),
    "deflate": zlib.compress(SPACES),
    "br": brotli.compress(SPACES),  # type: ignore[no-untyped-call]
    "zstd": zstandard.compress(SPACES),
    "gzip, br": brotli.compress(gzip.compress(SPACES)),  # type: ignore[no-untyped-call]
}


@pytest.mark.parametrize("encodings", PACKED)
def test_a_body_is_decoded_up_to_the_limit_only(encodings: str) -> None:
    assert "unpacks to more than 99999 bytes" in find_reason(read_body(PACKED[encodings], encodings, 99_999, "text/plain"))


def test_a_body_of_very_many_compressed_parts_is_refused_before_they_are_all_read() -> None:
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    part = packer.compress(b" ") + packer.flush()
    assert read_body(part * 1_000, "gzip", 10_000, "text/plain") == b" " * 1_000
    assert "more than 1000 parts" in find_reason(read_body(part * 500_000, "gzip", 10_000_000, "text/plain"))


@given(st.integers(0, 2 * LEVELS), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]), st.sampled_from(["", '"\\"", ', "1, "]))
def test_depth_is_seen_in_every_encoding_that_json_has(levels: int, encoding: str, before: str) -> None:
    body = ("[" * levels + before + "[]" + "]" * levels).encode(encoding)
    assert bool(find_excess(body)) == (levels + 1 > LEVELS)
    assert bool(find_reason(read_body(body, "", 1_000_000, "text/plain"))) == (levels + 1 > LEVELS)


def test_schemathesis_gets_the_note_too() -> None:
    taken: list[Exchange] = []

    def bomb(handler: Handler) -> None:
        handler.answer(200, BOMB, Content_Encoding="gzip")

    with serving(bomb) as origin:
        policy = RequestPolicy(frozenset({origin}), lambda _method, _url: None, Limits())
        with police_requests(policy, taken.append):
            answer = requests.get(f"{origin}/x", timeout=10)
    assert "unpacks to more than" in find_reason(answer.content)
    assert taken[0].response_body == answer.content


# Errors of our own


def fail(*_: object) -> None:
    raise ZeroDivisionError("nobody foresaw this")


def test_an_error_of_the_suite_ends_with_2_a_report_and_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run, "run_clauses", fail)
    monkeypatch.setattr(time, "process_time", lambda: 0.0)  # the command counts the time of its process, which here runs other tests as well
    Path("contract.toml").write_text(FILE)
    with talking(answers(whole(b"{}"))) as origin:
        ended = CliRunner().invoke(verify, ["serpi", "--url", f"{origin}/serpi/api/v1", "--level", "quick", "--report", "report"])
    assert ended.exit_code == 2
    assert "verify stopped by an error of its own, which says nothing about what it judged (ZeroDivisionError" in ended.output
    report = Done(2, "", "", 0, tmp_path / "report").report
    assert report["exit_code"] == 2
    assert "clauses ended early by an error of the suite" in report["run"]["unfinished"][0]
    [file] = (tmp_path / "report").glob("mockserver-verify-crash-*.txt")
    assert "ZeroDivisionError: nobody foresaw this" in file.read_text()


def test_an_error_of_our_own_before_anything_was_judged_is_reported_as_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run, "try_roles", None)
    Path("contract.toml").write_text(FILE)
    seen: list[object] = []
    with talking(answers(whole(b"{}"))) as origin, pytest.raises(TypeError):
        seen.extend(quick_run("serpi", f"{origin}/serpi/api/v1"))
    assert isinstance(seen[-1], RunFinished)
    assert any("ended early by an error of the suite" in one for one in seen[-1].report["run"]["unfinished"])


def test_a_clause_test_that_our_own_code_ends_is_not_exercised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(suite_answers, "find_reason", None)  # calling it raises an error in our own code
    monkeypatch.setattr(FindingsStore, "observe", lambda *_: None)
    monkeypatch.setattr(run, "run_fuzz", lambda _: None)
    monkeypatch.setattr(run, "try_roles", lambda _: [])
    Path("contract.toml").write_text(FILE)
    with talking(answers(whole(b"{}"))) as origin:
        *_, last = quick_run("serpi", f"{origin}/serpi/api/v1")
    assert isinstance(last, RunFinished)
    assert any("was ended by an error of the suite: TypeError" in one for one in last.report["run"]["unfinished"])
    assert not last.report["clauses"]["broken"]
    assert any("an error of the suite" in one["reason"] for one in last.report["clauses"]["not_exercised"])
