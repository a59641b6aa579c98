"""The address under which clients reach the server: what they called, what a trusted proxy in front says, or what the operator says."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.types import Scope

from mockserver.core.base.requests import sent_headers
from mockserver.core.base.targets import Network, read_address
from mockserver.openapi.errors import SetupError

ORIGIN = "mockserver.origin"
"""Key of the scope with scheme, host and path prefix under which the client reached the server."""
_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?")
_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """How to find the address under which a client reached the server.

    ``public_url`` is that address for every request, without a slash at its end; empty if it follows from the request. ``proxies`` are the networks
    of the proxies whose ``X-Forwarded-Proto``, ``X-Forwarded-Host`` and ``X-Forwarded-Prefix`` count. The headers of other clients do not count,
    because they could make links lead anywhere.
    """

    public_url: str = ""
    proxies: tuple[Network, ...] = ()

    def find_origin(self, scope: Scope) -> str:
        """Scheme, host and path prefix of a request's address, without a slash at the end; every link in an answer begins with it."""
        if self.public_url:
            return self.public_url
        headers = sent_headers(scope)
        scheme, host, server = scope.get("scheme", "http"), headers.get(b"host", b""), tuple(scope.get("server") or ("localhost", None))
        client = (scope.get("client") or ("",))[0]
        if not self.proxies or not _is_within(client, self.proxies):
            return _make_origin(scheme, host, server, "")
        told = _first(headers, b"x-forwarded-proto").lower()
        prefix = _first(headers, b"x-forwarded-prefix").rstrip("/")
        named = _first(headers, b"x-forwarded-host")
        return _make_origin(
            told if told in _SCHEMES else scheme,
            named.encode() if _HOST.fullmatch(named) else host,
            server,
            prefix if _PATH.fullmatch(prefix) else "",
        )


AS_CALLED = PublicAddress()
"""The address is that which the client called."""


def read_public_address(public_url: str | None, proxies: Sequence[str]) -> PublicAddress:
    """The public address by the options of the command line. Raises SetupError for a URL or a network that is none."""
    url = (public_url or "").rstrip("/")
    if url:
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES or not _HOST.fullmatch(parts.netloc) or not _PATH.fullmatch(parts.path) or parts.query or parts.fragment:
            raise SetupError(f"--public-url {public_url}: write scheme, host and path under which clients reach the server: https://shop.example/api")
    networks: list[Network] = []
    for text in proxies:
        try:
            networks.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            raise SetupError(f"--trust-proxy {text}: write the address or the network of the proxy: 127.0.0.1 or 10.0.0.0/8") from None
    return PublicAddress(url, tuple(networks))


def _first(headers: Mapping[bytes, bytes], name: bytes) -> str:
    """The first of the values of a header: that of the proxy next to the client."""
    return headers.get(name, b"").decode("latin-1").partition(",")[0].strip()


@lru_cache(maxsize=256)
def _is_within(client: str, networks: tuple[Network, ...]) -> bool:
    address = read_address(client)
    return address is not None and any(address in network for network in networks)


@lru_cache(maxsize=256)
def _make_origin(scheme: str, host: bytes, server: tuple[str, int | None], prefix: str) -> str:
    named = host.decode("latin-1")
    if not _HOST.fullmatch(named):
        named = f"{server[0]}:{server[1]}" if server[1] else server[0]
    return f"{scheme}://{named}{prefix}"
