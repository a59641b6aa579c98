"""What the fault rules of a world do to one call.

Rules that match a call are counted and their effects gathered in :class:`FaultEffects`, which the executor applies. Chance is drawn from the world's
seed. When several rules match, their delays add up, and the first answer and the first damage are used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mockserver.core.base import ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.core.base.replies import Damage
    from mockserver.core.state.rules import Faults, Rule


@dataclass(frozen=True, slots=True)
class AppliedEffect:
    """What was done to an exchange on purpose: the ``source`` is ``rule 3`` or ``prefer``, the effect is told in words."""

    source: str
    effect: str


@dataclass(frozen=True, slots=True)
class FaultEffects:
    """All that the rules do to one call. ``answer`` is the rule whose documented answer is sent."""

    wait_before: float = 0.0
    wait_after: float = 0.0
    answer: Rule | None = None
    damage: Damage | None = None
    kept: bool = True
    marks: tuple[AppliedEffect, ...] = ()

    def with_rule(self, rule: Rule, seed: int) -> FaultEffects:
        """With what one more rule does."""
        found, marks = self, []
        if rule.delay is not None:
            seconds = rule.delay.draw(ids.generator(seed, f"delay of fault {rule.id}", rule.matched))
            place = "wait_before" if rule.when == "before" else "wait_after"
            found = replace(found, **{place: getattr(found, place) + seconds})
            marks.append(f"delayed {seconds:.3f} s {rule.when} the call")
        if rule.preference is not None and found.answer is None:
            found = replace(found, answer=rule, kept=found.kept and rule.when == "after")
            marks.append(f"answered {rule.preference} {_when(rule)}")
        if rule.damage is not None and found.damage is None:
            spares = rule.damage.kind == "drip"  # a slow answer is still the whole answer
            found = replace(found, damage=rule.damage, kept=found.kept and (spares or rule.when == "after"))
            marks.append(str(rule.damage) if spares else f"{rule.damage} {_when(rule)}")
        return replace(found, marks=(*found.marks, *(AppliedEffect(f"rule {rule.id}", effect) for effect in marks)))


NO_EFFECTS = FaultEffects()


def _when(rule: Rule) -> str:
    return "before anything was done" if rule.when == "before" else "after what was done was kept"


def match_rules(faults: Faults, seed: int, is_for: Callable[[Rule], bool]) -> tuple[FaultEffects, Faults]:
    """What the rules do to a call, and the rules with their counts moved on; the very same object where none matched."""
    found, rules = NO_EFFECTS, []
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
