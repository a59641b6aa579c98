"""ASGI middleware of a changed copy of the mock: changes answers, or sends them in another but equivalent way.

It is copied beside the copy and run there, with its settings in ``response_middleware.json`` next to it; so it uses the standard library only.
"""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Headers = list[tuple[bytes, bytes]]
CHUNK = 7
"""Bytes of a chunk at least."""
DELAY = 0.03
"""Seconds by which ``slow`` delays an answer, and for which ``share_answer`` waits for calls that are made at the same time."""


def wrap(app: Any) -> Any:
    """The application inside the middleware; the bare application if there is nothing to change."""
    settings = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return ResponseMiddleware(app, settings["changes"], settings["delivery"]) if settings["changes"] or settings["delivery"] else app


class ResponseMiddleware:
    """Collects each answer, changes it, and sends it. The control plane is left alone."""

    def __init__(self, app: Any, changes: list[dict[str, Any]], delivery: list[str]) -> None:
        self._app = app
        self._changes = [{**change, "path": re.compile(change["path"])} for change in changes]
        self._delivery = delivery
        self._in_flight: dict[Any, asyncio.Future[tuple[int, Headers, bytes]]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or "/_mock" in scope["path"]:
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]  # read now, because the application may change the scope
        called = [one for one in self._changes if one["method"] == method and one["path"].match(path)]
        if any(one["operator"] == "share_answer" for one in called):
            status, headers, body = await self._shared(scope, receive)
        else:
            status, headers, body = await self._answer(scope, receive)
        changes = [one for one in called if one["status"] == status]
        if changes:
            status, headers, body = _change(status, headers, body, changes)
        for name in self._delivery:
            if name in DELIVERY:
                headers, body = DELIVERY[name](headers, body)
        await self._send(send, status, headers, body)

    async def _answer(self, scope: Any, receive: Any) -> tuple[int, Headers, bytes]:
        messages: list[Any] = []

        async def keep(message: Any) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        headers = [(name, value) for name, value in messages[0]["headers"] if name.lower() != b"content-length"]
        return messages[0]["status"], headers, b"".join(message.get("body", b"") for message in messages[1:])

    async def _shared(self, scope: Any, receive: Any) -> tuple[int, Headers, bytes]:
        """The answer to the first of several calls at once; the others are not made."""
        key = (scope["method"], scope["path"], dict(scope["headers"]).get(b"x-mock-world"))
        if key not in self._in_flight:
            self._in_flight[key] = asyncio.ensure_future(self._after_others(scope, receive, key))
        return await asyncio.shield(self._in_flight[key])

    async def _after_others(self, scope: Any, receive: Any, key: Any) -> tuple[int, Headers, bytes]:
        """The answer after a delay in which other calls arrive."""
        try:
            await asyncio.sleep(DELAY)
            return await self._answer(scope, receive)
        finally:
            del self._in_flight[key]

    async def _send(self, send: Any, status: int, headers: Headers, body: bytes) -> None:
        if "slow" in self._delivery:
            await asyncio.sleep(DELAY)
        if "chunked" in self._delivery and body:
            size = max(CHUNK, len(body) // 5)
            await send({"type": "http.response.start", "status": status, "headers": headers})
            for start in range(0, len(body), size):
                await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        length = [(b"content-length", str(len(body)).encode())] if status not in (204, 304) else []
        await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
        await send({"type": "http.response.body", "body": body})


# Changes of answers


def _change(status: int, headers: Headers, raw: bytes, changes: list[dict[str, Any]]) -> tuple[int, Headers, bytes]:
    body = _parse(raw)
    for change in changes:
        operator, to = change["operator"], change["to"]
        if any(values_at(body, pointer) != [value] for pointer, value in change["when"].items()):
            continue
        if operator == "change_status":
            status = to
        elif operator == "change_media_type":
            headers = [(name, to.encode() if name.lower() == b"content-type" else value) for name, value in headers]
        elif operator == "replace_body":
            body = to
            headers = [*(one for one in headers if one[0].lower() != b"content-type"), (b"content-type", b"application/json")]
        elif operator == "wrap_body":
            body = {to: body}
        elif operator == "share_answer":
            continue  # done before the call
        else:
            for node, key in _places(body, change["at"]):
                with suppress(KeyError, TypeError, ValueError):  # an answer without the field, or with another type there, stays as it is
                    FIELD_OPERATORS[operator](node, key, to)
    return status, headers, raw if body is None else json.dumps(body).encode()


def _places(body: Any, pointer: str) -> list[tuple[Any, Any]]:
    """Container and key of each place that a pointer names; an index may be negative, ``*`` is every item."""
    *parents, last = pointer.split("/")[1:]
    nodes = [body]
    for part in parents:
        nodes = [node[key] for node in nodes for key in _keys(node, part) if isinstance(node, list) or key in node]
    return [(node, key) for node in nodes for key in _keys(node, last)]


def _keys(node: Any, part: str) -> list[Any]:
    if isinstance(node, list):
        indices = list(range(len(node)))
        return indices if part == "*" else indices[int(part) :][:1]
    return [part] if isinstance(node, dict) else []


def values_at(body: Any, pointer: str) -> list[Any]:
    """The values at a pointer: none, one, or with ``*`` several."""
    return [node[key] for node, key in _places(body, pointer) if isinstance(node, list) or key in node]


def _drop_field(node: Any, key: Any, _: Any) -> None:
    del node[key]


def _rename_field(node: Any, key: Any, to: Any) -> None:
    node[to] = node.pop(key)


def _set_field(node: Any, key: Any, to: Any) -> None:
    node[key] = to


def _change_type(node: Any, key: Any, to: Any) -> None:
    node[key] = CONVERSIONS[to](node[key])


def _reverse_list(node: Any, key: Any, _: Any) -> None:
    node[key] = node[key][::-1]


FIELD_OPERATORS: dict[str, Callable[[Any, Any, Any], None]] = {
    "drop_field": _drop_field,
    "rename_field": _rename_field,
    "add_field": _set_field,
    "change_value": _set_field,
    "change_type": _change_type,
    "reverse_list": _reverse_list,
}
CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "text": str,
    "number": json.loads,
    "list": lambda value: [value],
    "first item": lambda value: value[0],
}


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


# Equivalent ways to send an answer


def _spread(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    parsed = _parse(body)
    return headers, body if parsed is None else json.dumps(_reverse_fields(parsed), indent=3).encode()


def _reverse_fields(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _reverse_fields(node[name]) for name in reversed(list(node))}
    return [_reverse_fields(item) for item in node] if isinstance(node, list) else node


def _title_case(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    return [(name.title(), value) for name, value in headers], body


def _more_headers(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    return [*headers, (b"x-request-id", b"7f2c"), (b"server-timing", b"app;dur=3"), (b"cache-control", b"no-store")], body


def _charset(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    json_type = b"application/json"
    return [(name, value + b"; charset=utf-8" if name.lower() == b"content-type" and value == json_type else value) for name, value in headers], body


DELIVERY = {"spread": _spread, "title_case": _title_case, "more_headers": _more_headers, "charset": _charset}
