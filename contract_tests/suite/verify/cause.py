"""The cause of findings: what the findings of a run are counted by."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ...printable import printable
from ..harness.findings import Exchange, Finding
from .target_file import Deviation

Repeat = Callable[["Cause"], tuple[Exchange, ...] | None]
"""Sends the requests of a cause again: the exchanges that show it once more, None if it did not come again."""


@dataclass
class Cause:
    """One cause of findings. ``key`` names it in every run; ``repeat`` sends its requests again, None if they cannot be sent again."""

    key: str
    finding: Finding
    stage: str
    repeat: Repeat | None = None
    count: int = 1
    clauses: set[str] = field(default_factory=set)
    confirmed: bool = False
    note: str = ""
    deviation: Deviation | None = None
    also: list[str] = field(default_factory=list)
    """Keys of other findings that this cause explains."""
    row: str = ""
    """The row of a parametrized test."""
    former: list[str] = field(default_factory=list)
    """Keys under which earlier versions reported it; an accepted deviation may still name them."""
    places: list[tuple[str, str, str]] = field(default_factory=list)
    """Operation, field or row, and key of each place where it was seen, if there are several."""

    @property
    def keys(self) -> list[str]:
        """Every key by which a report or a target file may name it."""
        return [self.key, *self.also, *self.former]


def key_of(finding: Finding, keyword: str = "") -> str:
    """The name of a finding's cause, the same in every run: check, operation, place with every index as ``*``, and keyword."""
    pointer = re.sub(r"/\d+(?=/|$)", "/*", finding.pointer)
    # A place is made of names that the target chose, and a keyword of its headers.
    return printable(" | ".join((finding.check, finding.operation, pointer or "/", keyword)).removesuffix(" | "))
