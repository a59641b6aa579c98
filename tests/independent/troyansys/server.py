"""Troyansys from its page alone, with the threads of the standard library's HTTP server over SQLite.

Environment: PORT, DB, READING, BUG. What only the owner of a staging system can do stands under /_staging: ``POST reset``, ``POST advance`` with
``{"duration"}``, ``POST freeze`` with ``{"moment"}``.
"""

from __future__ import annotations

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.independent.troyansys.operations import OPERATIONS, Call, Refused
from tests.independent.troyansys.settings import BUG
from tests.independent.troyansys.store import Store

PREFIX = "/api/v1"
LONGEST = 1_000_000
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
store = Store(os.environ["DB"])


class Handler(BaseHTTPRequestHandler):
    """Routes a request by method and path."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        path = urlsplit(self.path).path
        body = self._read()
        try:
            if path.startswith("/_staging/"):
                status, answer = self._manage(path.removeprefix("/_staging/"), body)
            else:
                status, answer = self._route(path, body)
        except Refused as refused:
            status, answer = refused.status, refused.body()
        except Exception as error:  # noqa: BLE001 - whatever breaks is answered
            self.log_error("%r", error)
            status, answer = 500, {"message": "Error interno"}
        self._send(status, answer)

    def _route(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        below = path.removeprefix(PREFIX) if path.startswith(PREFIX + "/") else ""
        allowed = [method for method, known in OPERATIONS if known == below]
        if not allowed:
            raise Refused(404, "Ruta desconocida")
        method = "GET" if self.command == "HEAD" else self.command
        if method not in allowed:
            raise Refused(405, "Metodo no permitido")
        if len(body) > LONGEST:
            raise Refused(413, "Cuerpo demasiado largo")
        headers = {name.lower(): value for name, value in self.headers.items()}
        return OPERATIONS[method, below](store, Call(method, below, headers, body))

    def _manage(self, action: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if action == "reset":
            store.reset()
        elif action == "advance":
            store.advance(json.loads(body)["duration"])
        elif action == "freeze":
            store.freeze(json.loads(body)["moment"])
        else:
            raise Refused(404, "Accion desconocida")
        return 200, {"now": store.now().isoformat()}

    def _read(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            found = b""
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                found += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return found
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        text = json.dumps(answer, ensure_ascii=False).encode()
        media_type = "text/html; charset=utf-8" if BUG == "errors_as_html" and status >= 400 else "application/json"
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(text)))
        if status == 401 and BUG != "errors_as_html":
            self.send_header("WWW-Authenticate", "Bearer")
        if status == 405:
            self.send_header("Allow", ", ".join(method for method, known in OPERATIONS if PREFIX + known == urlsplit(self.path).path))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Print errors only."""

    def log_error(self, text: str, *values: Any) -> None:
        print(text % values, flush=True)  # noqa: T201 - the log of the server


class Server(ThreadingHTTPServer):
    """A queue that is long enough for many calls at once."""

    request_queue_size = 128
    daemon_threads = True


if __name__ == "__main__":
    Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
