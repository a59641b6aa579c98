"""``mcp``: the tools for agents, over standard input and output or over HTTP."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import click

from mockserver.commands.target import target_options
from mockserver.openapi.errors import SetupError


@click.command("mcp")
@target_options
@click.option("--http", "over_http", is_flag=True, help="Serve streamable HTTP, at /mcp, instead of standard input and output.")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="With --http: address to listen on. Any but a loopback address requires --token."
)
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65_535), help="With --http: port to listen on; 0 takes any free one.")
def mcp_command(url: str, world: str, token: str | None, host: str, port: int, *, over_http: bool) -> None:
    """Give agents tools for a running server, by the Model Context Protocol.

    The tools call the server at --url, and act in --world where they are given no other. Start the server first: mockserver serve.
    """
    from mockserver.agents.connection import ServerConnection  # noqa: PLC0415 - the other commands do without the extra
    from mockserver.agents.server import PATH, make_mcp_server, serve_http  # noqa: PLC0415
    from mockserver.serving import is_loopback, listen  # noqa: PLC0415

    connection = ServerConnection(url, world, token)
    try:
        server = make_mcp_server(connection, _version(), reads_files=not over_http)
        if not over_http:
            server.run("stdio")
            return
        if not is_loopback(host) and not token:
            raise SetupError(f"--host {host}: others can reach this address, so calls need a token; give the one of the server with --token")
        with listen(host, port) as bound:
            bound.listen()  # the address below can be called as soon as it is printed
            click.echo(f"Tools of {connection.url} on http://{host}:{bound.getsockname()[1]}{PATH}")
            serve_http(server, bound, None if is_loopback(host) else token)
    finally:
        connection.close()


def _version() -> str:
    try:
        return version("mockserver")
    except PackageNotFoundError:
        return "0+unknown"
