"""Computed values: formulas between the request, the answer, and reads before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..harness.findings import Verdict
from .run import Run
from .session import guarded

LAW = "computed values agree"


def check(run: Run) -> Iterator[Verdict]:
    for name, operation in run.model.operations.items():
        for number, computation in enumerate(operation.spec.get("x-computed", ()) if _wanted(run, name, operation.spec) else ()):
            variants = computation.get("send", {})
            for which, send in enumerate(variants if isinstance(variants, list) else [variants]):
                yield from guarded(LAW, name, _computed(run, name, computation, send, f"{number} {which}"))


def _wanted(run: Run, name: str, spec: Mapping[str, Any]) -> bool:
    """Whether an operation, or one by which its computations are seen, is to be judged."""
    seen = [read["call"] for one in spec.get("x-computed", ()) for read in one.get("observe", {}).values() if "call" in read]
    return run.wants(name, *seen)


def _computed(run: Run, name: str, computation: Mapping[str, Any], send: Mapping[str, Any], label: str) -> Iterator[Verdict]:
    session = run.session(f"computed {name} {label}")
    session.assumed = bool(computation.get("assumed"))
    session.spend(name, computation)
    session.steps(computation.get("after", run.model.works(name).get("after", ())))
    sent = session.prepare(name, {"after": [], "send": send, "without": computation.get("without", [])}, full=bool(computation.get("full")))
    session.scope["sent"] = sent
    before = session.observed(computation.get("observe", {}))
    session.scope["before"] = before
    role = computation.get("role", run.model.works(name).get("role", ""))
    headers = {header: str(session.value(value)) for header, value in computation.get("headers", {}).items()}
    answer = session.dispatch(name, sent, role=role, headers=headers)
    clause = computation.get("clause")
    if answer.is_refusal and run.model.readings.is_open(name, clause or ""):
        yield session.held(LAW, name)
        return
    if answer.is_refusal:
        text = f"{name} is refused with {answer} where its values are to be computed"
        yield session.broken(LAW, name, text, clause=clause, pointer=label, got=str(answer))
        return
    session.scope["answer"] = answer.body
    session.steps(computation.get("then", ()))
    after = session.observed(computation.get("observe", {}))
    names: dict[str, Any] = session.names(**answer.names, before=before, after=after)
    found = list(session.judged(LAW, name, computation["holds"], names, clause))
    yield from found or [session.held(LAW, name)]
