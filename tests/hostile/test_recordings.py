"""Hostile recordings: memory stays bounded, exit codes stay true, and each bad entry has its reason."""

from __future__ import annotations

import asyncio
import copy
import gzip
import io
import json
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.printable import printable
from contract_tests.traffic.audit import Audit
from contract_tests.traffic.judge import TrafficValidator
from contract_tests.traffic.player import Player, Side
from contract_tests.traffic.recorder import Recorder
from contract_tests.traffic.recording import RecordingBroken, exchanges
from contract_tests.traffic.reports import FORMATS, as_text
from contract_tests.traffic.steps import recorded
from mockserver.cli import cli
from mockserver.openapi import limits
from mockserver.openapi.documents import load_document
from mockserver.openapi.limits import Limit
from mockserver.openapi.nesting import is_deeper
from tests.conftest import ROOT
from tests.traffic.exchanges import KEY, SALE, SOLD, answer, entry, har, sale
from tests.traffic.upstreams import MEBIBYTE, Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

GOOD = entry(sale())
GIB = 1 << 30
MONEDERO = load_document("monedero")
ONE = json.dumps(GOOD).encode()


def audit_of(data: bytes) -> Audit:
    return Audit(MONEDERO).read(io.BytesIO(data))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def varied(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A good entry with another value at one place."""
    found: dict[str, Any] = copy.deepcopy(GOOD)
    here = found
    for name in path[:-1]:
        here = here[name]
    here[path[-1]] = value
    return found


# Depth, bytes and digits

HEAD, TAIL = b'{"log": {"entries": [' + ONE + b", ", b"]}}"
DEEP = b"[" * 100_000 + b"]" * 100_000
DEEP_RECORDINGS = {
    "a member of an entry": HEAD + b'{"request": ' + DEEP + b"}" + TAIL,
    "objects": HEAD + b'{"request": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}" + TAIL,
    "cut off": HEAD + b'{"request": ' + b"[" * 100_000,
    "an entry": HEAD + DEEP + TAIL,
    "before the entries": b'{"log": {"creator": ' + DEEP + b', "entries": [' + ONE + TAIL,
    "a line": ONE + b"\n" + b'{"request": ' + DEEP + b"}\n",
}


def limited() -> None:
    """Bound the address space of a child process."""
    resource.setrlimit(resource.RLIMIT_AS, (GIB, GIB))


@pytest.mark.parametrize("name", ["a member of an entry", "a line"])
def test_a_deep_recording_is_refused_within_a_gibibyte(name: str, tmp_path: Path) -> None:
    file = tmp_path / "deep"
    file.write_bytes(DEEP_RECORDINGS[name])
    command = [sys.executable, "-m", "mockserver", "audit", str(file), "--api", "monedero"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, preexec_fn=limited)

    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert re.search(r"(at entry|line) 2\b", done.stderr)
    assert "nested deeper than 100 levels" in done.stderr
    assert "Monedero" in done.stdout  # the report on the first entry, which is good


@pytest.mark.parametrize("name", DEEP_RECORDINGS)
def test_a_deep_recording_is_broken_and_the_place_is_named(name: str) -> None:
    audit = Audit(MONEDERO)
    with pytest.raises(RecordingBroken, match=r"nested deeper than 100 levels|line 2 is nested deeper"):
        audit.read(io.BytesIO(DEEP_RECORDINGS[name]))
    assert audit.total == (0 if name == "before the entries" else 1)


@pytest.mark.parametrize("levels", [95, 97])
def test_the_deepest_entry_that_is_read(levels: int) -> None:
    data = HEAD + ONE[:-1] + b', "_x": ' + b"[" * levels + b"]" * levels + b"}" + TAIL
    if levels + 4 <= limits.JSON_DEPTH.value:
        assert audit_of(data).total == 2
    else:
        with pytest.raises(RecordingBroken):
            audit_of(data)


@pytest.mark.parametrize("data", [HEAD + b'{"a": ' + b"9" * 5000 + b"}" + TAIL, ONE + b'\n{"a": ' + b"9" * 5000 + b"}"])
def test_a_number_of_thousands_of_digits_is_refused(data: bytes) -> None:
    with pytest.raises(RecordingBroken, match="more than 400 digits"):
        audit_of(data)


@pytest.mark.parametrize("data", [HEAD + ONE + b"," + ONE.replace(b"2026", b"x" * 9000) + TAIL, ONE + b"\n" + ONE + b"\n" + b"x" * 9000])
def test_an_entry_of_too_many_bytes_is_refused(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RECORDING_ENTRY", Limit("recording-entry", 8000, "bytes", "", ""))
    monkeypatch.setattr("contract_tests.traffic.recording._PART", 1024)

    with pytest.raises(RecordingBroken, match=r"(line 3|entry \d).* 8000 bytes|8000 bytes at entry \d"):
        list(exchanges(Slow(data)))


class Slow(io.BytesIO):
    """A file that gives little at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size, 1024) if size is not None and size >= 0 else size)


