"""The proxy as an ASGI application.

Bytes pass unchanged: target, headers but those of one hop, bodies with their content encoding. In the mode ``report`` a response is held
back only briefly; findings known by then are written into its headers, and all findings into the journal. In the mode
``enforce`` a request is read and judged before the upstream sees it, a response before the client sees it, both up to a bound.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpcore
import orjson

from mockserver.openapi import limits
from mockserver.openapi.event_streams import EVENT_STREAM
from mockserver.openapi.operations import Route
from mockserver.openapi.problems import PROBLEM

from ...routing import api_path, find_route
from ..exchange import RecordedExchange
from ..findings import Judgement, TrafficFinding
from ..judge import TrafficValidator
from .bodies import BodyBuffer, ClientDisconnected, Incoming, hung_up
from .headers import CHECK, VIOLATIONS, checks, content_length, has_body, header, onward, pairs, returned
from .refusals import header_value, refusal, refusal_status
from .upstream import Upstream, UpstreamFailed, failed

Message_ = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message_]]
Send = Callable[[Message_], Awaitable[None]]

LARGE = 64 * 1024
"""Bodies of at least this many bytes are judged in a thread, so that other calls continue."""
BODILESS = (204, 304)


@dataclass(frozen=True)
class ProxySettings:
    """Settings of a proxy.

    ``limit`` is the number of bytes of each body that are stored for judging; ``hold`` is how many seconds a response is held back in the mode
    ``report`` so that its headers can contain the findings. ``preserve_host`` passes the client's Host on instead of naming the upstream.
    """

    enforce: bool = False
    limit: int = limits.PROXY_BODY.value
    hold: float = 0.25
    preserve_host: bool = False


@dataclass(frozen=True)
class Passed:
    """One call that passed, or did not."""

    exchange: RecordedExchange
    judgement: Judgement
    milliseconds: float
    refused: str = ""


@dataclass
class Proxy:
    """Judges calls and passes them on. ``observers`` are called with every finished call."""

    settings: ProxySettings
    judge: TrafficValidator
    upstream: Upstream
    observers: list[Callable[[Passed], None]] = field(default_factory=list)
    console: Callable[[Any, Receive, Send], Awaitable[bool]] | None = None
    count: int = 0
    passing: int = 0
    crash: Exception | None = None
    """The first error of our own that ended a call."""

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass one call."""
        if scope["type"] != "http":
            return
        if self.console is not None and scope["path"].startswith("/_proxy") and await self.console(scope, receive, send):
            return
        self.count += 1
        self.passing += 1
        try:
            with suppress(CutOff):  # the server closes the connection of a call that ends without the end of its answer
                await _Call(self, self.count, scope, receive, send).run()
        except Exception as error:  # noqa: BLE001 - one call must not end the others; the command reports the error when it ends
            self.crash = self.crash or error
        finally:
            self.passing -= 1


class CutOff(Exception):
    """Ends a call without the end of its answer."""


class _Broken(Exception):
    """The response broke after its head was sent; closing the connection is the only way to signal it."""


