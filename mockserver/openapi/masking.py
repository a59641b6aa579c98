"""Hide secrets in what is written or shown: members, parameters and headers by their names, known credentials and signed tokens anywhere."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

MASK = "***"
SHORTEST = 6
"""Characters below which a known value is not searched for in texts: it could be an ordinary word."""
PREFIX = 8
"""Characters of a known value that are hidden even if the rest is missing: half of the value, or as many as stand before a cut."""
_SECRET = re.compile(
    r"pass(?:w|code)|secret|api[-_]?key|private[-_]?key|authorization|credential|contrase|jwt|card[-_]?number|cvv|token(?!_?type|s$)"
    r"|clave(?!_?(?:prod|unidad))|(?:^|[-_])(?:pin|otp|cvc\d?)$|^(?:set-)?cookie$",
    re.IGNORECASE,
)
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{2,}\.[\w-]*")
_NAMED = re.compile(r"""((?:passw|passcode|secret|token|clave|private_key)\w{0,16}["']?\s*[=:]\s*["']?)[^"'&\s,;}<>]+""", re.IGNORECASE)
_SCHEME = re.compile(r"(?:Bearer|Basic|Digest)\s*", re.IGNORECASE)


class Mask:
    """Hides secrets. ``names`` are those of further headers and parameters that hold one; ``values`` are known credentials."""

    def __init__(self, names: Iterable[str] = (), values: Iterable[str] = ()) -> None:
        self._names = frozenset(name.lower() for name in names)
        self._values = frozenset(values)
        self._heads, self._forms = _known(self._values)

    def is_secret(self, name: str) -> bool:
        """Whether a header, parameter or member of this name holds a secret."""
        return name.lower() in self._names or bool(_SECRET.search(name))

    def with_credentials(self, headers: Iterable[tuple[str, str]]) -> Mask:
        """This mask, which also knows the credentials among some headers."""
        return Mask(self._names, self._values.union(_SCHEME.sub("", value, count=1) for name, value in headers if self.is_secret(name)))

    def header(self, name: str, value: str) -> str:
        """The value of a header; of a credential its scheme stays."""
        if not self.is_secret(name):
            return self.text(value)
        scheme = _SCHEME.match(value)
        return (scheme[0] if scheme else "") + MASK

    def text(self, text: str) -> str:
        """A text without known credentials and signed tokens."""
        parts, end = [], 0
        for head in self._heads.finditer(text) if self._heads is not None else ():
            start = head.start()
            length = max((_count_shown(form, text, start) for form in self._forms), default=0) if start >= end else 0
            if length:
                parts += [text[end:start], MASK]
                end = start + length
        return _JWT.sub(MASK, "".join(parts) + text[end:])

    def free_text(self, text: str) -> str:
        """A text that was not parsed: what stands behind a telling name is hidden as well."""
        return _NAMED.sub(rf"\1{MASK}", self.text(text))

    def value(self, value: Any, name: str = "") -> Any:
        """A JSON value without secrets. ``name`` is that of the member that holds it."""
        if isinstance(value, dict):
            return {self.text(str(key)): self.value(inner, str(key)) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item, name) for item in value]
        if value in (None, "") or isinstance(value, bool):
            return value
        if self.is_secret(name):
            return MASK
        return self.free_text(value) if isinstance(value, str) else value

    def form(self, text: str) -> str:
        """A query or a form without secrets; unchanged if it has none."""
        pairs = parse_qsl(text, keep_blank_values=True)
        masked = [(name, MASK if self.is_secret(name) else self.text(value)) for name, value in pairs]
        return self.text(text if masked == pairs else urlencode(masked, safe="*[]"))

    def url(self, url: str) -> str:
        """An address without secrets in its query."""
        address, hash_sign, fragment = url.partition("#")
        before, mark, query = address.partition("?")  # urlsplit refuses odd hosts, which clients may send
        return self.text(before + mark + self.form(query) + hash_sign + fragment)

    def body(self, text: str, media_type: str) -> str:
        """A body without secrets; unchanged if it has none. ``media_type`` may have parameters."""
        kind = media_type.partition(";")[0].strip().lower()
        if kind == "application/x-www-form-urlencoded":
            return self.form(text)
        if not kind.endswith("json"):
            return self.free_text(text)
        try:
            value = json.loads(text)
            masked = self.value(value)
        except (ValueError, RecursionError):
            return self.free_text(text)
        return text if masked == value else json.dumps(masked, ensure_ascii=False, separators=None if '": ' in text else (",", ":"))


def _count_shown(form: str, text: str, start: int) -> int:
    """How many characters of a known value a text shows at a place; 0 if so few that they may be an ordinary word, such as a vendor's name."""
    shown = text[start : start + len(form)].lower()
    equal = next((number for number, (one, other) in enumerate(zip(form, shown, strict=False)) if one != other), len(shown))
    is_cut = text[start + equal :].startswith(("…", " …", "..."))
    return equal if equal == len(form) or (equal >= PREFIX and (is_cut or 2 * equal >= len(form))) else 0


@lru_cache(maxsize=64)
def _known(values: frozenset[str]) -> tuple[re.Pattern[str] | None, tuple[str, ...]]:
    """A pattern of the first characters of every form in which known values may be written, and the forms, in small letters."""
    words = {word for value in values for word in (value, value.rpartition(" ")[2]) if len(word) >= SHORTEST}
    forms = {form.lower() for word in words for form in (word, json.dumps(word)[1:-1], quote(word, safe=""), *_as_base64(word))}
    heads = sorted({form[:PREFIX] for form in forms}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, heads)), re.IGNORECASE) if heads else None, tuple(forms)


def _as_base64(word: str) -> Iterable[str]:
    """A word in Base64, at each place where it can begin in a longer text; characters that its neighbours change are left out."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + word.encode()).decode()
        found = encoded[(0, 2, 3)[shift] : len(encoded.rstrip("=")) - (encoded.endswith("="))]
        if len(found) >= PREFIX:
            yield from (found, found.replace("+", "-").replace("/", "_"))
