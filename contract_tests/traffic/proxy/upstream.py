"""The upstream: the only address that is contacted, over kept-alive connections, with unchanged requests and responses.

httpcore, the transport below httpx, is used directly: it sends the target and the headers byte for byte, decodes nothing and follows nothing.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore

from mockserver.openapi import limits

from .headers import content_length, find_malformed

CHUNK = 64 * 1024
"""Bytes read from a connection at a time."""
KEEP_ALIVE = 4.0
"""Seconds that an idle connection is kept: less than the five after which many servers close it, so that few requests fail on a closing one."""
_SAFE = (b"GET", b"HEAD", b"OPTIONS", b"TRACE")
_END_OF_HEAD = b"\r\n\r\n"
_HTTP_1 = b"HTTP/"
_NEVER = -(1 << 62)
"""Bytes beyond an answer's length that a connection without a length to count never reaches."""


@dataclass(frozen=True)
class Timeouts:
    """Seconds: to reach the upstream, between two pieces of an answer or of a request, and to wait for a free connection."""

    connect: float = 10.0
    read: float = 60.0
    pool: float = 10.0


class UpstreamFailed(Exception):
    """The upstream gave no answer that can be passed on. ``error`` is its error type of RFC 9209."""

    def __init__(self, status: int, error: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.error = error


class Upstream:
    """A pool of connections to one origin. ``http2`` is True (used also without TLS), False, or None: negotiated over TLS."""

    def __init__(
        self, url: str, timeouts: Timeouts, *, connections: int = limits.PROXY_CONNECTIONS.value, http2: bool | None = None, verify: bool = True
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no address of a server; write http://host:port or https://host")
        self.scheme = parts.scheme.encode()
        self.host = parts.hostname.encode()
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.prefix = parts.path.rstrip("/").encode()
        self.authority = parts.netloc.rpartition("@")[2].encode()
        context = ssl.create_default_context()
        if not verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._timeout = {"connect": timeouts.connect, "read": timeouts.read, "write": timeouts.read, "pool": timeouts.pool}
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=KEEP_ALIVE,
            http1=http2 is not True,
            http2=http2 is not False,
            network_backend=Backend(),
        )

    async def send(
        self, method: bytes, target: bytes, headers: list[tuple[bytes, bytes]], content: bytes | AsyncIterator[bytes]
    ) -> httpcore.Response:
        """The response to a request, its body still to be read. Raises UpstreamFailed.

        A request without a body and with a safe method is sent once more if its connection broke before an answer: a server may close a
        kept-alive connection at the moment when it is used again.
        """
        url = httpcore.URL(scheme=self.scheme, host=self.host, port=self.port, target=self.prefix + target)
        attempts = 2 if content == b"" and method in _SAFE else 1
        for attempt in range(1, attempts + 1):
            request = httpcore.Request(method, url, headers=headers, content=content, extensions={"timeout": self._timeout})
            try:
                return await _well_formed(await self._pool.handle_async_request(request))
            except (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError) as error:
                if attempt == attempts:
                    raise failed(error) from error
            except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, ssl.SSLError, OSError, ValueError) as error:
                raise failed(error) from error
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """Let the connections go."""
        await self._pool.aclose()


async def _well_formed(response: httpcore.Response) -> httpcore.Response:
    """A response whose head can be passed on. Raises UpstreamFailed."""
    wrong = find_malformed(response.status, response.extensions.get("reason_phrase", b""), response.headers)
    if not wrong:
        return response
    with suppress(httpcore.NetworkError, httpcore.ProtocolError, RuntimeError, OSError):
        await response.aclose()
    raise UpstreamFailed(502, "http_protocol_error", f"the upstream broke the HTTP protocol: {wrong}")


