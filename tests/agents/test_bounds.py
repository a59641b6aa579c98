"""What is too long is shortened, and says so."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.agents.bounds import ADVICE, bound, cut, measure
from mockserver.openapi import limits


def nest(levels: int) -> Any:
    return {"inner": nest(levels - 1)} if levels else "end"


@pytest.mark.parametrize(
    "value",
    ["ñ" * 100_000, ["long " * 40] * 5000, {f"field {number}": "x" * 300 for number in range(2000)}, [nest(60)] * 400, {"k" * 50_000: 1}],
    ids=["text", "list", "members", "depth", "name"],
)
def test_an_answer_is_within_the_limit(value: Any) -> None:
    found = bound({"value": value, "small": 1})
    assert measure(found) <= limits.AGENT_ANSWER.value
    assert found["shortened"] == ADVICE
    assert found["small"] == 1


def test_a_short_answer_is_left_as_it_is() -> None:
    assert bound({"value": ["x" * 5000]}) == {"value": ["x" * 5000]}


def test_pages_follow_one_another() -> None:
    rows = list(range(7))
    first = cut("rows", rows, 0, 3)
    assert (first["rows"], first["total"], first["next_offset"]) == ([0, 1, 2], 7, 3)
    assert cut("rows", rows, 6, 3)["next_offset"] is None
