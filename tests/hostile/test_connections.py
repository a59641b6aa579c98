"""Connections that send nothing, half a request or more than is read are closed, and do not keep others out."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.app import ServerSettings, create_app
from mockserver.connections import ConnectionLimits
from mockserver.openapi import limits
from mockserver.serving import listen, make_server

HEALTH = b"GET /_mock/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
START = b"POST /monedero/wallet/sale HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
PATIENCE = 60
"""Seconds after which a server that does not answer or close fails a test on the busiest machine."""
BOUNDS = ConnectionLimits(connections=8, head=1, body=1.5, idle=1, linger=1, linger_bytes=1024 * 1024)


@contextmanager
def serve(bounds: ConnectionLimits, *, empty: bool = False) -> Iterator[int]:
    """A server with these bounds in a thread of this process; the port that it listens on."""
    bound = listen("127.0.0.1", 0)
    server = make_server(create_app(ServerSettings(), {} if empty else None), bounds)
    thread = threading.Thread(target=asyncio.run, args=(server.serve([bound]),), daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield bound.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        bound.close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serve(BOUNDS) as port:
        yield port


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def read_all(line: socket.socket) -> bytes:
    """What is sent until the connection ends, however it ends."""
    found = b""
    try:
        while part := line.recv(65_536):
            found += part
    except ConnectionError:
        pass
    return found


def ask(port: int, data: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the first answer to raw bytes."""
    with closing(connect(port)) as line:
        line.sendall(data)
        head, _, body = read_all(line).partition(b"\r\n\r\n")
    start, *lines = head.decode().split("\r\n")
    headers = dict(one.lower().split(": ", 1) for one in lines)
    return int(start.split()[1]), headers, body


WAITING = {
    "nothing": b"",
    "half a path": b"GET /_mock/hea",
    "no end of the head": HEALTH[:-2],
    "half a header": HEALTH[:-2] + b"X: y",
    "half a body": START + b"Content-Length: 9\r\n\r\na=1",
    "idle": HEALTH,
    "idle with a blank line": HEALTH + b"\r\n",
    "half a second head": HEALTH + b"GET",
}


@pytest.mark.parametrize("sent", WAITING.values(), ids=WAITING)
def test_a_connection_that_waits_for_ever_is_closed(port: int, sent: bytes) -> None:
    with closing(connect(port)) as line:
        line.sendall(sent)
        answered = read_all(line)  # raises TimeoutError if the server does not close
    assert (b"200 OK" in answered) == sent.startswith(HEALTH)
    assert ask(port, HEALTH)[0] == 200


def drip(line: socket.socket) -> None:
    """Send a byte of a head from time to time, for as long as PATIENCE."""
    for byte in b"GET /" + b"a" * (10 * PATIENCE):
        line.sendall(bytes([byte]))
        time.sleep(0.1)


def test_a_head_that_drips_is_closed(port: int) -> None:
    with closing(connect(port)) as line, pytest.raises(ConnectionError):
        drip(line)


def test_a_long_answer_is_not_closed(port: int) -> None:
    status, _, body = ask(port, b"GET /_mock/apis HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nPrefer: delay=3\r\n\r\n")
    assert status == 200
    assert json.loads(body)["apis"]
    delayed = b"GET /serpi/api/v1/Sucursales HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nPrefer: delay=3\r\n\r\n"
    assert ask(port, delayed)[0] in (200, 401)


@pytest.mark.parametrize("announced", [b"Content-Length: 9000000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"])
def test_after_a_413_the_server_stops_reading(port: int, announced: bytes) -> None:
    chunk = b"x" * 65_536
    piece = chunk if b"Length" in announced else b"10000\r\n" + chunk + b"\r\n"
    with closing(connect(port)) as line:
        line.sendall(START + announced)
        sent = 0
        try:
            while sent < 200 * 1024 * 1024:
                line.sendall(piece)
                sent += len(piece)
        except ConnectionError:
            pass
        answered = read_all(line)
    assert sent < 60 * 1024 * 1024
    assert answered.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answered


@pytest.mark.parametrize("hosts", [b"", b"Host: localhost\r\nHost: localhost\r\n", b"Host: evil.example\r\nhost: localhost\r\n"])
def test_a_request_has_exactly_one_host(port: int, hosts: bytes) -> None:
    status, _, body = ask(port, b"GET /_mock/health HTTP/1.1\r\n" + hosts + b"\r\n")
    assert status == 400
    assert "Host" in json.loads(body)["detail"]
    status, _, body = ask(port, b"POST /monedero/wallet/get HTTP/1.1\r\n" + hosts + b"\r\n")
    assert status == 400
    assert b'"success":false' in body


def test_a_request_of_http_1_0_needs_no_host(port: int) -> None:
    assert ask(port, b"GET /_mock/health HTTP/1.0\r\n\r\n")[0] == 200


@pytest.mark.parametrize("length", [limits.HEAD.value, 200_000, 2_000_000])
def test_a_long_head_is_refused_with_the_name_of_the_limit(port: int, length: int) -> None:
    status, headers, body = ask(port, b"GET /monedero/wallet/get HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * length + b"\r\n\r\n")
    assert (status, headers["x-mock-limit"], json.loads(body)["limit"]) == (431, "head", "head")


def test_a_connection_too_many_is_refused_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "mockserver"), serve(BOUNDS, empty=True) as port, ExitStack() as stack:
        lines = [stack.enter_context(closing(connect(port))) for _ in range(BOUNDS.connections)]
        for _ in range(3):  # connections are accepted in their order, so these come after all of them
            status, headers, body = ask(port, b"")
            assert status == 503
            assert headers["x-mock-limit"] == "connections"
            assert json.loads(body)["limit"] == "connections"
        for line in lines:
            line.close()
        while ask(port, HEALTH)[0] == 503:  # the server has not seen the end of the others yet
            time.sleep(0.05)
        for _ in range(20):
            ask(port, b"\x16\x03\x01\r\n\r\n")
    said = [record.getMessage() for record in caplog.records]
    assert len([text for text in said if "connections are open" in text and "127.0.0.1" in text]) == 1
    assert len([text for text in said if "not HTTP" in text and "127.0.0.1" in text]) == 1


_PIECES = [HEALTH, START, b"Content-Length: 3\r\n", b"\r\n", b"a=1", b"Host: x\r\n", b"\x00", b"0\r\n\r\n", b"GET "]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=8))
def test_any_bytes_leave_the_server_answering(port: int, parts: list[bytes]) -> None:
    with closing(connect(port)) as line:
        line.sendall(b"".join(parts))
        line.shutdown(socket.SHUT_WR)
        answered = read_all(line)
    assert b"HTTP/1.1 5" not in answered
    assert ask(port, HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))[0] == 200
