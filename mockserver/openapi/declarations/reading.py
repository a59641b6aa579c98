"""One declaration with its place, and what is refused of it: a key, a name or a value that cannot be right."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.openapi.declarations.origins import Origins
from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.nearest import nearest


@dataclass(frozen=True)
class Declared:
    """A value of a declaration. ``path`` leads to it in the document, ``least`` is how many steps of the path name the declaration."""

    origins: Origins
    path: tuple[str, ...]
    value: Any
    least: int

    @property
    def place(self) -> str:
        """File and line."""
        return str(self.origins.find(self.path, self.least))

    @property
    def is_of_an_overlay(self) -> bool:
        return self.origins.find(self.path, self.least).is_overlay

    @property
    def because(self) -> str:
        return f"declared in {self.place}"

    def refuse(self, text: str) -> DocumentBroken:
        """The error to raise for a value that cannot be right."""
        named = [part for part in self.path[self.least - 1 :] if not part.isdigit()]
        return DocumentBroken(f"{self.place}: {' '.join(named)}: {text}")

    def part(self, key: str) -> Declared | None:
        """The value of a key, None if the declaration does not have it."""
        return Declared(self.origins, (*self.path, key), self.value[key], self.least) if key in self.mapping else None

    def parts(self) -> Iterator[tuple[str, Declared]]:
        for key, value in self.mapping.items():
            yield str(key), Declared(self.origins, (*self.path, str(key)), value, self.least)

    def entries(self) -> list[Declared]:
        """The entries of a list."""
        if not isinstance(self.value, list):
            raise self.refuse("write a list")
        return [Declared(self.origins, (*self.path, str(number)), value, self.least) for number, value in enumerate(self.value)]

    @property
    def mapping(self) -> Mapping[str, Any]:
        """The value as a mapping. Raises DocumentBroken."""
        if not isinstance(self.value, dict):
            raise self.refuse("write a mapping")
        return self.value

    def check_keys(self, *known: str) -> None:
        """Refuse a key that no reader knows. Raises DocumentBroken, with the nearest ones."""
        for key, inner in self.parts():
            if key not in known and not key.startswith("x-"):
                raise inner.refuse(f"there is no key {key}; {nearest(key, known)}")

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.refuse("write a text")
        return self.value

    def is_true(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.refuse("write true or false")
        return self.value

    def whole(self) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.refuse("write a whole number")
        return self.value

    def one_of(self, names: Collection[str], what: str) -> str:
        """A name that has to be one of several. Raises DocumentBroken, with the nearest ones."""
        text = self.text()
        if text not in names:
            raise self.refuse(f"there is no {what} {text}; {nearest(text, names)}")
        return text

    def some_of(self, names: Collection[str], what: str) -> tuple[str, ...]:
        return tuple(one.one_of(names, what) for one in self.entries())
