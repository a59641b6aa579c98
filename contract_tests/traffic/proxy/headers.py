"""Headers in transit: hop-by-hop headers are dropped, all others pass unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mockserver.openapi.digits import EXACT, read_digits

CHECK = b"x-contract-check"
"""Header of a request that says which sides of this call are judged: ``both``, ``request``, ``response`` or ``none``."""
VIOLATIONS = b"x-contract-violations"
_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer trailers transfer-encoding upgrade".split()
)
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset((CHECK, VIOLATIONS, b"x-contract-unjudged"))
_FORWARDED = frozenset((b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"))


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    """The first value of a header, lower-cased and stripped; empty if there is none."""
    return next((value.decode("latin-1").strip().lower() for key, value in headers if key.lower() == name), "")


def content_length(value: str) -> int | None:
    """The number of a Content-Length header, or None if it is no number of bytes."""
    return read_digits(value, EXACT)


def find_malformed(status: int, reason: bytes, headers: Iterable[tuple[bytes, bytes]]) -> str:
    """What keeps the head of a response from being passed on; empty if nothing does. The text repeats nothing of the head but a valid name."""
    if not 200 <= status <= 599:
        return f"the status {status} is none of HTTP"
    if _CONTROL.search(reason):
        return "its reason phrase holds a control character"
    for name, value in headers:
        if not _NAME.fullmatch(name):
            return "the name of a header holds a character that is not allowed"
        if _CONTROL.search(value):
            return f"the header {name.decode()[:80]} holds a control character"
    return ""


def pairs(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    """Headers as text."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def checks(said: str) -> tuple[bool, bool]:
    """Whether request and response of a call are judged; by default both are."""
    words = {word.strip() for word in said.split(",")} if said else {"both"}
    return bool(words & {"both", "request"}), bool(words & {"both", "response"})


def has_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request announces a body."""
    length = header(headers, b"content-length")
    return header(headers, b"transfer-encoding") != "" or length not in ("", "0")


def _of_this_hop(headers: Sequence[tuple[bytes, bytes]]) -> frozenset[bytes]:
    named = header(headers, b"connection")
    return _HOP | {word.strip().encode("latin-1") for word in named.split(",") if word.strip()} | _OURS


def onward(headers: Sequence[tuple[bytes, bytes]], authority: bytes, client: str, scheme: str, *, preserve_host: bool) -> list[tuple[bytes, bytes]]:
    """The headers of a request for the upstream. The body's framing is that of the client: a length, or chunks."""
    dropped = _of_this_hop(headers) | _FORWARDED | {b"expect", b"host"}
    host = next((value for name, value in headers if name.lower() == b"host"), authority)
    found = [(b"host", host if preserve_host else authority)]
    found += [(name, value) for name, value in headers if name.lower() not in dropped]
    if header(headers, b"transfer-encoding"):
        found = [(name, value) for name, value in found if name.lower() != b"content-length"]
        found.append((b"transfer-encoding", b"chunked"))
    before = next((value for name, value in headers if name.lower() == b"x-forwarded-for"), b"")
    found.append((b"x-forwarded-for", (before + b", " if before else b"") + client.encode("latin-1")))
    found.append((b"x-forwarded-proto", scheme.encode()))
    found.append((b"x-forwarded-host", host))
    found.append((b"via", b"1.1 mockserver"))
    return found


def returned(headers: Sequence[tuple[bytes, bytes]], *, bodiless: bool) -> list[tuple[bytes, bytes]]:
    """The headers of a response for the client. A 304 loses its Content-Length: it has no body, and the server would wait for one."""
    dropped = _of_this_hop(headers) | ({b"content-length"} if bodiless else set())
    return [(name.lower(), value) for name, value in headers if name.lower() not in dropped]
