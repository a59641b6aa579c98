"""The requests of a finding, to be repeated: as a script of curl commands and as a HAR file."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Iterable
from typing import Any

from mockserver.openapi.masking import MASK

from ....traffic.exchange import HttpMessage, RecordedExchange
from ....traffic.proxy.record import har_entry
from ...harness.findings import Exchange
from ..cause import Cause
from ..masking import TargetMask, media_type

SILENT = {"host", "content-length", "connection", "accept-encoding", "accept", "user-agent", "transfer-encoding", "x-schemathesis-testcaseid"}
TOO_LONG = 100_000
"""Bytes above which a body is not written into a script."""


def curl_script(cause: Cause, mask: TargetMask) -> str:
    """A shell script that sends the requests of a finding; secrets are variables that the user of the script sets."""
    marked = "\n".join(_command(exchange, mask) for exchange in cause.finding.exchanges)
    names = list(mask.variables.values())
    needed = dict.fromkeys(names[int(number)] for number in re.findall("\0(\\d+)\0", marked))
    lines = ["#!/bin/sh", *(f"# {line}" for line in mask.text(cause.finding.sentence).splitlines()), f"# {cause.key}", "set -eu"]
    if needed:
        lines += ["# Set before running:", *(f': "${{{name}:?}}"' for name in needed)]
    commands = re.sub("\0(\\d+)\0", lambda found: names[int(found[1])], marked)
    return "\n".join([*lines, "", commands, ""])


def _command(exchange: Exchange, mask: TargetMask) -> str:
    r"""The command of a request, in which ``\0number\0`` stands for the name of a variable."""
    words = ["curl", "-sS", "-i", "-X", exchange.method, _quote(mask.url(exchange.url))]
    for name, value in exchange.request_headers.items():
        if name.lower() not in SILENT:
            words += ["-H", _quote(f"{name}: {mark_header(name, value, mask)}")]
    if len(exchange.request_body) > TOO_LONG:
        words += ["--data-binary", f'"$(head -c {len(exchange.request_body)} /dev/zero | tr "\\0" x)"']
    elif exchange.request_body:
        words += ["--data-binary", _body(exchange, mask)]
    got = f"# answered {exchange.status} in {exchange.elapsed * 1000:.0f} ms"
    return f"{got}\n{' '.join(words)}\necho"


def mark_header(name: str, value: str, mask: TargetMask) -> str:
    r"""The value of a header in which ``\0number\0`` stands for each secret that a variable has; other secrets are hidden."""
    marked = mask.mark(value, whole=mask.is_secret(name))
    return mask.text(marked) if "\0" in marked else mask.header(name, value)


def mark_body(exchange: Exchange, mask: TargetMask) -> str:
    r"""The body of a request, likewise.

    Raises:
        UnicodeDecodeError: it is no text.
    """
    return mask.text(_hide(mask.mark(exchange.request_body.decode()), media_type(exchange.request_headers), mask))


def _body(exchange: Exchange, mask: TargetMask) -> str:
    try:
        return _quote(mark_body(exchange, mask))
    except UnicodeDecodeError:
        hidden = mask.text(exchange.request_body.decode("latin-1")).encode("latin-1")
        return f'"$(printf %s {base64.b64encode(hidden).decode()} | base64 -d)"'


def _hide(text: str, kind: str, mask: TargetMask) -> str:
    """A body whose secret members are hidden, except for values that a variable stands for. All else stays as it was sent."""
    pattern = (
        r'("(?P<name>[^"\\]+)"\s*:\s*)(?P<quote>"?)(?P<value>[^",{}\[\]\0]+)(?P=quote)'
        if "json" in kind
        else (r"((?:^|&)(?P<name>[^=&]+)=)(?P<quote>)(?P<value>[^&\0]+)")
    )

    def hidden(found: re.Match[str]) -> str:
        if not mask.is_secret(found["name"]) or found["value"] in ("null", "true", "false"):
            return found[0]
        value = mask.mark(found["value"], whole=True)
        quotes = '"' if "json" in kind else ""
        return found[1] + quotes + (value if "\0" in value else MASK) + quotes

    return re.sub(pattern, hidden, text)


def _quote(text: str) -> str:
    r"""A quoted word of the shell; what ``\0number\0`` stands for is the value of a variable."""
    parts = re.split("(\0\\d+\0)", text)
    return "".join(f'"${part}"' if part.startswith("\0") else shlex.quote(part) for part in parts if part) or "''"


def har(exchanges: Iterable[Exchange], mask: TargetMask, started: str, version: str) -> dict[str, Any]:
    """The exchanges as an HTTP Archive 1.2, without secrets. The start of single requests is not recorded; all have that of the run."""
    entries = [
        har_entry(_as_recorded(number, exchange, started), mask, round(exchange.elapsed * 1000, 3)) | {"comment": exchange.operation or ""}
        for number, exchange in enumerate(exchanges, 1)
    ]
    return {"log": {"version": "1.2", "creator": {"name": "contract_tests", "version": version}, "entries": entries}}


def _as_recorded(number: int, exchange: Exchange, started: str) -> RecordedExchange:
    request = HttpMessage(tuple(exchange.request_headers.items()), exchange.request_body)
    response = HttpMessage(tuple(exchange.response_headers.items()), exchange.response_body)
    return RecordedExchange(number, exchange.method, exchange.url, request, exchange.status, response, started)


def describe_exchange(exchange: Exchange, mask: TargetMask, limit: int = 4_000) -> dict[str, Any]:
    """An exchange as the report shows it: without secrets, long bodies cut."""
    masked = mask.exchange(exchange)

    def cut(text: str) -> str:
        return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"

    return {
        "operation": masked.operation,
        "method": masked.method,
        "url": cut(masked.url),
        "request_headers": {name: value for name, value in masked.request_headers.items() if name.lower() not in SILENT},
        "request_body": cut(masked.request_body.decode()),
        "status": masked.status,
        "response_headers": dict(masked.response_headers),
        "response_body": cut(masked.response_body.decode()),
        "milliseconds": round(masked.elapsed * 1000, 1),
    }
