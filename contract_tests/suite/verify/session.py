"""One run: target, gate, ledger, and how each part of it gets a world of its own at the mock."""

from __future__ import annotations

import itertools
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import httpx

from ..harness import ApiClient, Target
from ..harness.transports import PolicyTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..harness.findings import Exchange
    from ..harness.policy import RequestPolicy
    from .contract import Contract
    from .findings_store import FindingsStore
    from .progress import Progress
    from .target_file import TargetFile

Level = Literal["quick", "standard", "deep"]


@dataclass
class VerifySession:
    """What every stage of a run is given."""

    contract: Contract
    target: Target
    file: TargetFile
    policy: RequestPolicy
    inner: httpx.BaseTransport
    findings_store: FindingsStore
    progress: Progress
    level: Level
    seed: int
    workers: int = 1
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def world(self) -> dict[str, str]:
        """The header that chooses a world which nobody has touched; empty where the target has no worlds."""
        return {} if self.target.control is None else {"x-mock-world": f"verify-{os.getpid()}-{next(self._numbers)}"}

    def client(self, heard: Callable[[Exchange], None] | None = None) -> httpx.Client:
        """A client whose requests pass the gate."""
        transport = PolicyTransport(self.policy, self.inner, heard)
        return httpx.Client(transport=transport, timeout=self.policy.limits.timeout, follow_redirects=False, trust_env=False)

    def api(self, heard: Callable[[Exchange], None] | None = None) -> ApiClient:
        """The target, as a contract test or a law is given it."""
        return ApiClient(self.target, self.client(heard))

    def headers(self, role: str = "") -> dict[str, str]:
        """The headers of a role, the owner's without a name; none where nothing is known."""
        if not self.target.credentials:
            return {}
        return dict(self.target.credentials[role or self.target.owner])


def sentence(name: str) -> str:
    """The sentence that a test's name is."""
    words = re.sub(r"\[.*$", "", name).removeprefix("test_").replace("_", " ")
    return words[:1].upper() + words[1:]
