"""The implementation under test, as a test sees it: a base URL, credentials by role, known ids by name, and hooks that it may have.

Against the mock everything but the base URL is found under ``/_mock`` of the same origin, and each test gets a world of its own. Against another
implementation credentials and known ids come from its owner; what it cannot do, such as moving its clock, makes a test *not observable here*.
"""

from __future__ import annotations

import itertools
import json
import os
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import httpx
import pytest

from contract_tests.harness.answers import Answers, Problem
from contract_tests.harness.documents import document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_numbers = itertools.count(1)
TIMEOUT = 30.0
"""Seconds that an answer may take."""


@cache
def _answers(slug: str, strict: bool) -> Answers:  # noqa: FBT001 - a key of the cache
    return Answers(document(slug), strict=strict)


def not_observable(reason: str) -> NoReturn:
    """End a test because the target lacks what it needs; never a pass. The reason says what is missing."""
    pytest.skip(f"not observable here: {reason}")


def control_headers() -> dict[str, str]:
    """The header that a control plane demands on an address that other machines can reach, from the environment variable MOCKSERVER_TOKEN."""
    token = os.environ.get("MOCKSERVER_TOKEN")
    return {"x-mock-token": token} if token else {}


@dataclass(frozen=True)
class Target:
    """One implementation of one vendor's API.

    ``credentials`` are headers by role; the first role is the owner of what ``known`` names. ``control`` is the origin of a control plane, None
    where there is none. ``strict`` judges answers by what the mock has promised to send as well. ``is_busy`` says that other calls are made beside
    those of a test.
    """

    slug: str
    base_url: str
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    logins: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    control: str | None = None
    hooks: Mapping[str, Callable[..., str]] = field(default_factory=dict)
    strict: bool = False
    is_busy: bool = False

    @classmethod
    def discover(cls, slug: str, base_url: str, client: httpx.Client | None = None) -> Target:
        """The target at a base URL; a mock tells its credentials, logins and landmarks itself."""
        parts = urlsplit(base_url)
        origin = f"{parts.scheme}://{parts.netloc}"
        get = httpx.get if client is None else client.get
        try:
            apis = get(f"{origin}/_mock/apis", headers=control_headers(), timeout=TIMEOUT)
        except httpx.TransportError:
            return cls(slug, base_url)
        api = _api(apis, slug)
        if api is None:
            return cls(slug, base_url)
        credentials = {credential["name"]: credential["headers"] for credential in api["credentials"]}
        logins = {credential["name"]: credential["login"] for credential in api["credentials"] if credential["login"]}
        known = get(f"{origin}/_mock/apis/{slug}/landmarks", headers=control_headers(), timeout=TIMEOUT).json()["landmarks"]
        return cls(slug, base_url, credentials, known, logins, origin, strict=True)

    @property
    def owner(self) -> str:
        """The role that owns what is known."""
        if not self.credentials:
            not_observable("no credentials were given for this target")
        return next(iter(self.credentials))


def _api(answer: httpx.Response, slug: str) -> dict[str, Any] | None:
    """What a mock says of one API; None where this is no answer of a mock."""
    try:
        apis = answer.json()["apis"] if answer.is_success else []
        return next((api for api in apis if api["slug"] == slug), None)
    except (ValueError, TypeError, KeyError):
        return None


def _messages(text: str) -> list[dict[str, Any]]:
    """The messages that a hook gives, each with every field that tests read."""
    try:
        found = json.loads(text)["messages"]
    except (ValueError, TypeError, KeyError):
        not_observable('the hook outbox does not give {"messages": […]}')
    return [{"channel": "", "to": "", "subject": None, "body": "", "codes": [], "links": [], **message} for message in found]


