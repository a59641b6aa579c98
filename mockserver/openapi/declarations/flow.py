"""Values in the flow style of YAML, on one line, as this project's reader of documents reads them."""

from __future__ import annotations

import json
import re
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.-]*")
_WORDS = frozenset("true false null yes no on off y n".split())


def write_flow(value: Any) -> str:
    """A value on one line. Texts that could be read as anything else are quoted as JSON quotes them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{write_flow(str(key))}: {write_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(write_flow, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return _quote(value) if isinstance(value, str) else json.dumps(value)


def _quote(text: str) -> str:
    """A text in double quotes. What cannot be printed is escaped as YAML does it, which differs from JSON beyond 16 bits."""
    return '"' + "".join(letter if letter.isprintable() and letter not in '"\\' else _escape(letter) for letter in text) + '"'


def _escape(letter: str) -> str:
    return "\\" + letter if letter in '"\\' else f"\\U{ord(letter):08x}"
