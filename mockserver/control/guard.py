"""Access to everything on the server that is not a vendor's: the control plane, the console, the reference pages.

On a loopback address, a call has to name the server by a loopback name and must not come from a page of another origin: a browser would let such
a page send a reset, or reach the server under a DNS name of its own. On any other address a call to the control plane has to send the token that is
printed at start, in ``X-Mock-Token`` or as a bearer token; the pages ask for it. Every answer that has no content security policy gets one under
which nothing is loaded or run.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.control.problems import render_fault
from mockserver.core.asgi.delivery import send_reply
from mockserver.core.base.faults import Fault, Forbidden, Unauthenticated
from mockserver.core.base.requests import sent_headers
from mockserver.core.base.visitors import LOOPBACK_ORIGIN
from mockserver.core.operation.api import Api

PREFIX = "/_mock"
LIVE = "/_mock/live"
OPEN = frozenset({"/_mock/health", "/_mock/ready", LIVE})
"""The paths that need no access, because probes ask for them under any name."""
HEADER = b"x-mock-token"
POLICY = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_DEFAULTS = ((b"content-security-policy", POLICY), (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin"))
_LOOPBACK_HOST = re.compile(r"(?:localhost|[a-z0-9-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?", re.IGNORECASE)
_ORIGIN = re.compile(LOOPBACK_ORIGIN)


class Guard:
    """Middleware that refuses routed requests for the mock itself without access.

    ``find_api`` returns the API that a request is for, None for a page. ``token`` is None if the server is bound to a loopback address.
    """

    def __init__(self, app: ASGIApp, find_api: Callable[[Scope], Api | None], token: str | None = None) -> None:
        self._app = app
        self._find_api = find_api
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the next application, or refuse the request."""
        api = self._find_api(scope) if scope["type"] == "http" else None
        is_vendor = api is not None and not api.is_control
        if scope["type"] != "http" or is_vendor or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        sending = _with_policy(send)
        if api is None and self._token is not None:  # a page asks for the token itself, and calls the control plane with it
            fault = None
        else:
            fault = find_refusal(sent_headers(scope), self._token, "the console" if api is None else "the control plane")
        if fault is None:
            await self._app(scope, receive, sending)
        else:
            reply = render_fault(fault)
            await send_reply(reply, reply.encode(), sending)


def find_refusal(headers: Mapping[bytes, bytes], token: str | None, thing: str) -> Fault | None:
    """Why a call to ``thing`` has no access; None if it has. ``token`` is None if the server is bound to a loopback address."""
    if token is not None:
        sent = find_token(headers)
        if sent is None:
            return Unauthenticated("X-Mock-Token", missing=True)
        return None if hmac.compare_digest(sent, token.encode()) else Unauthenticated("X-Mock-Token")
    host = headers.get(b"host", b"localhost").decode("latin-1")
    if not _LOOPBACK_HOST.fullmatch(host):
        return Forbidden(f"{thing} does not answer under the name {host[:80]}; call it as localhost, or start the server on that address")
    origin = headers.get(b"origin", b"").decode("latin-1")
    if origin and not _ORIGIN.fullmatch(origin):
        return Forbidden(f"pages of {origin[:80]} may not call {thing}; open them from localhost")
    return None


def find_token(headers: Mapping[bytes, bytes]) -> bytes | None:
    """The token of the control plane that a call sends, in ``X-Mock-Token`` or as a bearer token; None if it sends none."""
    scheme, _, sent = headers.get(b"authorization", b"").partition(b" ")
    return headers.get(HEADER, sent.strip() if scheme.lower() == b"bearer" else None)


def _with_policy(send: Send) -> Send:
    """A function that adds the headers of a closed page to an answer which lacks them."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            present = {name.lower() for name, _ in headers}
            message = {**message, "headers": [*headers, *(pair for pair in _DEFAULTS if pair[0] not in present)]}
        await send(message)

    return sending
