"""One request and its response as bytes, from any recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from mockserver.openapi.limits import find_limit_name


class Headers(dict[str, str]):
    """Headers by lower-case name, found in any spelling; several of one name are joined by commas."""

    def __init__(self, pairs: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__()
        for name, value in pairs:
            key = name.lower()
            self[key] = f"{dict.__getitem__(self, key)}, {value}" if dict.__contains__(self, key) else value

    def __getitem__(self, name: str) -> str:
        return dict.__getitem__(self, name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and dict.__contains__(self, name.lower())

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        return dict.get(self, name.lower(), default)


@dataclass(frozen=True)
class HttpMessage:
    """Headers and body of one side.

    ``body`` is without its content encoding; it is None if there is nothing to judge, and ``unread`` says why. ``broken`` is the error of the
    content encoding itself.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    body: bytes | None = b""
    unread: str = ""
    broken: str = ""

    @cached_property
    def headers(self) -> Headers:
        """The headers, found in any spelling."""
        return Headers(self.pairs)

    @property
    def media_type(self) -> str:
        """The media type of the body in lower case, without parameters."""
        return self.headers.get("content-type").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class RecordedExchange:
    """One entry of a recording.

    ``number`` counts entries from 1; ``status`` is 0 if no response came; ``started`` is an ISO 8601 time; ``injected`` names the fault
    rule or preference that produced the answer; ``credential`` is the mock's published name of the credential of the call.
    """

    number: int
    method: str
    url: str
    request: HttpMessage
    status: int
    response: HttpMessage
    started: str = ""
    injected: bool = False
    credential: str = ""

    @cached_property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def limit(self) -> str:
        """The limit of the mock beyond which it refused the call, in no vendor's name; empty for any other answer."""
        return find_limit_name(self.status, self.response.media_type, self.response.headers.get("x-mock-limit"))

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @cached_property
    def query(self) -> str:
        return urlsplit(self.url).query
