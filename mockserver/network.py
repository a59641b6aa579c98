"""The options of ``serve`` for a server that others reach through a proxy, from other origins, or by TLS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.openapi.errors import SetupError

if TYPE_CHECKING:
    from mockserver.core.asgi.public_address import PublicAddress
    from mockserver.tls import Certificate

_OPTIONS = (
    click.option(
        "--allow-origin",
        "allow_origins",
        multiple=True,
        metavar="PATTERN",
        help="Origin, with * for one part of it, whose pages may send cookies and credentials to the APIs; loopback ones may. Repeatable.",
    ),
    click.option("--public-url", metavar="URL", help="Address under which clients reach the server; links in answers begin with it."),
    click.option(
        "--trust-proxy",
        "proxies",
        multiple=True,
        metavar="NETWORK",
        help="Address or network of a proxy whose X-Forwarded-Proto, -Host and -Prefix make the links in answers. Repeatable.",
    ),
    click.option("--tls-cert", "chain", type=click.Path(path_type=Path, dir_okay=False), help="File of the certificate and its chain, in PEM."),
    click.option("--tls-key", "key", type=click.Path(path_type=Path, dir_okay=False), help="File of the certificate's key, in PEM."),
    click.option("--tls", "made", type=click.Choice(["self-signed"]), help="Make a certificate for this machine at start."),
)


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """How clients reach the server. ``trusted_origins`` is a regular expression; ``certificate`` is None for plain HTTP."""

    trusted_origins: str
    address: PublicAddress
    certificate: Certificate | None


def network_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of this module. Its function gets ``network``, which makes NetworkOptions for a host or raises SetupError."""

    @wraps(function)
    def command(
        *arguments: Any,
        allow_origins: tuple[str, ...],
        public_url: str | None,
        proxies: tuple[str, ...],
        chain: Path | None,
        key: Path | None,
        made: str | None,
        **options: Any,
    ) -> None:
        def network(host: str) -> NetworkOptions:
            from mockserver.core.asgi.cors import read_origins  # noqa: PLC0415 - the command line answers before the server is loaded
            from mockserver.core.asgi.public_address import read_public_address  # noqa: PLC0415 - likewise

            return NetworkOptions(read_origins(allow_origins), read_public_address(public_url, proxies), _find_certificate(host, chain, key, made))

        function(*arguments, network=network, **options)

    wrapped: Callable[..., None] = command
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def _find_certificate(host: str, chain: Path | None, key: Path | None, made: str | None) -> Certificate | None:
    from mockserver.tls import make_certificate, read_certificate  # noqa: PLC0415 - only HTTPS needs them

    if made is not None and (chain or key):
        raise SetupError("--tls self-signed makes a certificate, and --tls-cert names one; give one of the two")
    if (chain is None) != (key is None):
        raise SetupError("--tls-cert and --tls-key belong together; give both")
    if chain is not None and key is not None:
        return read_certificate(chain, key)
    return None if made is None else make_certificate(host)
