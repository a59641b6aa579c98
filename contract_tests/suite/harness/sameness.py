"""When two values are equal in meaning, however an implementation writes them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

CLOSE = Decimal("0.005")
"""How far apart two amounts may be that are called equal."""

ROUNDED = Decimal(1)
"""The same for amounts of which some implementations keep whole units only."""


def number(value: Any) -> Any:
    """A number, or a text that is one, as an exact decimal; any other value unchanged."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return Decimal(str(value))
    if isinstance(value, str):
        try:
            return Decimal(value)
        except InvalidOperation:
            return value
    return value


def same(left: Any, right: Any, close: Decimal = CLOSE) -> bool:  # noqa: PLR0911 - one line for each kind of value
    """Whether two values are equal in meaning: a number equals its text, and null equals empty text; two texts are compared exactly.

    Numbers that differ by less than ``close`` are equal.
    """
    if left in (None, "") and right in (None, ""):
        return True
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if isinstance(left, bool) or isinstance(right, bool):
        return str(left).lower() == str(right).lower()
    left, right = number(left), number(right)
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return left.is_finite() and right.is_finite() and abs(left - right) < close
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(*pair, close) for pair in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name], close) for name in left)
    return bool(left == right)


def shows(sent: Any, shown: Any) -> bool:
    """Whether a value shows what was sent: an object may have more than that, and a moment may be written otherwise."""
    if isinstance(sent, dict) and isinstance(shown, dict):
        return all(shows(value, shown[name]) for name, value in sent.items() if name in shown)
    if isinstance(sent, list) and isinstance(shown, list):
        return len(sent) == len(shown) and all(shows(*pair) for pair in zip(sent, shown, strict=True))
    if isinstance(sent, str) and isinstance(shown, str) and sent != shown:
        moments = _moment(sent), _moment(shown)
        return moments[0] is not None and moments[0] == moments[1]
    return same(sent, shown)


def _moment(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=dt.UTC)
