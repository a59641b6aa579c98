"""Fault rules of a world as data: which calls they match, which effects they have, and how often.

The rules with their counters and the services that are switched off are part of a world, so a snapshot keeps them and a fork has its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

from mockserver.core.base import ids
from mockserver.core.base.replies import Damage
from mockserver.core.base.requests import Request
from mockserver.openapi import limits

When = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Preference:
    """The answer that a call or a rule asks for.

    ``dynamic`` asks for a body generated from the schema (True) or taken from an example (False); ``delay`` is in seconds.
    """

    status: int | None = None
    code: str | None = None
    example: str | None = None
    dynamic: bool | None = None
    delay: float = 0.0

    @property
    def is_answer(self) -> bool:
        """Whether an answer is asked for, not only a delay."""
        return self.status is not None or self.code is not None or self.example is not None or self.dynamic is not None

    def __str__(self) -> str:
        parts = {"code": self.code if self.code is not None else self.status, "example": self.example}
        if self.dynamic is not None:
            parts["dynamic"] = str(self.dynamic).lower()
        if self.delay:
            parts["delay"] = f"{self.delay:g}"
        return ", ".join(f"{name}={value}" for name, value in parts.items() if value is not None)


@dataclass(frozen=True, slots=True)
class Delay:
    """The delay of a call, in seconds of real time.

    ``fixed`` is ``seconds``, ``uniform`` lies between ``seconds`` and ``most``, ``lognormal`` has the median ``seconds`` and the shape
    ``sigma``.
    """

    distribution: Literal["fixed", "uniform", "lognormal"]
    seconds: float
    most: float = float(limits.DELAY.value)
    sigma: float = 0.0

    def draw(self, chance: ids.Chance) -> float:
        """The seconds for one call."""
        if self.distribution == "uniform":
            return chance.uniform(self.seconds, self.most)
        if self.distribution == "lognormal" and self.seconds > 0:
            return min(chance.lognormvariate(math.log(self.seconds), self.sigma), self.most)
        return min(self.seconds, self.most)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    It matches calls of ``operations``, named in full, if they also have the ``path``, a pattern with ``*``, the ``caller`` and the ``headers``.
    ``status`` and ``code`` choose a documented answer of the vendor. ``when`` decides about the changes of the call: ``before`` drops them, ``after``
    commits them first. A rule takes effect on every call that it matches, unless ``first``, ``every`` or ``probability`` says otherwise. A rule that
    is not ``active`` matches no call. ``matched`` and ``struck`` count the calls that it matched, and those on which it took effect.
    """

    # The names of the fields are the keys of exported worlds.

    id: int
    api: str
    operations: tuple[str, ...]
    operation: str | None = None
    method: str | None = None
    path: str | None = None
    caller: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    status: int | None = None
    code: str | None = None
    delay: Delay | None = None
    damage: Damage | None = None
    when: When = "before"
    first: int | None = None
    every: int | None = None
    probability: float | None = None
    matched: int = 0
    struck: int = 0
    active: bool = True

    @property
    def preference(self) -> Preference | None:
        """The documented answer that the rule asks for, or None."""
        return None if self.status is None and self.code is None else Preference(status=self.status, code=self.code)

    def matches(self, operation: str, request: Request, base_path: str) -> bool:
        """Whether the rule matches a call. Its ``caller`` is not compared here, because that needs the vendor's verifiers."""
        if not self.active or operation not in self.operations:
            return False
        if self.path is not None and not fnmatchcase(request.path.removeprefix(base_path), self.path):
            return False
        return all(request.headers.get(name) == value for name, value in self.headers)

    def takes_effect(self, seed: int) -> bool:
        """Whether the rule takes effect on the call that it matched last."""
        if self.first is not None:
            return self.matched <= self.first
        if self.every is not None:
            return self.matched % self.every == 0
        if self.probability is not None:
            return ids.generator(seed, f"fault {self.id}", self.matched).random() < self.probability
        return True


@dataclass(frozen=True, slots=True)
class Faults:
    """The rules of a world in the order in which they were added, and the services that are down (``<slug>.<service>``)."""

    rules: tuple[Rule, ...] = ()
    down: tuple[str, ...] = ()
    next_id: int = 1

    def add(self, rule: Rule) -> Faults:
        """These faults and one more rule, which gets the next number."""
        return replace(self, rules=(*self.rules, replace(rule, id=self.next_id)), next_id=self.next_id + 1)

    def remove(self, rule_id: int | None = None) -> Faults:
        """These faults without one rule, or without all of them."""
        return replace(self, rules=tuple(rule for rule in self.rules if rule_id is not None and rule.id != rule_id))

    def turn(self, rule_id: int, *, active: bool) -> Faults:
        """These faults with a rule turned off or on. It keeps its counters."""
        return replace(self, rules=tuple(replace(rule, active=active) if rule.id == rule_id else rule for rule in self.rules))

    def switch(self, service: str, *, down: bool) -> Faults:
        """These faults with a service switched off or on."""
        others = [name for name in self.down if name != service]
        return replace(self, down=tuple(sorted([*others, service] if down else others)))


NO_FAULTS = Faults()
