"""What every phase of a run works with: the target, the request policy, the way to report events, and a world of its own at the mock."""

from __future__ import annotations

import itertools
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from ..harness import Target
from ..harness.findings import Exchange
from ..harness.policy import RequestPolicy
from ..harness.roles import TriedRole
from ..harness.target import sendable
from ..harness.transports import PolicyTransport
from .contract import Contract
from .creations import creating
from .documented import DocumentedAnswers
from .events import Event, ExchangeRecorded, ProblemMet, StepTaken
from .options import RunPlan


@dataclass(frozen=True)
class VerifySession:
    """The context of a run. ``emit`` reports an event, from any thread."""

    plan: RunPlan
    target: Target
    policy: RequestPolicy
    inner: httpx.BaseTransport
    answers: DocumentedAnswers
    emit: Callable[[Event], None]
    workers: int = 1
    roles: tuple[TriedRole, ...] = ()
    """What the first calls of each role have shown."""
    deleted: Counter[str] = field(default_factory=Counter)
    """Records that were deleted again, by the operation that created them."""
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def contract(self) -> Contract:
        return self.plan.contract

    @property
    def created(self) -> dict[str, int]:
        """How many records each operation has created."""
        names = creating(self.contract, frozenset())
        return {name: self.policy.created[name] for name in names if self.policy.created[name]}

    def step(self, text: str) -> None:
        self.emit(StepTaken(text))

    def problem(self, text: str) -> None:
        self.emit(ProblemMet(text))

    def record(self, exchange: Exchange) -> None:
        self.emit(ExchangeRecorded(exchange))

    def world(self) -> dict[str, str]:
        """The header that chooses an unused world; empty if the target has no worlds."""
        return {} if self.target.control is None else {"x-mock-world": f"verify-{os.getpid()}-{next(self._numbers)}"}

    def client(self, exchanges: list[Exchange] | None = None) -> httpx.Client:
        """A client whose requests pass the policy. Its exchanges are reported, and appended to the list if there is one."""

        def record(exchange: Exchange) -> None:
            self.record(exchange)
            if exchanges is not None:
                exchanges.append(exchange)

        transport = PolicyTransport(self.policy, self.inner, record)
        return httpx.Client(transport=transport, timeout=self.policy.limits.timeout, follow_redirects=False, trust_env=False)

    def headers(self) -> dict[str, str]:
        """The headers of the owner; none if no credentials are known, or the target refuses them."""
        return sendable(self.target.credentials[self.target.owner]) if self.has_owner else {}

    @property
    def has_owner(self) -> bool:
        """Whether the role that owns what is known has credentials that the target does not refuse."""
        return bool(self.target.credentials) and not self.target.first_role


def sentence(name: str) -> str:
    words = re.sub(r"\[.*$", "", name).removeprefix("test_").replace("_", " ")
    return words[:1].upper() + words[1:]
