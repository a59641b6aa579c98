"""A body on its way: passed on piece by piece, and kept for the judge as long as it stays below a bound."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from ..encodings import unpacked
from ..exchange import HttpMessage

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class ClientDisconnected(Exception):
    """The client closed the connection."""


async def hung_up(receive: Receive) -> None:
    """Return when a client whose request was read hangs up, or its call is over."""
    while (await receive())["type"] != "http.disconnect":
        pass


class BodyBuffer:
    """The bytes of a body up to a bound, and how many there were."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self.size = 0
        self.complete = False

    @property
    def fits(self) -> bool:
        """Whether all bytes so far are stored."""
        return self.size <= self._limit

    @property
    def parts(self) -> Sequence[bytes]:
        """The bytes that are stored so far."""
        return self._parts

    def add(self, part: bytes) -> None:
        """Count a piece, and keep it unless the bound is passed."""
        self.size += len(part)
        if self.fits:
            self._parts.append(part)
        else:
            self._parts = []

    def message(self, pairs: Sequence[tuple[str, str]]) -> HttpMessage:
        """The body with its headers, for the judge."""
        if not self.fits:
            return HttpMessage(tuple(pairs), None, f"it is longer than {self._limit} bytes")
        if not self.complete:
            return HttpMessage(tuple(pairs), None, "it was cut off")
        return unpacked(tuple(pairs), b"".join(self._parts))


class Incoming:
    """The body of a client's request."""

    def __init__(self, receive: Receive, kept: BodyBuffer, *, announced: bool) -> None:
        self._receive = receive
        self.kept = kept
        self.kept.complete = not announced

    async def next_part(self) -> bytes:
        """The next piece; ``kept.complete`` says whether it was the last. Raises ClientGone."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        part: bytes = message.get("body", b"")
        self.kept.complete = not message.get("more_body", False)
        self.kept.add(part)
        return part

    async def fill(self) -> list[bytes]:
        """Everything up to the bound, and the piece that passed it."""
        parts = []
        while not self.kept.complete and self.kept.fits:
            parts.append(await self.next_part())
        return parts

    async def stream(self, before: Sequence[bytes] = ()) -> AsyncIterator[bytes]:
        """The whole body: the pieces already read, then the rest as it arrives."""
        for part in before:
            if part:
                yield part
        while not self.kept.complete:
            part = await self.next_part()
            if part:
                yield part
