"""What an answer of a served document rests on, as its headers say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mockserver.core.base.names import ADJUSTED, BASIS, UNDOCUMENTED

BASES = ("state", "example", "generated", "handler")
"""What an answer may rest on."""
_WHY = re.compile(r'; why="([^"]*)"')


def find_basis(headers: Mapping[str, str]) -> str | None:
    """What an answer rests on; None if it does not say so, as those of hand-written vendors."""
    said = _find(headers, BASIS).partition(";")[0].strip()
    return said if said in BASES else None


def describe_basis(headers: Mapping[str, str]) -> dict[str, Any] | None:
    """What an answer rests on and why, whether the call had an effect, and where the answer differs from what is stored."""
    said, undocumented = _find(headers, BASIS), bool(_find(headers, UNDOCUMENTED))
    basis, why = find_basis(headers), _WHY.search(said)
    if basis is None and not undocumented:
        return None
    return {
        "basis": basis,
        "why": None if why is None else why[1],
        "has_effect": "effect=none" not in said,
        "adjusted": _find(headers, ADJUSTED).split(),
        "undocumented": undocumented,
    }


def _find(headers: Mapping[str, str], name: str) -> str:
    wanted = name.lower()
    return next((value for header, value in headers.items() if header.lower() == wanted), "")
