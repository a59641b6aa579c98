"""The executor stays small, and knows neither the journal nor the fault rules."""

from __future__ import annotations

import ast
from pathlib import Path

from mockserver.core.engine import executor

SOURCE = Path(executor.__file__).read_text(encoding="utf-8")
FORBIDDEN = {"journal", "recorder", "rules", "fault_effects"}


def imported_names(source: str) -> set[str]:
    """Every part of every name that a module imports, also inside ``if TYPE_CHECKING``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.update(alias.name for alias in node.names)
            found.update([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
    return {part for name in found for part in name.split(".")}


def test_the_executor_has_at_most_150_lines() -> None:
    assert len(SOURCE.splitlines()) <= 150


def test_the_executor_imports_neither_the_journal_nor_fault_rules() -> None:
    assert imported_names(SOURCE).isdisjoint(FORBIDDEN)


def test_an_import_that_is_only_made_for_types_is_seen() -> None:
    assert "rules" in imported_names("if TYPE_CHECKING:\n    from mockserver.core.state import rules\n")
