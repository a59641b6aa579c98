"""Which world a request means: by the header ``X-Mock-World`` or by the path prefix ``/~name``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson

from mockserver.core.base.names import DEFAULT, is_world_name
from mockserver.core.base.requests import sent_headers

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

HEADER = b"x-mock-world"
_DOUBLED = re.compile(r"(?<=[^/])/{2,}")


class Worlds:
    """Names the world of a request in its scope and takes the prefix off its path.

    The prefix is for clients that cannot set a header, such as a browser that follows a redirect; where both are given, the prefix wins. The
    slash at the end of a path is taken off too, and one of two that a base URL with a slash at its end makes: all spellings mean the same operation.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on under its world, or refuse a name that no world can have."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        name, prefix = DEFAULT, ""
        named = sent_headers(scope).get(HEADER)
        if named is not None:
            name = named.decode("latin-1")
        if path.startswith("/~"):
            name, _, rest = path[2:].partition("/")
            prefix, path = f"/~{name}", "/" + rest
        if name is not DEFAULT and not is_world_name(name):
            await _refuse(name, send)
            return
        if "//" in path:
            path = _DOUBLED.sub("/", path)  # not at the start, where rules of the whole path are told apart by its first segment
        if len(path) > 1 and path.endswith("/"):
            path = path[:-1]
        scope["path"] = path
        scope["mockserver.world"] = name
        scope["mockserver.prefix"] = prefix
        await self._app(scope, receive, send)


async def _refuse(name: str, send: Send) -> None:
    body = orjson.dumps(
        {
            "type": "about:blank",
            "title": "No world can have this name",
            "status": 400,
            "detail": f"{name[:80]!r} is no name of a world; use 1 to 64 letters, digits, dots, dashes and underscores, the first a letter or digit.",
        }
    )
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})
