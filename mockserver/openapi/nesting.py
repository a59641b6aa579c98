"""The nesting of JSON, found in its bytes before a parser builds anything from them."""

from __future__ import annotations

import re

STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)'
"""The pattern of a JSON string, for DOTALL. It takes a string without an end too, whose group is empty: so no text is read twice."""
_STRING = re.compile(STRING, re.DOTALL)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))


def is_deeper(text: bytes, levels: int) -> bool:
    """Whether a JSON text is nested deeper than ``levels``. The cost is linear in the text; a text that is not JSON gets an answer as well."""
    if text.count(b"[") + text.count(b"{") <= levels:
        return False
    brackets = _STRING.sub(b"", text).translate(_ONE_KIND, _OTHERS)
    if b"[" * (levels + 1) in brackets:
        return True
    for _ in range(levels):
        shorter = brackets.replace(b"[]", b"")  # takes off the innermost level everywhere
        if len(shorter) == len(brackets):
            return shorter.count(b"[") > levels  # what is left does not pair: the text is cut off or no JSON
        brackets = shorter
    return b"[" in brackets
