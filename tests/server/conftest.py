"""A world, accessed by the client that users have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockserver.testing import Mock as World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Mock


@pytest.fixture
def world(mock: Mock) -> Iterator[World]:
    """A new world on the shared server."""
    with World(mock.url, mock.world) as world:
        yield world
