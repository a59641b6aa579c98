"""Reads numbers that a client sent as text."""

from __future__ import annotations

from mockserver.openapi import limits


def read_digits(text: str) -> int | None:
    """The number in a text of ASCII digits; None for any other text, and for one that is longer than the limit ``digits``.

    Python refuses to convert more than 4,300 digits by ValueError, and the time for fewer grows with their square.
    """
    return int(text) if len(text) <= limits.DIGITS.value and text.isascii() and text.isdigit() else None
