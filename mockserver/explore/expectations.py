"""Expectations of ``--expect``: how many records of a table have certain values at the end of a run."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mockserver.explore.control import Control

_COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_FORM = re.compile(r"\s*(?P<slug>[\w-]+)\.(?P<table>\w+)\s*(\((?P<where>.*)\))?\s*(?P<comparison>==|!=|<=|>=|<|>)\s*(?P<number>\d+)\s*")


class UnreadableExpectation(ValueError):
    """An expectation is not written as one; the text says how."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """``text`` as it was written; ``where`` are ``field=value``."""

    text: str
    slug: str
    table: str
    where: tuple[str, ...]
    comparison: str
    number: int

    async def holds(self, control: Control, world: str) -> bool:
        """Whether it holds in a world. Raises Refused if there is no such table or field."""
        params = {"where": list(self.where), "limit": 1}
        found = await control.call("GET", f"/state/{self.slug}/{self.table}", world, params=params)
        return _COMPARISONS[self.comparison](int(found["total"]), self.number)


def read_expectation(text: str) -> Expectation:
    """An expectation such as ``serpi.branches(descripcion=NORTE) <= 1``. Raises Unreadable."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise UnreadableExpectation(
            f"{text!r} is no expectation; write one such as 'serpi.branches(descripcion=NORTE) <= 1', with fields separated by commas"
        )
    where = tuple(part.strip() for part in (found["where"] or "").split(",") if part.strip())
    return Expectation(text, found["slug"], found["table"], where, found["comparison"], int(found["number"]))
