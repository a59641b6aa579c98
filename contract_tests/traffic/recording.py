"""Recorded traffic, read entry by entry: HAR files of browsers, proxies and the journal, and JSON Lines with one HAR entry each.

Only one entry is in memory at a time, so files may be larger than memory.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlencode

import ijson
import orjson

from .encodings import TooLong, Undecodable, decoded, is_packed
from .exchange import HttpMessage, RecordedExchange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_HAR = re.compile(rb'\s*(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:')
_PEEK = 64 * 1024
_BOUNDARY = "recorded-form"
_NO_FILE = "\N{REPLACEMENT CHARACTER}"


class RecordingBroken(ValueError):
    """A recording cannot be read further. The text names the place."""


def exchanges(file: BinaryIO) -> Iterator[RecordedExchange]:
    """The exchanges of a recording, numbered from 1. Raises RecordingBroken if it is neither HAR nor JSON Lines, or is truncated."""
    for number, entry in enumerate(_entries(file), 1):
        try:
            yield exchange(number, entry)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise RecordingBroken(f"entry {number} is no HAR entry: {type(error).__name__} {error}") from error


def _entries(file: BinaryIO) -> Iterator[Mapping[str, Any]]:
    head = file.read(_PEEK)
    source = _Behind(head, file)
    if _HAR.match(head):
        try:
            yield from ijson.items(source, "log.entries.item", use_float=True)
        except ijson.common.JSONError as error:
            raise RecordingBroken(f"the HAR file is broken: {' '.join(str(error).split())[:200]}") from None
        return
    for number, line in enumerate(source.lines(), 1):
        if not line.strip():
            continue
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise RecordingBroken(f"line {number} is no JSON ({error}); a recording is a HAR file or has one HAR entry per line") from None
        yield entry


class _Behind:
    """A file whose first bytes were read already."""

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        self._head = head.removeprefix(b"\xef\xbb\xbf")
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if size == 0:
            return b""
        if self._head:
            found, self._head = (self._head, b"") if size < 0 else (self._head[:size], self._head[size:])
            return found
        return self._file.read(size)

    def lines(self) -> Iterator[bytes]:
        rest = b""
        while part := self.read(1 << 20):
            *whole, rest = (rest + part).split(b"\n")
            yield from whole
        if rest:
            yield rest


def exchange(number: int, entry: Mapping[str, Any]) -> RecordedExchange:
    """One HAR entry as an exchange."""
    request, response = entry["request"], entry.get("response") or {}
    return RecordedExchange(
        number=number,
        method=str(request["method"]).upper(),
        url=str(request["url"]),
        request=_request(request),
        status=int(response.get("status") or 0),
        response=_response(response),
        started=str(entry.get("startedDateTime", "")),
        injected=bool((entry.get("_mock") or {}).get("injected")),
        credential=str((entry.get("_mock") or {}).get("credential") or ""),
    )


def _pairs(headers: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(headers, dict):
        return tuple((str(name), str(value)) for name, value in headers.items())
    # HTTP/2 recordings list the pseudo-headers of the protocol too
    return tuple((str(header["name"]), str(header["value"])) for header in headers or () if not str(header["name"]).startswith(":"))


def _request(request: Mapping[str, Any]) -> HttpMessage:
    pairs = _pairs(request.get("headers"))
    posted = request.get("postData")
    if not posted:
        unread = "it was not recorded" if int(request.get("bodySize") or 0) > 0 else ""
        return HttpMessage(pairs, None if unread else b"", unread)
    media_type = str(posted.get("mimeType") or "")
    if media_type and not any(name.lower() == "content-type" for name, _ in pairs):
        pairs = (*pairs, ("content-type", media_type))
    if not posted.get("text") and posted.get("params"):
        return _posted_form(pairs, posted["params"], media_type)
    return _message(pairs, posted, int(request.get("bodySize") or 0))


def _posted_form(pairs: tuple[tuple[str, str], ...], fields: Sequence[Mapping[str, Any]], media_type: str) -> HttpMessage:
    """A form of which the recorder kept the fields but not the bytes."""
    if not media_type.startswith("multipart/"):
        return HttpMessage(pairs, urlencode([(field["name"], field.get("value", "")) for field in fields]).encode())
    parts = []
    for field in fields:
        disposition = f'form-data; name="{field["name"]}"'
        if field.get("fileName") is not None:
            disposition += f'; filename="{field["fileName"]}"'
        value = str(field.get("value", _NO_FILE if field.get("fileName") else ""))
        parts.append(f"--{_BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n{value}\r\n")
    body = "".join([*parts, f"--{_BOUNDARY}--\r\n"]).encode()
    others = tuple(pair for pair in pairs if pair[0].lower() != "content-type")
    return HttpMessage((*others, ("content-type", f"multipart/form-data; boundary={_BOUNDARY}")), body)


def _response(response: Mapping[str, Any]) -> HttpMessage:
    pairs = _pairs(response.get("headers"))
    content = response.get("content") or {}
    media_type = str(content.get("mimeType") or "")
    # browsers write x-unknown if a response names no media type
    if media_type and media_type != "x-unknown" and not any(name.lower() == "content-type" for name, _ in pairs):
        pairs = (*pairs, ("content-type", media_type))
    return _message(pairs, content, int(content.get("size") or 0))


def _message(pairs: tuple[tuple[str, str], ...], content: Mapping[str, Any], size: int) -> HttpMessage:
    text = content.get("text")
    if content.get("_unread"):
        return HttpMessage(pairs, None, str(content["_unread"]))
    if text is None or (text == "" and size > 0):
        return HttpMessage(pairs, None, "it was not recorded") if size > 0 else HttpMessage(pairs)
    if content.get("encoding") == "base64":
        try:
            body = base64.b64decode(text, validate=True)
        except binascii.Error:
            return HttpMessage(pairs, None, "its Base64 is broken")
    else:
        body = str(text).encode("utf-8", "surrogatepass")
    return unpacked(pairs, body, recorded=True)


def unpacked(pairs: tuple[tuple[str, str], ...], body: bytes, *, recorded: bool = False) -> HttpMessage:
    """Headers and a body without its content encoding. Some recorders have removed it already."""
    encodings = next((value for name, value in pairs if name.lower() == "content-encoding"), "")
    if not encodings or not body or (recorded and not is_packed(body, encodings)):
        return HttpMessage(pairs, body)
    try:
        return HttpMessage(pairs, decoded(body, encodings))
    except Undecodable as error:
        return HttpMessage(pairs, body, broken=str(error))
    except TooLong as error:
        return HttpMessage(pairs, None, str(error))
