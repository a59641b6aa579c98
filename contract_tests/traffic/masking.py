"""Mask secrets in records: credentials by the document, and values whose names suggest a secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import orjson

from .exchange import MASK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockserver.openapi.documents import Document

SHORT = 8
"""Letters below which a credential is not looked for in texts: it could be any word."""
_SECRET = re.compile(r"passw|secret|api[-_]?key|authorization|contrase|jwt|token(?!_?type|s$)|^(?:set-)?cookie$|^clave$|^pin$|^cvv$", re.IGNORECASE)
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{2,}\.[\w-]*")
"""A signed token, under any name."""
_SCHEME = re.compile(r"(?:Bearer|Basic|Digest)\s*", re.IGNORECASE)


class Masking:
    """Hides the secrets of one vendor's traffic."""

    def __init__(self, document: Document) -> None:
        schemes = document.security_schemes.values()
        self._credentials = {str(scheme["name"]).lower() for scheme in schemes if scheme.get("type") == "apiKey"}

    def is_secret(self, name: str) -> bool:
        """Whether a header, parameter or member of this name holds a secret."""
        return name.lower() in self._credentials or bool(_SECRET.search(name))

    def headers(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Headers without secrets; of a credential its scheme stays."""
        return [(name, self._header(value) if self.is_secret(name) else value) for name, value in pairs]

    @staticmethod
    def _header(value: str) -> str:
        scheme = _SCHEME.match(value)
        return (scheme[0] if scheme else "") + MASK

    def sent(self, pairs: Sequence[tuple[str, str]]) -> list[str]:
        """The credentials among some headers, as they may be found again in a text."""
        values = [_SCHEME.sub("", value, count=1) for name, value in pairs if self.is_secret(name)]
        return [value for value in values if len(value) >= SHORT]

    def url(self, url: str) -> str:
        """An address without secrets in its query."""
        address, hash_sign, fragment = url.partition("#")
        before, _, query = address.partition("?")  # urlsplit refuses odd hosts, which clients may send
        if not query:
            return url
        pairs = parse_qsl(query, keep_blank_values=True)
        if not any(self.is_secret(name) for name, _ in pairs):
            return url
        masked = urlencode([(name, MASK if self.is_secret(name) else value) for name, value in pairs], safe="*[]")
        return f"{before}?{masked}{hash_sign}{fragment}"

    def text(self, text: str, media_type: str, credentials: Sequence[str] = ()) -> str:
        """A body without secrets; unchanged bytes if it has none."""
        try:
            if media_type.endswith("json"):
                value = orjson.loads(text)
                masked = self.value(value)
                text = text if masked == value else orjson.dumps(masked).decode()
            elif media_type == "application/x-www-form-urlencoded":
                pairs = parse_qsl(text, keep_blank_values=True)
                if any(self.is_secret(name) for name, _ in pairs):
                    text = urlencode([(name, MASK if self.is_secret(name) else value) for name, value in pairs], safe="*[]")
        except ValueError:
            pass  # an unreadable body is kept unchanged, except for known credentials
        for credential in credentials:
            text = text.replace(credential, MASK)
        return _JWT.sub(MASK, text)

    def value(self, value: Any, name: str = "") -> Any:
        """A value without the secrets in its members."""
        if isinstance(value, dict):
            return {key: self.value(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.value(item, name) for item in value]
        return MASK if isinstance(value, str) and value and self.is_secret(name) else value
