"""Behaviour checks: properties that follow from what a document declares, tested at any implementation.

:func:`judge` exercises every declaration of a document at a target, with fresh values made from its schemas.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from types import ModuleType

from mockserver.openapi.documents import Document

from ..harness import ApiClient
from ..harness.findings import Finding, Verdict, VerdictStatus
from . import (
    access,
    agreement,
    answers_alike,
    callers,
    computed,
    conditions,
    faults,
    inputs,
    kept,
    machines,
    pages,
    passwords,
    placing,
    reads,
    records,
    refusals,
    rough,
    strictness,
    tenants,
    together,
    transport,
    unique,
    updates,
    works,
)
from .model import BehaviourModel
from .run import Level, Run

LAWS: tuple[ModuleType, ...] = (
    works,
    access,
    refusals,
    inputs,
    transport,
    rough,
    records,
    unique,
    machines,
    computed,
    pages,
    tenants,
    kept,
    agreement,
    updates,
    faults,
    together,
    callers,
    strictness,
    placing,
    passwords,
    conditions,
    reads,
    answers_alike,
)
"""The families of checks, in the order in which they run."""
OF_ANY_DOCUMENT: tuple[ModuleType, ...] = (works, access, inputs, rough, records, pages)
"""The families that ask of a foreign document no more than it states, or what inference understood of it."""
DOCUMENTED = "the answer is documented"

__all__ = ["DOCUMENTED", "LAWS", "judge"]


def judge(api: ApiClient, document: Document, *, level: Level, seed: int, operations: Collection[str] | None = None) -> Iterator[Verdict]:
    """Run every check at a target.

    ``level``: ``quick`` tries one of each kind, ``standard`` every declaration, ``deep`` the same with three seeds. The same seed makes the
    same calls. ``operations`` limits the run to these operations if any are named. Never raises because of an
    answer of the target: what cannot be tried is *not exercised*, what needs a missing hook is *not observable here*.
    """
    model = BehaviourModel(document, strict=api.target.strict)
    for number in range(3 if level == "deep" else 1):
        run = Run(api, model, level, seed + number, None if operations is None else frozenset(operations))
        for law in OF_ANY_DOCUMENT if model.is_foreign else LAWS:
            yield from law.check(run)
            yield from _documented(run)


def _documented(run: Run) -> Iterator[Verdict]:
    """The verdicts on the answers to the calls of a check."""
    seen = set()
    for problem, exchange in run.settle():
        key = (problem.operation, problem.status, problem.keyword, problem.pointer)
        if key in seen:
            continue
        seen.add(key)
        finding = Finding(
            DOCUMENTED,
            problem.operation,
            problem.sentence,
            None if problem.assumed else run.model.answer_clause(problem.operation, problem.status),
            run.model.operations[problem.operation].section or None,
            f"{problem.status} {problem.keyword} {problem.pointer}".strip(),
            problem.expected,
            problem.got,
            (exchange,),
            assumed=problem.assumed,
        )
        outcome = VerdictStatus.DIFFERS if problem.assumed else VerdictStatus.BROKEN
        yield Verdict(DOCUMENTED, problem.operation, outcome, problem.sentence, finding)
