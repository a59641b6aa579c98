"""Cross-origin rules, by the API that a request is routed to."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.core.base.requests import sent_headers
from mockserver.openapi.errors import SetupError

_PATTERN = re.compile(r"(?:https?|\*)://(?:[A-Za-z0-9*-]+(?:\.[A-Za-z0-9*-]+)*|\[[0-9A-Fa-f:.]+\])(?::(?:\d{1,5}|\*))?|null")
_EXPOSE = "access-control-expose-headers"


def read_origins(patterns: Sequence[str]) -> str:
    """A regular expression for the origins that match one of the patterns of the command line; ``*`` in one stands for any letters but dots.

    Raises SetupError for a text that is no pattern of an origin.
    """
    for text in patterns:
        if not _PATTERN.fullmatch(text):
            raise SetupError(
                f"--allow-origin {text}: write scheme, host and port of an origin, in which * stands for one part: https://*.example.com"
            )
    return "|".join(re.escape(text.lower()).replace(r"\*", "[a-z0-9-]+") for text in patterns)


class Cors:
    """Lets pages of every origin call the vendors' APIs, but only those of some origins call the mock's own interfaces and pages.

    ``is_own`` says whether a routed request is for the mock itself; ``own_origins`` is a regular expression for the origins whose pages may send one.
    Pages of these origins and of those that match ``trusted_origins`` may send credentials to the vendors' APIs, and may call them across networks.
    """

    def __init__(self, app: ASGIApp, is_own: Callable[[Scope], bool], own_origins: str, trusted_origins: str = "") -> None:
        common: dict[str, Any] = {"allow_methods": ["*"], "allow_headers": ["*"], "max_age": 600}
        self._app = app
        self._is_own = is_own
        self._trusted_origins = re.compile(f"{own_origins}|{trusted_origins}" if trusted_origins else own_origins, re.IGNORECASE)
        self._others = CORSMiddleware(app, allow_origins=["*"], expose_headers=["*"], **common)
        self._trusted = CORSMiddleware(
            _exposing(app), allow_origin_regex=self._trusted_origins.pattern, allow_credentials=True, allow_private_network=True, **common
        )
        self._own = CORSMiddleware(app, allow_origin_regex=own_origins, expose_headers=["*"], allow_private_network=True, **common)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Apply the rules; a request without an origin needs none."""
        origin = sent_headers(scope).get(b"origin") if scope["type"] == "http" else None
        if origin is None:
            await self._app(scope, receive, send)
        elif self._is_own(scope):
            await self._own(scope, receive, send)
        elif self._trusted_origins.fullmatch(origin.decode("latin-1")):
            await self._trusted(scope, receive, send)
        else:
            await self._others(scope, receive, send)


def _exposing(app: ASGIApp) -> ASGIApp:
    """An application whose answers name each of their headers as readable: for an answer to credentials, ``*`` does not stand for all of them."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[_EXPOSE] = ", ".join(dict.fromkeys(headers.keys()))
            await send(message)

        await app(scope, receive, sending)

    return call