def test_a_head_of_spaces_is_no_recording_and_is_told_at_once() -> None:
    with pytest.raises(RecordingBroken):
        audit_of(b" " * 65_536 + b"x")


# Members of an entry

UNREADABLE = {
    "a broken IPv6 address": (("request", "url"), "http://[::1", "request.url is no address"),
    "a port of letters": (("request", "url"), "http://a:b/", "request.url is no address"),
    "a port out of range": (("request", "url"), "http://a:99999/", "request.url is no address"),
    "no host": (("request", "url"), "http:///monedero", "request.url names no host"),
    "a control character": (("request", "url"), "http://a/\x1b[31m", "request.url holds a control character"),
    "half of a surrogate pair": (("request", "url"), "http://a/\ud800", "request.url"),
    "no address": (("request", "url"), None, "request.url is no text"),
    "a list for the address": (("request", "url"), ["http://a/"], "request.url is no text"),
    "a method of two words": (("request", "method"), "GET /", "request.method is no method"),
    "a number for the method": (("request", "method"), 7, "request.method is no method"),
    "a huge status": (("response", "status"), 10**300, "response.status is no status"),
    "a status of text": (("response", "status"), "²", "response.status is no status"),
    "an endless status": (("response", "status"), 1e308 * 10, "response.status is no status"),
    "headers of text": (("request", "headers"), "a: b", "request.headers is no list"),
    "headers of numbers": (("response", "headers"), [1], "response.headers is no list"),
    "a header of a list": (("response", "headers"), [{"name": "a", "value": []}], "response.headers.value is no text"),
    "a size of text": (("request", "bodySize"), "many", "request.bodySize is no number"),
    "content of text": (("response", "content"), "many", "content is no JSON object"),
    "a text of a list": (("response", "content", "text"), [1], "content.text is no text"),
    "parameters of text": (("request", "postData"), {"mimeType": "a/b", "params": "x"}, "postData.params is no list"),
    "no request": (("request",), None, "it has no request"),
    "a mark of text": (("_mock",), "injected", "_mock is no JSON object"),
}


@pytest.mark.parametrize(("path", "value", "reason"), UNREADABLE.values(), ids=list(UNREADABLE))
def test_an_unreadable_entry_is_counted_with_its_reason(path: tuple[str, ...], value: Any, reason: str, tmp_path: Path) -> None:
    data = json.dumps(har(GOOD, varied(path, value), GOOD)).replace("Infinity", "1e999").encode()
    audit = audit_of(data)

    if "\\ud800" not in data.decode() or audit.unreadable:  # a parser may replace half of a pair by a sign of its own
        assert [text.startswith(reason) for text in audit.unreadable] == [True]
        assert (audit.total, audit.first_unreadable) == (2, 2)
    for render in FORMATS.values():
        render(audit).encode()

    (tmp_path / "some.har").write_bytes(data)
    (tmp_path / "all.har").write_text(json.dumps(har(varied(("request",), None))), "utf-8")
    assert run("audit", str(tmp_path / "some.har"), "--api", "monedero").exit_code == 0
    nothing_read = run("audit", str(tmp_path / "all.har"), "--api", "monedero")
    assert (nothing_read.exit_code, "it has no request" in nothing_read.stderr) == (2, True)


