"""Reads numbers that a client, a target or a file sent as text."""

from __future__ import annotations

from mockserver.openapi import limits

EXACT = 18
"""The digits of a number that JSON of 64 bits holds exactly, whatever the digits are."""


def read_digits(text: str, longest: int = limits.DIGITS.value) -> int | None:
    """The number in a text of ASCII digits; None for any other text, and for one of more than ``longest`` digits.

    Python refuses to convert more than 4,300 digits by ValueError, and the time for fewer grows with their square.
    """
    return int(text) if len(text) <= longest and text.isascii() and text.isdigit() else None
