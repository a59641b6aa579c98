"""The verdicts on what all answers of a run have in common; see :mod:`observed`."""

from __future__ import annotations

from collections.abc import Iterator

from ..harness.findings import Verdict
from .run import Run


def check(run: Run) -> Iterator[Verdict]:
    """The verdicts on all answers that the other checks got; runs last."""
    yield from (verdict for verdict in run.observer.verdicts() if run.wants(verdict.operation))
