"""One HAR entry as an exchange. Whatever a recorder wrote into it, the result is an exchange or a reason."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit

from mockserver.openapi.digits import read_digits

from ..printable import printable
from .encodings import unpacked
from .exchange import HttpMessage, RecordedExchange

_BOUNDARY = "recorded-form"
_NO_FILE = "\N{REPLACEMENT CHARACTER}"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SCHEMES = ("http", "https")
MAX_STATUS = 999
_NUMBERS = (int, float, Decimal)


class EntryUnreadable(ValueError):
    """An entry is no HAR entry. The text names the member and what is wrong with it."""


def read_entry(number: int, entry: Any) -> RecordedExchange:
    """The exchange of one HAR entry. Raises EntryUnreadable."""
    if not isinstance(entry, dict):
        raise EntryUnreadable("it is no JSON object")
    request, response = _object(entry, "request"), _object(entry, "response")
    mock = _object(entry, "_mock")
    if not request:
        raise EntryUnreadable("it has no request")
    return RecordedExchange(
        number=number,
        method=_method(request.get("method")),
        url=_url(request.get("url")),
        request=_request(request),
        status=_status(response.get("status")),
        response=_response(response),
        started=_text(entry.get("startedDateTime"), "startedDateTime"),
        injected=bool(mock.get("injected")),
        credential=_text(mock.get("credential"), "_mock.credential"),
    )


# Members


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A member that is an object; empty if it is missing or null."""
    value = holder.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise EntryUnreadable(f"{name} is no JSON object")
    return value


def _list(value: Any, name: str) -> Sequence[Mapping[str, Any]]:
    """A member that is a list of objects; empty if it is missing or null."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise EntryUnreadable(f"{name} is no list of JSON objects")
    return value


def _text(value: Any, name: str) -> str:
    """A member that is text, or a number that was meant as text; empty if it is missing or null."""
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        raise EntryUnreadable(f"{name} is no text")
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise EntryUnreadable(f"{name} holds half of a surrogate pair") from None
    return text


def _size(value: Any, name: str) -> float | Decimal:
    """A member that is a number of bytes; -1 if it is missing or null."""
    if value is None:
        return -1
    if not isinstance(value, _NUMBERS):
        raise EntryUnreadable(f"{name} is no number")
    return value


def _method(value: Any) -> str:
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise EntryUnreadable("request.method is no method of HTTP")
    return value.upper()


def _url(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise EntryUnreadable("request.url is no text")
    if _CONTROL.search(value):
        raise EntryUnreadable("request.url holds a control character")
    text = _text(value, "request.url")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise EntryUnreadable(f"request.url is no address: {_shown(error)}") from None
    if parts.scheme in _SCHEMES and not parts.hostname:
        raise EntryUnreadable("request.url names no host")
    return text


def _status(value: Any) -> int:
    """The status; 0 if there is none, or if it says that no answer came."""
    if value is None or value == "":
        return 0
    number = read_digits(value, len(str(MAX_STATUS))) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, _NUMBERS) or not number <= MAX_STATUS or number % 1:
        raise EntryUnreadable("response.status is no status of HTTP")
    return max(0, int(number))


def _shown(error: Exception) -> str:
    return printable(str(error)[:200])


# Messages


def _pairs(headers: Any, name: str) -> tuple[tuple[str, str], ...]:
    if isinstance(headers, dict):
        return tuple((_text(key, name), _text(value, name)) for key, value in headers.items())
    pairs = [(_text(header.get("name"), f"{name}.name"), _text(header.get("value"), f"{name}.value")) for header in _list(headers, name)]
    # HTTP/2 recordings list the pseudo-headers of the protocol too
    return tuple((key, value) for key, value in pairs if key and not key.startswith(":"))


def _request(request: Mapping[str, Any]) -> HttpMessage:
    pairs = _pairs(request.get("headers"), "request.headers")
    posted, size = _object(request, "postData"), _size(request.get("bodySize"), "request.bodySize")
    if not posted:
        unread = "it was not recorded" if size > 0 else ""
        return HttpMessage(pairs, None if unread else b"", unread)
    media_type = _text(posted.get("mimeType"), "postData.mimeType")
    if media_type and not any(name.lower() == "content-type" for name, _ in pairs):
        pairs = (*pairs, ("content-type", media_type))
    fields = _list(posted.get("params"), "postData.params")
    if not posted.get("text") and fields:
        return _posted_form(pairs, fields, media_type)
    return _message(pairs, posted, size, "postData")


def _posted_form(pairs: tuple[tuple[str, str], ...], fields: Sequence[Mapping[str, Any]], media_type: str) -> HttpMessage:
    """A form of which the recorder kept the fields but not the bytes."""
    named = [(_text(field.get("name"), "params.name"), field) for field in fields]
    if not media_type.startswith("multipart/"):
        return HttpMessage(pairs, urlencode([(name, _text(field.get("value"), "params.value")) for name, field in named]).encode())
    parts = []
    for name, field in named:
        disposition = f'form-data; name="{name}"'
        file = field.get("fileName")
        if file is not None:
            disposition += f'; filename="{_text(file, "params.fileName")}"'
        value = _text(field.get("value", _NO_FILE if file else ""), "params.value")
        parts.append(f"--{_BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n{value}\r\n")
    body = "".join([*parts, f"--{_BOUNDARY}--\r\n"]).encode()
    others = tuple(pair for pair in pairs if pair[0].lower() != "content-type")
    return HttpMessage((*others, ("content-type", f"multipart/form-data; boundary={_BOUNDARY}")), body)


def _response(response: Mapping[str, Any]) -> HttpMessage:
    pairs = _pairs(response.get("headers"), "response.headers")
    content = _object(response, "content")
    media_type = _text(content.get("mimeType"), "content.mimeType")
    # browsers write x-unknown if a response names no media type
    if media_type and media_type != "x-unknown" and not any(name.lower() == "content-type" for name, _ in pairs):
        pairs = (*pairs, ("content-type", media_type))
    return _message(pairs, content, _size(content.get("size"), "content.size"), "content")


def _message(pairs: tuple[tuple[str, str], ...], content: Mapping[str, Any], size: float | Decimal, name: str) -> HttpMessage:
    text = content.get("text")
    if content.get("_unread"):
        return HttpMessage(pairs, None, _text(content["_unread"], f"{name}._unread"))
    if text is None or (text == "" and size > 0):
        return HttpMessage(pairs, None, "it was not recorded") if size > 0 else HttpMessage(pairs)
    if isinstance(text, (dict, list)):
        raise EntryUnreadable(f"{name}.text is no text")
    if content.get("encoding") == "base64":
        try:
            body = base64.b64decode(str(text), validate=True)
        except ValueError:
            return HttpMessage(pairs, None, "its Base64 is broken")
    else:
        body = str(text).encode("utf-8", "surrogatepass")
    return unpacked(pairs, body, recorded=True)
