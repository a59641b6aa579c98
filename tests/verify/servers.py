"""Small servers on their own ports, faulty or minimal."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Handle = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Passes every request to a function."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    handle_one: Handle

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._any
        raise AttributeError(name)

    def _any(self) -> None:
        chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        self.body = b"".join(self._pieces()) if chunked else self.rfile.read(int(self.headers.get("content-length") or 0))
        del self.headers["transfer-encoding"]  # the body is no longer chunked
        with contextlib.suppress(OSError):
            type(self).handle_one(self)

    def _pieces(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            pass

    def answer(self, status: int, body: bytes, media_type: str = "application/json", **headers: str) -> None:
        """Send a whole answer."""
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Suppress the access log."""


class Quiet(ThreadingHTTPServer):
    """A server whose threads are daemons."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: Any) -> None:
        """Ignore clients that disconnect."""


@contextlib.contextmanager
def serving(handle: Handle, certificate: Path | None = None) -> Iterator[str]:
    """A server whose requests a function answers; yields its origin."""
    server = Quiet(("127.0.0.1", 0), type("Bound", (Handler,), {"handle_one": handle}))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http{'s' if certificate else ''}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that passes each raw connection to a function; yields its origin."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def one(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            talk(connection)

    def serve() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.close()


def reset(connection: socket.socket) -> None:
    """Read a request and reset the connection."""
    connection.recv(1_024)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def html(handler: Handler) -> None:
    """The page of a proxy, with 200."""
    handler.answer(200, b"<html><body>Welcome</body></html>", "text/html")


def broken(handler: Handler) -> None:
    """Answer every request with an internal error."""
    handler.answer(500, b'{"error": "internal"}')


def nothing(handler: Handler) -> None:
    """Answer every request with an empty object."""
    handler.answer(200, json.dumps({}).encode())
