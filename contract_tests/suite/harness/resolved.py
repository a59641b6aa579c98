"""Addresses of a name that are given beforehand, so that a name whose addresses were checked cannot lead to others when it is called."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

Resolved = Mapping[tuple[str, int], tuple[str, ...]]
"""Addresses by name, in lower case, and port."""
_ENTRY = re.compile(r"([^:,\s]+):(\d{1,5}):([0-9A-Fa-f.:,]+)")


def read_resolved(texts: tuple[str, ...]) -> Resolved:
    """Addresses of texts such as ``shop.example:443:192.0.2.1,2001:db8::1``. Raises ValueError."""
    found = {}
    for text in texts:
        match = _ENTRY.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not HOST:PORT:ADDRESS[,ADDRESS]…")
        found[match[1].lower(), int(match[2])] = tuple(str(ipaddress.ip_address(address)) for address in match[3].split(","))
    return found


@contextmanager
def resolve_as(resolved: Resolved) -> Iterator[None]:
    """Give these addresses for these names to everything in this process, for a while. Host and the server name of TLS stay as the URL has them."""
    if not resolved:
        yield
        return
    ask = socket.getaddrinfo

    def answer(host: Any, port: Any, *arguments: Any, **options: Any) -> list[Any]:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        addresses = resolved.get((name.lower(), port), (host,))
        return [entry for address in addresses for entry in ask(address, port, *arguments, **options)]

    with patch.object(socket, "getaddrinfo", answer):
        yield
