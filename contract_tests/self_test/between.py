"""What stands between server and application in a changed copy of the mock: answers spoiled, or sent in another way.

Copied beside the copy and run there, with ``between.json`` next to it; it uses the standard library only.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

Headers = list[tuple[bytes, bytes]]
CHUNK = 7
DELAY = 0.03
"""Seconds by which a slow answer comes later."""


def wrap(app: Any) -> Any:
    """The application with everything between it and the server."""
    declared = json.loads(Path(__file__).with_name("between.json").read_text(encoding="utf-8"))
    spoils = [(method, re.compile(path), status, statement) for method, path, status, statement in declared["spoils"]]
    ways = declared["ways"]
    return _Between(app, spoils, ways) if spoils or ways else app


class _Between:
    def __init__(self, app: Any, spoils: list[Any], ways: list[str]) -> None:
        self._app = app
        self._spoils = spoils
        self._ways = ways

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or "/_mock" in scope["path"]:
            await self._app(scope, receive, send)
            return
        held: list[Any] = []
        asked, called = scope["path"], scope["method"]  # the application may change them

        async def keep(message: Any) -> None:
            held.append(message)

        await self._app(scope, receive, keep)
        status, headers = held[0]["status"], [(name, value) for name, value in held[0]["headers"] if name.lower() != b"content-length"]
        body = b"".join(message.get("body", b"") for message in held[1:])
        for method, path, wanted, statement in self._spoils:
            if called == method and status == wanted and path.match(asked):
                status, headers, body = _spoil(status, headers, body, statement)
        for way in self._ways:
            headers, body = WAYS[way](headers, body) if way in WAYS else (headers, body)
        if "slow" in self._ways:
            await asyncio.sleep(DELAY)
        if "chunked" in self._ways and body:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            for start in range(0, len(body), max(CHUNK, len(body) // 5)):
                await send({"type": "http.response.body", "body": body[start : start + max(CHUNK, len(body) // 5)], "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        length = [(b"content-length", str(len(body)).encode())] if status not in (204, 304) else []
        await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
        await send({"type": "http.response.body", "body": body})


def _spoil(status: int, headers: Headers, body: bytes, statement: str) -> tuple[int, Headers, bytes]:
    names = {
        "status": status,
        "headers": {name.decode().lower(): value.decode("latin-1") for name, value in headers},
        "body": _read(body),
        "media_type": "",
    }
    try:
        exec(statement, names)  # noqa: S102 - the statement is the planted violation
    except (KeyError, IndexError, TypeError, AttributeError):
        return status, headers, body
    kept: Any = names["headers"]
    if names["media_type"]:
        kept["content-type"] = names["media_type"]
    sent = [(name.encode(), str(value).encode("latin-1")) for name, value in kept.items()]
    return int(str(names["status"])), sent, body if names["body"] is None else json.dumps(names["body"]).encode()


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _pretty(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    read = _read(body)
    return headers, body if read is None else json.dumps(_turned(read), indent=3).encode()


def _turned(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _turned(node[name]) for name in reversed(list(node))}
    return [_turned(item) for item in node] if isinstance(node, list) else node


def _titled(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    return [(name.title(), value) for name, value in headers], body


def _more_headers(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    return [*headers, (b"x-request-id", b"7f2c"), (b"server-timing", b"app;dur=3"), (b"cache-control", b"no-store")], body


def _with_charset(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    return [
        (name, value + b"; charset=utf-8" if name.lower() == b"content-type" and value == b"application/json" else value) for name, value in headers
    ], body


WAYS = {"pretty": _pretty, "titled": _titled, "more_headers": _more_headers, "charset": _with_charset}
