"""Faulty upstreams on plain sockets, one fault each, and a proxy process in front of any upstream."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import psutil

from tests.conftest import ROOT

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

MEBIBYTE = 1 << 20
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


class Upstream:
    """A server that answers each connection by a function of the socket and the bytes of the first request."""

    def __init__(self, answer: Callable[[socket.socket, bytes], None], context: ssl.SSLContext | None = None) -> None:
        self._answer = answer
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        self.requests: list[bytes] = []
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._take, args=(connection,), daemon=True).start()

    def _take(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                self.talk(connection)

    def talk(self, connection: socket.socket) -> None:
        """Answer the requests of one connection."""
        while head := _request(connection):
            self.requests.append(head)
            self._answer(connection, head)

    def close(self) -> None:
        self._socket.close()


def _request(connection: socket.socket) -> bytes:
    """Read a whole request; returns its head."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65_536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    left = int(length[1]) - len(body) if length else 0
    while left > 0:
        part = connection.recv(65_536)
        if not part:
            return b""
        left -= len(part)
    return head


def reset(connection: socket.socket) -> None:
    """Close a connection with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


class Proxy:
    """A proxy process."""

    def __init__(self, slug: str, upstream: str, *options: str) -> None:
        command = [sys.executable, "-m", "mockserver", "proxy", slug, "--upstream", upstream, "--port", "0", *options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self.process.stdout is not None
        found = re.search(r"on (http://[^;\s]+);", banner := self.process.stdout.readline())
        assert found, banner + self.process.stdout.read()
        self.url = found[1]
        self.said: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{self.url}/_proxy/journal", timeout=20).raise_for_status()
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)

    def memory(self) -> int:
        """Resident memory of the process in bytes."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def connections(self) -> int:
        """The open outgoing connections of the process."""
        return sum(found.status == psutil.CONN_ESTABLISHED for found in psutil.Process(self.process.pid).net_connections())

    def journal(self) -> list[dict[str, Any]]:
        """The recorded calls, once every call is written."""
        while True:
            found = httpx.get(f"{self.url}/_proxy/journal", timeout=20).json()
            if not found["passing"]:
                exchanges: list[dict[str, Any]] = found["exchanges"]
                return exchanges
            time.sleep(0.02)

    def stop(self) -> int:
        """Stop the process; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=20)
        finally:
            self.process.kill()
            self._listener.join(5)
            assert self.process.stdout is not None
            self.process.stdout.close()
