"""The proxy as a server."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from mockserver.openapi import limits
from mockserver.openapi.documents import Document

from ..audit import Audit
from ..judge import TrafficValidator
from .app import Passed, Proxy, ProxySettings
from .guard import ConsoleGuard
from .live import PAGE, Live, line
from .record import HarFile, har_entry
from .refusals import finding_as_json
from .upstream import Timeouts, Upstream

KEEP_ALIVE = limits.PROXY_IDLE_SECONDS.value
"""Seconds that a client's idle connection is kept."""


async def serve(
    document: Document,
    upstream_url: str,
    bound: socket.socket,
    settings: ProxySettings,
    *,
    timeouts: Timeouts,
    http2: bool | None = None,
    verify: bool = True,
    record: Path | None = None,
    tell: Callable[[str], None] | None = None,
    token: str | None = None,
) -> tuple[Audit, Exception | None]:
    """Serve on a bound socket until the process receives a signal to stop.

    Returns the audit of everything that passed, and the first error of our own that ended a call. ``token`` is what the pages below ``/_proxy``
    demand; None if loopback names are enough.
    """
    judge = TrafficValidator(document)
    audit = Audit(document)
    live = Live(document.mask, audit)
    upstream = Upstream(upstream_url, timeouts, http2=http2, verify=verify)
    har = HarFile(record) if record is not None else None

    def observe(passed: Passed) -> None:
        audit.add(passed.exchange, passed.judgement)
        live.add(passed)
        if har is not None:
            found = (*passed.judgement.request, *passed.judgement.response)
            har.add(har_entry(passed.exchange, document.mask, passed.milliseconds, [finding_as_json(finding) for finding in found]))
        if tell is not None:
            tell(line(passed))

    proxy = Proxy(settings, judge, upstream, [observe], ConsoleGuard(live, token, PAGE))
    live.passing = lambda: proxy.passing
    config = uvicorn.Config(
        proxy,
        http="httptools",
        lifespan="off",
        ws="none",
        log_level="critical",  # a cut answer is an error to the server and a line of ours to the reader
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=limits.STOP_SECONDS.value,
    )
    server = _Server(config, live)
    try:
        await server.serve(sockets=[bound])
    finally:
        await upstream.close()
        if har is not None:
            har.close()
    return audit, proxy.crash


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._live = live

    def handle_exit(self, sig: int, frame: object) -> None:  # noqa: ARG002 - uvicorn passes them
        """Stop. Streams of the live console end first, because the server would wait for them. The signal is not raised again: a report follows."""
        self._live.close()
        self.force_exit = self.should_exit
        self.should_exit = True
