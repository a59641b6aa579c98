"""A separate server for a measurement, and plain connections to it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def free_port() -> int:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def first_answer(port: int) -> None:
    """Wait until the server answers its health check."""
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/_mock/health")
            connection.getresponse().read()
        except ConnectionError:
            time.sleep(0.005)
        else:
            return
        finally:
            connection.close()


@contextmanager
def serving(*options: str) -> Iterator[tuple[int, psutil.Process]]:
    """A server with these options of ``mockserver serve``: its port and its process. It ends with the block."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "mockserver", "serve", "--port", str(port), *options], stdout=subprocess.DEVNULL)
    try:
        first_answer(port)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


class Line:
    """One connection that stays open."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=120)

    def send(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """Status and body of an answer; a body that is not text is sent as JSON."""
        sent = dict(headers or {})
        payload = body
        if body is not None and not isinstance(body, str):
            payload = json.dumps(body)
            sent["content-type"] = "application/json"
        self._connection.request(method, path, payload, sent)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def call(self, method: str, path: str, body: Any = None, world: str = "default") -> Any:
        """The answer of the control plane. Raises RuntimeError if it refuses."""
        status, answer = self.send(method, f"/_mock{path}", body, {"x-mock-world": world})
        if status >= 400:  # noqa: PLR2004 - a refusal
            raise RuntimeError(f"{method} {path}: {status} {answer.decode()[:300]}")
        return json.loads(answer) if answer else None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
