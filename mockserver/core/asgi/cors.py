"""Cross-origin rules, by the API that a request is routed to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.core.base.requests import sent_headers


class Cors:
    """Lets pages of every origin call the vendors' APIs, but only those of some origins call the mock's own interfaces and pages.

    ``is_own`` says whether a routed request is for the mock itself; ``own_origins`` is a regular expression for the origins whose pages may send one.
    """

    def __init__(self, app: ASGIApp, is_own: Callable[[Scope], bool], own_origins: str) -> None:
        common: dict[str, Any] = {"allow_methods": ["*"], "allow_headers": ["*"], "expose_headers": ["*"], "max_age": 600}
        self._app = app
        self._is_own = is_own
        self._vendors = CORSMiddleware(app, allow_origins=["*"], **common)
        self._own = CORSMiddleware(app, allow_origin_regex=own_origins, **common)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Apply the rules; a request without an origin needs none."""
        if scope["type"] != "http" or b"origin" not in sent_headers(scope):
            await self._app(scope, receive, send)
            return
        await (self._own if self._is_own(scope) else self._vendors)(scope, receive, send)
