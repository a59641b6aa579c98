"""Reads change nothing, and show twice what they show once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..harness.findings import Verdict, VerdictStatus
from .model import OBSERVES, WORKS
from .refusals import settled, snapshot
from .run import Run
from .session import guarded

LAW = "reads change nothing"


def check(run: Run) -> Iterator[Verdict]:
    """Check that no read changes anything: each runs between two reads of all observable state, and a change is reported for the read before it."""
    if run.wants(*run.model.reads):
        yield from guarded(LAW, "", _all(run))


def _all(run: Run) -> Iterator[Verdict]:
    session = run.session("reads")
    before = snapshot(session)
    is_settled = snapshot(session) == before
    for name in filter(run.wants, run.model.reads):
        yield from guarded(LAW, name, _twice(run, name, looked=is_settled))


def _twice(run: Run, name: str, *, looked: bool) -> Iterator[Verdict]:
    """Every successful recipe of a read, sent twice; reads between two equal observations of the whole state need no second call."""
    volatile = run.model.volatile()
    for recipe, full in ways(run, name, looked=looked):
        session = run.session(f"reads {name}")
        if "spends" in recipe and session.api.is_shared:
            continue
        sent = session.prepare(name, recipe, full=full)
        first, second = session.send(name, recipe, sent), session.send(name, recipe, sent)
        if (first.status, settled(first.body, volatile)) != (second.status, settled(second.body, volatile)):
            text = f"{name} shows something else when it is called again"
            yield session.broken(LAW, name, text, expected=first.body, got=second.body)
            return
    yield Verdict(LAW, name, VerdictStatus.HELD)


def ways(run: Run, name: str, *, looked: bool) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Recipes for which a read is to succeed, and whether every optional field is set."""
    if not looked:
        yield from ((recipe or run.model.works(name), False) for recipe in run.model.observations(name))
    if run.is_quick:
        return
    yield run.model.works(name), True
    for situation, found in run.model.operations[name].recipes.items():
        if situation not in (WORKS, OBSERVES, *run.model.operations[name].errors):
            for recipe in found if isinstance(found, list) else [found]:
                if not recipe.get("expect", {}).get("refused"):
                    yield recipe, False
