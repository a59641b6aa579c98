"""The app with the mock as its vendor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shop import Sync, Till

if TYPE_CHECKING:
    from mockserver.testing import Mock


@pytest.fixture
def till(mock: Mock) -> Till:
    """A till in the world of the test."""
    vendor = mock.monedero
    return Till(vendor.base_url, vendor.headers, vendor.landmarks["wallet"], vendor.landmarks["cashier"])


@pytest.fixture
def sync(mock: Mock) -> Sync:
    """The job in the world of the test, with the credential of a client without branches."""
    return Sync(mock.serpi.base_url, mock.serpi.credentials["empty"])