def test_a_replay_names_the_entry_that_it_cannot_read() -> None:
    with pytest.raises(RecordingBroken, match=r"entry 1 is no HAR entry: request.url is no address"):
        list(exchanges(io.BytesIO(json.dumps(har(varied(("request", "url"), "http://[::1"))).encode())))


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=30)
    | st.sampled_from(["http://[::1", "base64", "gzip"])
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8)


def places(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every place of an entry, down into lists' first members."""
    for name, inner in value.items() if isinstance(value, dict) else ():
        yield (*path, name)
        yield from places(inner, (*path, name))


PLACES = [
    *places(GOOD), ("_mock",), ("_mock", "injected"), ("request", "postData", "params"), ("response", "content", "encoding"),
    ("response", "content", "_unread"),
]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=3))
@settings(max_examples=80, deadline=None)
def test_whatever_stands_in_an_entry_is_judged_or_reported(changes: list[tuple[tuple[str, ...], Any]]) -> None:
    found: Any = copy.deepcopy(GOOD)
    for path, value in changes:
        here = found
        for name in path[:-1]:
            here = here.get(name) if isinstance(here, dict) else None
        if isinstance(here, dict):
            here[path[-1]] = value
    audit = Audit(MONEDERO)
    try:
        audit.read(io.BytesIO(json.dumps(har(found)).encode()))
    except RecordingBroken:
        return  # NaN, and half of a surrogate pair, are no JSON
    assert audit.total + sum(audit.unreadable.values()) == 1
    for render in FORMATS.values():
        render(audit).encode()


@given(st.binary(max_size=200), st.sampled_from([b"", b'{"log":', b'{"log": {"entries": [', ONE + b"\n", b"\xef\xbb\xbf"]))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_recording_or_broken(rest: bytes, head: bytes) -> None:
    try:
        audit_of(head + rest)
    except RecordingBroken as error:
        said = str(error)
    else:
        said = "good"
    assert len(said.splitlines()) == 1


# The scanner against a parser

TEXTS = st.text(st.sampled_from('[]{}"\\a\n'), max_size=8)
NESTED = st.recursive(TEXTS | st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=20)


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


@given(NESTED, st.integers(0, 8))
def test_the_depth_of_a_text_is_that_of_its_value(value: Any, levels: int) -> None:
    assert is_deeper(json.dumps(value).encode(), levels) == (depth_of(value) > levels)


@given(NESTED, st.integers(1, 9), st.integers(0, 3))
def test_the_scanner_sees_the_same_however_the_text_is_cut(value: Any, size: int, more: int) -> None:
    from contract_tests.traffic.recording import _Scanner  # noqa: PLC0415 - the one test of its inside

    levels = limits.JSON_DEPTH.value - depth_of(value) + more
    text = b"[" * levels + json.dumps(value).encode() + b"]" * levels
    scanner, kept = _Scanner(), 0
    for start in range(0, len(text), size):
        good, wrong = scanner.scan(text[start : start + size])
        kept += good
        if wrong:
            break
    assert (kept == len(text)) == (more == 0)
    assert text[kept : kept + 1] in (b"", b"[", b"{")


HOSTILE = {"escapes": ('"', '\\"'), "quotes": ("", '"'), "backslashes": ('"', "\\"), "opened": ("", "["), "pairs": ("", "[]"), "texts": ("", '["')}


