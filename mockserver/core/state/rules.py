"""Fault rules of a world as data: which calls they match, which effects they have, and how often.

The rules with their counters and the services that are switched off are part of a world, so a snapshot keeps them and a fork has its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Literal

from mockserver.core.base import ids
from mockserver.core.base.replies import Damage
from mockserver.core.base.requests import Request
from mockserver.core.state.transitions import TransitionPolicy
from mockserver.openapi import limits

When = Literal["before", "after"]
TEXT = "text/plain; charset=utf-8"


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
class OwnAnswer:
    """An answer that the document does not have: the parts of a documented answer that it replaces, or all of one.

    ``headers`` are added. ``body`` replaces the body by a text of ``media_type``; None keeps the documented one. ``is_undocumented`` lets the rule
    answer its status also where the document has none such.
    """

    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    media_type: str = TEXT
    is_undocumented: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """A limit of ``calls`` within ``seconds`` of the world's clock. A window begins with the first call after the end of the one before."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    It matches calls of ``operations``, named in full, if they also have the ``path``, a pattern with ``*``, the ``caller`` and the ``headers``.
    ``status`` and ``code`` choose a documented answer of the vendor, which ``own`` changes. ``list_change`` changes the list in an answer: ``empty``
    removes its records, ``halved`` shows half of them on a page. ``deliveries`` is how often the call is carried out. ``when`` decides about the
    changes of the call: ``before`` drops them, ``after`` commits them first.

    A rule takes effect on every call that it matches, unless one of these says otherwise: the ``first`` n, every n-th, only the ``nth``, all
    ``since`` the n-th, a share (``probability``), those beyond a ``rate``, or those beyond ``concurrent`` calls at once. After its first effect it
    takes effect for ``lasts`` seconds of the world's clock. A rule that is not ``active`` matches no call. ``matched`` and ``struck`` count the calls
    that it matched, and those on which it took effect. ``began`` is the moment of its first effect, ``window`` that of the first call within the
    current window of its rate, and ``within`` the number of calls since.
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
    own: OwnAnswer | None = None
    delay: Delay | None = None
    damage: Damage | None = None
    list_change: Literal["empty", "halved"] | None = None
    deliveries: int = 1
    when: When = "before"
    first: int | None = None
    every: int | None = None
    nth: int | None = None
    since: int | None = None
    probability: float | None = None
    rate: Rate | None = None
    concurrent: int | None = None
    lasts: float | None = None
    preset: str | None = None
    matched: int = 0
    struck: int = 0
    active: bool = True
    began: datetime | None = None
    window: datetime | None = None
    within: int = 0

    @property
    def preference(self) -> Preference | None:
        """The documented answer that the rule asks for, or None."""
        return None if self.status is None and self.code is None else Preference(status=self.status, code=self.code)

    @property
    def has_answer(self) -> bool:
        """Whether the rule replaces the answer of the operation."""
        return self.preference is not None or (self.own is not None and self.own.body is not None)

    def matches(self, operation: str, request: Request, base_path: str) -> bool:
        """Whether the rule matches a call. Its ``caller`` is not compared here, because that needs the vendor's verifiers."""
        if not self.active or operation not in self.operations:
            return False
        if self.path is not None and not fnmatchcase(request.path.removeprefix(base_path), self.path):
            return False
        return all(request.headers.get(name) == value for name, value in self.headers)

    def count(self, seed: int, now: datetime, running: int) -> Rule:
        """This rule after one more call that it matches; ``struck`` is increased if it takes effect. ``running`` other calls are under way."""
        counted = replace(self, matched=self.matched + 1)
        if self.rate is not None:
            is_over = self.window is None or now >= self.window + timedelta(seconds=self.rate.seconds)
            counted = replace(counted, window=now if is_over else self.window, within=1 if is_over else self.within + 1)
        if not counted._takes_effect(seed, running) or (  # noqa: SLF001 - its own
            self.lasts is not None and self.began is not None and now >= self.began + timedelta(seconds=self.lasts)
        ):
            return counted
        return replace(counted, struck=self.struck + 1, began=self.began or now)

    def _takes_effect(self, seed: int, running: int) -> bool:
        """Whether the rule takes effect on the call that it matched last, as far as its duration allows."""
        lets_pass = (
            self.first is not None and self.matched > self.first,
            self.every is not None and self.matched % self.every != 0,
            self.nth is not None and self.matched != self.nth,
            self.since is not None and self.matched < self.since,
            self.rate is not None and self.within <= self.rate.calls,
            self.concurrent is not None and running < self.concurrent,
            self.probability is not None and ids.generator(seed, f"fault {self.id}", self.matched).random() >= self.probability,
        )
        return not any(lets_pass)

    def seconds_to_wait(self, now: datetime) -> int | None:
        """Whole seconds of the world's clock until the rule lets calls pass again, if that can be said."""
        ends = []
        if self.rate is not None and self.window is not None:
            ends.append(self.window + timedelta(seconds=self.rate.seconds))
        if self.lasts is not None and self.began is not None:
            ends.append(self.began + timedelta(seconds=self.lasts))
        return None if not ends else max(1, math.ceil((min(ends) - now).total_seconds()))


@dataclass(frozen=True, slots=True)
class Faults:
    """The rules of a world in the order in which they were added, the services that are down (``<slug>.<service>``), and the transition policies."""

    rules: tuple[Rule, ...] = ()
    down: tuple[str, ...] = ()
    next_id: int = 1
    transitions: tuple[TransitionPolicy, ...] = ()

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

    def policy(self, transition: str) -> TransitionPolicy:
        """The policy of a transition; an empty one if it has none."""
        return next((policy for policy in self.transitions if policy.name == transition), TransitionPolicy(transition))

    def set_policy(self, policy: TransitionPolicy) -> Faults:
        """These faults with another policy of one transition; an empty one removes it."""
        others = [found for found in self.transitions if found.name != policy.name]
        return replace(self, transitions=tuple(others) if policy.is_empty else (*others, policy))


NO_FAULTS = Faults()