def failed(error: BaseException) -> UpstreamFailed:
    """What went wrong with the upstream, as an answer to the client."""
    text = str(error) or type(error).__name__
    if isinstance(error, httpcore.ConnectTimeout):
        return UpstreamFailed(504, "connection_timeout", "the upstream could not be reached in time")
    if isinstance(error, httpcore.PoolTimeout):
        return UpstreamFailed(503, "connection_limit_reached", "too many requests wait for the upstream")
    if isinstance(error, httpcore.TimeoutException):
        return UpstreamFailed(504, "http_response_timeout", "the upstream did not answer in time")
    if isinstance(error, (httpcore.ConnectError, ssl.SSLError)):
        return UpstreamFailed(502, "connection_refused", f"the upstream cannot be reached: {text}")
    if isinstance(error, (httpcore.RemoteProtocolError, ValueError)):  # httpcore reads a status of HTTP/2 as a number, whatever it is
        return UpstreamFailed(502, "http_protocol_error", f"the upstream broke the HTTP protocol: {text}")
    return UpstreamFailed(502, "connection_terminated", f"the connection to the upstream broke: {text}")


class Backend(httpcore.AsyncNetworkBackend):
    """TCP connections on asyncio's streams, which detect an answer that is longer than announced."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,  # noqa: ARG002 - likewise
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - likewise
    ) -> httpcore.AsyncNetworkStream:
        """A connection to an address."""
        try:
            async with asyncio.timeout(timeout):
                loop = asyncio.get_running_loop()
                reader = Reader(limit=CHUNK, loop=loop)
                protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
                transport, _ = await loop.create_connection(lambda: protocol, host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except OSError as error:
            raise httpcore.ConnectError(error.strerror or str(error)) from error
        return Connection(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class Reader(asyncio.StreamReader):
    """A stream that knows whether anything is there to be read, the end included."""

    def __init__(self, limit: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=limit, loop=loop)
        self.waiting = 0
        self.ended = False

    def feed_data(self, data: bytes) -> None:  # type: ignore[override]
        """Take bytes from the transport."""
        self.waiting += len(data)
        super().feed_data(data)

    def feed_eof(self) -> None:
        """Take the end from the transport."""
        self.ended = True
        super().feed_eof()


class Connection(httpcore.AsyncNetworkStream):
    """A connection that is not reused after an answer longer than announced: the rest would be taken for the next answer."""

    def __init__(self, reader: Reader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._head = b""
        self._beyond = 0
        self._counting = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's interface
        """The next bytes, empty at the end."""
        try:
            async with asyncio.timeout(timeout):
                data = await self._reader.read(min(max_bytes, CHUNK))
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        self._reader.waiting -= len(data)
        self._count(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's interface
        """Send bytes, and wait until they are taken."""
        self._head, self._counting, self._beyond = b"", False, 0
        if not buffer:
            return
        self._writer.write(buffer)
        try:
            async with asyncio.timeout(timeout):
                await self._writer.drain()
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        """Close the connection, without waiting for the other side."""
        with suppress(OSError):
            self._writer.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
    ) -> httpcore.AsyncNetworkStream:
        """The same connection under TLS."""
        try:
            async with asyncio.timeout(timeout):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except TimeoutError as error:
            await self.aclose()
            raise httpcore.ConnectTimeout from error
        except OSError as error:
            await self.aclose()
            raise httpcore.ConnectError(str(error)) from error
        return self

    def get_extra_info(self, info: str) -> Any:
        """Data about the connection; with ``is_readable`` an idle one must not be used again."""
        if info == "is_readable":
            return self._beyond > 0 or self._reader.waiting > 0 or self._reader.ended or self._writer.is_closing()
        return self._writer.get_extra_info({"ssl_object": "ssl_object", "client_addr": "sockname", "server_addr": "peername"}.get(info, info))

    def _count(self, data: bytes) -> None:
        """Count the bytes beyond the length that the head of an answer announced."""
        if self._counting:
            self._beyond += len(data)
            return
        self._head += data
        if not self._head[:5].startswith(_HTTP_1[: len(self._head)]):
            self._counting, self._beyond, self._head = True, _NEVER, b""  # HTTP/2, whose frames have lengths of their own; or nothing that is taken
            return
        while _END_OF_HEAD in self._head:
            head, _, rest = self._head.partition(_END_OF_HEAD)
            if head[9:10] == b"1":  # 1xx: the answer itself is still to come
                self._head = rest
                continue
            length = _length(head)
            self._head, self._counting = b"", True
            self._beyond = len(rest) - length if length is not None else _NEVER
            return


def _length(head: bytes) -> int | None:
    """The length that the head of an HTTP/1 answer announces, or None."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return content_length(value.strip().decode("latin-1"))
    return None
