"""The request policy for the two HTTP clients of the suite: a transport of httpx and an adapter of requests.

Both read each answer to its end, and hand the exchange to one function.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import httpx
import requests
import urllib3
from requests.adapters import HTTPAdapter

from mockserver.openapi.limits import find_limit_name

from .bodies import read_body
from .findings import Exchange
from .policy import RequestPolicy

CHUNK = 65_536
DRY = b"{}"
"""The answer that a dry run gives to the sender."""


class AnswerTimeout(httpx.ReadTimeout):
    """An answer did not end in time, or within the bytes that an answer may have."""


class RequestsAnswerTimeout(requests.exceptions.ReadTimeout):
    """The same for requests."""


def open_connections(verify: bool | str) -> httpx.HTTPTransport:  # noqa: FBT001 - as the clients take it: a switch or a file of authorities
    """A pool of connections for a whole run, because reading the authorities for each test would cost more than the test."""
    return httpx.HTTPTransport(verify=ssl.create_default_context(cafile=verify) if isinstance(verify, str) else verify)


def _read_body(policy: RequestPolicy, chunks: Iterable[bytes], started: float, timeout: float) -> bytes | None:
    """A body as it was sent; None if it does not end in time or in size."""
    body = bytearray()  # a list of chunks would cost much more than their bytes if they are short
    for chunk in chunks:
        body += chunk
        if len(body) > policy.limits.max_bytes or time.monotonic() - started > timeout:
            return None
    return bytes(body)


REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
"""Methods that mean the same however often a request is sent (RFC 9110, section 9.2.2)."""
DISCONNECTED = "disconnected without sending a response"


class PolicyTransport(httpx.BaseTransport):
    """Sends what the policy admits over the connections of ``inner``. ``record`` gets each exchange."""

    def __init__(self, policy: RequestPolicy, inner: httpx.BaseTransport, record: Callable[[Exchange], None] | None = None) -> None:
        self.policy = policy
        self._record = record
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, read to its end and decoded, with a note for a body that cannot be read.

        Raises:
            PolicyError: the policy does not let the request through, or a mock refused it beyond a limit of its own.
            httpx.TransportError: there is no answer, or none that ends.
        """
        policy, body = self.policy, request.read()
        operation = policy.admit(request.method, str(request.url))
        if policy.dry_run:
            return httpx.Response(200, headers={"content-type": "application/json"}, content=DRY)
        exchange, answer = self._exchange(request, body, operation)
        pauses = 0
        while policy.must_repeat(exchange, pauses):
            pauses += 1
            policy.admit(request.method, str(request.url))
            exchange, answer = self._exchange(request, body, operation)
        leave_out_limit(policy, exchange)
        policy.count_answer(exchange)
        if self._record is not None:
            self._record(exchange)
        kept = [(name, value) for name, value in answer.headers.raw if name.lower() != b"content-encoding"]
        return httpx.Response(answer.status_code, headers=kept, stream=httpx.ByteStream(exchange.response_body))

    def _ask(self, request: httpx.Request) -> httpx.Response:
        """The answer of the target. A request that may be repeated is, if the target closes an idle connection just when it is sent."""
        try:
            return self._inner.handle_request(request)
        except httpx.RemoteProtocolError as error:
            if request.method not in REPEATABLE or DISCONNECTED not in str(error):
                raise
            return self._inner.handle_request(request)

    def _exchange(self, request: httpx.Request, body: bytes, operation: str | None) -> tuple[Exchange, httpx.Response]:
        """Send a request once: the exchange, and the answer whose stream was read."""
        policy, timeout = self.policy, self.policy.answer_timeout()
        request.extensions = {**request.extensions, "timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout)}
        started = time.monotonic()
        try:
            with policy.target_time.waiting():
                answer = self._ask(request)
                try:
                    assert isinstance(answer.stream, httpx.SyncByteStream)
                    raw = _read_body(policy, answer.stream, started, timeout)
                finally:
                    answer.close()
            if raw is None:
                raise AnswerTimeout(f"the answer did not end within {timeout:.1f} s and {policy.limits.max_bytes} bytes", request=request)
        except httpx.TransportError as error:
            policy.count_failure(describe_error(error))
            raise
        headers = answer.headers
        content = read_body(raw, headers.get("content-encoding", ""), policy.limits.max_bytes, headers.get("content-type", ""))
        exchange = Exchange(
            request.method,
            str(request.url),
            dict(request.headers),
            body,
            answer.status_code,
            dict(headers),
            content,
            time.monotonic() - started,
            operation,
        )
        return exchange, answer


def _read_chunks(raw: urllib3.HTTPResponse) -> Iterator[bytes]:
    """A body as it comes in, still encoded. Reading pieces of a fixed size would wait for a slow target to fill each."""
    while piece := raw.read1(CHUNK, decode_content=False):
        yield piece


class PolicyAdapter(HTTPAdapter):
    """Sends what the policy admits, for sessions of requests. ``record`` gets each exchange."""

    def __init__(self, policy: RequestPolicy, record: Callable[[Exchange], None]) -> None:
        super().__init__()
        self._policy, self._record = policy, record

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        """The answer, read to its end."""
        policy = self._policy
        operation = policy.admit(str(request.method), str(request.url))
        if policy.dry_run:
            return _dry_answer(request)
        exchange, answer = self._exchange(request, operation, options)
        pauses = 0
        while policy.must_repeat(exchange, pauses):
            pauses += 1
            policy.admit(str(request.method), str(request.url))
            exchange, answer = self._exchange(request, operation, options)
        leave_out_limit(policy, exchange)
        policy.count_answer(exchange)
        self._record(exchange)
        return answer

    def _exchange(self, request: requests.PreparedRequest, operation: str | None, options: Mapping[str, Any]) -> tuple[Exchange, requests.Response]:
        """Send a request once: the exchange, and the answer with its body."""
        policy, timeout = self._policy, self._policy.answer_timeout()
        started = time.monotonic()
        try:
            with policy.target_time.waiting():
                # Sessions take proxies from the environment, and a proxy is another host than the target.
                answer = super().send(request, **{**options, "stream": True, "timeout": timeout, "proxies": {}})
                try:
                    raw = _read_body(policy, _read_chunks(answer.raw), started, timeout)
                except urllib3.exceptions.HTTPError as error:
                    raise requests.exceptions.ConnectionError(error, request=request) from error
                finally:
                    answer.close()
            if raw is None:
                raise RequestsAnswerTimeout(f"the answer did not end within {timeout:.1f} s", request=request)
        except requests.exceptions.RequestException as error:
            policy.count_failure(describe_error(error))
            raise
        content = read_body(raw, answer.headers.get("content-encoding", ""), policy.limits.max_bytes, answer.headers.get("content-type", ""))
        answer._content, answer._content_consumed = content, True  # type: ignore[attr-defined]  # noqa: SLF001 - requests has no other way to hand over a body
        body = request.body or b""
        exchange = Exchange(
            str(request.method),
            str(request.url),
            {name: value if isinstance(value, str) else value.decode("latin-1") for name, value in request.headers.items()},
            body.encode() if isinstance(body, str) else bytes(body) if isinstance(body, (bytes, bytearray)) else b"",
            answer.status_code,
            dict(answer.headers),
            content,
            time.monotonic() - started,
            operation,
        )
        return exchange, answer


def _dry_answer(request: requests.PreparedRequest) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer.request, answer.url = 200, request, str(request.url)
    answer.headers["Content-Type"] = "application/json"
    answer._content = DRY  # noqa: SLF001
    return answer


@contextmanager
def police_requests(policy: RequestPolicy, record: Callable[[Exchange], None]) -> Iterator[None]:
    """Let every session of requests send through the policy for a while: Schemathesis makes its sessions itself, and takes none from outside.

    These sessions take nothing from the environment, neither proxies nor credentials of a file ``.netrc``.
    """
    adapter = PolicyAdapter(policy, record)
    begin = requests.Session.__init__

    def begin_apart(session: requests.Session) -> None:
        begin(session)
        session.trust_env = False

    with (
        patch.object(requests.Session, "get_adapter", lambda _session, url: adapter),  # noqa: ARG005 - named by its callers
        patch.object(requests.Session, "__init__", begin_apart),
    ):
        yield
    adapter.close()


def leave_out_limit(policy: RequestPolicy, exchange: Exchange) -> None:
    """Raise RequestRefused if a mock refused the call beyond a limit of its own."""
    headers = {name.lower(): value for name, value in exchange.response_headers.items()}
    limit = find_limit_name(exchange.status, headers.get("content-type", ""), headers.get("x-mock-limit", ""))
    if limit:
        policy.leave_out(limit)


def describe_error(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return " ".join(text.split())[:300]
