"""How a run of the command hands its target to the contract tests that pytest collects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .target import ApiClient

MAKE_API: pytest.StashKey[Callable[[], ApiClient]] = pytest.StashKey()
"""In the stash of pytest's configuration: makes the ``api`` of each test. Without it the tests find their target by the options of pytest."""
