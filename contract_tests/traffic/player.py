"""Plays steps at one implementation, with the credentials that are known there and the ids that it gave."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import orjson

from mockserver.openapi import limits
from mockserver.openapi.documents import Document
from mockserver.openapi.masking import MASK
from mockserver.openapi.pointers import find_value

from .encodings import unpacked
from .exchange import HttpMessage, RecordedExchange
from .steps import Memory, Step, encoded
from .volatile import data_of, volatile

TIMEOUT = 60.0
"""Seconds that an answer may take."""


def fresh_world() -> str:
    return f"compare-{os.getpid()}-{time.monotonic_ns()}"


@dataclass
class Side:
    """One implementation: its base URL, and headers and logins by role; the first role is used if a step names none.

    ``world`` is the world that is used if the implementation is a mock. No other host is ever called, redirects are not followed.
    """

    name: str
    url: str
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    logins: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    world: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def discover(cls, name: str, url: str, document: Document, *, world: str | None, headers: Mapping[str, str]) -> Side:
        """A side by its URL; a mock publishes its credentials. The URL may be that of the server: the document's base path is then added."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        base = url.rstrip("/")
        if parts.path in ("", "/"):
            base = origin + document.base_path
        published = _published(origin, document.slug)
        return cls(name, base, headers=headers) if published is None else cls(name, base, *published, world, headers)


def _published(origin: str, slug: str) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]] | None:
    """The headers and the logins of each role that a mock publishes for an API; None if no mock of that API answers."""
    try:
        with httpx.Client(timeout=TIMEOUT, trust_env=False) as client:
            status, message = call(client, "GET", f"{origin}/_mock/apis")
        if status != httpx.codes.OK or message.body is None:
            return None
        api = next(api for api in orjson.loads(message.body)["apis"] if api["slug"] == slug)
        credentials = {str(found["name"]): dict(found["headers"]) for found in api["credentials"]}
        logins = {str(found["name"]): dict(found["login"]) for found in api["credentials"] if found.get("login")}
    except (httpx.TransportError, httpx.InvalidURL, StopIteration, ValueError, LookupError, TypeError, AttributeError):
        return None
    return credentials, logins


def call(
    client: httpx.Client, method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes | None = None
) -> tuple[int, HttpMessage]:
    """Status and message of an answer. Its body is bounded as it comes, and again while it is decoded.

    Raises httpx.TransportError or httpx.InvalidURL if there is no answer, and UnicodeEncodeError for a header that HTTP cannot carry.
    """
    with client.stream(method, url, headers=headers, content=content) as response:
        pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        body = bytearray()
        for part in response.iter_raw():
            body += part
            if len(body) > limits.ANSWER.value:
                return response.status_code, HttpMessage(pairs, None, f"it is longer than {limits.ANSWER.value} bytes")
    return response.status_code, unpacked(pairs, bytes(body))


@dataclass(frozen=True)
class PlayedAnswer:
    """The answer of one side to a step; ``broken`` is the reason if there is none. ``value`` is the body as data."""

    exchange: RecordedExchange
    value: Any
    broken: str = ""


class Player:
    """One side of a replay."""

    def __init__(self, side: Side, document: Document) -> None:
        self.side = side
        self._document = document
        self._memory = Memory()
        self._given: dict[str, Any] = {}
        """The latest answered values of members that the recording masks, by name."""
        headers = {**({"x-mock-world": side.world} if side.world else {}), **side.headers}
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT, follow_redirects=False, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def freeze(self, moment: str) -> None:
        """Set the clock of a mock's world to a moment, and let it stand there."""
        parts = urlsplit(self.side.url)
        self._client.patch(f"{parts.scheme}://{parts.netloc}/_mock/clock", json={"freeze": moment}).raise_for_status()

    def play(self, step: Step) -> PlayedAnswer:
        """Make a call and store its values. Raises ScenarioBroken for a name that no step stored."""
        memory = self._memory
        url = self.side.url + memory.path(step.path)
        if step.query:
            url += "?" + urlencode([(name, memory.fill(value, name)) for name, value in step.query], doseq=True)
        headers = self._headers(step)
        content = step.raw
        if step.body is not None:
            content = encoded(self._with_login(memory.fill(step.body), step), step.media_type)
        if content is not None and step.media_type and not any(name.lower() == "content-type" for name in headers):
            headers["content-type"] = step.media_type
        sent = HttpMessage(tuple(headers.items()), content or b"")
        try:
            status, received = call(self._client, step.operation.method, url, headers, content)
        except (httpx.TransportError, httpx.InvalidURL, UnicodeEncodeError) as error:
            answer = PlayedAnswer(RecordedExchange(step.number, step.operation.method, url, sent, 0, HttpMessage()), None, f"no answer: {error}")
            self._remember(step, answer)
            return answer
        unread = received.unread or received.broken
        exchange = RecordedExchange(step.number, step.operation.method, url, sent, status, received)
        answer = PlayedAnswer(exchange, data_of(received), f"an answer whose body cannot be read: {unread}" if unread else "")
        self._remember(step, answer)
        return answer

    def _headers(self, step: Step) -> dict[str, str]:
        """The headers of a step; a credential that a recording masks, or that a scenario leaves out, is this side's own."""
        own = self._credentials(step)
        headers = {name: str(self._memory.fill(value, name)) for name, value in step.headers}
        given = {name.lower() for name, value in headers.items() if MASK not in value}
        masked = {name.lower() for name in headers} - given
        wanted = own if step.recorded is None else {name: value for name, value in own.items() if name.lower() in masked}
        kept = {name: value for name, value in headers.items() if name.lower() in given}
        return {**{name: value for name, value in wanted.items() if name.lower() not in given}, **kept}

    def _credentials(self, step: Step) -> Mapping[str, str]:
        if step.credentials is None or not self.side.credentials:
            return {}
        role = step.credentials or next(iter(self.side.credentials))
        if role not in self.side.credentials:
            return {}
        return self.side.credentials[role]

    def _with_login(self, body: Any, step: Step) -> Any:
        """A body whose masked members are what this side gave last under their name, or stand in its login."""
        first: Mapping[str, str] = next(iter(self.side.logins.values()), {})
        login = {**self.side.logins.get(step.credentials or "", first), **self._given}

        def filled(value: Any, name: str = "") -> Any:
            if isinstance(value, dict):
                return {key: filled(inner, key) for key, inner in value.items()}
            return login.get(name, value) if value == MASK else value

        if isinstance(body, list) and body and isinstance(body[0], tuple):
            return type(body)((name, filled(value, name)) for name, value in body)
        return filled(body)

    def _remember(self, step: Step, answer: PlayedAnswer) -> None:
        for name, kept in step.keep.items():
            self._memory.kept[name] = kept.of(answer.value)
        if step.recorded is None or step.recorded.status != answer.exchange.status:
            return
        before = data_of(step.recorded.response)
        for place in volatile(step.operation, step.recorded.status, step.recorded.response.media_type, before):
            recorded, own = find_value(before, place), find_value(answer.value, place)
            if recorded == MASK:
                self._given[place.rpartition("/")[2]] = own
            self._memory.learn(recorded, own)
