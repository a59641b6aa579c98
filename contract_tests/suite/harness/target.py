"""The implementation under test, as a test sees it: a base URL, credentials by role, known ids by name, and hooks.

A mock gives everything but the base URL under ``/_mock`` of the same origin, and each test gets a world of its own. Of another implementation the
target file gives credentials and known ids; a test that needs more than it can do, such as a clock that is moved, is *not observable here*.
"""

from __future__ import annotations

import importlib
import itertools
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx
import pytest

from mockserver.openapi.documents import Document, load_document
from mockserver.openapi.operations import Route
from mockserver.openapi.readings import Readings

from .answers import AnswerValidator, Problem
from .envelope import Envelope
from .messages import Message, new_messages, read_messages

_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_numbers = itertools.count(1)
Make = Callable[["ApiClient"], "Mapping[str, str]"]
"""Makes a record for one test: its id by its name, and further values by theirs."""
TIMEOUT = 30.0
"""Seconds that an answer may take."""


@cache
def _answers(slug: str, strict: bool) -> AnswerValidator:  # noqa: FBT001 - a key of the cache
    return AnswerValidator(load_document(slug), strict=strict)


LONGEST = 1_000
"""The most pages of a list that a test reads."""


def not_observable(reason: str) -> NoReturn:
    """End a test because the target lacks what it needs; the test does not count as passed. The reason says what is missing."""
    pytest.skip(f"not observable here: {reason}")


def control_headers() -> dict[str, str]:
    """The header that a control plane demands on an address that other machines can reach, from the environment variable MOCKSERVER_TOKEN."""
    token = os.environ.get("MOCKSERVER_TOKEN")
    return {"x-mock-token": token} if token else {}


@dataclass(frozen=True)
class Target:
    """One implementation of one vendor's API.

    ``credentials`` are headers by role, and query parameters with ``?`` before their names; the first role owns what ``known`` names. ``control`` is
    the origin of a control plane, None if there is none. ``strict`` also judges answers by what the mock promises to send. ``own`` makes records that
    a test may change or use up, by the name of the known record that each replaces if all tests share one state. ``parallel`` says that calls may be
    made at once; at a mock they always may.
    """

    slug: str
    base_url: str
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    logins: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    control: str | None = None
    hooks: Mapping[str, Callable[..., str]] = field(default_factory=dict)
    strict: bool = False
    own: Mapping[str, Make] = field(default_factory=dict)
    parallel: bool = False
    refused_roles: Mapping[str, str] = field(default_factory=dict)
    """Roles whose credentials the target refuses everywhere, with what it answered; they are not among ``credentials``."""
    unfit: Mapping[str, str] = field(default_factory=dict)
    """Names under ``known`` whose value is not what it has to be, with the reason."""
    first_role: str = ""
    """The first role of the target file, if it is refused too."""
    document: Document | None = None
    """The document of the API if it is not that of a bundled vendor."""

    @cached_property
    def answers(self) -> AnswerValidator:
        """Compares answers of this target with the document."""
        return _answers(self.slug, self.strict) if self.document is None else AnswerValidator(self.document, strict=self.strict)

    @classmethod
    def discover(cls, slug: str, base_url: str, client: httpx.Client | None = None) -> Target:
        """The target at a base URL; a mock gives its credentials, logins and seeded records itself."""
        parts = urlsplit(base_url)
        origin = f"{parts.scheme}://{parts.netloc}"
        get = partial(httpx.get, trust_env=False) if client is None else client.get
        try:
            apis = get(f"{origin}/_mock/apis", headers=control_headers(), timeout=TIMEOUT)
        except httpx.TransportError:
            return cls(slug, base_url)
        api = _api(apis, slug)
        if api is None:
            return cls(slug, base_url)
        told = get(f"{origin}/_mock/apis/{slug}/landmarks", headers=control_headers(), timeout=TIMEOUT)
        try:
            roles = {credential["name"]: credential for credential in api["credentials"]}
            credentials = {name: sendable(_texts(role["headers"])) for name, role in roles.items()}
            logins = {name: _texts(role["login"]) for name, role in roles.items() if role["login"]}
            known = _texts(told.json()["landmarks"])
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls(slug, base_url)  # a mock answers otherwise
        return cls(slug, base_url, credentials, known, logins, origin, strict=True)

    @property
    def owner(self) -> str:
        """The role that owns what is known."""
        if self.first_role in self.refused_roles:
            pytest.skip(self.refused_roles[self.first_role])
        if not self.credentials:
            not_observable("no credentials were given for this target")
        return next(iter(self.credentials))


def fresh_digits(count: int) -> str:
    """Random digits, for names and numbers at a target that keeps what earlier runs have made."""
    return f"{int.from_bytes(os.urandom(8), 'big') % 10**count:0{count}d}"


