"""Preferences and fault rules: matching the rules of a world against a call, and applying their effects before and after it is run.

Rules that match are counted, and their effects are gathered in :class:`FaultEffects`. Random numbers are drawn from the world's seed. If several
rules match, their delays add up, and the first answer and the first damage are used.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from mockserver.core.base import ids
from mockserver.core.base.clock import wall_clock
from mockserver.core.base.faults import Fault, LimitExceeded
from mockserver.core.base.problems import limit_reply
from mockserver.core.base.replies import Damage, Reply
from mockserver.core.base.requests import Request
from mockserver.core.engine.executor import Executor
from mockserver.core.engine.fault_answers import UNDOCUMENTED, empty_list, halve_page, make_answer
from mockserver.core.engine.outcome import AppliedEffect, Outcome
from mockserver.core.engine.refusals import render_unsatisfiable
from mockserver.core.operation.compiled import Operation
from mockserver.core.operation.preferences import PreferenceNotSatisfiable, answer_preference, parse_prefer
from mockserver.core.state.rules import Faults, Preference, Rule
from mockserver.core.state.store import COMMIT_ATTEMPTS, NEW, Store, Versioned
from mockserver.core.state.world import Transaction, World
from mockserver.openapi import limits

HeadersOf = Callable[[str, str, Transaction], Mapping[str, str]]

INJECTED = "X-Mock-Injected"
"""The header that names the fault rules which had an effect on a reply."""
PREFERENCE_APPLIED = "Preference-Applied"


@dataclass(frozen=True, slots=True)
class FaultEffects:
    """All effects of the rules on one call.

    ``wait_before`` and ``wait_after`` are in seconds. ``answer`` is the rule whose documented answer is sent. ``commits`` says whether the
    changes of the call are committed, ``deliveries`` how often it is carried out, and ``list_change`` what happens to the list in its answer.
    ``retry_after`` is the time in seconds that a refused client shall wait. ``limited`` are the numbers of the rules that count the call among those
    under way.
    """

    wait_before: float = 0.0
    wait_after: float = 0.0
    answer: Rule | None = None
    damage: Damage | None = None
    commits: bool = True
    deliveries: int = 1
    list_change: str | None = None
    retry_after: int | None = None
    limited: tuple[int, ...] = ()
    applied: tuple[AppliedEffect, ...] = ()

    def add(self, rule: Rule, seed: int, now: datetime) -> FaultEffects:
        """These effects and those of one more rule."""
        found, texts = self, []
        if rule.delay is not None:
            seconds = rule.delay.draw(ids.generator(seed, f"delay of fault {rule.id}", rule.matched))
            place = "wait_before" if rule.when == "before" else "wait_after"
            found = replace(found, **{place: getattr(found, place) + seconds})
            texts.append(f"delayed {seconds:.3f} s {rule.when} the call")
        if rule.has_answer and found.answer is None:
            wait = rule.seconds_to_wait(now)
            found = replace(found, answer=rule, commits=found.commits and rule.when == "after", retry_after=wait)
            texts.append(f"answered {rule.preference or 'a body of its own'} {_describe_moment(rule)}")
        if rule.deliveries > 1:
            found = replace(found, deliveries=max(found.deliveries, rule.deliveries))
            texts.append(f"carried out {rule.deliveries} times")
        if rule.list_change is not None:
            found = replace(found, list_change=found.list_change or rule.list_change)
            texts.append("list emptied" if rule.list_change == "empty" else "page halved")
        if rule.damage is not None and found.damage is None:
            is_whole = rule.damage.kind == "drip"  # a slow answer is still the whole answer
            found = replace(found, damage=rule.damage, commits=found.commits and (is_whole or rule.when == "after"))
            texts.append(str(rule.damage) if is_whole else f"{rule.damage} {_describe_moment(rule)}")
        return replace(found, applied=(*found.applied, *(AppliedEffect(f"rule {rule.id}", text) for text in texts)))


NO_EFFECTS = FaultEffects()


class Counted(NamedTuple):
    """A world before and after the rules that a call met were counted: one object if none was; None if neither is known."""

    before: World | None
    after: World | None


def _describe_moment(rule: Rule) -> str:
    return "before anything was done" if rule.when == "before" else "after what was done was kept"


def match_rules(
    faults: Faults, seed: int, now: datetime, matches: Callable[[Rule], bool], running: Mapping[int, int] = MappingProxyType({})
) -> tuple[FaultEffects, Faults]:
    """The effects of the rules on a call, and the rules with their counters increased; the same object if no rule matched.

    ``running`` is how many other calls that a rule matched are under way, by its number.
    """
    found, rules = NO_EFFECTS, []
    for rule in faults.rules:
        if not matches(rule):
            rules.append(rule)
            continue
        counted = rule.count(seed, now, running.get(rule.id, 0))
        if rule.concurrent is not None:
            found = replace(found, limited=(*found.limited, rule.id))
        if counted.struck > rule.struck:
            found = found.add(counted, seed, now)
        rules.append(counted)
    if all(new is old for new, old in zip(rules, faults.rules, strict=True)):
        return found, faults
    return found, replace(faults, rules=tuple(rules))


class FaultInjector:
    """Runs operations under the preferences of a call and the fault rules of its world.

    ``headers_of`` returns the headers of a published credential by the slug of its vendor and its name, so that a rule can apply to one caller.
    """

    def __init__(self, store: Store, executor: Executor, headers_of: HeadersOf | None) -> None:
        self._store = store
        self._executor = executor
        self._headers_of = headers_of
        self._running: Counter[tuple[str, int]] = Counter()
        """Calls under way by world and rule; of this process only."""

    async def run(self, operation: Operation, request: Request, world: World) -> Outcome:
        """Run an operation whose request has a header ``Prefer``, or whose world has fault rules."""
        try:
            preference = parse_prefer(request.headers.get("prefer", ""), operation, limits.DELAY.value)
            if preference is not None and preference.is_answer:
                await asyncio.sleep(preference.delay)
                return _answer_from_document(operation, request, preference, world)
            effects, start, counted = await self._match(operation, request)
            with self._counting(request.world, effects.limited):
                wait = effects.wait_before + (preference.delay if preference is not None else 0)
                if wait:
                    await asyncio.sleep(wait)
                outcome = await self._apply(operation, request, effects, start)
        except (PreferenceNotSatisfiable, LimitExceeded) as error:
            reply = limit_reply(error) if isinstance(error, LimitExceeded) else render_unsatisfiable(operation, str(error))
            now = world.time(wall_clock())
            return Outcome(reply=reply, at=now, world=world, effects=(AppliedEffect("prefer", "refused"),))
        if outcome.before is counted.after:
            outcome.before = counted.before
        outcome.effects = effects.applied
        if preference is not None:
            outcome.effects = (AppliedEffect("prefer", str(preference)), *effects.applied)
            outcome.add_header(PREFERENCE_APPLIED, str(preference))
        if effects.applied:
            own = (UNDOCUMENTED,) if effects.answer is not None and outcome.reply.is_undocumented else ()
            outcome.add_header(INJECTED, ", ".join([*{effect.source: None for effect in effects.applied}, *own]))
        return outcome

    @contextmanager
    def _counting(self, world: str, rules: Sequence[int]) -> Iterator[None]:
        """Count a call among those under way."""
        for rule in rules:
            self._running[world, rule] += 1
        try:
            yield
        finally:
            for rule in rules:
                self._running[world, rule] -= 1
                if not self._running[world, rule]:
                    del self._running[world, rule]

    async def _match(self, operation: Operation, request: Request) -> tuple[FaultEffects, Versioned | None, Counted]:
        """Match the rules of the world against a call, and commit their counters.

        Also returns the world with these counters if it is not in the store, because only the call itself may make it; and the worlds before and
        after the counting.
        """
        for _ in range(COMMIT_ATTEMPTS):
            versioned = await self._store.load(request.world)
            world = versioned.world
            now = world.time(wall_clock())
            transaction = Transaction(world, now, request.base_url, request.own_url)
            running = {rule.id: self._running[request.world, rule.id] for rule in world.faults.rules if rule.concurrent is not None}
            matches = partial(self._matches, operation, request, transaction)
            effects, transaction.faults = match_rules(world.faults, world.seed, now, matches, running)
            counted = transaction.finish()
            if versioned.version == NEW:
                return effects, replace(versioned, world=counted), Counted(world, counted)
            if counted is world or await self._store.commit(request.world, versioned.version, counted, touched=False, steps=(transaction,)):
                return effects, None, Counted(world, counted)
        return NO_EFFECTS, None, Counted(None, None)

    def _matches(self, operation: Operation, request: Request, transaction: Transaction, rule: Rule) -> bool:
        """Whether a rule applies to a call. A rule for one caller applies to the holder of its credential, however the call proves it."""
        if not rule.matches(operation.name, request, operation.document.base_path):
            return False
        if rule.caller is None or self._headers_of is None:
            return True
        try:
            published = self._headers_of(operation.api.slug, rule.caller, transaction)
            if all(request.headers.get(name.lower()) == value for name, value in published.items()):
                return True
            model = Request("GET", "/", raw_headers=[(name.lower().encode(), value.encode("latin-1")) for name, value in published.items()])
            caller = operation.identify_caller(request, transaction)
            return caller is not None and caller == operation.identify_caller(model, transaction)
        except Fault:
            return False

    async def _apply(self, operation: Operation, request: Request, effects: FaultEffects, start: Versioned | None) -> Outcome:
        """Run an operation with the effects of the matched rules: without its handler for an answer before it, without commit if they say so.

        ``start`` is the world from which the call starts if the store has none.
        """
        versioned = await self._store.load(request.world)
        if start is not None and versioned.version == NEW:
            versioned = start
        world, answer = versioned.world, effects.answer
        if effects.commits:
            outcome = await self._executor.run(operation, request, versioned)
            before = outcome.before
            for _ in range(1, effects.deliveries):
                outcome = await self._executor.run(operation, request, await self._store.load(request.world))
            outcome.before = before
        elif answer is None:
            outcome = await self._executor.rehearse(operation, request, versioned)
        else:
            outcome = Outcome(reply=Reply(500), at=world.time(wall_clock()), world=world, before=world)  # its reply is replaced below
        if answer is not None:
            outcome.reply, outcome.fault, outcome.payload = make_answer(operation, answer, world.seed, effects.retry_after), None, None
        elif effects.list_change is not None:
            await self._change_list(operation, request, effects.list_change, outcome)
        if effects.wait_after:
            await asyncio.sleep(effects.wait_after)
        if effects.damage is not None:
            outcome.reply = replace(outcome.reply, damage=effects.damage)
        return outcome

    async def _change_list(self, operation: Operation, request: Request, change: str, outcome: Outcome) -> None:
        """Change the list in an answer; an answer that has none, or that the document would not allow so, stays as it is."""
        if change == "empty":
            made = empty_list(operation, outcome.reply)
        else:
            halved = halve_page(operation, request, outcome.reply) if request.method == "GET" and outcome.fault is None else None
            made = None if halved is None else (await self._executor.run(operation, halved, await self._store.load(request.world))).reply
        if made is not None:
            outcome.reply, outcome.payload = made, None


def _answer_from_document(operation: Operation, request: Request, preference: Preference, world: World) -> Outcome:
    """The documented answer that one call asks for. The request is not checked, and no handler is called."""
    use = f"invented {operation.name} {request.path} {request.query!r}"  # part of the seed: another text makes other examples
    outcome = Outcome(
        reply=answer_preference(operation, preference, ids.generator(world.seed, use, 1)),
        at=world.time(wall_clock()),
        world=world,
        effects=(AppliedEffect("prefer", str(preference)),),
    )
    outcome.add_header(PREFERENCE_APPLIED, str(preference))
    return outcome
