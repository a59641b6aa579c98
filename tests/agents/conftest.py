"""An agent in a world of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockserver.agents.connection import ServerConnection
from tests.agents.asking import Agent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Mock, Server


@pytest.fixture(scope="session")
def connection(server: Server) -> Iterator[ServerConnection]:
    """One connection for all tests of a process."""
    found = ServerConnection(server.url, "default", None)
    yield found
    found.close()


@pytest.fixture
def agent(connection: ServerConnection, mock: Mock) -> Agent:
    return Agent(connection, mock.world)
