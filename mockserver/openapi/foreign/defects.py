"""Defects of a document: what is wrong, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mockserver.openapi.pointers import join_pointer


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing in a document that could not be used as it stands. ``place`` is a file with a JSON pointer, or with line and column."""

    place: str
    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}; {self.remedy}"


class Defects:
    """The defects of one document, each listed once, in the order in which they were found.

    ``origins`` says where a part of the document was written, by the path to the part, because parts are brought together from several places.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.origins: dict[tuple[str | int, ...], str] = {}
        self._found: dict[Defect, None] = {}

    def __iter__(self) -> Iterator[Defect]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def add(self, place: str, text: str, remedy: str) -> None:
        self._found[Defect(place, text, remedy)] = None

    def at(self, path: tuple[str | int, ...], text: str, remedy: str) -> None:
        """Add a defect at a path into the document."""
        self.add(self.place(path), text, remedy)

    def place(self, path: tuple[str | int, ...]) -> str:
        """The file and the JSON pointer at which the part under a path was written."""
        for length in range(min(len(path), 3), 0, -1):
            origin = self.origins.get(path[:length])
            if origin is not None:
                return origin + join_pointer(path[length:])
        return f"{self.source}#{join_pointer(path)}"


def describe(value: object) -> str:
    """A value as a message shows it, cut if it is long."""
    text = str(value)
    return text if len(text) <= 80 else text[:80] + " …"  # noqa: PLR2004 - a part of a line
