"""A connection of the server: HTTP/1.1 by uvicorn, with bounds on its head, its time and the number of connections."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from mockserver.app import App
from mockserver.control.problems import render_fault
from mockserver.core.asgi.delivery import NO_CONTENT, SEND_WHOLE, TRANSPORT
from mockserver.core.base.faults import LimitExceeded, Malformed
from mockserver.core.base.problems import limit_reply
from mockserver.core.base.replies import Reply
from mockserver.openapi import limits

log = logging.getLogger("mockserver")
_uvicorn = logging.getLogger("mockserver.http")
_uvicorn.setLevel(logging.ERROR)  # its warnings name no address, and one is written for each broken request

RESERVED_FILES = 24
"""Open files that are kept for documents, reports and recordings when few files may be open."""
QUIET_SECONDS = 60.0
"""How long nothing may happen before the next event of a flood is logged again."""


def most_connections() -> int:
    """How many connections may be open: the limit, or fewer if the process may not open as many files."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return limits.CONNECTIONS.value
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return limits.CONNECTIONS.value if allowed < 0 else max(1, min(limits.CONNECTIONS.value, allowed - RESERVED_FILES))


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Bounds of connections. Times are in seconds.

    ``linger`` and ``linger_bytes`` bound what is still read and dropped of a body that was answered before its end, so that the client reads the
    answer instead of an error.
    """

    connections: int = limits.CONNECTIONS.value
    head: float = limits.HEAD_SECONDS.value
    body: float = limits.BODY_SECONDS.value
    idle: int = limits.IDLE_SECONDS.value
    linger: float = 10.0
    linger_bytes: int = limits.FILES_BODY.value


class Flood:
    """Logs the first of many equal events, with the address of the client."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._last = -QUIET_SECONDS

    def note(self, now: float, client: tuple[str, int] | None) -> None:
        """Count an event at a moment; the first one after QUIET_SECONDS without any is logged."""
        if now - self._last >= QUIET_SECONDS:
            log.warning("%s, first from %s; more of it is not logged until it has stopped for %d s", self._text, client or "?", QUIET_SECONDS)
        self._last = now


class ConnectionPhase(Enum):
    """What a connection waits for."""

    HEAD = "head"
    BODY = "body"
    ANSWER = "answer"
    """The answer, or after it the next request, for which uvicorn keeps the time."""
    DROP = "drop"
    """The rest of a body that was answered before its end."""
    END = "end"
    """The client's end of the connection; what it still sends is dropped."""


def protocol_for(app: App, bounds: ConnectionLimits | None = None) -> type[HttpProtocol]:
    """The protocol of a server. What is not an HTTP request is refused in the format of the API that its path names."""
    found = bounds or ConnectionLimits(most_connections())
    floods = {
        "full": Flood(f"more than {found.connections} connections are open: further ones are refused with 503"),
        "late": Flood("a connection was closed because its request did not arrive in time"),
        "broken": Flood("a request that is not HTTP was refused"),
    }
    return type("Protocol", (HttpProtocol,), {"mock": app, "bounds": found, "floods": floods})


