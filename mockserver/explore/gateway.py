"""A port of its own in front of the server, for what happens between two calls: a refused connection, or a change of the world.

It passes bytes on, and reads just enough of HTTP to count requests and answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import httptools

CHUNK = 64 * 1024
REOPENED = 0.4
"""Seconds after which a port that refuses once accepts connections again."""
Act = Callable[[], Awaitable[bool]]
"""Does something to the world, and tells whether it was possible."""


class _Counter:
    """What httptools calls while it reads one direction of a connection."""

    def __init__(self) -> None:
        self.begun = 0
        self.completed = 0

    def on_url(self, url: bytes) -> None:
        """Count a request to an API, not to the control plane."""
        self.begun += b"/_mock" not in url

    def on_message_complete(self) -> None:
        self.completed += 1


class Gateway:
    """One port that leads to a server. Before request number ``at``, counted from 1, it runs ``act``, or refuses connections if there is none.

    ``lasts`` says whether it refuses from there on. ``applied`` says whether this has happened.
    """

    def __init__(self, url: str, at: int, act: Act | None, *, lasts: bool) -> None:
        parts = urlsplit(url)
        self._upstream = parts.hostname or "127.0.0.1", parts.port or 80
        self._at = at
        self._act = act
        self._lasts = lasts
        self._begun = 0
        self._answered = 0
        self._lock = asyncio.Lock()
        self._socket = self._bind(0)
        self.port: int = self._socket.getsockname()[1]
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.applied = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @staticmethod
    def _bind(port: int) -> socket.socket:
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        return bound

    async def start(self) -> None:
        """Accept connections, unless the first one is to be refused."""
        if self._act is None and self._at == 1:
            self._refuse()
        else:
            await self._listen()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, sock=self._socket)

    def _refuse(self) -> None:
        """Close the port: a bound socket that does not listen refuses connections."""
        self.applied = True
        if self._server is not None:
            self._server.close()
            self._server = None
            self._socket = self._bind(self.port)
        for writer in self._writers:
            writer.close()
        if not self._lasts:
            self._keep(self._reopen())

    async def _reopen(self) -> None:
        await asyncio.sleep(REOPENED)
        await self._listen()

    def _keep(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream, sink = await asyncio.open_connection(*self._upstream)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, sink}
        counter = _Counter()
        try:
            self._keep(self._pass_answers(upstream, writer, counter))
            await self._pass_requests(reader, sink, counter)
        finally:
            self._writers -= {writer, sink}
            sink.close()

    async def _pass_requests(self, reader: asyncio.StreamReader, sink: asyncio.StreamWriter, counter: _Counter) -> None:
        parser = httptools.HttpRequestParser(counter)
        with contextlib.suppress(OSError, httptools.HttpParserError):
            while data := await reader.read(CHUNK):
                before = counter.begun
                parser.feed_data(data)
                if counter.begun > before:
                    await self._note_requests(counter.begun - before)
                sink.write(data)
                await sink.drain()

    async def _note_requests(self, count: int) -> None:
        async with self._lock:
            self._begun += count
            if self._act is not None and not self.applied and self._begun >= self._at:
                self.applied = await self._act()

    async def _pass_answers(self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: _Counter) -> None:
        counter = _Counter()
        parser = httptools.HttpResponseParser(counter)
        with contextlib.suppress(OSError, httptools.HttpParserError):
            while data := await upstream.read(CHUNK):
                before = counter.completed
                parser.feed_data(data)
                writer.write(data)
                await writer.drain()
                if requests.begun:
                    self._answered += counter.completed - before
                if self._act is None and not self.applied and self._answered >= self._at - 1:
                    self._refuse()
        writer.close()

    async def close(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
        self._socket.close()
        for writer in self._writers:
            writer.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def find_free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])
