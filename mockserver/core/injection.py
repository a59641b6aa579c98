"""Faults on purpose: rules of a world that say which calls go wrong, how, and how often.

The rules, with their counts, and the services that are switched off are part of a world's value: a snapshot keeps them, a fork has its own, and what
chance decides is drawn from the world's seed. A rule that matches a call *strikes* or lets it pass; what struck is gathered in a :class:`Strike`,
which the boundary carries out. Several rules may strike one call: their delays add up, the first answer and the first damage win.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from mockserver.core import ids
from mockserver.core.reply import Damage  # noqa: TC001 - the type of a field that is read from JSON
from mockserver.core.wishes import Wish

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.core.operation import Operation
    from mockserver.core.requests import Request

MAX_DELAY = 60.0
"""Seconds that one rule or one wish may hold up a call."""

When = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Delay:
    """How long a call is held up, in seconds of real time.

    ``fixed`` takes ``seconds``, ``uniform`` something between ``seconds`` and ``most``, ``lognormal`` has the median ``seconds`` and the shape
    ``sigma``.
    """

    distribution: Literal["fixed", "uniform", "lognormal"]
    seconds: float
    most: float = MAX_DELAY
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
    """One rule. ``operations`` are the full names of those it is for; ``path`` is a pattern with ``*``; every header has to have its value.

    ``status`` and ``code`` choose a documented answer of the vendor. ``when`` says whether what the call does is kept: ``before`` nothing of it is,
    ``after`` it is committed first. A rule without ``first``, ``every`` and ``probability`` strikes every call that it matches; one that is not
    ``active`` matches none.
    """

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
    def wish(self) -> Wish | None:
        """The documented answer that is asked for."""
        return None if self.status is None and self.code is None else Wish(status=self.status, code=self.code)

    def matches(self, operation: Operation, request: Request, base_path: str) -> bool:
        """Whether a call is one of those that the rule is for; who calls is judged elsewhere."""
        if not self.active or operation.name not in self.operations:
            return False
        if self.path is not None and not fnmatchcase(request.path.removeprefix(base_path), self.path):
            return False
        return all(request.headers.get(name) == value for name, value in self.headers)

    def strikes(self, seed: int) -> bool:
        """Whether the rule strikes the call that it has matched last."""
        if self.first is not None:
            return self.matched <= self.first
        if self.every is not None:
            return self.matched % self.every == 0
        if self.probability is not None:
            return ids.generator(seed, f"fault {self.id}", self.matched).random() < self.probability
        return True


@dataclass(frozen=True, slots=True)
class Faults:
    """The rules of a world, in the order in which they were made, and the services that are down (``<slug>.<service>``)."""

    rules: tuple[Rule, ...] = ()
    down: tuple[str, ...] = ()
    next_id: int = 1

    def add(self, rule: Rule) -> Faults:
        """With one rule more, which gets the next number."""
        return replace(self, rules=(*self.rules, replace(rule, id=self.next_id)), next_id=self.next_id + 1)

    def remove(self, rule_id: int | None = None) -> Faults:
        """Without a rule, or without any."""
        return replace(self, rules=tuple(rule for rule in self.rules if rule_id is not None and rule.id != rule_id))

    def turn(self, rule_id: int, *, active: bool) -> Faults:
        """With a rule turned off or on; its counts go on from where they were."""
        return replace(self, rules=tuple(replace(rule, active=active) if rule.id == rule_id else rule for rule in self.rules))

    def switch(self, service: str, *, down: bool) -> Faults:
        """With a service switched off or on."""
        others = [name for name in self.down if name != service]
        return replace(self, down=tuple(sorted([*others, service] if down else others)))


NO_FAULTS = Faults()


@dataclass(frozen=True, slots=True)
class Mark:
    """What was done to an exchange on purpose: the ``source`` is ``rule 3`` or ``prefer``, the effect is told in words."""

    source: str
    effect: str


@dataclass(frozen=True, slots=True)
class Strike:
    """All that the rules do to one call. ``answer`` is the rule whose documented answer is sent."""

    wait_before: float = 0.0
    wait_after: float = 0.0
    answer: Rule | None = None
    damage: Damage | None = None
    kept: bool = True
    marks: tuple[Mark, ...] = ()

    def with_rule(self, rule: Rule, seed: int) -> Strike:
        """With what one more rule does."""
        found, marks = self, []
        if rule.delay is not None:
            seconds = rule.delay.draw(ids.generator(seed, f"delay of fault {rule.id}", rule.matched))
            place = "wait_before" if rule.when == "before" else "wait_after"
            found = replace(found, **{place: getattr(found, place) + seconds})
            marks.append(f"delayed {seconds:.3f} s {rule.when} the call")
        if rule.wish is not None and found.answer is None:
            found = replace(found, answer=rule, kept=found.kept and rule.when == "after")
            marks.append(f"answered {rule.wish} {_when(rule)}")
        if rule.damage is not None and found.damage is None:
            spares = rule.damage.kind == "drip"  # a slow answer is still the whole answer
            found = replace(found, damage=rule.damage, kept=found.kept and (spares or rule.when == "after"))
            marks.append(str(rule.damage) if spares else f"{rule.damage} {_when(rule)}")
        return replace(found, marks=(*found.marks, *(Mark(f"rule {rule.id}", effect) for effect in marks)))


QUIET = Strike()


def _when(rule: Rule) -> str:
    return "before anything was done" if rule.when == "before" else "after what was done was kept"


def strike(faults: Faults, seed: int, is_for: Callable[[Rule], bool]) -> tuple[Strike, Faults]:
    """What the rules do to a call, and the rules with their counts moved on; the very same object where none matched."""
    found, rules = QUIET, []
    for rule in faults.rules:
        if not is_for(rule):
            rules.append(rule)
            continue
        counted = replace(rule, matched=rule.matched + 1)
        if counted.strikes(seed):
            counted = replace(counted, struck=counted.struck + 1)
            found = found.with_rule(counted, seed)
        rules.append(counted)
    moved = tuple(rules)
    return found, faults if all(new is old for new, old in zip(moved, faults.rules, strict=True)) else replace(faults, rules=moved)
