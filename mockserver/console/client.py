"""The control plane as the console meets it: by its public calls, made inside the process, under the guard that every caller passes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Scope

from mockserver.core.asgi.routing import QUIET

PREFIX = "/_mock"
REFUSED = 400
"""The first status that is a refusal."""
PASSED_ON = ("host", "origin", "x-mock-world", "x-forwarded-host", "x-forwarded-prefix", "x-forwarded-proto")
"""Headers of the browser on which the control plane decides."""


@dataclass
class ControlRefused(Exception):
    """The control plane refused a call. The text gives the reason, ``violations`` the places."""

    status: int
    title: str
    detail: str
    violations: list[dict[str, Any]] = field(default_factory=list)

    def __str__(self) -> str:
        listed = [f"{violation['pointer'] or violation['place']}: {violation['text']}" for violation in self.violations]
        return "; ".join(listed) or self.detail


class ControlClient:
    """Calls to the control plane on behalf of one request of a browser, in the world of that request.

    Answers carry notices about dropped worlds only after ``shows_notices`` is set, because a call for a part of a page has no place for one.
    """

    shows_notices = False

    def __init__(self, stack: ASGIApp, request: Request, token: str | None) -> None:
        self.stack = stack
        self._request = request
        self._token = token

    async def get(self, path: str, **params: Any) -> Any:
        """The data at a path. Raises ControlRefused."""
        return await self.call("GET", path, params)

    async def call(self, method: str, path: str, params: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """The data of an answer; None without a body. Raises ControlRefused."""
        status, _, payload = await self.fetch(method, path, params, body)
        return orjson.loads(payload) if payload and status != 204 else None  # noqa: PLR2004 - no content

    async def fetch(self, method: str, path: str, params: Mapping[str, Any] | None = None, body: Any = None) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and bytes of an answer. Raises Refused."""
        sent = b"" if body is None else orjson.dumps(body)
        messages: list[Message] = []
        replies = iter([{"type": "http.request", "body": sent, "more_body": False}])

        async def receive() -> Message:
            message = next(replies, None)
            if message is None:
                await asyncio.Event().wait()  # an in-process client does not disconnect
            return message or {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            messages.append(message)

        await self.stack(self._scope(method, path, params, len(sent) if body is not None else None), receive, send)
        start = messages[0]
        payload = b"".join(message.get("body", b"") for message in messages[1:])
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
        if start["status"] >= REFUSED:
            raise _refused(start["status"], payload)
        return start["status"], headers, payload

    async def listen(self, path: str, **params: Any) -> AsyncGenerator[bytes, None]:
        """The parts of an endless answer as they arrive; the call ends when the iterator is closed. Raises ControlRefused."""
        queue: asyncio.Queue[Message | None] = asyncio.Queue()
        gone = asyncio.Event()
        first = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Message:
            message = next(first, None)
            if message is None:
                await gone.wait()
            return message or {"type": "http.disconnect"}

        async def run() -> None:
            try:
                await self.stack(self._scope("GET", path, params, None), receive, queue.put)
            finally:
                await queue.put(None)

        task = asyncio.ensure_future(run())
        try:
            while (message := await queue.get()) is not None:
                if message["type"] == "http.response.start":
                    if message["status"] >= REFUSED:
                        raise ControlRefused(message["status"], "Refused", "the control plane refused to be listened to")
                elif message.get("body"):
                    yield message["body"]
        finally:
            gone.set()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _scope(self, method: str, path: str, params: Mapping[str, Any] | None, length: int | None) -> Scope:
        outer = self._request.scope
        whole = f"{outer.get('mockserver.prefix', '')}{PREFIX}{path}"
        query = urlencode([(name, value) for name, value in (params or {}).items() if value not in (None, "")], doseq=True)
        headers = [(name, value) for name, value in outer["headers"] if name.decode("latin-1").lower() in PASSED_ON]
        if self._token is not None:
            headers.append((b"x-mock-token", self._token.encode("latin-1", "replace")))
        if length is not None:
            headers += [(b"content-type", b"application/json"), (b"content-length", str(length).encode())]
        return {
            QUIET: not self.shows_notices,
            **{name: outer[name] for name in ("type", "asgi", "http_version", "scheme", "client", "server") if name in outer},
            "method": method,
            "path": whole,
            "raw_path": quote(whole).encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": headers,
        }


def _refused(status: int, payload: bytes) -> ControlRefused:
    try:
        problem = orjson.loads(payload)
        return ControlRefused(status, str(problem["title"]), str(problem["detail"]), list(problem.get("violations", ())))
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ControlRefused(status, "Refused", payload.decode("utf-8", "replace")[:300])
