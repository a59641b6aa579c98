"""Targets that hang, reset, answer HTML or errors, are down, have a bad certificate, or stream forever: exit 2 or findings, in time."""

from __future__ import annotations

import subprocess
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import httpx
import pytest

from contract_tests.suite.verify.alike import ALIKE
from tests.verify import servers
from tests.verify.conftest import START_UP, verify
from tests.verify.servers import Handler, serving, talking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from socket import socket

    from tests.conftest import Server

BUDGET = 20
FILE = '[credentials.owner]\napikey = "a-secret-of-the-owner"\n[known]\nwallet = "w-1"\n[limits]\ntimeout = 2\n'


def hang(connection: socket) -> None:
    connection.recv(1_000)
    time.sleep(120)


def stream(connection: socket) -> None:
    connection.recv(1_000)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        connection.sendall(b" " * 65_536)


def trickle(connection: socket) -> None:
    connection.recv(1_000)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        connection.sendall(b"a")
        time.sleep(0.1)


def greet(connection: socket) -> None:
    connection.recv(1_000)
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


UNABLE: dict[str, tuple[Callable[[], AbstractContextManager[str]], str]] = {
    "hangs": (lambda: talking(hang), "did not answer in time"),
    "resets": (lambda: talking(servers.reset), "answered nothing that can be read as HTTP"),
    "streams forever": (lambda: talking(stream), "did not answer in time"),
    "never ends its headers": (lambda: talking(trickle), "did not answer within the time budget"),
    "speaks another protocol": (lambda: talking(greet), "answered nothing that can be read as HTTP"),
    "is down": (lambda: nullcontext("http://127.0.0.1:9"), "nothing answers at"),
}


@pytest.mark.parametrize("name", UNABLE)
def test_a_target_that_cannot_be_judged_is_reported_in_time(tmp_path: Path, name: str) -> None:
    make, said = UNABLE[name]
    (tmp_path / "contract.toml").write_text(FILE)
    with make() as origin:
        done = verify(tmp_path, "monedero", "--url", f"{origin}/monedero", "--time-budget", BUDGET)
    assert done.code == 2
    assert f"could not run: {'the target ' if 'budget' in said else ''}" in done.err
    assert said in done.err
    assert done.seconds < BUDGET + START_UP


def test_a_certificate_that_is_not_trusted_is_reported_with_what_to_do(tmp_path: Path) -> None:
    pem = tmp_path / "own.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(pem), "-out", str(tmp_path / "ca.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *files, *subject], check=True, capture_output=True)
    pem.write_text(pem.read_text() + (tmp_path / "ca.pem").read_text())
    file = tmp_path / "contract.toml"
    file.write_text(FILE)
    with serving(servers.html, pem) as origin:
        done = verify(tmp_path, "monedero", "--url", origin, "--level", "quick")
        assert done.code == 2
        assert "is not trusted" in done.err
        assert "ca_file" in done.err
        file.write_text(FILE + '[tls]\nca_file = "ca.pem"\n')
        assert verify(tmp_path, "monedero", "--url", origin, "--level", "quick").code == 1


@pytest.mark.parametrize("handle", [servers.html, servers.broken, servers.nothing], ids=["HTML", "errors", "empty objects"])
@pytest.mark.slow
def test_a_target_that_answers_nonsense_is_broken_with_one_finding_for_each_operation(tmp_path: Path, handle: Callable[[Handler], None]) -> None:
    (tmp_path / "contract.toml").write_text(FILE)
    with serving(handle) as origin:
        done = verify(tmp_path, "monedero", "--url", f"{origin}/monedero", "--time-budget", 60)
    assert done.code == 1
    assert done.seconds < 60 + START_UP
    found = done.report["findings"]
    assert all(one["confirmed"] for one in found)
    assert sorted(one["operation"] for one in found) == sorted({one["operation"] for one in found})
    # An empty object is a documented answer in some reading; that every call gets one is not.
    assert {one["law"] for one in found} == {ALIKE if handle is servers.nothing else "the answer is documented"}
    assert "a-secret-of-the-owner" not in "".join(file.read_text() for file in done.folder.rglob("*.*"))


def test_a_target_that_goes_down_during_the_run_is_reported(tmp_path: Path) -> None:
    asked: list[str] = []

    def handle(handler: Handler) -> None:
        asked.append(handler.path)
        if len(asked) > 30:
            handler.close_connection = True
        else:
            handler.answer(404, b'{"success": false}')

    (tmp_path / "contract.toml").write_text(FILE)
    with serving(handle) as origin:
        done = verify(tmp_path, "monedero", "--url", f"{origin}/monedero", "--time-budget", 60)
    assert done.code in (1, 2)
    assert any("no answer 3 times in a row" in text for text in done.report["run"]["unfinished"])


def test_one_call_without_an_answer_ends_its_check_and_not_the_others(tmp_path: Path, server: Server) -> None:
    def handle(handler: Handler) -> None:
        if len(handler.body) > 100_000:
            handler.close_connection = True
            return
        kept = {name: value for name, value in handler.headers.items() if name.lower() not in ("host", "content-length", "accept-encoding")}
        answer = client.request(handler.command, handler.path, headers=kept, content=handler.body)
        allowed = {"Allow": answer.headers["allow"]} if "allow" in answer.headers else {}
        handler.answer(answer.status_code, answer.content, answer.headers.get("content-type", "text/plain"), **allowed)

    with httpx.Client(base_url=server.url, timeout=30) as client, serving(handle) as origin:
        done = verify(tmp_path, "serpi", "--url", f"{origin}/serpi/api/v1", "--level", "standard", "--time-budget", 120)

    assert done.code == 2
    silent = [line for line in done.report["run"]["unfinished"] if "gave no answer that can be read" in line]
    assert {line.split()[0] for line in silent} == {"create_sucursal", "update_sucursal"}, done.report["run"]["unfinished"]
    assert not any("ended early" in line for line in done.report["run"]["unfinished"])
    judged = {law["law"] for law in done.report["laws"]}
    assert {"what was written is read back", "pages visit each record once"} <= judged, judged
