"""The whole server as an application in this process, called without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import orjson

from mockserver.app import App, create_app


@dataclass
class Answer:
    """What the application answered."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        return orjson.loads(self.body)


class Application:
    """Calls an application. ``world`` is the world of every call."""

    def __init__(self, app: App | None = None, world: str = "default") -> None:
        self.app = create_app() if app is None else app
        self.world = world

    def call(self, method: str, target: str, body: bytes = b"", **headers: str | bytes) -> Answer:
        """Call the application; underscores in the name of a header stand for dashes."""
        return asyncio.run(self.call_async(method, target, body, **headers))

    async def call_async(self, method: str, target: str, body: bytes = b"", **headers: str | bytes) -> Answer:
        """The same inside a loop."""
        path, _, query = target.partition("?")
        sent = {"host": b"localhost", "x-mock-world": self.world.encode()}
        sent |= {name.replace("_", "-"): value.encode("latin-1") if isinstance(value, str) else value for name, value in headers.items()}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "scheme": "http",
            "headers": [(name.encode(), value) for name, value in sent.items()],
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1),
            "root_path": "",
            "extensions": {},
        }
        answer, is_read = Answer(), list[bool]()

        async def receive() -> dict[str, Any]:
            if is_read:
                await asyncio.Event().wait()  # this client does not hang up
            is_read.append(True)
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                answer.body += message.get("body", b"")

        await self.app(scope, receive, send)
        return answer
