"""The client of a request as the store of worlds sees it: from which address it came, and what its browser says about the page that sent it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

LOOPBACK_ORIGIN = r"https?://(?:localhost|[a-zA-Z0-9-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?"
"""A regular expression for the origins whose pages may call the mock's own paths, and whose worlds count as made on purpose."""

_ALLOWED = re.compile(LOOPBACK_ORIGIN)
_ASKED_BY_SCRIPT = frozenset({"", "empty", "document"})
_IPV6_PREFIX = 64
"""Bits of an IPv6 address that identify a client: one machine usually has all addresses of such a network."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A client. ``address`` identifies it among others; it is empty for a call inside the process.

    ``is_foreign`` is set if a page of another site, whose origin is not allowed, sent the request. ``may_make`` is unset if the request must not
    make a world: a browser sends it for an image or another part of a page, or without CORS for a page of another site.
    """

    address: str = ""
    is_foreign: bool = False
    may_make: bool = True


INSIDE = Visitor()
"""The visitor of a call inside the process."""


def identify_visitor(method: str, client: str, headers: Mapping[str, str]) -> Visitor:
    """The visitor of a request with these headers, by lower-case name, from the address ``client``."""
    site = headers.get("sec-fetch-site")
    if site is None:
        return _by_address(client)
    address = _by_address(client).address
    is_foreign = site == "cross-site" and not _ALLOWED.fullmatch(headers.get("origin", ""))
    is_part = method in ("GET", "HEAD") and headers.get("sec-fetch-dest", "") not in _ASKED_BY_SCRIPT
    has_cors = headers.get("sec-fetch-mode") == "cors"
    return Visitor(address, is_foreign, may_make=not is_part and (has_cors or not is_foreign))


@lru_cache(maxsize=1024)
def _by_address(client: str) -> Visitor:
    """A visitor without a browser. Of an IPv6 address, the network identifies it."""
    if ":" not in client:
        return Visitor(client)
    try:
        return Visitor(str(ipaddress.IPv6Network((client.partition("%")[0], _IPV6_PREFIX), strict=False)))
    except ValueError:
        return Visitor(client)
