"""Bodies of answers: decoded up to a bound. A body that cannot be read is replaced by a note that says why.

The note takes the place of the body everywhere: in the client of a test, in the exchange that is kept as evidence, in Schemathesis. It is no JSON,
so that whatever reads it finds none.
"""

from __future__ import annotations

import json

from mockserver.openapi import limits
from mockserver.openapi.nesting import is_deeper

from ...encodings import TooLong, Undecodable, decoded

_BEGIN, _END = b"(this body cannot be read: ", b")"
_BEFORE_JSON = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
"""Byte order marks, zeros of wide characters, and white space."""


def read_body(raw: bytes, encodings: str, limit: int, media_type: str) -> bytes:
    """The body of an answer without its content encodings, or a note if it cannot be read. ``limit`` is the bytes to which it may unpack."""
    try:
        body = decoded(raw, encodings, limit) if raw else raw
    except (Undecodable, TooLong) as error:
        return _note(str(error), raw)
    if "json" in media_type or body.lstrip(_BEFORE_JSON)[:1] in (b"[", b"{"):
        reason = find_excess(body)
        if reason:
            return _note(reason, raw)
    return body


def find_excess(body: bytes) -> str:
    """Why a JSON body is too deep to be read; empty if it is not."""
    encoding = json.detect_encoding(body)
    if not encoding.startswith("utf-8"):  # a quotation mark of wide characters would hide brackets from what looks at bytes
        body = body.decode(encoding, "replace").encode("utf-8", "replace")
    levels = limits.JSON_DEPTH.value
    return f"it is nested deeper than {levels} levels" if is_deeper(body, levels) else ""


def find_reason(body: bytes) -> str:
    """Why a body could not be read, if it is a note; empty if it is not."""
    if not body.startswith(_BEGIN) or not body.endswith(_END):
        return ""
    return body.removeprefix(_BEGIN).removesuffix(_END).decode("utf-8", "replace")


def _note(reason: str, raw: bytes) -> bytes:
    return _BEGIN + f"{reason}; {len(raw)} bytes were sent".encode("utf-8", "replace") + _END
