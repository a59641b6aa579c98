"""The HTTP server around the application: its socket, its protocol, and its garbage collection."""

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
from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from mockserver.app import App
from mockserver.control.problems import render_fault
from mockserver.core.asgi.delivery import NO_CONTENT, SEND_WHOLE, TRANSPORT
from mockserver.core.base.faults import Fault, Malformed, TooLarge
from mockserver.openapi.errors import SetupError

MAX_HEAD = 64 * 1024
"""Bytes of the request line and the headers together at most."""

TICKS = 10
"""How often uvicorn calls ``on_tick`` in a second."""
MANY = 1_000
"""Requests after which a full collection is worth its time."""
TOO_MANY = 100_000
"""Requests after which a full collection runs even if requests keep coming."""
THRESHOLDS = (5_000, 10, 1_000)
"""Thresholds of the collector for its three generations.

The last one is high because records live as long as their world: full collections while serving delayed 1% of creations by 0.1 s. ``HttpServer`` runs
them when no request comes.
"""


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only. A name other than ``localhost`` counts as one that others can reach."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to an address. Raises SetupError with advice."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except socket.gaierror as error:
        raise SetupError(f"{host} is not an address of this machine ({error.strerror}); choose another with --host") from None
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
    """Closes long polls and streams before graceful shutdown, and collects garbage when idle."""

    _seen = 0
    _collected = 0

    async def on_tick(self, counter: int) -> bool:
        """Collect garbage after a second without requests, or after TOO_MANY of them."""
        if counter % TICKS == 0:
            served = self.server_state.total_requests
            since = served - self._collected
            if since >= TOO_MANY or (since >= MANY and served == self._seen):
                self._collected = served
                gc.collect()
            self._seen = served
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close long polls and streams, which would never end, then shut down."""
        app = self.config.app
        if isinstance(app, App):
            app.close()
        await super().shutdown(sockets)


def run(app: App, bound: socket.socket, companion: int | None = None) -> None:
    """Serve until a signal stops the process, or until the process with the id ``companion`` ends."""
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
    tune_collector()
    if companion is not None:
        threading.Thread(target=_watch, args=(companion, server), daemon=True).start()
    server.run(sockets=[bound])


def tune_collector() -> None:
    """Exempt the objects of start-up from garbage collection: documents, operations and fixtures live as long as the process."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.enable()


def _watch(companion: int, server: uvicorn.Server) -> None:
    """Stop the server when a process ends, so that no server survives an aborted test run."""
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


def protocol_for(app: App) -> type[HttpToolsProtocol]:
    """The HTTP protocol of the server. What is not an HTTP request is refused in the format of the API that its path names."""

    class Protocol(HttpToolsProtocol):
        """Extends the scope of a request, answers what the parser refuses, and limits the length of a head."""

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
            super().on_headers_complete()
            # The task of the request is created and has not run yet, so its scope can still be extended.
            self.scope[TRANSPORT] = self.transport  # type: ignore[literal-required]
            self.scope["extensions"] = {SEND_WHOLE: self.send_whole}  # type: ignore[dict-item]

        def send_whole(self, send: Send, status: int, media_type: str, body: bytes) -> bool:
            """Send an answer in one write, as :class:`mockserver.core.asgi.delivery.SendWhole` describes."""
            cycle = self.cycle
            if send != cycle.send or cycle.response_started or cycle.disconnected or cycle.flow.write_paused:
                return False
            parts = [STATUS_LINE[status]]
            for name, value in cycle.default_headers:
                parts += (name, b": ", value, b"\r\n")
            if media_type:
                parts.append(b"content-type: %b\r\n" % media_type.encode("latin-1"))
            if status != NO_CONTENT:
                parts.append(b"content-length: %d\r\n" % len(body))
            parts.append(b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
            if cycle.scope["method"] != "HEAD":
                parts.append(body)
            cycle.response_started = cycle.response_complete = True
            self.transport.write(b"".join(parts))
            cycle.message_event.set()
            if not cycle.keep_alive:
                self.transport.close()
            cycle.on_response()
            return True

        def on_body(self, body: bytes) -> None:
            self._head = 0
            super().on_body(body)

        def send_400_response(self, msg: str) -> None:
            self._refuse(Malformed(msg))

        def _refuse(self, fault: Fault) -> None:
            reply = app.render_malformed(_path_in(self._start), fault) or render_fault(fault)
            payload = reply.encode()
            head = [STATUS_LINE[reply.status], b"content-type: ", reply.media_type.encode(), b"\r\ncontent-length: ", str(len(payload)).encode()]
            self.transport.write(b"".join([*head, b"\r\nconnection: close\r\n\r\n", payload]))
            self.transport.close()

    return Protocol


def _path_in(start: bytes) -> str:
    """The path in the first bytes of a request, as far as it can be read, without the prefix of a world; empty if there is none."""
    words: Any = start.split(b"\r\n", 1)[0].split(b" ")
    target = unquote_to_bytes(words[1].partition(b"?")[0]).decode("utf-8", "replace") if len(words) > 1 else ""
    return "/" + target[2:].partition("/")[2] if target.startswith("/~") else target
