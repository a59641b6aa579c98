"""A request, independent of any framework, and the reading of its body."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any

from mockserver.core.base.faults import TooLarge
from mockserver.core.base.names import DEFAULT
from mockserver.core.base.visitors import Visitor, identify_visitor

LONGEST = 18
"""Digits of a Content-Length; a longer number is too large, whatever it is."""
_HEADERS = "mockserver.headers"
_CHARSET = re.compile(r""";\s{0,9}charset\s{0,9}=\s{0,9}"?([A-Za-z0-9._:+-]{1,40})""", re.IGNORECASE)


class ClientGone(Exception):
    """The client closed the connection before its request was complete, so no answer can be sent."""


@dataclass(slots=True)
class Request:
    """One request with its whole body.

    ``client`` is the address from which it came, empty if that is not known. ``is_quiet`` is set if its answer has no reader, so that it carries no
    notice. ``server`` is host and port of the socket that received it. ``raw_headers`` are not kept, because the journal keeps requests.
    """

    method: str
    path: str
    query: bytes = b""
    raw_headers: InitVar[Sequence[tuple[bytes, bytes]]] = ()
    body: bytes = b""
    path_values: Mapping[str, str] = field(default_factory=dict)
    world: str = DEFAULT
    origin: str = ""
    prefix: str = ""
    client: str = ""
    is_quiet: bool = False
    server: tuple[str, int | None] | None = None
    headers: Mapping[str, str] = field(init=False)
    """Headers by lower-case name; several of one name are joined by commas."""

    def __post_init__(self, raw_headers: Sequence[tuple[bytes, bytes]]) -> None:
        self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw_headers}
        if len(self.headers) < len(raw_headers):
            self.headers = _join_repeated(raw_headers)

    @property
    def visitor(self) -> Visitor:
        """The client, for the store of worlds."""
        return identify_visitor(self.method, self.client, self.headers)

    @property
    def base_url(self) -> str:
        """The address under which the client reached the server, without a slash at the end."""
        return self.origin + self.prefix

    @property
    def own_url(self) -> str:
        """The address of the request's world, also if the client named the world by a header or a cookie."""
        return self.origin + (self.prefix or ("" if self.world == DEFAULT else f"/~{self.world}"))

    @property
    def socket(self) -> str:
        """Host and port of the socket that received the request, whatever name the client used."""
        host, port = self.server or ("localhost", None)
        named = f"[{host}]" if ":" in host else host
        return f"{named}:{port}" if port else named

    @property
    def media_type(self) -> str:
        """The media type of the body in lower case, without parameters; empty if the request has none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        """The character encoding of the body in lower case, as its media type names it; empty if it names none."""
        found = _CHARSET.search(self.headers.get("content-type", ""))
        return found[1].lower() if found is not None else ""


def _join_repeated(raw_headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, list[str]] = {}
    for name, value in raw_headers:
        headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return {name: ", ".join(values) for name, values in headers.items()}


def sent_headers(scope: MutableMapping[str, Any]) -> Mapping[bytes, bytes]:
    """The headers of a request by name; of several with one name, the last. They are kept in the scope for the next layer that asks."""
    found: Mapping[bytes, bytes] | None = scope.get(_HEADERS)
    if found is None:
        found = scope[_HEADERS] = dict(scope["headers"])
    return found


async def read_body(scope: MutableMapping[str, Any], receive: Callable[[], Awaitable[MutableMapping[str, Any]]], limit: int) -> bytes:
    """The body of a request. Raises TooLarge as soon as more than ``limit`` bytes are announced or read, ClientGone if the client hangs up."""
    length = sent_headers(scope).get(b"content-length", b"")
    if length.isdigit() and (len(length) > LONGEST or int(length) > limit):
        raise TooLarge(limit)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise TooLarge(limit)
        if part:
            parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)
