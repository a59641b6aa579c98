"""Text from a target, a client or a recording, for a terminal: it must not move the cursor or change the colours."""

from __future__ import annotations


def printable(text: str) -> str:
    """A text in one line, with a backslash escape for each character that has no shape of its own, a line break included."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
