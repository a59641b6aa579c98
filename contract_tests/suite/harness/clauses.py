"""The mark that says which clauses a test proves."""

from __future__ import annotations

import pytest


def clause(*ids: str) -> pytest.MarkDecorator:
    """Mark a test with the ids of the clauses that it proves, such as ``monedero.create_sale.e6``."""
    return pytest.mark.clause(*ids)
