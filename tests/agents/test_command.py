"""``mockserver mcp``: over standard input and output, and over HTTP behind the guard."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from click.testing import CliRunner
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from starlette.responses import PlainTextResponse

from mockserver.agents.server import GuardedTools
from mockserver.commands.mcp import mcp_command
from mockserver.openapi.errors import SetupError
from tests.agents.asking import read_answer
from tests.conftest import ROOT, Mock, Server

COMMAND = ("-m", "mockserver", "mcp")


@pytest.fixture(scope="module")
def over_http(server: Server) -> Iterator[str]:
    """The address of the tools over HTTP."""
    process = subprocess.Popen(
        [sys.executable, *COMMAND, "--http", "--port", "0", "--url", server.url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip().rpartition(" ")[2]
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_over_standard_input_and_output(mock: Mock) -> None:
    async def session() -> None:
        parameters = StdioServerParameters(command=sys.executable, args=[*COMMAND, "--url", mock.url, "--world", mock.world], cwd=ROOT)
        async with Client(stdio_client(parameters)) as client:
            found = read_answer(await client.call_tool("list_apis", {}))
            assert found["world"] == mock.world
            assert client.instructions is not None
            assert "why_refused" in client.instructions

    asyncio.run(session())


def test_over_streamable_http(over_http: str, mock: Mock) -> None:
    async def session() -> None:
        async with Client(over_http) as client:
            found = read_answer(await client.call_tool("show_clock", {"world": mock.world}))
            assert found["mode"] == "real"

    asyncio.run(session())


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"host": "mock.example"}, "the server of the tools does not answer"),
        ({"origin": "https://page.example"}, "pages of https://page.example may not call"),
    ],
)
def test_the_guard_refuses_other_names_and_pages(headers: dict[str, str], text: str, over_http: str) -> None:
    answer = httpx.post(over_http, headers=headers, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert answer.status_code == 403
    assert text in answer.json()["detail"]


@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"x-mock-token": "wrong"}, 401), ({"authorization": "Bearer right"}, 200)])
def test_with_a_token_the_guard_asks_for_it(headers: dict[str, str], status: int) -> None:
    async def call() -> int:
        app = GuardedTools(PlainTextResponse("in"), "right")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mock.example") as client:
            return (await client.get("/mcp", headers=headers)).status_code

    assert asyncio.run(call()) == status


def test_an_address_that_others_reach_needs_a_token() -> None:
    done = CliRunner().invoke(mcp_command, ["--http", "--host", "0.0.0.0", "--port", "0"])  # noqa: S104 - refused before it listens
    assert isinstance(done.exception, SetupError)
    assert "give the one of the server with --token" in str(done.exception)
