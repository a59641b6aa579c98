"""A documented error is reached by its recipe, has the documented form, and a refused call changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..harness.envelope import are_assumed, in_words
from ..harness.findings import Verdict, VerdictStatus
from ..harness.sameness import same
from .model import OBSERVES, WORKS
from .run import Run
from .session import CheckSession, NotExercised, guarded

LAW = "a documented error is answered as documented"
NOTHING = "a refused call changes nothing"


def check(run: Run) -> Iterator[Verdict]:
    for name in run.model.operations:
        if not run.wants(name):
            continue
        tried = list(_tried(run, name))
        together = [(code, recipe) for code, recipe, _ in tried if _needs_no_steps(run, name, recipe)]
        held = list(guarded(LAW, name, _in_one_world(run, name, together))) if len(together) > 1 else []
        if any(verdict.outcome is not VerdictStatus.HELD for verdict in held):
            held = []
        yield from held
        for code, recipe, number in tried:
            if not held or (code, recipe) not in together:
                yield from guarded(LAW, name, _try(run, name, code, recipe, number))


def _tried(run: Run, name: str) -> Iterator[tuple[str, Mapping[str, Any], int]]:
    """Code, recipe and number of each refusal of an operation that is to be tried."""
    for code, recipes in run.model.operations[name].recipes.items():
        if code in run.model.operations[name].errors:
            tried = recipes if isinstance(recipes, list) else [recipes]
            for number, recipe in enumerate(tried[:1] if run.is_quick else tried):
                yield code, recipe, number


def _needs_no_steps(run: Run, name: str, recipe: Mapping[str, Any]) -> bool:
    """Whether a refusal of a write can be tried in one world with others: the target makes worlds, and no other call has to come first."""
    steps = recipe.get("after", run.model.works(name).get("after"))
    return not steps and run.api.target.control is not None and not run.model.is_foreign and not run.model.operations[name].is_safe


def _in_one_world(run: Run, name: str, tried: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[Verdict]:
    """The verdicts on several refusals of an operation, with one snapshot before and one after all of them.

    Most requests of a run are those of snapshots. If anything is not as documented, or has changed, there is no verdict: then the refusals have to be
    tried in worlds of their own, which shows which of them it was.
    """
    session = run.session(f"refusals {name}")
    before = snapshot(session)
    for code, recipe in tried:
        answer = session.send(name, recipe, session.prepare(name, recipe))
        if not answer.is_refusal or run.model.reader.differences(name, code, answer):
            return
    if not _differences(before, snapshot(session)):
        for _ in tried:
            yield session.held(LAW, name)
            yield session.held(NOTHING, name)


def _try(run: Run, name: str, code: str, recipe: Mapping[str, Any], number: int) -> Iterator[Verdict]:
    session = run.session(f"refusal {name} {code} {number}")
    clause = recipe.get("clause", run.model.operations[name].errors[code].get("clause"))
    sent = session.prepare(name, recipe)
    writes = not run.model.operations[name].is_safe
    before = snapshot(session) if writes else {}
    answer = session.send(name, recipe, sent)
    session.assumed = bool(recipe.get("assumed"))
    if not answer.is_refusal and run.model.readings.is_open(name, code):
        yield session.held(LAW, name)
        return
    found = run.model.reader.differences(name, code, answer)
    if found:
        text = f"{name}: {code} was to be answered, but {in_words(found)}"
        row = run.model.operations[name].errors[code]
        yield session.broken(LAW, name, text, clause=clause, pointer=code, expected=row, got=str(answer), assumed=are_assumed(found))
    else:
        yield session.held(LAW, name)
    if writes and answer.is_refusal and are_assumed(found):
        yield from unchanged(session, name, before, clause, f"{name}, refused with {code},")


def snapshot(session: CheckSession, role: str = "") -> dict[str, Any]:
    """What every read shows to a role, by the call that showed it; without what may differ between equal calls. With it the messages sent."""
    model = session.model
    volatile = model.volatile()
    found: dict[str, Any] = {}
    if model.is_foreign:
        return found  # nothing says which of its reads show the same before and after a refused call
    asked = json.dumps([model.operations[name].recipes for name in model.reads])
    for name in session.api.target.own:  # records that a read needs are created before the first read, not between two
        if f'"${name}"' in asked:
            session.api.known(name)
    for name in model.reads:
        recipes = model.operations[name].recipes
        if recipes.get(OBSERVES) is False or "after" in recipes[WORKS]:
            continue
        for number, recipe in enumerate(model.observations(name)):
            try:
                answer = session.call(name, recipe, role=role or str(recipe.get("role", "")))
            except NotExercised as reason:
                found[f"{name} {number}"] = str(reason)
                continue
            found[f"{name} {number}"] = [answer.status, settled(answer.body, volatile)]
    if session.api.target.control is not None:
        found["messages"] = len(session.api.outbox())
    return found


def unchanged(session: CheckSession, name: str, before: Mapping[str, Any], clause: str | None, what: str, law: str = NOTHING) -> Iterator[Verdict]:
    """The verdict on whether every read shows what it showed before."""
    if session.model.is_foreign:
        return
    after = snapshot(session)
    different = _differences(before, after)
    if different:
        text = f"{what} changed what {', '.join(read.partition(' ')[0] for read in different)} shows"
        yield session.broken(law, name, text, clause=clause, pointer=different[0], expected=before[different[0]], got=after.get(different[0]))
    else:
        yield session.held(law, name)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The reads of a snapshot that another one shows otherwise."""
    return [read for read in before if not same(json.dumps(before[read], sort_keys=True), json.dumps(after.get(read), sort_keys=True))]


def settled(node: Any, volatile: set[str]) -> Any:
    """A body without what may differ between equal calls."""
    if isinstance(node, dict):
        return {name: settled(inner, volatile) for name, inner in node.items() if name not in volatile}
    return [settled(item, volatile) for item in node] if isinstance(node, list) else node
