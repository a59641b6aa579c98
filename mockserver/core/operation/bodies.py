"""Parses bodies: JSON, urlencoded forms, multipart forms. Files are kept in memory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

import msgspec
import orjson
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from mockserver.core.base.faults import Malformed
from mockserver.core.base.requests import Request
from mockserver.openapi import limits

MAX_FIELDS = limits.FORM_FIELDS.value
"""Fields or parts at most in a form."""

_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"(\s*+:)?|\\?\Z)', re.DOTALL)
"""Any JSON string; the group matches if it is the name of a member. A string without an end matches as well, so that no text is read twice."""


_QUOTED = re.compile(rb'"[^"]*"')
_DEPTH = limits.JSON_DEPTH.value
_ONE_BRACKET = bytes.maketrans(b"{}", b"[]")
_OTHERS = bytes(set(range(256)) - set(b'[]{}"'))


PIECE = 64 * 1024
"""Bytes of JSON that are parsed at once."""
_BLANKS = b" \t\r\n"
_DEEP = f"the body is nested deeper than {_DEPTH} levels; send it flatter"
_TWICE = "the body is no JSON that can be trusted: an object names the same member twice"
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart form, in memory. ``filename`` is the client's text; never use it as a path."""

    filename: str
    media_type: str
    data: bytes


def parse_json(body: bytes) -> Any:
    """The value of a JSON text.

    Raises Malformed for anything that is not one JSON value in UTF-8, for an object that names a member twice, and for nesting beyond the limit
    ``json-depth``.
    """
    if len(body) > _DEPTH and _is_too_deep(body):
        raise Malformed(_DEEP)
    try:
        return _parse_piece(body)
    except RecursionError:  # a text that breaks off, whose depth was not seen
        raise Malformed(_DEEP) from None
    except (orjson.JSONDecodeError, msgspec.DecodeError) as error:
        raise Malformed(f"the body is no JSON: {error}") from None


def _parse_piece(text: bytes) -> Any:
    """The value of a JSON text. The members of a long object or list are parsed one by one, so that other threads run in between.

    Raises JSONDecodeError, DecodeError, and Malformed if an object names a member twice.
    """
    if len(text) > PIECE:
        kind = text.lstrip(_BLANKS)[:1]
        if kind == b"[":
            return [_parse_piece(bytes(item)) for item in _decode_list(text)]
        if kind == b"{":
            members = {name: bytes(member) for name, member in _decode_object(text).items()}
            # Each member has one colon besides those of its value; of a member that is named twice, those of the first one are missing.
            if not any(":" in name for name in members):
                if text.count(b":") != len(members) + sum(member.count(b":") for member in members.values()):
                    raise Malformed(_TWICE)
                return {name: _parse_piece(member) for name, member in members.items()}
    value = orjson.loads(text)
    if b":" in text and _names_a_member_twice(text, value):
        raise Malformed(_TWICE)
    return value


def _is_too_deep(text: bytes) -> bool:
    """Whether arrays and objects of a JSON text are nested deeper than the limit. The answer for a text that is no JSON may be either."""
    if text.count(b"[") + text.count(b"{") <= _DEPTH:
        return False
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Only quotes and brackets are kept, then the strings are removed with the brackets in them.
    brackets = text.translate(_ONE_BRACKET, _OTHERS).replace(b'""', b"")
    if b'"' in brackets:
        brackets = _QUOTED.sub(b"", brackets)
    for _ in range(_DEPTH):
        shorter = brackets.replace(b"[]", b"")  # one level less
        if len(shorter) == len(brackets):
            return False
        brackets = shorter
    return bool(brackets)


def _names_a_member_twice(body: bytes, value: Any) -> bool:
    """Whether an object in a JSON text names a member twice. ``value`` is the parsed text, in which only the last of both remains."""
    # A repeated member is lost by parsing, so the value encoded again has fewer colons than the text. If the text may contain escaped colons, the
    # names in the text are counted instead.
    if b"\\u003" not in body:
        return body.count(b":") != orjson.dumps(value).count(b":")
    return _count_members(value) != sum(1 for name in _TEXT.findall(body) if name)


def _count_members(value: Any) -> int:
    """The number of members of all objects in a value."""
    count, open_values = 0, [value]
    while open_values:
        inner = open_values.pop()
        if isinstance(inner, dict):
            count += len(inner)
            open_values.extend(inner.values())
        elif isinstance(inner, list):
            open_values.extend(inner)
    return count


def parse_urlencoded(text: bytes) -> list[tuple[str, str]]:
    """Names and values of a query or an urlencoded form, in order. Raises Malformed for wrong encodings and too many fields."""
    if text.count(b"&") >= MAX_FIELDS:
        raise Malformed(f"more than {MAX_FIELDS} fields")
    try:
        pairs = [field.partition("=") for field in text.decode("utf-8").split("&") if field]
        return [(_decode(name), _decode(value)) for name, _, value in pairs]
    except UnicodeDecodeError:
        raise Malformed("names and values must be UTF-8, percent-encoded") from None


def _decode(text: str) -> str:
    """A name or a value, percent-decoded."""
    return unquote_plus(text, errors="strict") if "%" in text or "+" in text else text  # most texts need no decoding


def parse_multipart(request: Request) -> list[tuple[str, str | Upload]]:
    """Names and values of a multipart form, in order; files as :class:`Upload`. Raises Malformed if the form is broken or truncated."""
    _, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if not boundary:
        raise Malformed("the content type names no boundary")
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks())  # type: ignore[arg-type]
        parser.write(request.body)
        parser.finalize()
    except (MultipartParseError, ValueError, UnicodeDecodeError) as error:
        raise Malformed(f"the form cannot be read: {error}") from None
    if not parts.complete:
        raise Malformed("the form is truncated: its last boundary is missing")
    return parts.fields


class _Parts:
    """Collects the parts of a multipart form from the events of its parser."""

    def __init__(self) -> None:
        self.fields: list[tuple[str, str | Upload]] = []
        self.complete = False
        self._headers: dict[str, bytes] = {}
        self._name = b""
        self._value = b""
        self._data = bytearray()

    def callbacks(self) -> dict[str, Any]:
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": self._extend_header_name,
            "on_header_value": self._extend_header_value,
            "on_header_end": self._finish_header,
            "on_part_data": self._extend_part,
            "on_part_end": self._finish_part,
            "on_end": self._finish,
        }

    def _begin_part(self) -> None:
        if len(self.fields) >= MAX_FIELDS:
            raise ValueError(f"more than {MAX_FIELDS} parts")
        self._headers, self._data = {}, bytearray()

    def _extend_header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _extend_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _finish_header(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value
        self._name = self._value = b""

    def _extend_part(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]

    def _finish_part(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        if b"name" not in options:
            raise ValueError("a part has no name")
        name = options[b"name"].decode("utf-8")
        if b"filename" in options:
            if not options[b"filename"] and not self._data:
                return  # browsers send an empty field if no file was chosen
            media_type = self._headers.get("content-type", b"application/octet-stream").decode("latin-1")
            self.fields.append((name, Upload(options[b"filename"].decode("utf-8", "replace"), media_type, bytes(self._data))))
        else:
            self.fields.append((name, self._data.decode("utf-8")))

    def _finish(self) -> None:
        self.complete = True
