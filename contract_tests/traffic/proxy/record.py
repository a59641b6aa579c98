"""A HAR file that is complete after every entry, so that it can be read while it is written and after a crash."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson

from mockserver.openapi.masking import Mask

from ..encodings import unpacked
from ..exchange import HttpMessage, RecordedExchange

_TAIL = b"\n]}}\n"


class HarFile:
    """Appends entries to a HAR file."""

    def __init__(self, path: Path, creator: str = "mockserver proxy") -> None:
        head = orjson.dumps({"log": {"version": "1.2", "creator": {"name": creator, "version": "1"}, "entries": []}})
        self._file = path.open("wb")
        self._file.write(head.removesuffix(b"]}}"))
        self._end = self._file.tell()
        self._empty = True
        self._finish()

    def add(self, entry: dict[str, Any]) -> None:
        """Append an entry."""
        self._file.seek(self._end)
        self._file.write((b"\n" if self._empty else b",\n") + orjson.dumps(entry))
        self._empty = False
        self._end = self._file.tell()
        self._finish()

    def _finish(self) -> None:
        self._file.write(_TAIL)
        self._file.truncate()
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def har_entry(exchange: RecordedExchange, mask: Mask, milliseconds: float, findings: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """An exchange as a HAR entry without its secrets. Bodies are decoded if their content encoding could be removed, otherwise as received."""
    mask = mask.with_credentials(exchange.request.pairs)
    url = mask.url(exchange.url)
    request: dict[str, Any] = {
        "method": exchange.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(exchange.request, mask),
        "queryString": [{"name": name, "value": value} for name, value in parse_qsl(url.partition("#")[0].partition("?")[2], keep_blank_values=True)],
        "headersSize": -1,
        "bodySize": -1 if exchange.request.body is None else len(exchange.request.body),
    }
    if exchange.request.body or exchange.request.unread:
        request["postData"] = {"mimeType": exchange.request.headers.get("content-type"), **_text(exchange.request, mask)}
    size = 0 if exchange.response.body is None else len(exchange.response.body)
    return {
        "startedDateTime": exchange.started,
        "time": milliseconds,
        "request": request,
        "response": {
            "status": exchange.status,
            "statusText": HTTPStatus(exchange.status).phrase if exchange.status in HTTPStatus._value2member_map_ else "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _headers(exchange.response, mask),
            "content": {"size": size, "mimeType": exchange.response.headers.get("content-type"), **_text(exchange.response, mask)},
            "redirectURL": exchange.response.headers.get("location"),
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_findings": list(findings),
    }


def _headers(message: HttpMessage, mask: Mask) -> list[dict[str, str]]:
    return [{"name": name, "value": mask.header(name, value)} for name, value in message.pairs]


def _text(message: HttpMessage, mask: Mask) -> dict[str, Any]:
    if message.unread:
        return {"_unread": message.unread}
    body = unpacked(message.pairs, message.body or b"", recorded=True).body or b""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        hidden = mask.text(body.decode("latin-1")).encode("latin-1")
        return {"text": base64.b64encode(hidden).decode(), "encoding": "base64"}
    return {"text": mask.body(text, message.media_type)}
