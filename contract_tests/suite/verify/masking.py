"""Keep secrets out of every report: those of the target file, and whatever has the name or the form of a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from mockserver.openapi.masking import PREFIX, SHORTEST, Mask

from ..harness import Target
from ..harness.findings import Exchange


class TargetMask(Mask):
    """Hides the secrets of a target. ``variables`` are the names of the shell variables that stand for them in a script, by value."""

    def __init__(self, target: Target, security_headers: Iterable[str] = ()) -> None:
        self.variables: dict[str, str] = {}
        names = {*security_headers, *(name for headers in target.credentials.values() for name in headers)}
        logins = {role: {name: value for name, value in login.items() if Mask().is_secret(name)} for role, login in target.logins.items()}
        for given in (target.credentials, logins):
            for role, secrets in given.items():
                for name, value in secrets.items():
                    self.variables.setdefault(value, re.sub(r"\W", "_", f"{role}_{name}").upper())
        super().__init__(names, [form for value in self.variables for form in (value, *_wrong_forms(value))])
        self._marks = {value: f"\0{number}\0" for number, value in enumerate(self.variables)}
        self._searched = sorted((value for value in self.variables if len(value) >= SHORTEST), key=len, reverse=True)

    def mark(self, text: str, *, whole: bool = False) -> str:
        r"""A text in which ``\0number\0`` stands for each known value; one that is shorter than SHORTEST counts only as the ``whole`` text."""
        if whole and text in self._marks:
            return self._marks[text]
        for value in self._searched:
            text = text.replace(value, self._marks[value])
        return text

    def exchange(self, exchange: Exchange) -> Exchange:
        """An exchange without secrets; its bodies are UTF-8."""
        return replace(
            exchange,
            url=self.url(exchange.url),
            request_headers={name: self.header(name, value) for name, value in exchange.request_headers.items()},
            request_body=self._body(exchange.request_body, exchange.request_headers),
            response_headers={name: self.header(name, value) for name, value in exchange.response_headers.items()},
            response_body=self._body(exchange.response_body, exchange.response_headers),
        )

    def _body(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """A body without secrets; of bytes that are not UTF-8, their number."""
        try:
            return self.body(body.decode(), media_type(headers)).encode()
        except UnicodeDecodeError:
            return f"({len(body)} bytes)".encode()


def _wrong_forms(value: str) -> Iterable[str]:
    """Wrong credentials that are made from a right one, and show it: reversed, or without its first characters. The mask finds the others itself."""
    secret = value.rpartition(" ")[2]
    yield secret[::-1]
    yield from (secret[start:] for start in (1, 2) if len(secret) - start >= PREFIX)


def media_type(headers: Mapping[str, str]) -> str:
    """The media type among headers, in small letters; empty if there is none."""
    return next((value.lower() for name, value in headers.items() if name.lower() == "content-type"), "")
