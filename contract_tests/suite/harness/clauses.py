"""How contract tests are tied to clauses, and how a run of the command hands them its target."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .target import ApiClient

MAKE_API: pytest.StashKey[Callable[[], ApiClient]] = pytest.StashKey()
"""In the stash of pytest's configuration: makes the ``api`` of each test. Without it the tests find their target by the options of pytest."""


def clause(*ids: str) -> pytest.MarkDecorator:
    """Mark a test with the ids of the clauses that it proves, such as ``monedero.create_sale.e6``."""
    return pytest.mark.clause(*ids)
