"""Bodies of recorded and proxied traffic: without their content encoding, and without JSON that is nested too deep."""

from __future__ import annotations

from mockserver.openapi import limits
from mockserver.openapi.nesting import is_deeper

from ..encodings import TooLong, Undecodable, decoded, is_packed
from .exchange import HttpMessage


def unpacked(pairs: tuple[tuple[str, str], ...], body: bytes, *, recorded: bool = False) -> HttpMessage:
    """Headers and a body as it was sent, without its content encoding. Recorders may have taken that off already."""
    encodings = next((value for name, value in pairs if name.lower() == "content-encoding"), "")
    if not encodings or not body or (recorded and not is_packed(body, encodings)):
        return _shallow(HttpMessage(pairs, body))
    try:
        return _shallow(HttpMessage(pairs, decoded(body, encodings)))
    except Undecodable as error:
        return HttpMessage(pairs, body, broken=str(error))
    except TooLong as error:
        return HttpMessage(pairs, None, str(error))


def _shallow(message: HttpMessage) -> HttpMessage:
    """A message, without its body if that is JSON and nested deeper than what can be judged."""
    levels = limits.JSON_DEPTH.value
    if message.media_type.endswith("json") and is_deeper(message.body or b"", levels):
        return HttpMessage(message.pairs, None, f"it is nested deeper than {levels} levels")
    return message
