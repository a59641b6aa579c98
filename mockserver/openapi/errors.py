"""Violations of a schema by a value, and errors in a document."""

from __future__ import annotations

from dataclasses import dataclass

from mockserver.openapi.pointers import split_pointer


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a request or a reply breaks its schema.

    ``place`` is ``body``, ``query``, ``path``, ``header`` or ``cookie``; ``pointer`` is a JSON pointer into it, down to the missing
    property for ``required``; ``keyword`` is the JSON Schema keyword that failed; ``codes`` are the vendor's codes from ``x-fault-codes``,
    mostly one; ``rank`` orders violations as the document does.
    """

    place: str
    pointer: str
    keyword: str
    text: str
    codes: tuple[str, ...] = ()
    rank: tuple[int, ...] = ()
    late: bool = False

    @property
    def code(self) -> str | None:
        """The vendor's first code, None if the document gives none."""
        return self.codes[0] if self.codes else None

    @property
    def field(self) -> str:
        """The outermost property or the parameter that is wrong; empty for the body as a whole."""
        return next(iter(split_pointer(self.pointer)), "")

    def __str__(self) -> str:
        return f"{self.place}{self.pointer}: {self.text} ({self.keyword})"


class SetupError(Exception):
    """The server cannot start; the text is one line for the person who starts it."""


class DocumentBroken(SetupError):
    """A document cannot be used; names the file and the place."""
