"""The MCP server: every tool, and the two ways to reach them, standard input and output or HTTP behind the guard of the control plane."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.agents.connection import ServerConnection
from mockserver.agents.failure_tools import fault_tools, judging_tools
from mockserver.agents.vendor_tools import vendor_tools
from mockserver.agents.world_tools import clock_tools, journal_tools, state_tools, world_tools
from mockserver.control.guard import find_refusal
from mockserver.control.problems import render_fault
from mockserver.core.asgi.delivery import send_reply
from mockserver.core.base.requests import sent_headers

PATH = "/mcp"
"""The path of streamable HTTP."""
INSTRUCTIONS = """\
A mock server of vendors' HTTP APIs: stateful, seeded, checked against their documents.
A world is everything that one test sees; each tool takes the name of one.
To find why an app fails: run it against a base URL of list_apis, search_journal with status 4xx, then
why_refused with the number; it names what to change.
To try something without a trace: fork_world, and give the new name as `world`.
To go back: save_snapshot before, restore_snapshot after.
Answers are bounded: take next_offset or next_before for more, or filter.
"""
READING = (
    "list_apis list_operations describe_operation why_refused search_journal show_exchange read_outbox list_records show_changes show_clock"
    " list_worlds list_faults show_verification explain_document"
).split()
"""Tools that change nothing of a world."""
CALLING = ("verify_url", "resend_webhook")
"""Tools that have the server call another address."""


def make_mcp_server(connection: ServerConnection, version: str, *, reads_files: bool) -> MCPServer[Any]:
    """The MCP server of a running mock server. ``reads_files`` lets callers name files and addresses of this machine."""
    server: MCPServer[Any] = MCPServer("mockserver", instructions=INSTRUCTIONS, version=version, log_level="WARNING")
    for tool in list_tools(connection, reads_files=reads_files):
        server.add_tool(tool, annotations=ToolAnnotations(read_only_hint=tool.__name__ in READING, open_world_hint=tool.__name__ in CALLING))
    return server


def list_tools(connection: ServerConnection, *, reads_files: bool) -> Iterator[Callable[..., Any]]:
    """Every tool, bound to a server."""
    for group in (vendor_tools, journal_tools, state_tools, clock_tools, world_tools, fault_tools):
        yield from group(connection)
    yield from judging_tools(connection, reads_files=reads_files)


class GuardedTools:
    """Middleware that refuses calls as the guard of the control plane does: by name and origin on a loopback address, else by the token."""

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the next application, or refuse the request."""
        fault = find_refusal(sent_headers(scope), self._token, "the server of the tools") if scope["type"] == "http" else None
        if fault is None:
            await self._app(scope, receive, send)
        else:
            reply = render_fault(fault)
            await send_reply(reply, reply.encode(), send)


def serve_http(server: MCPServer[Any], bound: socket.socket, token: str | None) -> None:
    """Serve the tools over streamable HTTP on a bound socket. ``token`` is None on a loopback address."""
    logging.getLogger("mcp").setLevel(logging.WARNING)
    app = GuardedTools(server.streamable_http_app(streamable_http_path=PATH, host=""), token)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)).run(sockets=[bound])
