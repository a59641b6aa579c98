"""The choice of the world of a request: by the path prefix ``/~name``, the header ``X-Mock-World`` or the cookie ``mock-world``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.core.asgi.delivery import send_reply
from mockserver.core.asgi.public_address import AS_CALLED, ORIGIN, PublicAddress
from mockserver.core.base.names import DEFAULT, is_world_name
from mockserver.core.base.problems import problem_reply
from mockserver.core.base.requests import sent_headers

HEADER = b"x-mock-world"
COOKIE = "mock-world"
_COOKIE = re.compile(rb"(?:^|;)\s*mock-world=\"?([^;\"]*)")
_DOUBLED = re.compile(r"(?<=[^/])/{2,}")


class Worlds:
    """Puts the name of a request's world into its scope, and removes the prefix from its path.

    The prefix is for clients that cannot set a header, such as a browser that follows a redirect; the cookie for those that can set neither. The
    prefix counts before the header, and the header before the cookie. The cookie does not count at the ``own`` paths of the server, so that a page
    which shows one world never changes another. ``address`` finds the address of the request, which goes into the scope as well.

    A slash at the end of a path is removed, and of several slashes in a row, which a base URL with a slash at its end causes, one is kept.
    """

    def __init__(self, app: ASGIApp, address: PublicAddress = AS_CALLED, own: Sequence[str] = ()) -> None:
        self._app = app
        self._find_origin = address.find_origin
        self._own = tuple(own)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the next application with the world of the request, or refuse a name that no world can have."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        name, prefix = DEFAULT, ""
        scope[ORIGIN] = self._find_origin(scope)
        headers = sent_headers(scope)
        named = headers.get(HEADER)
        if named is not None:
            name = named.decode("latin-1")
        elif (cookies := headers.get(b"cookie")) is not None and (chosen := _COOKIE.search(cookies)) is not None and not self._is_own(path):
            name = chosen[1].decode("latin-1")
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

    def _is_own(self, path: str) -> bool:
        """Whether a path is one of the server's own, and no vendor's."""
        return path == "/" or any(path == own or path.startswith(own + "/") for own in self._own)


async def _refuse(name: str, send: Send) -> None:
    detail = f"{name[:80]!r} is no name of a world; use 1 to 64 letters, digits, dots, dashes and underscores, the first a letter or digit."
    reply = problem_reply(400, detail, title="No world can have this name")
    await send_reply(reply, reply.encode(), send)
