"""The requests of a finding, to be repeated: as a script of curl commands and as a HAR file."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ...harness.findings import Exchange
from ..cause import Cause
from ..masking import FIELD, HIDDEN, Mask, media_type

SILENT = {"host", "content-length", "connection", "accept-encoding", "accept", "user-agent", "transfer-encoding", "x-schemathesis-testcaseid"}
TOO_LONG = 100_000
"""Bytes above which a body is not written into a script."""


def curl_script(cause: Cause, mask: Mask) -> str:
    """A shell script that sends the requests of a finding; secrets are variables that the user of the script sets."""
    needed: dict[str, None] = {}
    commands = [_command(exchange, mask, needed) for exchange in cause.finding.exchanges]
    lines = ["#!/bin/sh", *(f"# {line}" for line in mask.text(cause.finding.sentence).splitlines()), f"# {cause.key}", "set -eu"]
    if needed:
        lines += ["# Set before running:", *(f': "${{{name}:?}}"' for name in needed)]
    return "\n".join([*lines, "", *commands, ""])


def _command(exchange: Exchange, mask: Mask, needed: dict[str, None]) -> str:
    words = ["curl", "-sS", "-i", "-X", exchange.method, _quote(mask.url(exchange.url), mask, needed)]
    for name, value in exchange.request_headers.items():
        if name.lower() not in SILENT:
            secret = name.lower() in mask.headers and not any(known in value for known in mask.variables)
            words += ["-H", _quote(f"{name}: {HIDDEN if secret else value}", mask, needed)]
    if exchange.request_body:
        if len(exchange.request_body) > TOO_LONG:
            words += ["--data-binary", f'"$(head -c {len(exchange.request_body)} /dev/zero | tr "\\0" x)"']
        else:
            words += ["--data-binary", _body(exchange, mask, needed)]
    got = f"# answered {exchange.status} in {exchange.elapsed * 1000:.0f} ms"
    return f"{got}\n{' '.join(words)}\necho"


def _body(exchange: Exchange, mask: Mask, needed: dict[str, None]) -> str:
    try:
        text = exchange.request_body.decode()
    except UnicodeDecodeError:
        encoded = base64.b64encode(exchange.request_body).decode()
        return f'"$(printf %s {encoded} | base64 -d)"'
    kept = {value: f"\0{number}\0" for number, value in enumerate(mask.variables)}
    for value, mark in kept.items():
        text = text.replace(value, mark) if value else text
    hidden = _hide(text, media_type(exchange.request_headers))
    for value, mark in kept.items():
        hidden = hidden.replace(mark, value)
    return _quote(hidden, mask, needed)


def _hide(text: str, kind: str) -> str:
    """A body whose secret fields are hidden, except for values that a variable stands for."""
    if "json" in kind:
        return re.sub(
            r'"([^"\\]+)"(\s*:\s*)"([^"\0]+)"', lambda found: f'"{found[1]}"{found[2]}"{HIDDEN}"' if FIELD.search(found[1]) else found[0], text
        )
    return re.sub(r"(^|&)([^=&]+)=([^&\0]+)", lambda found: f"{found[1]}{found[2]}={HIDDEN}" if FIELD.search(found[2]) else found[0], text)


def _quote(text: str, mask: Mask, needed: dict[str, None]) -> str:
    """A quoted word of the shell in which known secrets are variables; their names are added to ``needed``."""
    secrets = sorted((value for value in mask.variables if value and value in text), key=len, reverse=True)
    if not secrets:
        return shlex.quote(text)
    parts = re.split(f"({'|'.join(map(re.escape, secrets))})", text)
    out = ""
    for part in parts:
        if part in mask.variables:
            needed[mask.variables[part]] = None
            out += f'"${mask.variables[part]}"'
        elif part:
            out += shlex.quote(part)
    return out


def har(exchanges: Iterable[Exchange], mask: Mask, started: str, version: str) -> dict[str, Any]:
    """The exchanges as an HTTP Archive 1.2, without secrets. The start of single requests is not recorded; all have that of the run."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "contract_tests", "version": version},
            "entries": [_entry(mask.exchange(exchange), started) for exchange in exchanges],
        }
    }


def _entry(exchange: Exchange, started: str) -> dict[str, Any]:
    milliseconds = round(exchange.elapsed * 1000, 3)
    sent = exchange.request_body.decode()
    got = exchange.response_body.decode()
    request: dict[str, Any] = {
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(exchange.request_headers),
        "queryString": [{"name": name, "value": value} for name, value in parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)],
        "headersSize": -1,
        "bodySize": len(exchange.request_body),
    }
    if sent:
        request["postData"] = {"mimeType": media_type(exchange.request_headers) or "application/octet-stream", "text": sent}
    return {
        "startedDateTime": started,
        "time": milliseconds,
        "request": request,
        "response": {
            "status": exchange.status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(exchange.response_headers),
            "content": {"size": len(exchange.response_body), "mimeType": media_type(exchange.response_headers) or "x-unknown", "text": got},
            "redirectURL": next((value for name, value in exchange.response_headers.items() if name.lower() == "location"), ""),
            "headersSize": -1,
            "bodySize": len(exchange.response_body),
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": exchange.operation or "",
    }


def _pairs(headers: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]


def describe_exchange(exchange: Exchange, mask: Mask, limit: int = 4_000) -> dict[str, Any]:
    """An exchange as the report shows it: without secrets, long bodies cut."""
    masked = mask.exchange(exchange)

    def cut(body: bytes) -> str:
        text = body.decode()
        return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"

    return {
        "operation": masked.operation,
        "method": masked.method,
        "url": masked.url if len(masked.url) <= limit else masked.url[:limit] + "…",
        "request_headers": {name: value for name, value in masked.request_headers.items() if name.lower() not in SILENT},
        "request_body": cut(masked.request_body),
        "status": masked.status,
        "response_headers": dict(masked.response_headers),
        "response_body": cut(masked.response_body),
        "milliseconds": round(masked.elapsed * 1000, 1),
    }
