"""Access to the control plane.

On a loopback address, a call has to name the server by a loopback name and must not come from a page of another origin: a browser would let such
a page send a reset, or reach the server under a DNS name of its own. On any other address a call has to send the token that is printed at start, in
``X-Mock-Token`` or as a bearer token.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.control.problems import render_fault
from mockserver.core.asgi.delivery import send_reply
from mockserver.core.base.faults import Fault, Forbidden, Unauthenticated
from mockserver.core.base.requests import sent_headers
from mockserver.core.base.visitors import LOOPBACK_ORIGIN

PREFIX = "/_mock"
OPEN = "/_mock/health"
HEADER = b"x-mock-token"

_LOOPBACK_HOST = re.compile(r"(?:localhost|[a-z0-9-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?", re.IGNORECASE)
_ORIGIN = re.compile(LOOPBACK_ORIGIN)


class Guard:
    """Middleware that refuses calls to the control plane without access. ``token`` is None if the server is bound to a loopback address."""

    def __init__(self, app: ASGIApp, token: str | None = None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the next application, or refuse the request."""
        path = scope.get("path", "")
        if scope["type"] == "http" and path != OPEN and (path == PREFIX or path.startswith(PREFIX + "/")):
            fault = self._find_refusal(sent_headers(scope))
            if fault is not None:
                reply = render_fault(fault)
                await send_reply(reply, reply.encode(), send)
                return
        await self._app(scope, receive, send)

    def _find_refusal(self, headers: Mapping[bytes, bytes]) -> Fault | None:
        if self._token is not None:
            sent = find_token(headers)
            if sent is None:
                return Unauthenticated("X-Mock-Token", missing=True)
            return None if hmac.compare_digest(sent, self._token.encode()) else Unauthenticated("X-Mock-Token")
        host = headers.get(b"host", b"localhost").decode("latin-1")
        if not _LOOPBACK_HOST.fullmatch(host):
            return Forbidden(
                f"the control plane does not answer under the name {host[:80]}; call it as localhost, or start the server on that address"
            )
        origin = headers.get(b"origin", b"").decode("latin-1")
        if origin and not _ORIGIN.fullmatch(origin):
            return Forbidden(f"pages of {origin[:80]} may not call the control plane; open them from localhost")
        return None


def find_token(headers: Mapping[bytes, bytes]) -> bytes | None:
    """The token of the control plane that a call sends, in ``X-Mock-Token`` or as a bearer token; None if it sends none."""
    scheme, _, sent = headers.get(b"authorization", b"").partition(b" ")
    return headers.get(HEADER, sent.strip() if scheme.lower() == b"bearer" else None)
