"""The refusal of a sign-in."""

from __future__ import annotations


class OAuthError(Exception):
    """A refusal as RFC 6749 writes it: ``error`` is its code."""

    def __init__(self, error: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.error = error
        self.status = status
