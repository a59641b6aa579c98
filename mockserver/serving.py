"""The HTTP server around the application: its socket, and the bytes that are no HTTP request at all."""

from __future__ import annotations

import errno
import gc
import ipaddress
import os
import socket
import threading
import time
from typing import Any
from urllib.parse import unquote_to_bytes

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from mockserver.app import App
from mockserver.control.problems import render_fault
from mockserver.core.asgi.delivery import NO_CONTENT, TRANSPORT
from mockserver.core.base.faults import Fault, Malformed, TooLarge
from mockserver.openapi.errors import SetupError

MAX_HEAD = 64 * 1024
"""Bytes that the request line and the headers may have together."""

TICKS = 10
"""Ticks of the server in a second."""
MANY = 1_000
"""Requests that may leave garbage worth a full collection."""
TOO_MANY = 100_000
"""Requests after which a full collection waits no longer for a moment without any."""
THRESHOLDS = (5_000, 10, 1_000)
"""When the collector looks at young, at older and at all objects. Records live as long as their world: walking all of them again whenever they had
become a quarter more made one creation in a hundred wait for a tenth of a second. That is left to the moments without requests."""


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to an address. Raises SetupError in words that say what to do."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except socket.gaierror as error:
        raise SetupError(f"{host} is no address of this machine ({error.strerror})") from None
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise SetupError(f"port {port} on {host} is in use; stop what listens there, or choose another with PORT=… (--port …)") from None
        raise SetupError(f"cannot listen on {host} port {port}: {error.strerror}") from None
    return bound


class HttpServer(uvicorn.Server):
    """Lets go of those who wait or listen before it waits for them itself, and looks for garbage while nobody waits."""

    _seen = 0
    _collected = 0

    async def on_tick(self, counter: int) -> bool:
        """Now and then: after a second without requests, or after very many, collect what they have left."""
        if counter % TICKS == 0:
            served = self.server_state.total_requests
            since = served - self._collected
            if since >= TOO_MANY or (since >= MANY and served == self._seen):
                self._collected = served
                gc.collect()
            self._seen = served
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, after those who wait or listen were let go."""
        app = self.config.app
        if isinstance(app, App):
            app.close()
        await super().shutdown(sockets)


def run(app: App, bound: socket.socket, companion: int | None = None) -> None:
    """Serve until the process is told to stop, or until the ``companion`` process is gone."""
    config = uvicorn.Config(
        app,
        http=protocol_for(app),
        lifespan="off",
        ws="none",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    server = HttpServer(config)
    calm_collector()
    if companion is not None:
        threading.Thread(target=_watch, args=(companion, server), daemon=True).start()
    server.run(sockets=[bound])


def calm_collector() -> None:
    """Let the collector leave alone what is there: documents, operations and fixtures stay, and need not be walked again and again."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.enable()


def _watch(companion: int, server: uvicorn.Server) -> None:
    """Stop the server when a process is gone, so that an aborted run of tests leaves nothing behind."""
    while _is_alive(companion) and not server.should_exit:
        time.sleep(0.5)
    server.should_exit = True


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Cycle(RequestResponseCycle):
    """A request and its answer, which goes out in one write: one system call, one packet, one wake-up of the client."""

    def whole(self, status: int, media_type: str, body: bytes) -> bool:
        """Answer at once. False, and nothing done, where that has to wait: the client does not read what it got."""
        if self.response_started or self.disconnected or self.flow.write_paused:
            return False
        parts = [STATUS_LINE[status]]
        for name, value in self.default_headers:
            parts += (name, b": ", value, b"\r\n")
        if media_type:
            parts.append(b"content-type: %b\r\n" % media_type.encode("latin-1"))
        if status != NO_CONTENT:
            parts.append(b"content-length: %d\r\n" % len(body))
        parts.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
        if self.scope["method"] != "HEAD":
            parts.append(body)
        self.response_started = self.response_complete = True
        self.transport.write(b"".join(parts))
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True


def protocol_for(app: App) -> type[HttpToolsProtocol]:
    """The HTTP protocol of the server, whose own refusals wear the clothing of the API that was meant."""

    class Protocol(HttpToolsProtocol):
        """Answers what the parser refuses, and heads without end."""

        _start = b""
        _head = 0

        def data_received(self, data: bytes) -> None:
            if not self._head:
                self._start = data[:MAX_HEAD]
            self._head += len(data)
            super().data_received(data)
            if self._head > MAX_HEAD and self.parser is not None and not self.transport.is_closing():
                self._refuse(TooLarge(MAX_HEAD))

        def on_headers_complete(self) -> None:
            self._head = 0
            self.scope[TRANSPORT] = self.transport  # type: ignore[literal-required]
            super().on_headers_complete()

        def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
            cycle.__class__ = Cycle  # the one that the protocol makes, with one more thing that it can do
            super()._start_asgi_task(cycle, app)

        def on_body(self, body: bytes) -> None:
            self._head = 0
            super().on_body(body)

        def send_400_response(self, msg: str) -> None:
            self._refuse(Malformed(msg))

        def _refuse(self, fault: Fault) -> None:
            reply = app.malformed(_target(self._start), fault) or render_fault(fault)
            payload = reply.encode()
            head = [STATUS_LINE[reply.status], b"content-type: ", reply.media_type.encode(), b"\r\ncontent-length: ", str(len(payload)).encode()]
            self.transport.write(b"".join([*head, b"\r\nconnection: close\r\n\r\n", payload]))
            self.transport.close()

    return Protocol


def _target(start: bytes) -> str:
    """The path that the first bytes of a request seem to name, without the prefix of a world."""
    words: Any = start.split(b"\r\n", 1)[0].split(b" ")
    target = unquote_to_bytes(words[1].partition(b"?")[0]).decode("utf-8", "replace") if len(words) > 1 else ""
    return "/" + target[2:].partition("/")[2] if target.startswith("/~") else target
