"""A plugin of pytest that writes down the broken clauses: ``-p tests.mutation.clause_results`` with ``CLAUSE_RESULTS`` set to a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

_broken: dict[str, str] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the clauses of a failed test, and the last line of its explanation."""
    report = yield
    if report.failed:
        clauses = [clause for mark in item.iter_markers("clause") for clause in mark.args]
        text = str(report.longrepr).strip().rpartition("\n")[2] if report.longrepr else ""
        for clause in clauses if report.when == "call" else ["answers"]:
            _broken.setdefault(clause, f"{item.name}: {text}"[:300])
    return report


def pytest_sessionfinish() -> None:
    """Write the broken clauses."""
    if "CLAUSE_RESULTS" in os.environ:
        Path(os.environ["CLAUSE_RESULTS"]).write_text(json.dumps(_broken), encoding="utf-8")
