"""The names that a misspelt one may stand for."""

from __future__ import annotations

import difflib
from collections.abc import Collection

_SHOWN = 5


def nearest(name: str, names: Collection[str], begin: str = "it has") -> str:
    """A part of a sentence, with this beginning, that lists the names nearest to one, or the first ones if none is near."""
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.4) or list(names)[:_SHOWN]
    return f"{begin} {', '.join(close) or 'none'}"
