"""Record a server's traffic: JSON Lines with one HAR entry each, without secrets."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from mockserver.openapi import limits
from mockserver.openapi.documents import load_document
from mockserver.openapi.masking import Mask

from ..routing import api_path
from .exchange import RecordedExchange
from .proxy.bodies import BodyBuffer
from .proxy.headers import pairs
from .proxy.record import har_entry

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LIMIT = limits.RECORDED_BODY.value
"""Bytes of a body that are written down."""


class Recorder:
    """An ASGI middleware that records the calls to the named APIs."""

    def __init__(self, app: Callable[[Any, Receive, Send], Awaitable[None]], path: Path, slugs: Sequence[str]) -> None:
        self._app = app
        self._file = path.open("ab")
        self._apis = [*map(load_document, slugs)]
        self._count = 0

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        mask = self._find_mask(scope["path"]) if scope["type"] == "http" else None
        if mask is None:
            await self._app(scope, receive, send)
            return
        request, response = BodyBuffer(LIMIT), BodyBuffer(LIMIT)
        head: dict[str, Any] = {"status": 0, "headers": ()}
        method, target = scope["method"], _target(scope)
        headers = pairs(scope["headers"])

        async def received() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                request.add(message.get("body", b""))
            return message

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                head.update(message)
            elif message["type"] == "http.response.body":
                response.add(message.get("body", b""))
                response.complete = not message.get("more_body", False)
            await send(message)

        started, at = time.perf_counter(), datetime.now(UTC)  # noqa: TID251 - when a call really came, not what its world believes
        try:
            await self._app(scope, received, sent)
        finally:
            request.complete = True
            self._count += 1
            exchange = RecordedExchange(
                self._count,
                method,
                target,
                request.message(headers),
                head["status"],
                response.message(pairs(head["headers"])),
                at.isoformat().replace("+00:00", "Z"),
            )
            entry = har_entry(exchange, mask, round((time.perf_counter() - started) * 1000, 3))
            told = exchange.response.headers.get("x-mock-injected") or exchange.request.headers.get("prefer")
            if told:
                entry["_mock"] = {"injected": [told]}
            self._file.write(orjson.dumps(entry) + b"\n")
            self._file.flush()

    def _find_mask(self, path: str) -> Mask | None:
        return next((document.mask for document in self._apis if api_path(document, path) is not None), None)


def _target(scope: Any) -> str:
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "localhost")
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{scope.get('scheme', 'http')}://{host}{path}" + (f"?{query}" if query else "")
