"""The operation that a request probably meant which has no path of its API."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

LONGEST = 200
"""Characters of a path beyond which none is looked for: comparing takes time by the square of the length."""
CLOSE = 0.7
"""The likeness, from 0 to 1, from which a path is named."""
TRIED = 8
"""Paths whose letters are compared: those that have most segments in common with the request."""
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


class NearMisses:
    """The paths of one API. ``operations`` are pairs of method and path template, below the base path of the API."""

    def __init__(self, operations: Iterable[tuple[str, str]]) -> None:
        self._operations = [(method, template, template.rstrip("/").casefold().split("/")) for method, template in operations]

    def find(self, method: str, path: str) -> str | None:
        """Method and path template of the closest operation, None if none is close. One with the method of the request is preferred."""
        if len(path) > LONGEST:
            return None
        sent = path.casefold().split("/")
        nearest = sorted(self._operations, key=lambda operation: _rank(sent, operation[2], is_same_method=operation[0] == method))[:TRIED]
        scored = [(_likeness(sent, segments) + (0.01 if known == method else 0), f"{known} {template}") for known, template, segments in nearest]
        best = max(scored, default=(0.0, ""), key=lambda found: found[0])
        return best[1] if best[0] >= CLOSE else None


def _rank(sent: Sequence[str], segments: Sequence[str], *, is_same_method: bool) -> tuple[float, int, bool]:
    """The order in which paths are compared, by what costs little: common segments, then the length of the common beginning, then the method."""
    begins = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip("/".join(sent), "/".join(segments), strict=False)))
    return -_count_common(sent, segments), -begins, not is_same_method


def _count_common(sent: Sequence[str], segments: Sequence[str]) -> float:
    """How many segments are equal, or can be; those at another place count half."""
    equal = sum(mine == theirs or "{" in theirs for mine, theirs in zip(sent, segments, strict=False))
    return equal + len(set(sent) & set(segments)) / 2 - abs(len(sent) - len(segments)) / 2


def _likeness(sent: Sequence[str], segments: Sequence[str]) -> float:
    """How alike two paths are, from 0 to 1. A placeholder is like any segment at its place."""
    filled = [sent[place] if "{" in segment and place < len(sent) else _PLACEHOLDER.sub("", segment) for place, segment in enumerate(segments)]
    return difflib.SequenceMatcher(None, "/".join(sent), "/".join(filled), autojunk=False).ratio()