def own_records(slug: str) -> Mapping[str, Make]:
    """The records that the contract tests of a vendor can make for themselves, by name; empty if the vendor has no module ``own``."""
    try:
        module = importlib.import_module(f"...vendors.{slug}.own", __name__)
    except ModuleNotFoundError:
        return {}
    found: Mapping[str, Make] = module.OWN
    return found


def sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that a request can carry; a document may name others, such as one with a colon."""
    return {name: value for name, value in headers.items() if _FIELD_NAME.fullmatch(name)}


def _api(answer: httpx.Response, slug: str) -> dict[str, Any] | None:
    """What a mock says of one API; None if this is no answer of a mock."""
    try:
        apis = answer.json()["apis"] if answer.is_success else []
        return next((api for api in apis if api["slug"] == slug), None)
    except (ValueError, TypeError, KeyError):
        return None


def _texts(said: dict[str, Any]) -> dict[str, str]:
    """A mapping of texts. Raises TypeError or AttributeError if it is something else."""
    if not all(isinstance(value, str) for value in said.values()):
        raise TypeError("a value is no text")
    return dict(said)


class ApiClient:
    """The target for one test. At a mock its calls share a world of their own; elsewhere all tests share one state."""

    def __init__(self, target: Target, client: httpx.Client | None = None, answers: AnswerValidator | None = None) -> None:
        self.target = target
        self.problems: list[Problem] = []
        self.differences: list[Problem] = []
        """Problems that differ from what the document assumes only."""
        self._client = client or httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False)
        self._answers = answers or target.answers
        self._world = {} if target.control is None else {"x-mock-world": f"contract-{os.getpid()}-{next(_numbers)}"}
        self._own: dict[str, str] = {}
        self._messages_before: list[Message] | None = None
        self._needs_reset = False
        self._undo: list[Callable[[], object]] = []
        self._prefix = urlsplit(target.base_url).path.rstrip("/")

    def close(self) -> None:
        """Undo what the test has changed or used up, and close the connections."""
        try:
            self.put_right()
        finally:
            self._client.close()

    def put_right(self) -> None:
        """Undo what this test has changed for others, and reset the target if the test has broken or used up something."""
        while self._undo:
            self._undo.pop()()
        if self._needs_reset:
            self._needs_reset = False
            self.reset()

    def fresh(self) -> ApiClient:
        """The same target over the same client; at a mock in an unused world, elsewhere with records of its own."""
        return ApiClient(self.target, self._client, self._answers)

    @property
    def is_shared(self) -> bool:
        """Whether other tests, and earlier runs, change the same state."""
        return self.target.control is None

    @cached_property
    def stamp(self) -> str:
        """Eight digits for the names and numbers that this test makes, random if another test may have used the same ones."""
        return fresh_digits(8) if self.is_shared else "47550288"

    def afterwards(self, put_back: Callable[[], object]) -> None:
        """Undo a change after the test, if other tests share the state."""
        if self.is_shared:
            self._undo.append(put_back)

    def spends(self, what: str) -> None:
        """Announce that the test will use up, or change for good, what it cannot make for itself.

        If all tests share one state, the hook reset is used after the test; without that hook the test ends here.
        """
        if not self.is_shared:
            return
        if "reset" not in self.target.hooks:
            not_observable(f"it would use up {what}, which no call brings back; it needs the hook reset, or a target that is made anew for each run")
        self._needs_reset = True

    def has_spent(self) -> None:
        """Reset a target after the test, if it can be: a call, perhaps one that was to be refused, has used up what no call restores."""
        self._needs_reset = self._needs_reset or (self.is_shared and "reset" in self.target.hooks)

    def call(self, method: str, path: str, *, role: str | None = "", headers: Mapping[str, str] | None = None, **options: Any) -> httpx.Response:
        """The answer to a call, in the words of the document. ``role`` is the owner unless another is named, None for a call without credentials."""
        self._note_earlier_messages()
        sent = dict(headers or {})
        if role is not None:
            sent = {**self.credentials(role), **sent}
        in_query = {name[1:]: value for name, value in sent.items() if name.startswith("?")}
        if in_query:
            options["params"] = {**(options.get("params") or {}), **in_query}
        answer = self._client.request(method, self.target.base_url.rstrip("/") + path, headers=sendable({**self._world, **sent}), **options)
        found = self.judge(answer)
        self.problems += [one for one in found if not one.assumed]
        self.differences += [one for one in found if one.assumed]
        route = self._route(answer)
        return answer if route is None else self._answers.read(route.operation, answer)

    def judge(self, answer: httpx.Response) -> list[Problem]:
        """The parts of an answer that the document does not describe; none if the call is not one of its operations."""
        route = self._route(answer)
        return [] if route is None else list(self._answers.problems(route.operation, answer))

    def _route(self, answer: httpx.Response) -> Route | None:
        return self._answers.document.route(answer.request.method, answer.request.url.path.removeprefix(self._prefix))

    @property
    def readings(self) -> Readings:
        """The accepted readings of the document; none at a target that is judged strictly."""
        return self._answers.readings

    def wrong_with(self, operation: str, code: str, answer: httpx.Response, *subjects: str) -> list[str]:
        """How an answer breaks a documented error of an operation; empty if it is that refusal, in any accepted reading.

        Subjects are what readings may name beside the row, such as ``inputs`` or the field at fault.
        """
        return self._envelope.wrong_with(operation, code, self._envelope.answer(operation, answer), *subjects)

    def is_refusal(self, operation: str, answer: httpx.Response) -> bool:
        """Whether an answer refuses the call, by its status or by what the document says of refusals."""
        return self._envelope.answer(operation, answer).is_refusal

    @cached_property
    def _envelope(self) -> Envelope:
        return Envelope(self._answers.document, self.readings, strict=self.target.strict)

    def credentials(self, role: str = "") -> Mapping[str, str]:
        """The headers of a role, the owner's without a name."""
        name = role or self.target.owner
        if name in self.target.refused_roles:
            pytest.skip(self.target.refused_roles[name])
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
        """The id or key of a record that the target is known to have, or of the record that this test made to replace it."""
        if name in self.target.own:
            if name not in self._own:
                self._own |= self.target.own[name](self)
            return self._own[name]
        if name in self.target.unfit:
            not_observable(self.target.unfit[name])
        if name not in self.target.known:
            not_observable(f"no {name.replace('_', ' ')} is known at this target")
        return self.target.known[name]

    def fill(self, value: Any) -> Any:
        """A value of a call, with ``$name`` replaced by what is known and ``#`` by the stamp of this test."""
        if not isinstance(value, str):
            return value
        return self.known(value[1:]) if value.startswith("$") else value.replace("#", self.stamp)

    def advance(self, duration: str) -> None:
        """Move the clock of the target forward by an ISO 8601 duration."""
        if not self._use_hook("advance", duration=duration):
            self._control("PATCH", "/clock", json={"advance": duration})

    def freeze(self, moment: str) -> None:
        """Stop the clock of the target at a moment in ISO 8601."""
        if not self._use_hook("freeze", moment=moment):
            self._control("PATCH", "/clock", json={"freeze": moment})

    def outbox(self) -> list[Message]:
        """The messages that the target sent during this test, oldest first."""
        if "outbox" in self.target.hooks:
            return new_messages(self._note_earlier_messages(), self._messages())
        messages: list[Message] = self._control("GET", "/outbox").json()["messages"]
        return messages

    def _note_earlier_messages(self) -> list[Message]:
        """The messages of other tests, read once, before the first call or the first look at the outbox."""
        if self._messages_before is None:
            self._messages_before = self._messages() if "outbox" in self.target.hooks else []
        return self._messages_before

    def _messages(self) -> list[Message]:
        """Every message that the hook gives, also those of other tests."""
        try:
            return read_messages(self.target.hooks["outbox"]())
        except ValueError as error:
            not_observable(str(error))

    def reset(self) -> None:
        if not self._use_hook("reset"):
            self._control("POST", "/reset")

    def break_upstream(self, name: str) -> None:
        """Let a service that the target depends on fail until the end of the test; at a mock in the world of the test only.

        Elsewhere this needs two hooks: break_upstream, and reset to repair the service for the tests that follow.
        """
        if "break_upstream" in self.target.hooks:
            if "reset" not in self.target.hooks:
                not_observable(f"the hook reset, which would put the upstream {name} right again, is not given")
            self._needs_reset = True  # before the hook: one that fails may have done its work
            self._use_hook("break_upstream", name=name)
            return
        if self.target.control is None:
            not_observable(f"nothing is known that breaks the upstream {name} of this target; the hook break_upstream would")
        self._control("PUT", f"/services/{self.target.slug}.{name}", json={"down": True})

    def follow(self, url: str) -> httpx.Response:
        """The page behind a link that the target gave, requested without credentials."""
        return self._client.get(url, headers=self._world)

    def submit(self, url: str, **fields: str) -> httpx.Response:
        """The answer to a form of such a page. Only pages of the mock can be filled in; those of others belong to their providers."""
        if self.target.control is None or not url.startswith(self.target.control):
            not_observable("the page belongs to somebody else")
        return self._client.post(url, data=fields, headers=self._world)

    def _use_hook(self, name: str, /, **values: str) -> bool:
        """Use a hook if the target file gives it; whether it does."""
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
