"""Keep secrets out of every report: credentials of the target file, headers that carry them, and fields with such a name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..harness import Target
from ..harness.findings import Exchange

HIDDEN = "***"
ALWAYS = {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-mock-token"}
FIELD = re.compile(r"(?i)pass(word|wd|code)|secret|token|api_?key|contrase|clave|credential|authorization|card_?number|cvv")
SHORTEST = 6
"""Characters below which a value is too common to be searched for everywhere; its header is hidden in any case."""


class Mask:
    """Hides the secrets of a target. ``variables`` are the names of the shell variables that stand for them in a script, by value."""

    def __init__(self, target: Target, security_headers: Iterable[str] = ()) -> None:
        self.headers = ALWAYS | {name.lower() for name in security_headers}
        self.variables: dict[str, str] = {}
        for role, headers in target.credentials.items():
            self.headers |= {name.lower() for name in headers}
            for name, value in headers.items():
                self.variables.setdefault(value, re.sub(r"\W", "_", f"{role}_{name}").upper())
        for role, login in target.logins.items():
            for name, value in login.items():
                if FIELD.search(name):
                    self.variables.setdefault(value, re.sub(r"\W", "_", f"{role}_{name}").upper())
        words = {word for value in self.variables for word in (value, value.rpartition(" ")[2])}
        searched = sorted((word for word in words if len(word) >= SHORTEST), key=len, reverse=True)
        self._known = (
            re.compile("|".join(re.escape(form) for word in searched for form in dict.fromkeys((word, json.dumps(word)[1:-1])))) if searched else None
        )

    def text(self, text: str) -> str:
        """A text without secrets."""
        return self._known.sub(HIDDEN, text) if self._known else text

    def header(self, name: str, value: str) -> str:
        """The value of a header, hidden if the header carries a secret."""
        return HIDDEN if name.lower() in self.headers else self.text(value)

    def value(self, value: Any, name: str = "") -> Any:
        """A JSON value without secrets."""
        if isinstance(value, dict):
            return {key: self.value(inner, str(key)) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(inner, name) for inner in value]
        if isinstance(value, str):
            return HIDDEN if value and FIELD.search(name) else self.text(value)
        return value

    def body(self, body: bytes, media_type: str) -> str:
        """A body as text, without secrets; for bytes that are not UTF-8, their number."""
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return f"({len(body)} bytes)"
        if "json" in media_type:
            try:
                return json.dumps(self.value(json.loads(text)), ensure_ascii=False)
            except ValueError:
                return self.text(text)
        if "urlencoded" in media_type:
            text = "&".join(
                f"{part.partition('=')[0]}={HIDDEN}" if "=" in part and FIELD.search(part.partition("=")[0]) else part for part in text.split("&")
            )
        return self.text(text)

    def url(self, url: str) -> str:
        """A URL without secrets in its query."""
        return self.text(
            re.sub(r"([?&])([^=&#]+)=([^&#]*)", lambda found: f"{found[1]}{found[2]}={HIDDEN}" if FIELD.search(found[2]) else found[0], url)
        )

    def exchange(self, exchange: Exchange) -> Exchange:
        """An exchange without secrets; its bodies are UTF-8."""
        return Exchange(
            exchange.method,
            self.url(exchange.url),
            {name: self.header(name, value) for name, value in exchange.request_headers.items()},
            self.body(exchange.request_body, media_type(exchange.request_headers)).encode(),
            exchange.status,
            {name: self.header(name, value) for name, value in exchange.response_headers.items()},
            self.body(exchange.response_body, media_type(exchange.response_headers)).encode(),
            exchange.elapsed,
            exchange.operation,
        )


def media_type(headers: Mapping[str, str]) -> str:
    """The media type among headers, in small letters; empty if there is none."""
    return next((value.lower() for name, value in headers.items() if name.lower() == "content-type"), "")
