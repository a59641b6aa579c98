"""Reads change nothing, and show twice what they show once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract_tests.laws.refusals import snapshot
from contract_tests.laws.session import guarded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract_tests.harness.findings import Verdict
    from contract_tests.laws.run import Run

LAW = "reads change nothing"


def check(run: Run) -> Iterator[Verdict]:
    """Every read, between two looks at everything; a change is laid at the door of the read after which it is seen."""
    if run.wants(*run.book.reads):
        yield from guarded(LAW, "", _all(run))


def _all(run: Run) -> Iterator[Verdict]:
    session = run.session("reads")
    before = snapshot(session)
    if snapshot(session) == before:
        for name in run.book.reads:
            yield session.held(LAW, name)
        return
    for name in filter(run.wants, run.book.reads):
        session = run.session(f"reads {name}")
        first = [session.call(name, recipe) for recipe in run.book.observations(name)]
        second = [session.call(name, recipe) for recipe in run.book.observations(name)]
        if [answer.body for answer in first] != [answer.body for answer in second]:
            text = f"{name} shows something else when it is called again"
            yield session.broken(LAW, name, text, expected=first[0].body, got=second[0].body)
        else:
            yield session.held(LAW, name)
