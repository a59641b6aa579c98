"""Cross-origin rules, by path."""

from __future__ import annotations

from typing import Any

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.core.base.requests import sent_headers


class Cors:
    """Lets pages of every origin call the vendors' APIs, but only those of some origins call the mock's own paths.

    ``own_paths`` are the prefixes of the mock's own paths, to which the root belongs as well; ``own_origins`` is a regular expression for the
    origins whose pages may call them.
    """

    def __init__(self, app: ASGIApp, own_paths: tuple[str, ...], own_origins: str) -> None:
        common: dict[str, Any] = {"allow_methods": ["*"], "allow_headers": ["*"], "expose_headers": ["*"], "max_age": 600}
        self._app = app
        self._own_paths = own_paths
        self._vendors = CORSMiddleware(app, allow_origins=["*"], **common)
        self._own = CORSMiddleware(app, allow_origin_regex=own_origins, **common)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Apply the rules of the path; a request without an origin needs none."""
        if scope["type"] != "http" or b"origin" not in sent_headers(scope):
            await self._app(scope, receive, send)
            return
        path: str = scope.get("path", "")
        if path.startswith("/~"):
            path = "/" + path.partition("/~")[2].partition("/")[2]
        is_own = path.startswith(self._own_paths) or path in ("", "/")
        await (self._own if is_own else self._vendors)(scope, receive, send)
