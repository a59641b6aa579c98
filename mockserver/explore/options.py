"""What a run of ``explore`` is asked to do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from mockserver.explore.model import Schedule

ORACLES = ("wrong end", "unclean failure", "crashed", "hung", "retry storm", "off contract", "expectation")
"""What a run can be accused of, by name."""
JOBS_PER_CORE = 4
"""Commands that run at once for each core: most of their time is waiting."""


def count_jobs() -> int:
    """How many commands run at once if no option says it."""
    return JOBS_PER_CORE * (os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class ExploreOptions:
    """A run: the command, the world from which each of its runs starts, and the bounds.

    ``budget`` and ``hang`` are seconds. ``without`` names oracles that do not judge. ``expected`` are expressions of ``--expect``. ``variables`` are
    added to the environment of the command.
    """

    command: tuple[str, ...]
    url: str = "http://127.0.0.1:8000"
    world: str = "default"
    scenario: str | None = None
    token: str | None = None
    depth: int = 1
    budget: float = 300.0
    jobs: int = field(default_factory=count_jobs)
    hang: float = 15.0
    without: frozenset[str] = frozenset()
    expected: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    schedules: tuple[Schedule, ...] = ()
    """The only schedules that are tried; without any they are planned."""
