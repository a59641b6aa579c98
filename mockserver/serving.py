"""The HTTP server around the application: its socket, its time, and its garbage collection."""

from __future__ import annotations

import asyncio
import errno
import gc
import ipaddress
import os
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import uvicorn

from mockserver.app import App
from mockserver.connections import ConnectionLimits, HttpProtocol, protocol_for
from mockserver.control.usage import Usage
from mockserver.openapi import limits
from mockserver.openapi.errors import SetupError
from mockserver.tls import Certificate

Background = Callable[[], Coroutine[Any, Any, None]]
NEXT = 50
"""Ports behind one in use that are tried."""
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
            free = _find_free_port(host, port)
            other = f"take {free}, which is free: PORT={free} (--port {free})" if free else "choose another with PORT=… (--port …)"
            raise SetupError(f"port {port} on {host} is in use; stop what listens there, or {other}") from None
        raise SetupError(f"cannot listen on {host} port {port}: {error.strerror}") from None
    return bound


def _find_free_port(host: str, taken: int) -> int | None:
    """The next port that is free, None if none of the next ones is."""
    for port in range(taken + 1, min(taken + NEXT, 65_535) + 1):
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind, protocol) as tried:
            try:
                tried.bind(address)
            except OSError:
                continue
            return port
    return None


class HttpServer(uvicorn.Server):
    """Closes late connections, closes long polls and streams before graceful shutdown, and collects garbage when idle."""

    _seen = 0
    _collected = 0
    background: Background | None = None
    """What runs beside the requests until the server stops."""
    _running: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and start what runs beside the requests."""
        await super().startup(sockets=sockets)
        if self.background is not None:
            self._running = asyncio.create_task(self.background())

    async def on_tick(self, counter: int) -> bool:
        """Close late connections; collect garbage after a second without requests, or after TOO_MANY of them."""
        if counter % TICKS == 0:
            for connection in tuple(self.server_state.connections):
                if isinstance(connection, HttpProtocol):
                    connection.close_late()
            served = self.server_state.total_requests
            since = served - self._collected
            if since >= TOO_MANY or (since >= MANY and served == self._seen):
                self._collected = served
                gc.collect()
            self._seen = served
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close long polls and streams, which would never end, then shut down."""
        if self._running is not None:
            self._running.cancel()
        app = self.config.app
        if isinstance(app, App):
            app.close()
        await super().shutdown(sockets)
        if isinstance(app, App):
            app.close_state()


def make_server(app: App, bounds: ConnectionLimits | None = None, certificate: Certificate | None = None) -> HttpServer:
    """A server of an application, of HTTPS with a certificate. Without bounds of its connections they are those of the table of limits."""
    protocol = protocol_for(app, bounds)
    config = uvicorn.Config(
        app,
        http=protocol,
        timeout_keep_alive=protocol.bounds.idle,
        lifespan="off",
        ws="none",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=limits.STOP_SECONDS.value,
        ssl_certfile=None if certificate is None else certificate.chain,
        ssl_keyfile=None if certificate is None else certificate.key,
    )
    server = HttpServer(config)
    connections = server.server_state.connections
    app.control.usage[limits.CONNECTIONS.name] = Usage(lambda: len(connections), protocol.bounds.connections)
    return server


def run(
    app: App,
    bound: socket.socket,
    companion: int | None = None,
    certificate: Certificate | None = None,
    background: Background | None = None,
) -> None:
    """Serve until a signal stops the process, or until the process with the id ``companion`` ends. ``background`` runs meanwhile."""
    server = make_server(app, certificate=certificate)
    server.background = background
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
