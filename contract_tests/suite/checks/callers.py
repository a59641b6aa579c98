"""Calls of several callers that are made at once: each caller gets the answer that is his own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..harness.envelope import Answer
from ..harness.findings import Verdict
from ..harness.sameness import same
from .refusals import settled
from .run import Run
from .session import CheckSession, NotExercised, guarded
from .together import allow_at_once

LAW = "calls of several callers at once are not mixed"
ROUNDS, CALLS = 3, 6


def check(run: Run) -> Iterator[Verdict]:
    """Each read whose answer differs between two tenants, made by both at once."""
    other = run.model.tenants.get("other")
    if run.is_quick or not other or other not in run.api.target.credentials:
        return
    for name in run.model.tenants.get("reads", ()):
        if name in run.working:
            yield from guarded(LAW, name, _mixed(run, name, other))


def _mixed(run: Run, name: str, other: str) -> Iterator[Verdict]:
    session = allow_at_once(run, f"mixed {name}")
    works, volatile = run.model.works(name), run.model.volatile()
    sent, roles = session.prepare(name, works), (session.role(name, works), other)

    def shown(answer: Answer) -> Any:
        return [answer.status, settled(answer.body, volatile)]

    own = [shown(session.dispatch(name, sent, role=role)) for role in roles]
    if same(*own):
        raise NotExercised(f"{name} does not show two callers different content")
    for _ in range(ROUNDS):
        for number, answer in enumerate(_at_once(session, name, sent, roles)):
            expected = own[number % 2]
            # Read once more, because the state may have changed meanwhile.
            if same(shown(answer), expected) or not same(shown(session.dispatch(name, sent, role=roles[number % 2])), expected):
                continue
            text = f"{name}: of {CALLS} calls of two callers at once one is not answered with what its caller is shown otherwise"
            clause = run.model.tenants.get("clauses", {}).get(name)
            yield session.broken(LAW, name, text, clause=clause, expected=expected, got=shown(answer))
            return
    yield session.held(LAW, name)


def _at_once(session: CheckSession, name: str, sent: dict[str, Any], roles: tuple[str, str]) -> list[Answer]:
    """The answers to calls that the roles make in turn, all at the same time."""
    parts = [CheckSession(session.api, session.model, session.values) for _ in range(CALLS)]
    with ThreadPoolExecutor(CALLS) as pool:
        answers = list(pool.map(lambda part, number: part.dispatch(name, sent, role=roles[number % 2]), parts, range(CALLS)))
    for part in parts:
        session.exchanges += part.exchanges
        session.problems += part.problems
    return answers
