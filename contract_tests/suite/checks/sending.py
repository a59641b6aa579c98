"""The fields of a call as a request of httpx, and an answer as evidence."""

from __future__ import annotations

from typing import Any

import httpx

from ..harness.findings import Exchange


def text_of(value: Any) -> str:
    """A value as a text of a query, a path or a form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def encoded(media_type: str, body: dict[str, Any]) -> dict[str, Any]:
    """The options of httpx that send a body; none if the operation takes none."""
    if not media_type:
        return {}
    if media_type == "application/x-www-form-urlencoded":
        return {"data": {name: text_of(value) for name, value in body.items()}}
    if media_type == "multipart/form-data":
        return {"files": {name: value if isinstance(value, tuple) else (None, text_of(value)) for name, value in body.items()}}
    return {"json": body}


def exchange_of(operation: str, response: httpx.Response) -> Exchange:
    """An exchange as evidence, with the body of the answer as it was sent."""
    request = response.request
    return Exchange(
        request.method,
        str(request.url),
        dict(request.headers),
        request.read(),
        response.status_code,
        dict(response.headers),
        response.extensions.get("as_sent", response.content),
        response.elapsed.total_seconds(),
        operation,
    )
