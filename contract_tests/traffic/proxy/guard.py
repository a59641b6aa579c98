"""Who may read the pages below ``/_proxy``: recorded traffic of a staging system is on them.

The rule is that of the server's control plane, written a second time because the tools do not import the server. Bound to a loopback address, the
proxy answers a caller who names it by a loopback name, and no page of another site: such a page could reach the proxy under a name of its own
(DNS rebinding). On any other address, or if a token was set, the token is required instead.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from mockserver.openapi.problems import PROBLEM, problem

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Console = Callable[[Any, Receive, Send], Awaitable[bool]]

PREFIX = "/_proxy"
TOKEN_HEADER = b"x-mock-token"
COOKIE = "mockserver_proxy_token"
SHOWN = 80
"""Letters of a client's header that a refusal repeats."""
_LOCAL_NAME = re.compile(r"(?:[a-z0-9-]{1,63}\.)?localhost", re.IGNORECASE)
_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def is_loopback_host(host: str) -> bool:
    """Whether a host with or without a port, as it stands in a Host header, names this machine and nothing else."""
    try:
        parts = urlsplit(f"//{host}")
        name, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.netloc != host or parts.username is not None or parts.path or parts.query:
        return False
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return bool(_LOCAL_NAME.fullmatch(name))


def is_loopback_origin(origin: str) -> bool:
    """Whether an Origin header names a page of this machine."""
    scheme, mark, host = origin.partition("://")
    return bool(mark) and scheme in ("http", "https") and is_loopback_host(host)


def find_refusal(headers: Sequence[tuple[bytes, bytes]], query: bytes, token: str | None) -> tuple[int, str] | None:
    """Status and reason with which a call is refused; None if it may pass. ``token`` is None if loopback names are enough."""
    hosts = _values(headers, b"host")
    if len(hosts) != 1:
        return 400, f"a call has exactly one Host header, this one has {len(hosts)}"
    if token is not None:
        sent = _sent_token(headers, query)
        if hmac.compare_digest(sent.encode(), token.encode()):
            return None
        wrong = "the token is wrong" if sent else "the token is missing"
        return 401, f"{wrong}; send the header X-Mock-Token, or open {PREFIX}?token=… in a browser"
    if not is_loopback_host(hosts[0]):
        return 403, f"{PREFIX} is not shown under the name {hosts[0][:SHOWN]}; use localhost, or start the proxy on that address"
    other = next((origin for origin in _values(headers, b"origin") if not is_loopback_origin(origin)), None)
    return None if other is None else (403, f"pages of {other[:SHOWN]} may not read {PREFIX}; open it from localhost")


def content_policy(page: str) -> str:
    """The Content-Security-Policy of a page: its own inline script and style, and connections to its own origin."""
    hashes = {"script": "", "style": ""}
    for kind, text in _INLINE.findall(page):
        hashes[kind] += f" 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
    allowed = "; ".join(kind + "-src" + (found or " 'none'") for kind, found in hashes.items())
    return f"default-src 'none'; {allowed}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class ConsoleGuard:
    """Stands before the console: refuses calls, and sends every page with headers that bind a browser."""

    def __init__(self, console: Console, token: str | None, page: str) -> None:
        self._console = console
        self._token = token
        self._headers = [
            (b"content-security-policy", content_policy(page).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"referrer-policy", b"no-referrer"),
        ]

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> bool:
        """Answer a call below ``/_proxy``; False if the console has no such page."""
        if scope["path"] != PREFIX and not scope["path"].startswith(f"{PREFIX}/"):
            return False

        async def bound(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
            await send(message)

        refusal = find_refusal(scope["headers"], scope.get("query_string", b""), self._token)
        if refusal is not None:
            body = orjson.dumps(problem(*refusal))
            await _answer(bound, refusal[0], body, (b"content-type", PROBLEM.encode()))
            return True
        if self._token is not None and _query_token(scope.get("query_string", b"")):
            cookie = f"{COOKIE}={self._token}; Path={PREFIX}; HttpOnly; SameSite=Strict"
            await _answer(bound, 303, b"", (b"location", PREFIX.encode()), (b"set-cookie", cookie.encode()))
            return True
        return await self._console(scope, receive, bound)


async def _answer(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length, (b"cache-control", b"no-store")]})
    await send({"type": "http.response.body", "body": body})


def _values(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for key, value in headers if key.lower() == name]


def _sent_token(headers: Sequence[tuple[bytes, bytes]], query: bytes) -> str:
    """The token of a call: in a header, as a bearer, in the cookie of the page, or in the address that the proxy prints."""
    for value in _values(headers, TOKEN_HEADER):
        return value
    for value in _values(headers, b"authorization"):
        scheme, _, token = value.partition(" ")
        if scheme.lower() == "bearer":
            return token.strip()
    try:
        cookies = SimpleCookie("; ".join(_values(headers, b"cookie")))
    except CookieError:
        cookies = SimpleCookie()
    return cookies[COOKIE].value if COOKIE in cookies else _query_token(query)


def _query_token(query: bytes) -> str:
    return parse_qs(query.decode("latin-1")).get("token", [""])[0]