class HttpProtocol(HttpToolsProtocol):
    """Extends the scope of a request, answers what the parser refuses, and holds the bounds of a connection.

    ``close_late`` has to be called about every second. A subclass is made for each server by :func:`protocol_for`.
    """

    mock: App
    bounds: ConnectionLimits
    floods: dict[str, Flood]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.logger = _uvicorn
        self._start = b""
        self._head = 0  # bytes received since the last head was complete
        self._reason: str | LimitExceeded = ""
        self._phase = ConnectionPhase.HEAD
        self._since = 0.0
        self._dropped = 0
        self._is_last = False  # whether the answer announced the end of the connection

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Refuse the connection if too many are open."""
        super().connection_made(transport)
        self._since = self.loop.time()
        if len(self.connections) > self.bounds.connections:
            self.floods["full"].note(self._since, self.client)
            if len(self.connections) > 2 * self.bounds.connections:
                transport.abort()
            else:
                self._send_beyond(LimitExceeded(limits.CONNECTIONS, 503))

    def close_late(self) -> None:
        """Close the connection if what it waits for has not arrived in time."""
        phase, waited = self._phase, self.loop.time() - self._since
        if phase is ConnectionPhase.ANSWER or (phase is ConnectionPhase.HEAD and self.cycle is not None and not self.cycle.response_complete):
            return  # a request that was sent ahead is read when the one before it is answered
        bounds = self.bounds
        allowed = bounds.head if phase is ConnectionPhase.HEAD else bounds.body if phase is ConnectionPhase.BODY else bounds.linger
        if waited > allowed:
            if phase is not ConnectionPhase.END:
                self.floods["late"].note(self.loop.time(), self.client)
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Parse data, and refuse a head that is too long."""
        if self._has_ended():
            self._dropped += len(data)
            if self._dropped > self.bounds.linger_bytes:
                self.transport.abort()
            return
        if self._phase is ConnectionPhase.ANSWER and (self.cycle is None or self.cycle.response_complete):
            self._wait_for(ConnectionPhase.HEAD)
        if self._phase is ConnectionPhase.DROP:
            self._dropped += len(data)
            if self._dropped > self.bounds.linger_bytes:
                self.transport.abort()
                return
        if not self._head:
            self._start = data[: limits.HEAD.value]
        self._head += len(data)
        super().data_received(data)
        if self._head > limits.HEAD.value and self.parser is not None and not self.transport.is_closing() and not self._has_ended():
            self._send_beyond(LimitExceeded(limits.HEAD, 431))

    def on_response_complete(self) -> None:
        """Drop the rest of the body, within the bounds, if it was not read to its end; end the connection if the answer said so."""
        if self._phase is ConnectionPhase.BODY and self.cycle.response_complete and not self.transport.is_closing():
            if self._is_last:
                self.server_state.total_requests += 1
                self._end()
                return
            self._dropped = 0
            self._wait_for(ConnectionPhase.DROP)
        if self._phase is ConnectionPhase.HEAD:
            self._since = self.loop.time()
        super().on_response_complete()

    # The parser

    def on_message_begin(self) -> None:
        """Start the time of a head."""
        self._is_last = False
        self._wait_for(ConnectionPhase.HEAD)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Check the head, and extend the scope."""
        if self._head > limits.HEAD.value and len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > limits.HEAD.value:
            self._fail(LimitExceeded(limits.HEAD, 431))
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts != 1 and (hosts or self.parser.get_http_version() == "1.1"):
            self._fail(f"a request has exactly one header Host, not {hosts}")
        self._head = 0
        self._wait_for(ConnectionPhase.BODY)
        super().on_headers_complete()
        # The task of the request is created and has not run yet, so its scope can still be extended.
        self.scope[TRANSPORT] = self.transport  # type: ignore[literal-required]
        self.scope["extensions"] = {SEND_WHOLE: self.send_whole}  # type: ignore[dict-item]

    def on_body(self, body: bytes) -> None:
        """Add a part of the body."""
        self._head = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop the time of the body."""
        self._phase = ConnectionPhase.ANSWER
        super().on_message_complete()

    def _fail(self, reason: str | LimitExceeded) -> None:
        """Let the parser fail, so that the request is refused with this reason."""
        self._reason = reason
        raise ValueError(str(reason))

    # Answers

    def send_whole(self, send: Send, status: int, media_type: str, body: bytes, headers: Mapping[str, str]) -> bool:
        """Send an answer in one write, as :class:`mockserver.core.asgi.delivery.SendWhole` describes."""
        cycle = self.cycle
        if send != cycle.send or cycle.response_started or cycle.disconnected or cycle.flow.write_paused:
            return False
        parts = [STATUS_LINE[status]]
        for name, value in cycle.default_headers:
            parts += (name, b": ", value, b"\r\n")
        if headers:
            parts += ["".join([f"{name.lower()}: {value}\r\n" for name, value in headers.items()]).encode("ascii")]
        if media_type:
            parts.append(b"content-type: %b\r\n" % media_type.encode("latin-1"))
        if status != NO_CONTENT:
            parts.append(b"content-length: %d\r\n" % len(body))
        self._is_last = not cycle.keep_alive or self._phase is ConnectionPhase.BODY
        parts.append(b"connection: close\r\n\r\n" if self._is_last else b"\r\n")
        if cycle.scope["method"] != "HEAD":
            parts.append(body)
        cycle.response_started = cycle.response_complete = True
        self.transport.write(b"".join(parts))
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
        return True

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser refuses."""
        reason, self._reason = self._reason, ""
        if isinstance(reason, LimitExceeded):
            self._send_beyond(reason)
            return
        self.floods["broken"].note(self.loop.time(), self.client)
        fault = Malformed(reason or msg)
        self._send_last(self.mock.render_malformed(_path_in(self._start), fault) or render_fault(fault))

    def _send_beyond(self, reason: LimitExceeded) -> None:
        """Refuse a request that is beyond a limit, and count it."""
        self.mock.control.meter.refusals[reason.limit.name] += 1
        self._send_last(limit_reply(reason))

    def _send_last(self, reply: Reply) -> None:
        """Send a reply to a request that reaches no operation, and end the connection."""
        payload = reply.encode()
        headers = {**reply.headers, "content-type": reply.media_type, "content-length": str(len(payload)), "connection": "close"}
        head = b"".join(b"%b: %b\r\n" % (name.lower().encode(), value.encode("latin-1")) for name, value in headers.items())
        self.transport.write(STATUS_LINE[reply.status] + head + b"\r\n" + payload)
        self._end()

    def _end(self) -> None:
        """End this side of the connection. Closing it at once would reset it if the client still sends, and the client might lose the answer."""
        self._wait_for(ConnectionPhase.END)
        self.flow.resume_reading()
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if self.transport.can_write_eof() and not is_answering:
            self.transport.write_eof()
        else:
            self.transport.close()

    def _has_ended(self) -> bool:
        return self._phase is ConnectionPhase.END

    def _wait_for(self, phase: ConnectionPhase) -> None:
        self._phase, self._since = phase, self.loop.time()


def _path_in(start: bytes) -> str:
    """The path in the first bytes of a request, as far as it can be read, without the prefix of a world; empty if there is none."""
    words: Any = start.split(b"\r\n", 1)[0].split(b" ")
    target = unquote_to_bytes(words[1].partition(b"?")[0]).decode("utf-8", "replace") if len(words) > 1 else ""
    return "/" + target[2:].partition("/")[2] if target.startswith("/~") else target