@pytest.mark.parametrize(("first", "unit"), HOSTILE.values(), ids=list(HOSTILE))
def test_the_cost_of_the_depth_is_linear(first: str, unit: str) -> None:
    code = f"""
import resource
resource.setrlimit(resource.RLIMIT_CPU, (4, 4))
from mockserver.openapi.nesting import is_deeper
is_deeper(({first!r} + {unit!r} * 2_000_000).encode(), 100)
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False).returncode == 0


# Bodies

BODIES = {
    "JSON": sale(response=None, headers=(KEY, ("content-type", "application/json"))),
    "a form": sale(fields={"a" + "[b]" * 20_000: "1"}),
    "a form of lists": sale(fields={"a" + "[]" * 20_000: "1"}),
    "a query": sale(path="/monedero/wallet/sale?a" + "[b]" * 20_000 + "=1"),
}


@pytest.mark.parametrize("levels", [200, 900, 5_000])
def test_a_deep_body_is_not_judged_and_counted(levels: int) -> None:
    deep = "[" * levels + "]" * levels
    found = varied(("response", "content", "text"), deep)

    audit = audit_of(json.dumps(har(found)).encode())

    assert dict(audit.unjudged) == {"response body: it is nested deeper than 100 levels": 1}


@pytest.mark.parametrize("name", BODIES)
def test_names_of_thousands_of_brackets_are_a_finding_and_no_crash(name: str) -> None:
    audit = audit_of(json.dumps(har(entry(BODIES[name]))).encode())
    assert audit.total == 1


# What a host name of a client does to a record


@pytest.mark.parametrize("url", ["http://[::1/x?token=abc&a=1", "http://[::1/x", "http://a/x?token=abc&a=1#b?c"])
def test_an_odd_address_is_masked_like_any_other(url: str) -> None:
    masked = MONEDERO.mask.url(url)
    assert masked == url.replace("abc", "***")


def test_a_call_with_an_odd_host_is_written_down_and_read_again_as_unreadable(tmp_path: Path) -> None:
    async def answer(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def ignore(_message: Any = None) -> dict[str, Any]:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": "/monedero/x", "query_string": b"token=secret-1", "headers": [(b"host", b"[::1")]}
    recorder = Recorder(answer, tmp_path / "calls", ["monedero"])
    asyncio.run(recorder(scope, ignore, ignore))  # type: ignore[arg-type]
    recorder._file.close()

    written = (tmp_path / "calls").read_bytes()
    assert b"secret-1" not in written
    assert list(audit_of(written).unreadable) == ["request.url is no address: Invalid IPv6 URL"]


# Exit codes


def test_an_unforeseen_error_ends_with_2_and_leaves_a_report_and_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = TrafficValidator.judge

    def fails_at_the_second(validator: TrafficValidator, exchange: Any) -> Any:
        if exchange.number == 2:
            raise RuntimeError("\x1b[31mthis was\nnot foreseen")
        return judge(validator, exchange)

    monkeypatch.setattr(TrafficValidator, "judge", fails_at_the_second)
    (tmp_path / "calls.har").write_text(json.dumps(har(entry(sale(fields={**SALE, "phone": "12"})), GOOD)), "utf-8")

    done = run("audit", str(tmp_path / "calls.har"), "--api", "monedero", "--format", "json")

    assert done.exit_code == 2
    report = json.loads(done.stdout)
    assert (report["exchanges"], report["violations"]) == (1, 1)
    assert report["stopped"] == "RuntimeError: \\x1b[31mthis was not foreseen"
    (sentence,) = done.stderr.splitlines()
    file = Path(sentence.rpartition(" in ")[2])
    assert "RuntimeError" in sentence
    assert "\x1b" not in sentence
    assert file.read_text("utf-8").count("Traceback") == 1
    assert file.stat().st_mode & 0o077 == 0
    file.unlink()


def test_a_compared_recording_that_is_broken_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "deep.har").write_bytes(DEEP_RECORDINGS["an entry"])
    closed = "http://127.0.0.1:9"

    done = run("compare", "monedero", "--left", closed, "--right", closed, "--har", str(tmp_path / "deep.har"))

    assert (done.exit_code, "nested deeper" in done.stderr) == (2, True)


def test_no_text_of_a_recording_reaches_a_terminal_as_a_command() -> None:
    hostile = "\x1b[31mX\x07\u202e\x9b\nMonedero: 0 violations"
    other_media = varied(("response", "headers"), [{"name": "content-type", "value": f"a/{hostile}"}])
    unread = varied(("response", "content"), {"size": 1, "_unread": hostile})
    wrong = entry(sale(fields={**SALE, "phone": hostile}, response=answer({**SOLD, "code": hostile})))

    audit = audit_of(json.dumps(har(wrong, other_media, unread)).encode())

    text = as_text(audit)
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert not re.search(r"^Monedero: 0", text, re.MULTILINE)
    (first, *_) = [finding for group in audit.groups.values() for finding in group.examples]
    assert all(letter.isprintable() for letter in printable(first.value))


# Answers of a target in a comparison

ANSWERS = {
    "a bomb": (b"content-encoding: gzip", gzip.compress(bytes(64 * MEBIBYTE)), "unpacks to more than"),
    "a deep body": (b"content-type: application/json", b"[" * 500 + b"]" * 500, "nested deeper than 100 levels"),
    "a body without end": (b"content-type: text/plain", b"x" * (limits.ANSWER.value + 1), "longer than"),
}


@pytest.mark.parametrize(("header", "body", "reason"), ANSWERS.values(), ids=list(ANSWERS))
def test_an_answer_beyond_a_limit_is_no_answer_that_can_be_compared(header: bytes, body: bytes, reason: str) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + header + b"\r\ncontent-length: %d\r\n\r\n" % len(body)
    upstream = Upstream(lambda connection, _: connection.sendall(head + body))
    player = Player(Side("left", upstream.url), MONEDERO)
    (step,) = recorded([sale()], MONEDERO)

    answer = player.play(step)

    assert reason in answer.broken
    assert answer.value is None
    player.close()
    upstream.close()


PUBLISHED = {
    "no mock": b"{}",
    "text": b"hello",
    "a deep answer": b"[" * 100_000,
    "an API without credentials": b'{"apis": [{"slug": "monedero"}]}',
    "credentials of text": b'{"apis": [{"slug": "monedero", "credentials": "many"}]}',
    "a list of numbers": b'{"apis": [1, 2]}',
}


@pytest.mark.parametrize("body", PUBLISHED.values(), ids=list(PUBLISHED))
def test_a_target_that_only_seems_to_be_a_mock_is_none(body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    upstream = Upstream(lambda connection, _: connection.sendall(head + body))

    side = Side.discover("left", upstream.url, MONEDERO, world="w", headers={})

    assert (side.credentials, side.world) == ({}, None)
    upstream.close()


@pytest.mark.parametrize("address", ["http://[::1", "http://a:b", "staging", "file:///x"])
def test_an_odd_address_of_an_option_is_the_callers_mistake(address: str, tmp_path: Path) -> None:
    (tmp_path / "calls.har").write_text(json.dumps(har(GOOD)), "utf-8")
    file = str(tmp_path / "calls.har")
    commands = [
        ("compare", "monedero", "--left", address, "--right", "http://127.0.0.1:9", "--har", file),
        ("replay", file, "--api", "monedero", "--url", address),
        ("proxy", "monedero", "--upstream", address, "--port", "0"),
    ]
    for command in commands:
        done = run(*command)
        assert (command[0], done.exit_code) == (command[0], 2)
        assert "no address" in " ".join(done.stderr.split())
        assert "error of its own" not in done.stderr


def test_a_header_that_no_client_sends_is_no_answer_and_no_crash() -> None:
    player = Player(Side("left", "http://127.0.0.1:9"), MONEDERO)
    (step,) = recorded([sale(headers=(KEY, ("x-name", "\u20ac")))], MONEDERO)

    assert player.play(step).broken.startswith("no answer")
    player.close()