class Api:
    """The target for one test. Against the mock, all its calls share a world that nobody else has."""

    def __init__(self, target: Target, client: httpx.Client | None = None, answers: Answers | None = None) -> None:
        self.target = target
        self.problems: list[Problem] = []
        self._client = client or httpx.Client(timeout=TIMEOUT, follow_redirects=False)
        self._answers = answers or _answers(target.slug, target.strict)
        self._world = {} if target.control is None else {"x-mock-world": f"contract-{os.getpid()}-{next(_numbers)}"}
        self._is_upstream_broken = False
        self._prefix = urlsplit(target.base_url).path.rstrip("/")

    def close(self) -> None:
        """Put right what the test has broken, and let the connections go."""
        try:
            if self._is_upstream_broken:
                self.reset()
        finally:
            self._client.close()

    def fresh(self) -> Api:
        """The same target over the same client; at a mock in a world that nobody has touched yet."""
        return self if self.target.control is None else Api(self.target, self._client, self._answers)

    def call(self, method: str, path: str, *, role: str | None = "", headers: Mapping[str, str] | None = None, **options: Any) -> httpx.Response:
        """The answer to a call. ``role`` is the owner unless another is named, None for a call without credentials."""
        sent = dict(headers or {})
        if role is not None:
            sent = {**self.credentials(role), **sent}
        answer = self._client.request(method, self.target.base_url.rstrip("/") + path, headers={**self._world, **sent}, **options)
        self.problems += self.judge(answer)
        return answer

    def judge(self, answer: httpx.Response) -> list[Problem]:
        """What the document does not say of an answer to a call of one of its operations."""
        operation = self._answers.operation_of(answer.request.method, answer.request.url.path.removeprefix(self._prefix))
        return [] if operation is None else list(self._answers.problems(operation, answer))

    def credentials(self, role: str = "") -> Mapping[str, str]:
        """The headers of a role, the owner's without a name."""
        name = role or self.target.owner
        if name not in self.target.credentials:
            not_observable(f"no credentials are known for the role {name}")
        return self.target.credentials[name]

    def login(self, role: str = "") -> Mapping[str, str]:
        """What a sign-in asks of a role."""
        name = role or self.target.owner
        if name not in self.target.logins:
            not_observable(f"no login is known for the role {name}")
        return self.target.logins[name]

    def known(self, name: str) -> str:
        """The id or key of something that the target is known to have."""
        if name not in self.target.known:
            not_observable(f"no {name.replace('_', ' ')} is known at this target")
        return self.target.known[name]

    def advance(self, duration: str) -> None:
        """Let time pass at the target, by an ISO 8601 duration."""
        if not self._hooked("advance", duration=duration):
            self._control("PATCH", "/clock", json={"advance": duration})

    def freeze(self, moment: str) -> None:
        """Let time stand still at the target."""
        if not self._hooked("freeze", moment=moment):
            self._control("PATCH", "/clock", json={"freeze": moment})

    def outbox(self) -> list[dict[str, Any]]:
        """The messages that the target has sent in this test, oldest first."""
        if "outbox" in self.target.hooks:
            return _messages(self.target.hooks["outbox"]())
        messages: list[dict[str, Any]] = self._control("GET", "/outbox").json()["messages"]
        return messages

    def reset(self) -> None:
        """Put the target back to its start."""
        if not self._hooked("reset"):
            self._control("POST", "/reset")

    def break_upstream(self, name: str) -> None:
        """Let a service that the target depends on fail until the test is over; at a mock in the world of the test only.

        Elsewhere it takes two hooks: one that breaks it, and a reset, without which the tests behind this one would meet it broken.
        """
        if "break_upstream" in self.target.hooks:
            if "reset" not in self.target.hooks:
                not_observable(f"the hook reset, which would put the upstream {name} right again, is not given")
            if self.target.is_busy:
                not_observable(f"calls that run beside this test would meet the upstream {name} broken; --workers 1 runs them one after the other")
            self._is_upstream_broken = True  # before the hook: one that fails may have done its work
            self._hooked("break_upstream", name=name)
            return
        if self.target.control is None:
            not_observable(f"nothing is known that breaks the upstream {name} of this target; the hook break_upstream would")
        self._control("PUT", f"/services/{self.target.slug}.{name}", json={"down": True})

    def follow(self, url: str) -> httpx.Response:
        """The page behind a link that the target gave, as somebody without credentials would open it."""
        return self._client.get(url, headers=self._world)

    def submit(self, url: str, **fields: str) -> httpx.Response:
        """The answer to a form of such a page. Only the mock's own pages can be filled in by a test; those of others belong to their providers."""
        if self.target.control is None or not url.startswith(self.target.control):
            not_observable("the page belongs to somebody else")
        return self._client.post(url, data=fields, headers=self._world)

    def _hooked(self, name: str, /, **values: str) -> bool:
        """Whether the target's owner has given a hook, which is then used."""
        if name not in self.target.hooks:
            return False
        self.target.hooks[name](**values)
        return True

    def _control(self, method: str, path: str, **options: Any) -> httpx.Response:
        if self.target.control is None:
            not_observable("the target has no control plane")
        return self._client.request(
            method, f"{self.target.control}/_mock{path}", headers={**self._world, **control_headers()}, **options
        ).raise_for_status()
