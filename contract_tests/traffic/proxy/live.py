"""The latest calls of the proxy: as JSON, as a stream of events, and as a page that shows each call when it ends."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from starlette.responses import StreamingResponse
from starlette.types import Receive, Send

from mockserver.openapi import limits
from mockserver.openapi.event_streams import EVENT_STREAM, EVENT_STREAM_HEADERS, StreamEvent, encode_events
from mockserver.openapi.masking import Mask

from ...printable import printable
from ..audit import Audit
from .app import Passed
from .headers import header
from .refusals import finding_as_json

KEPT = limits.PROXY_CALLS.value
"""Calls that are kept."""
DIGITS = 15
"""Digits of the number of a call at most."""


def summary(passed: Passed, mask: Mask) -> dict[str, Any]:
    """A call as JSON, without secrets and without bodies."""
    judgement, exchange = passed.judgement, passed.exchange
    return {
        "number": exchange.number,
        "at": exchange.started,
        "method": exchange.method,
        "url": mask.with_credentials(exchange.request.pairs).url(exchange.url),
        "operation": judgement.operation.id if judgement.operation is not None else None,
        "kind": judgement.kind,
        "status": exchange.status,
        "milliseconds": passed.milliseconds,
        "refused": passed.refused or None,
        "findings": [finding_as_json(finding) for finding in (*judgement.request, *judgement.response)],
        "unjudged": list(judgement.unjudged),
    }


def line(passed: Passed) -> str:
    """A call as lines for a terminal."""
    judgement, exchange = passed.judgement, passed.exchange
    found = (*judgement.request, *judgement.response)
    head = f"{exchange.method} {exchange.path} {exchange.status or '-'} {passed.milliseconds:.0f} ms"
    head += f"  {passed.refused}" if passed.refused else ("" if found else f"  {judgement.kind}")
    lines = [head, *(f"    {finding.line()}" for finding in found), *(f"    not judged: {reason}" for reason in judgement.unjudged)]
    return "\n".join(map(printable, lines))


class Live:
    """Keeps the latest calls, and is the source of their events; it has one topic."""

    def __init__(self, mask: Mask, audit: Audit) -> None:
        self._mask = mask
        self._audit = audit
        self._kept: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._added = 0
        self._changed = asyncio.Event()
        self.closing = False
        self.passing: Callable[[], int] = int
        """How many calls are on their way and not kept yet."""

    def add(self, passed: Passed) -> None:
        """Keep a call and notify the streams."""
        self._kept.append(summary(passed, self._mask))
        self._added += 1
        self._notify()

    def close(self) -> None:
        """End every stream."""
        self.closing = True
        self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def subscribe(self, topic: str = "", after: int | None = None) -> AsyncIterator[StreamEvent]:  # noqa: ARG002 - there is one topic
        """The calls kept behind the one numbered ``after``, or from now on; they end when the proxy stops.

        Calls are kept in the order in which they end, and numbered in the order in which they begin. If the
        call numbered ``after`` is not kept any more, all that are kept come.
        """
        if after is None:
            return self._follow(self._added)
        behind = next((place for place, call in enumerate(self._kept, 1) if call["number"] == after), 0)
        return self._follow(self._added - len(self._kept) + behind)

    async def _follow(self, sent: int) -> AsyncIterator[StreamEvent]:
        while not self.closing:
            fresh = list(self._kept)[max(0, len(self._kept) - (self._added - sent)) :]
            sent = self._added
            if not fresh:
                await self._changed.wait()
            for call in fresh:
                yield StreamEvent("exchange", orjson.dumps(call), call["number"])

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> bool:
        """Answer a call to ``/_proxy``; False if it is for none of these pages."""
        if scope["method"] not in ("GET", "HEAD"):
            return False
        path = scope["path"].rstrip("/")
        if path == "/_proxy":
            await _send(send, PAGE.encode(), b"text/html; charset=utf-8")
        elif path == "/_proxy/journal":
            await _send(send, orjson.dumps({"passing": self.passing(), "exchanges": list(self._kept)}), b"application/json")
        elif path == "/_proxy/audit":
            await _send(send, orjson.dumps(self._audit.result()), b"application/json")
        elif path == "/_proxy/live":
            last = header(scope["headers"], b"last-event-id")
            events = encode_events(self.subscribe(after=int(last) if last.isdecimal() and len(last) <= DIGITS else None))
            await StreamingResponse(events, headers={"Content-Type": EVENT_STREAM, **EVENT_STREAM_HEADERS})(scope, receive, send)
        else:
            return False
        return True


async def _send(send: Send, payload: bytes, media_type: bytes) -> None:
    head = [(b"content-type", media_type), (b"content-length", str(len(payload)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": payload})


PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Proxy</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430; background: #fff; }
  h1 { font-size: 1.5rem; } table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #d8dee6; overflow-wrap: anywhere; }
  .bad { color: #9c1f1f; } .dim { color: #5b6675; }
  @media (prefers-color-scheme: dark) { body { color: #e4e9f0; background: #14181e; } th, td { border-color: #333c48; }
    .bad { color: #ff8f8f; } .dim { color: #9aa7b6; } }
</style>
<h1>What passes</h1>
<p id="state" role="status" class="dim">Connecting …</p>
<table><thead><tr><th>No.</th><th>Call</th><th>Status</th><th>ms</th><th>Found</th></tr></thead><tbody id="calls"></tbody></table>
<script>
  const calls = document.getElementById("calls"), state = document.getElementById("state");
  function show(call) {
    const row = document.createElement("tr");
    const found = call.findings.map(f => f.side + " " + f.place + " " + f.pointer + ": " + f.text).concat(call.refused ? [call.refused] : []);
    for (const text of [call.number, call.method + " " + new URL(call.url).pathname, call.status || "-", Math.round(call.milliseconds)]) {
      row.insertCell().textContent = text;
    }
    const cell = row.insertCell();
    cell.textContent = found.concat(call.unjudged.map(u => "not judged: " + u)).join("\\n") || "nothing wrong";
    cell.className = found.length ? "bad" : "dim";
    calls.prepend(row);
    while (calls.rows.length > 500) calls.deleteRow(-1);
  }
  fetch("/_proxy/journal").then(r => r.json()).then(journal => {
    journal.exchanges.forEach(show);
    const source = new EventSource("/_proxy/live");
    source.onopen = () => { state.textContent = "Listening; new calls stand on top."; };
    source.onerror = () => { state.textContent = "The proxy does not answer; trying again …"; };
    source.addEventListener("exchange", event => show(JSON.parse(event.data)));
  });
</script>
</html>
"""
