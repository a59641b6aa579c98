"""A documented error is reached by its recipe, has the documented form, and a refused call changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..harness.envelope import are_assumed, in_words
from ..harness.findings import Verdict
from ..harness.sameness import same
from .model import OBSERVES, WORKS
from .run import Run
from .session import CheckSession, NotExercised, guarded

LAW = "a documented error is answered as documented"
NOTHING = "a refused call changes nothing"


def check(run: Run) -> Iterator[Verdict]:
    for name in run.model.operations:
        errors = run.model.operations[name].errors
        for code, recipes in run.model.operations[name].recipes.items():
            if code in errors and run.wants(name):
                tried = recipes if isinstance(recipes, list) else [recipes]
                for number, recipe in enumerate(tried[:1] if run.is_quick else tried):
                    yield from guarded(LAW, name, _try(run, name, code, recipe, number))


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
    after = snapshot(session)
    different = [read for read in before if not same(json.dumps(before[read], sort_keys=True), json.dumps(after.get(read), sort_keys=True))]
    if different:
        text = f"{what} changed what {', '.join(read.partition(' ')[0] for read in different)} shows"
        yield session.broken(law, name, text, clause=clause, pointer=different[0], expected=before[different[0]], got=after.get(different[0]))
    else:
        yield session.held(law, name)


def settled(node: Any, volatile: set[str]) -> Any:
    """A body without what may differ between equal calls."""
    if isinstance(node, dict):
        return {name: settled(inner, volatile) for name, inner in node.items() if name not in volatile}
    return [settled(item, volatile) for item in node] if isinstance(node, list) else node
