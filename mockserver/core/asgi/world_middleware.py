"""The choice of the world of a request: by the header ``X-Mock-World`` or by the path prefix ``/~name``."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.core.asgi.delivery import send_reply
from mockserver.core.base.names import DEFAULT, is_world_name
from mockserver.core.base.problems import problem_reply
from mockserver.core.base.requests import sent_headers

HEADER = b"x-mock-world"
_DOUBLED = re.compile(r"(?<=[^/])/{2,}")


class Worlds:
    """Puts the name of a request's world into its scope, and removes the prefix from its path.

    The prefix is for clients that cannot set a header, such as a browser that follows a redirect; if both are sent, the prefix counts. A slash at
    the end of a path is removed, and of several slashes in a row, which a base URL with a slash at its end causes, one is kept.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the next application with the world of the request, or refuse a name that no world can have."""
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
            # Slashes at the start stay: the first segment decides which rules the path falls under.
            path = _DOUBLED.sub("/", path)
        if len(path) > 1 and path.endswith("/"):
            path = path[:-1]
        scope["path"] = path
        scope["mockserver.world"] = name
        scope["mockserver.prefix"] = prefix
        await self._app(scope, receive, send)


async def _refuse(name: str, send: Send) -> None:
    detail = f"{name[:80]!r} is no name of a world; use 1 to 64 letters, digits, dots, dashes and underscores, the first a letter or digit."
    reply = problem_reply(400, detail, title="No world can have this name")
    await send_reply(reply, reply.encode(), send)
