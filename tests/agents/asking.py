"""Asks the tools of a server by the SDK's own client, in this process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp.types import CallToolResult, TextContent, Tool

from mockserver.agents.connection import ServerConnection
from mockserver.agents.server import make_mcp_server


class ToolRefused(Exception):
    """A tool refused; the text is what an agent reads."""


@dataclass(frozen=True)
class Agent:
    """Asks tools in one world."""

    connection: ServerConnection
    world: str
    reads_files: bool = True

    @cached_property
    def server(self) -> MCPServer[Any]:
        return make_server(self.connection, reads_files=self.reads_files)

    def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The answer of a tool. Raises ToolRefused."""
        return read_answer(asyncio.run(self._ask(tool, arguments)))

    async def _ask(self, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        async with Client(self.server) as client:
            tools = {one.name: one for one in (await client.list_tools()).tools}
            here = {"world": self.world} if "world" in tools[tool].input_schema["properties"] else {}
            return await client.call_tool(tool, here | arguments)

    def list_tools(self) -> list[Tool]:
        """Every tool as an agent sees it."""

        async def ask() -> list[Tool]:
            async with Client(self.server) as client:
                return list((await client.list_tools()).tools)

        return asyncio.run(ask())


@cache
def make_server(connection: ServerConnection, *, reads_files: bool) -> MCPServer[Any]:
    return make_mcp_server(connection, "test", reads_files=reads_files)


def read_answer(result: CallToolResult) -> dict[str, Any]:
    """The data of a result. Raises ToolRefused."""
    if result.is_error:
        first = result.content[0]
        raise ToolRefused(first.text if isinstance(first, TextContent) else str(first))
    found = result.structured_content
    assert isinstance(found, dict)
    return found
