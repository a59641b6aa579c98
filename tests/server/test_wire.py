"""How answers go over a connection: head and body together, and nothing that a client waits for held back."""

from __future__ import annotations

import asyncio
import gc
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from mockserver.serving import MANY, TOO_MANY, HttpServer, Together

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from tests.conftest import Server

HEALTH = b" /_mock/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Wire(asyncio.Transport):
    """A connection that remembers each write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.closed = True


@contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    """A plain connection."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        yield line


def read_until(line: socket.socket, end: bytes, times: int = 1) -> bytes:
    """What comes until a text has come so many times."""
    got = b""
    while got.count(end) < times:
        part = line.recv(65536)
        assert part, f"the server hung up after {got!r}"
        got += part
    return got


def test_head_and_body_of_an_answer_are_one_write() -> None:
    wire = Wire()
    line = Together(wire)
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"
    for _ in range(2):
        line.write(head)
        line.write(b"{}")

    assert wire.writes == [head + b"{}"] * 2


def test_a_head_without_a_body_goes_out_at_the_end() -> None:
    wire = Wire()
    line = Together(wire)
    head = b"HTTP/1.1 204 No Content\r\n\r\n"
    line.write(head)
    assert wire.writes == []
    line.close()

    assert (wire.writes, wire.closed) == ([head], True)


def test_an_interim_answer_is_not_held_back() -> None:
    wire = Wire()
    Together(wire).write(b"HTTP/1.1 100 Continue\r\n\r\n")

    assert wire.writes == [b"HTTP/1.1 100 Continue\r\n\r\n"]


def test_a_client_that_waits_for_leave_to_send_its_body_gets_it(server: Server) -> None:
    with connected(server) as line:
        line.sendall(
            b"POST /_mock/worlds HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
        assert read_until(line, b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        line.sendall(b"{}")
        assert read_until(line, b"\r\n\r\n").startswith(b"HTTP/1.1 201 ")


def test_heads_alone_and_calls_sent_at_once_are_all_answered(server: Server) -> None:
    with connected(server) as line:
        line.sendall(b"HEAD" + HEALTH + b"HEAD" + HEALTH + b"GET" + HEALTH)
        got = read_until(line, b'"status"')

    assert got.count(b"HTTP/1.1 200 OK\r\n") == 3


def test_a_stream_begins_before_its_first_event(server: Server) -> None:
    with connected(server) as line:
        line.sendall(b"GET /_mock/journal/stream HTTP/1.1\r\nHost: localhost\r\nX-Mock-World: quiet-wire\r\n\r\n")

        assert b"content-type: text/event-stream" in read_until(line, b"\r\n\r\n").lower()


def test_garbage_that_many_requests_leave_is_collected_once_none_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[int] = []
    monkeypatch.setattr(gc, "collect", lambda: collected.append(1))
    config = uvicorn.Config(lambda: None, lifespan="off")
    config.load()
    server = HttpServer(config)

    def tick(requests: int) -> None:
        server.server_state.total_requests = requests
        asyncio.run(server.on_tick(10))

    for requests in (0, MANY - 1, MANY - 1):
        tick(requests)
    assert collected == []  # too few to be worth it
    tick(MANY + 5)
    assert collected == []  # some came in the last second
    for _ in range(3):
        tick(MANY + 5)
    assert collected == [1]
    tick(TOO_MANY + MANY + 5)
    assert collected == [1, 1]  # none of the last seconds was without requests