class _Call:
    """One call."""

    def __init__(self, proxy: Proxy, number: int, scope: Any, receive: Receive, send: Send) -> None:
        self.proxy, self.settings, self.judge = proxy, proxy.settings, proxy.judge
        self.number, self.scope, self._receive, self._send = number, scope, receive, send
        self.method: str = scope["method"]
        query: bytes = scope.get("query_string", b"")
        self.target: bytes = (scope.get("raw_path") or scope["path"].encode()) + (b"?" + query if query else b"")
        self.check_request, self.check_response = checks(header(scope["headers"], CHECK))
        self.request_kept, self.response_kept = BodyBuffer(self.settings.limit), BodyBuffer(self.settings.limit)
        self.incoming = Incoming(receive, self.request_kept, announced=has_body(scope["headers"]))
        self.started, self.at = time.perf_counter(), datetime.now(UTC)  # noqa: TID251 - a proxy passes real traffic at real times
        self.route, self.in_api = self._route()
        self.request_pairs = pairs(scope["headers"])
        self.status, self.response_pairs = 0, ()  # type: tuple[int, tuple[tuple[str, str], ...]]
        self.request_findings: tuple[TrafficFinding, ...] | None = None
        self.response_findings: tuple[TrafficFinding, ...] | None = None
        self.unjudged: list[str] = []
        self.sent_parameters: frozenset[tuple[str, str]] = frozenset()
        self.refused = ""
        self.begun = False
        self._next: asyncio.Future[bytes | None] | None = None
        self._watch: asyncio.Future[Any] | None = None

    def _route(self) -> tuple[Route | None, bool]:
        document, host = self.judge.document, self.proxy.upstream.authority.decode("latin-1")
        path = api_path(document, self.target.partition(b"?")[0].decode("latin-1"), host)
        return (None, False) if path is None else (find_route(document, self.method, path), True)

    async def run(self) -> None:
        """Pass the call on and the answer back. In every case the client gets a clean end and the journal an entry."""
        try:
            await self._run()
        except ClientDisconnected:
            self.refused = "the client hung up"
        except UpstreamFailed as error:
            self.refused = str(error)
            await self._answer(error.status, refusal(error.status, str(error)), [(b"proxy-status", f"mockserver; error={error.error}".encode())])
        except _Broken as error:
            self.refused = str(error)
            raise CutOff from error
        except CutOff:
            raise
        except Exception as error:
            self.proxy.crash = self.proxy.crash or error  # before the answer, which may end the call in another way
            self.refused = f"the proxy failed: {type(error).__name__}"
            await self._answer(500, refusal(500, "the proxy failed on this call and reports the error when it ends"), [])
            raise
        finally:
            self._tell()

    async def _run(self) -> None:
        before: Sequence[bytes] = ()
        if self.settings.enforce and self.in_api and self.check_request:
            before = await self.incoming.fill()
            await self._judge_request()
            if self.request_findings:
                await self._refuse_request()
                return
        response = await self._sent(before)
        try:
            await self._return(response)
        finally:
            await _closed(response)

    # The way there

    async def _sent(self, before: Sequence[bytes]) -> httpcore.Response:
        upstream = self.proxy.upstream
        client, server = self.scope.get("client"), self.scope.get("scheme", "http")
        headers = onward(self.scope["headers"], upstream.authority, client[0] if client else "", server, preserve_host=self.settings.preserve_host)
        content: bytes | AsyncIterator[bytes] = b""
        if has_body(self.scope["headers"]):
            whole = self.request_kept.complete and self.request_kept.fits
            content = b"".join(before) if whole else self.incoming.stream(before)
        sending = asyncio.ensure_future(upstream.send(self.method.encode("latin-1"), self.target, headers, content))
        if self.request_kept.complete:
            await self._watched(sending)
        else:
            await asyncio.wait((sending,))
            if isinstance(sending.exception(), ClientDisconnected):
                raise ClientDisconnected
        response = sending.result()
        self.status = response.status
        if self.in_api and self.check_request and self.request_findings is None:
            await self._judge_request()
        return response

    async def _watched(self, work: asyncio.Future[Any]) -> None:
        """Wait for a result; cancel it if the client disconnects meanwhile."""
        if not self.request_kept.complete:
            await asyncio.wait((work,))
            return
        self._watch = self._watch or asyncio.ensure_future(hung_up(self._receive))
        await asyncio.wait((work, self._watch), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await asyncio.wait((work,))
            if not work.cancelled() and work.exception() is None:
                await _closed(work.result())
            raise ClientDisconnected

    async def _judge_request(self) -> None:
        """Judge the stored part of the request."""
        if self.route is None:
            undocumented = self.judge.undocumented(self._exchange(self.status or 200))
            self.request_findings = () if undocumented is None else (undocumented,)
            return
        exchange = self._exchange(200)
        judged = self.judge.request
        size = self.request_kept.size if self.request_kept.fits else 0
        found, unjudged, self.sent_parameters = (
            await asyncio.to_thread(judged, self.route, exchange) if size > LARGE else judged(self.route, exchange)
        )
        self.request_findings = found
        self.unjudged += unjudged

    async def _refuse_request(self) -> None:
        found = self.request_findings or ()
        self.refused = "the request breaks the document"
        status = refusal_status(found)
        self.unjudged = []
        await self._answer(status, refusal(status, "the request breaks the document and was not passed on", found), [self._violations(found)])

    # The way back

    async def _return(self, response: httpcore.Response) -> None:
        headers = returned(response.headers, bodiless=response.status in BODILESS)
        self.response_pairs = pairs(response.headers)
        parts = response.aiter_stream().__aiter__()
        judged = self.in_api and self.route is not None and self.check_response
        head = await self._held(parts, headers) if judged else []
        if judged and self.response_kept.complete:
            await self._judge_response()
        if self.settings.enforce and self.response_findings:
            self.refused = "the response breaks the document"
            await self._answer(502, refusal(502, "the response of the upstream breaks the document", self.response_findings), [self._violations(())])
            return
        if self.in_api:
            headers.append(self._violations(self._known()))
            if judged and not self.response_kept.complete:
                headers.append((b"x-contract-unjudged", b"response body: it was not complete when its head was sent"))
        await self._begin(self.status, headers)
        for part in head:
            await self._body(part)
        await self._rest(parts)
        await self._send({"type": "http.response.body", "body": b""})
        if judged and self.response_findings is None:
            await self._judge_response()

    async def _held(self, parts: AsyncIterator[bytes], headers: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """The first pieces of a response: all of it if it is short and quick enough."""
        length = header(headers, b"content-length")
        if header(headers, b"content-type").startswith(EVENT_STREAM) or (content_length(length) or 0) > self.settings.limit:
            return []
        head: list[bytes] = []
        until = time.perf_counter() + self.settings.hold
        while self.response_kept.fits:
            self._next = self._next or asyncio.ensure_future(anext(parts, None))
            left = None if self.settings.enforce else max(0.0, until - time.perf_counter())
            done, _ = await asyncio.wait((self._next,), timeout=left)
            if not done:
                return head
            part = self._part()
            if part is None:
                self.response_kept.complete = True
                return head
            self.response_kept.add(part)
            head.append(part)
        return head

    def _part(self) -> bytes | None:
        """The awaited piece. Raises UpstreamFailed if the response broke, _Broken if its head is already sent."""
        waited, self._next = self._next, None
        try:
            return None if waited is None else waited.result()
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
            if self.begun:
                raise _Broken(str(failed(error))) from error
            raise failed(error) from error

    async def _rest(self, parts: AsyncIterator[bytes]) -> None:
        """Pass on the pieces that were not held back."""
        if self.response_kept.complete:
            return
        while True:
            self._next = self._next or asyncio.ensure_future(anext(parts, None))
            await self._watched(self._next)
            part = self._part()
            if part is None:
                self.response_kept.complete = True
                return
            self.response_kept.add(part)
            await self._body(part)

    async def _judge_response(self) -> None:
        assert self.route is not None
        exchange = self._exchange(self.status)
        judged = self.judge.response
        size = self.response_kept.size if self.response_kept.fits else 0
        found, unjudged = await asyncio.to_thread(judged, self.route, exchange) if size > LARGE else judged(self.route, exchange)
        self.response_findings = found
        self.unjudged += unjudged

    # Headers, journal and observers

    def _known(self) -> tuple[TrafficFinding, ...]:
        return (*(self.request_findings or ()), *(self.response_findings or ()))

    @staticmethod
    def _violations(found: Sequence[TrafficFinding]) -> tuple[bytes, bytes]:
        return VIOLATIONS, header_value(found)

    async def _begin(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.begun = True
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _body(self, part: bytes) -> None:
        if part:
            await self._send({"type": "http.response.body", "body": part, "more_body": True})

    async def _answer(self, status: int, body: dict[str, Any], headers: list[tuple[bytes, bytes]]) -> None:
        """An answer of the proxy itself."""
        if self.begun:
            raise CutOff
        payload = orjson.dumps(body)
        own = [(b"content-type", PROBLEM.encode()), (b"content-length", str(len(payload)).encode()), *headers]
        await self._begin(status, own)
        await self._send({"type": "http.response.body", "body": b"" if self.method == "HEAD" else payload})

    def _exchange(self, status: int) -> RecordedExchange:
        url = f"{self.scope.get('scheme', 'http')}://{self.proxy.upstream.authority.decode('latin-1')}{self.target.decode('latin-1')}"
        return RecordedExchange(
            self.number,
            self.method,
            url,
            self.request_kept.message(self.request_pairs),
            status,
            self.response_kept.message(self.response_pairs),
            self.at.isoformat().replace("+00:00", "Z"),
        )

    def _tell(self) -> None:
        """Notify the observers."""
        if self._watch is not None:
            self._watch.cancel()
        kind = "foreign" if not self.in_api else ("unknown" if self.route is None else ("judged" if self.status else "unanswered"))
        judgement = Judgement(
            self.number,
            kind,
            self.status,
            self.route,
            self.request_findings or (),
            self.response_findings or (),
            tuple(self.unjudged),
            self.sent_parameters,
        )
        passed = Passed(self._exchange(self.status), judgement, round((time.perf_counter() - self.started) * 1000, 3), self.refused)
        for observer in self.proxy.observers:
            observer(passed)


async def _closed(response: httpcore.Response) -> None:
    """Return a response's connection to the pool, or close it if the response was not read to its end."""
    try:
        await response.aclose()
    except (httpcore.NetworkError, httpcore.ProtocolError, RuntimeError, OSError):
        return
