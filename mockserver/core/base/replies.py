"""What a handler answers: plain facts, no framework."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import orjson

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

JSON = "application/json"
_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
"""What is no JSON is not made into some on its way: it would be another value than the one that was judged."""
_FOR_PEOPLE = _STRICT | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


@dataclass(frozen=True, slots=True)
class Damage:
    """What goes wrong on the way of a reply to its client.

    ``reset`` breaks the connection without an answer, ``truncated`` after half of the body, ``malformed`` sends a body that nobody can read,
    ``drip`` spreads the body over ``seconds``.
    """

    kind: Literal["reset", "truncated", "malformed", "drip"]
    seconds: float = 0.0

    def __str__(self) -> str:
        words = {
            "reset": "connection reset",
            "truncated": "body truncated",
            "malformed": "body malformed",
            "drip": f"body dripping for {self.seconds:g} s",
        }
        return words[self.kind]


@dataclass(frozen=True, slots=True)
class Stream:
    """A body that is sent piece by piece as it comes about."""

    parts: AsyncIterator[bytes]


@dataclass(slots=True)  # one is made for every call, and freezing costs as much as all the rest of that
class Reply:
    """Status, body and headers. ``body`` is JSON data, or bytes of ``media_type``, or a :class:`Stream`, or None for no body at all.

    ``indent`` writes JSON for people. ``damage`` is what an injected fault does to the answer on its way; no vendor sets it.
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON
    indent: bool = False
    damage: Damage | None = None

    def encode(self) -> bytes:
        """The body as it goes over the wire; empty for a stream. Raises TypeError where it holds what is no JSON."""
        if self.body is None or isinstance(self.body, Stream):
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return orjson.dumps(self.body, option=_FOR_PEOPLE if self.indent else _STRICT)
