"""Names for operations that have none, and names that no other operation has."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_LETTER = re.compile(r"[^A-Za-z0-9]+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")
LONGEST = 200
"""Characters at most in the name of an operation."""


def derive_id(method: str, path: str) -> str:
    """A name from method and path: ``get_users_by_user_id`` for ``GET /users/{userId}``."""
    parts = [method.lower()]
    for segment in path.split("/"):
        held = _PLACEHOLDER.findall(segment)
        fixed = _PLACEHOLDER.sub(" ", segment)
        words = [_snake(fixed), *(f"by_{_snake(name) or 'value'}" for name in held)]
        parts += [word for word in words if word]
    return "_".join(parts)[:LONGEST]


def _snake(text: str) -> str:
    return _NO_LETTER.sub("_", _CAMEL.sub("_", text)).strip("_").lower()


def clean_id(written: str) -> str:
    """An operationId without what cannot be shown."""
    return _UNPRINTABLE.sub("", written).strip()[:LONGEST]


class UniqueNames:
    """Names each of which is given once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self._numbers: dict[str, int] = {}

    def take(self, name: str) -> str:
        """The name, with a number behind it if it is taken."""
        found, number = name, self._numbers.get(name, 2)
        while found in self.taken:
            found = f"{name}_{number}"
            number += 1
        self._numbers[name] = number
        self.taken.add(found)
        return found
