"""The reply of a handler, independent of any framework."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

JSON = "application/json"
_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
"""Values that are no JSON are an error. If orjson converted them, another value would be sent than the one that was validated."""


@dataclass(frozen=True, slots=True)
class Damage:
    """The transport fault that a reply suffers on its way to the client.

    ``reset`` breaks the connection without an answer, ``timeout`` does so after ``seconds``, ``truncated`` after half of the body, ``malformed``
    sends a body that cannot be parsed, ``drip`` spreads the body over ``seconds``.
    """

    kind: Literal["reset", "timeout", "truncated", "malformed", "drip"]
    seconds: float = 0.0

    def __str__(self) -> str:
        words = {
            "reset": "connection reset",
            "timeout": f"no answer for {self.seconds:g} s, then connection reset",
            "truncated": "body truncated",
            "malformed": "body malformed",
            "drip": f"body dripping for {self.seconds:g} s",
        }
        return words[self.kind]

    @property
    def has_no_answer(self) -> bool:
        """Whether no part of the answer reaches the client."""
        return self.kind in ("reset", "timeout")


@dataclass(frozen=True, slots=True)
class Stream:
    """A body that is sent part by part as the parts become available."""

    parts: AsyncIterator[bytes]


@dataclass(slots=True)  # not frozen: one is made for every call, and freezing doubles the cost
class Reply:
    """Status, body and headers. ``body`` is JSON data, or bytes of ``media_type``, or a :class:`Stream`, or None for no body at all.

    ``damage`` is set by a fault rule, never by a vendor. ``is_undocumented`` says that the document has no answer for this case, so that the reply is
    not compared with it; the reply says so itself.
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON
    damage: Damage | None = None
    is_undocumented: bool = False

    def encode(self) -> bytes:
        """The body as bytes; empty for a stream. Raises TypeError if it holds a value that is no JSON."""
        if self.body is None or isinstance(self.body, Stream):
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return orjson.dumps(self.body, option=_STRICT)
