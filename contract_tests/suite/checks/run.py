"""One judgement: the target, the document's behaviour, the seed, and how much is tried."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from ..harness import ApiClient
from ..harness.answers import Problem
from ..harness.findings import Exchange
from .any_values import AnyValues
from .model import WORKS, BehaviourModel
from .observed import Observer
from .session import CheckSession
from .values import Values

Level = Literal["quick", "standard", "deep"]


@dataclass
class Run:
    """What the checks need. ``operations`` are those to be judged, None for all."""

    api: ApiClient
    model: BehaviourModel
    level: Level
    seed: int
    operations: frozenset[str] | None = None

    def __post_init__(self) -> None:
        self.salt = "" if self.api.target.control else os.urandom(4).hex()
        self.sessions: list[CheckSession] = []
        self.observer = Observer(self.model)

    def session(self, label: str) -> CheckSession:
        """A session in a world of its own, whose values depend on the seed and the label only.

        If all sessions share one state, what the previous one used up is restored first.
        """
        self.put_back()
        session = CheckSession(self.api.fresh(), self.model, self._values(f"{self.seed}/{label}"))
        self.sessions.append(session)
        return session

    def _values(self, seed: str) -> Values:
        if self.model.is_foreign:
            return AnyValues(self.model.document, seed, self.salt, self.model.fits)
        return Values(self.model.document, seed, self.salt)

    def put_back(self) -> None:
        """Call the hook that restores what the last session used up, if it used up anything."""
        if self.sessions:
            self.sessions[-1].api.put_right()

    def wants(self, *names: str) -> bool:
        """Whether one of some operations is to be judged; all are, unless some were named."""
        return self.operations is None or any(name in self.operations for name in names)

    @property
    def working(self) -> list[str]:
        """The operations to be judged that have a working recipe."""
        return [name for name, operation in self.model.operations.items() if WORKS in operation.recipes and self.wants(name)]

    @property
    def is_quick(self) -> bool:
        """Whether one try of each kind is enough."""
        return self.level == "quick"

    def settle(self) -> list[tuple[Problem, Exchange]]:
        """The problems found in the answers of the sessions so far; they are cleared."""
        self.put_back()
        found = [problem for session in self.sessions for problem in session.problems]
        for session in self.sessions:
            self.observer.see(session.exchanges)
        self.sessions = []
        return found
