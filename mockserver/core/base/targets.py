"""The addresses that the server calls because a client named them: none, unless the operator allows them."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from mockserver.core.base.faults import Forbidden
from mockserver.openapi.errors import SetupError

_PORTS = {"http": 80, "https": 443}
_ADVICE = "start the server with --allow-targets"
_NETWORK = re.compile(r"[0-9A-Fa-f.:]+(?:/\d{1,3})?")
_HOST = re.compile(r"[A-Za-z0-9.*_-]+")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A name with wildcards, or a network; ``port`` is None for every port."""

    name: str
    network: Network | None
    port: int | None


class Targets:
    """The targets that the operator allows.

    A pattern is ``HOST`` or ``HOST:PORT``. HOST is a name in which ``*`` stands for any letters, an address, or a network such as ``10.0.0.0/8``; an
    IPv6 address stands in brackets if a port follows. Raises SetupError for a text that is no pattern.
    """

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._patterns = [_read_pattern(text) for text in patterns]

    @property
    def is_empty(self) -> bool:
        """Whether the operator allows no target at all."""
        return not self._patterns

    async def check(self, url: str) -> str:
        """Check that the server may call a URL. Returns the addresses that were checked, as HOST:PORT:ADDRESS,ADDRESS…; empty if the URL has one.

        The caller has to connect to these addresses, because another look-up may give others. Raises Forbidden.

        A name has to be allowed, and every address to which it resolves has to be a public one or to be allowed itself. Loopback addresses are
        allowed with the name ``localhost``.
        """
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port or _PORTS[parts.scheme]
        except (ValueError, KeyError):
            raise Forbidden(f"{url[:200]!r} is no address of an HTTP server") from None
        literal = read_address(host)
        if literal is not None:
            if not self._allows_address(literal, port):
                raise Forbidden(f"the server does not call {host}:{port}; {_ADVICE} {host}:{port} to let it")
            return ""
        if not host.isascii():
            raise Forbidden(f"{host[:200]} is not ASCII; write the name as the domain name system has it")
        if not self._allows_name(host, port):
            raise Forbidden(f"the server does not call {host[:200]}:{port}; {_ADVICE} {host[:200]}:{port} to let it")
        addresses = await _resolve(host, port)
        for address in addresses:
            is_local = address.is_loopback and (host == "localhost" or host.endswith(".localhost"))
            if not address.is_global and not is_local and not self._allows_address(address, port):
                raise Forbidden(f"{host[:200]} is {address}, which is not public; {_ADVICE} {address} as well to let the server call it")
        return f"{host}:{port}:{','.join(map(str, addresses))}"

    def _allows_name(self, host: str, port: int) -> bool:
        return any(
            found.network is None and found.port in (None, port) and fnmatchcase(host.removesuffix("."), found.name) for found in self._patterns
        )

    def _allows_address(self, address: Address, port: int) -> bool:
        return any(found.network is not None and found.port in (None, port) and address in found.network for found in self._patterns)


def _read_pattern(text: str) -> _Pattern:
    """A pattern of the command line. Raises SetupError."""
    host, port = text.strip(), None
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::(\d{1,5}))?", host)
    if bracketed is not None:
        host, port = bracketed[1], bracketed[2]
    elif host.count(":") == 1:
        host, _, port = host.partition(":")
    is_port = port is None or (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 1 << 16)
    if is_port and _NETWORK.fullmatch(host):
        try:
            return _Pattern("", ipaddress.ip_network(host, strict=False), None if port is None else int(port))
        except ValueError:
            pass
    elif is_port and _HOST.fullmatch(host):
        return _Pattern(host.lower(), None, None if port is None else int(port))
    raise SetupError(f"--allow-targets {text}: write a name, an address or a network, with a port if only one is meant: *.staging.example:443")


def read_address(host: str) -> Address | None:
    """An address written as such; None for a name. An IPv4 address inside an IPv6 one counts as the IPv4 address."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


async def _resolve(host: str, port: int) -> list[Address]:
    """Every address of a name. Raises Forbidden if it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Forbidden(f"{host[:200]} has no address") from None
    addresses = [read_address(str(entry[4][0])) for entry in found]
    return [address for address in addresses if address is not None]
