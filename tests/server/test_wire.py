"""Answers on a connection: head and body are written together, and a body is sent without delay."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import socket
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import pytest
import uvicorn
from uvicorn.server import ServerState

from mockserver.app import ServerSettings, create_app, discover
from mockserver.connections import protocol_for
from mockserver.core.asgi.delivery import may_go_whole
from mockserver.openapi.documents import SPECS, Document
from mockserver.serving import MANY, TOO_MANY, HttpServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    from mockserver.core.engine.fixtures import Fixture
    from mockserver.core.operation.api import Api
    from tests.conftest import Server

PLANS = b" /trincico/plans HTTP/1.1\r\nHost: localhost\r\n\r\n"
"""A call whose answer has no headers of its own."""


class Wire(asyncio.Transport):
    """A connection that records each write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


@contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    """A plain socket connection."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        yield line


def read_until(line: socket.socket, end: bytes, times: int = 1) -> bytes:
    """Read until a text has arrived this many times."""
    got = b""
    while got.count(end) < times:
        part = line.recv(65536)
        assert part, f"the server hung up after {got!r}"
        got += part
    return got


@cache
def found() -> dict[str, tuple[Api, Document, Fixture]]:
    """One vendor, read once."""
    return {"trincico": discover(SPECS)["trincico"]}


async def answered(
    wire: Wire, request: bytes, *, reads: bool = True, middleware: Callable[[ASGIApp], ASGIApp] = lambda app: app
) -> HttpToolsProtocol:
    """A connection after a request was answered, as far as its client reads."""
    app = create_app(ServerSettings(), found())
    app.surround(middleware)
    config = uvicorn.Config(app, lifespan="off", proxy_headers=False)
    config.load()
    protocol = protocol_for(app)(config=config, server_state=ServerState(), app_state={})
    protocol.connection_made(wire)
    if not reads:
        protocol.pause_writing()
    protocol.data_received(request)
    for _ in range(20):
        await asyncio.sleep(0)
    return protocol


def test_head_and_body_of_an_answer_are_one_write() -> None:
    wire = Wire()
    asyncio.run(answered(wire, b"GET" + PLANS))

    assert len(wire.writes) == 1
    head, _, body = wire.writes[0].partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head
    assert json.loads(body)[0]["id"]
    assert not wire.closed


def test_an_answer_with_headers_of_its_own_is_one_write_too() -> None:
    wire = Wire()
    asyncio.run(answered(wire, b"GET" + PLANS.replace(b"\r\n\r\n", b"\r\nPrefer: code=200\r\n\r\n")))

    assert len(wire.writes) == 1
    head = wire.writes[0].partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert b"preference-applied: code=200" in head


@pytest.mark.parametrize(
    ("name", "value"),
    [("Content-Length", "3"), ("Connection", "close"), ("Transfer-Encoding", "chunked"), ("X-A", "b\r\nX-C: d"), ("X A", "b"), ("X", "ñ")],
)
def test_headers_that_the_server_has_to_check_are_left_to_it(name: str, value: str) -> None:
    assert may_go_whole({"X-Mock-Basis": "state"})
    assert not may_go_whole({"X-Mock-Basis": "state", name: value})


def test_a_head_answer_has_the_length_of_the_body_that_it_lacks() -> None:
    wire, whole = Wire(), Wire()
    asyncio.run(answered(wire, b"HEAD" + PLANS))
    asyncio.run(answered(whole, b"GET" + PLANS))

    head, _, body = wire.writes[0].partition(b"\r\n\r\n")
    assert body == b""
    assert re.findall(rb"content-length: \d+", head) == re.findall(rb"content-length: \d+", whole.writes[0])


@pytest.mark.parametrize(("version", "header"), [(b"1.1", b"Connection: close\r\n"), (b"1.0", b"")])
def test_a_connection_is_closed_after_the_answer_if_the_client_asks_for_it(version: bytes, header: bytes) -> None:
    wire = Wire()
    asyncio.run(answered(wire, b"GET /trincico/plans HTTP/" + version + b"\r\nHost: localhost\r\n" + header + b"\r\n"))

    assert (len(wire.writes), wire.closed) == (1, True)
    assert b"\r\nconnection: close\r\n" in wire.writes[0]


def test_nothing_is_written_to_a_client_that_does_not_read_until_it_does() -> None:
    async def later(wire: Wire) -> None:
        protocol = await answered(wire, b"GET" + PLANS, reads=False)
        assert wire.writes == []
        protocol.resume_writing()
        for _ in range(20):
            await asyncio.sleep(0)

    wire = Wire()
    asyncio.run(later(wire))

    assert b"".join(wire.writes).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_page_of_another_origin_gets_its_headers_with_the_answer() -> None:
    wire = Wire()
    asyncio.run(answered(wire, b"GET" + PLANS.replace(b"\r\n\r\n", b"\r\nOrigin: http://localhost:3000\r\n\r\n")))

    assert b"access-control-allow-origin: http://localhost:3000" in b"".join(wire.writes)


def test_a_middleware_that_wraps_send_sees_every_message() -> None:
    seen: list[str] = []

    def watch(app: ASGIApp) -> ASGIApp:
        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            async def note(message: Message) -> None:
                seen.append(message["type"])
                await send(message)

            await app(scope, receive, note)

        return watched

    wire = Wire()
    asyncio.run(answered(wire, b"GET" + PLANS, middleware=watch))

    assert seen == ["http.response.start", "http.response.body"]
    assert b"".join(wire.writes).startswith(b"HTTP/1.1 200 OK\r\n")


def test_the_server_does_not_say_what_it_is_made_of(server: Server) -> None:
    with connected(server) as line:
        line.sendall(b"GET" + PLANS)
        head = read_until(line, b"\r\n\r\n").lower()

    assert b"\r\nserver:" not in head
    assert b"\r\ndate: " in head


def test_a_client_that_expects_100_continue_gets_it(server: Server) -> None:
    with connected(server) as line:
        line.sendall(
            b"POST /_mock/worlds HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
        assert read_until(line, b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        line.sendall(b"{}")
        assert read_until(line, b"\r\n\r\n").startswith(b"HTTP/1.1 201 ")


def test_heads_alone_and_calls_sent_at_once_are_all_answered(server: Server) -> None:
    with connected(server) as line:
        line.sendall(b"HEAD" + PLANS + b"HEAD" + PLANS + b"GET" + PLANS)
        got = read_until(line, b'"name"')

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
