"""JSON pointers, as RFC 6901 defines them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mockserver.openapi.digits import read_digits


def escape_part(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def join_pointer(parts: Iterable[str | int]) -> str:
    """The JSON pointer that leads through some parts; empty for none."""
    return "".join("/" + escape_part(part) for part in parts)


def split_pointer(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def find_value(value: Any, pointer: str, missing: Any = None) -> Any:
    """The value at a JSON pointer, ``missing`` if there is none."""
    for part in split_pointer(pointer):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and (position := read_digits(part)) is not None and position < len(value):
            value = value[position]
        else:
            return missing
    return value
