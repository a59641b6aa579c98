"""Time and randomness come from the world: only two modules of the core read a clock or a random generator."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALLOWED = {
    "mockserver/agents/failure_tools.py": {"time"},  # the side of the client, as the next ones: how long a run may take
    "mockserver/agents/patterns.py": {"random"},  # with a seed of its own: equal questions get equal proposals
    "mockserver/explore/api.py": {"time"},
    "mockserver/explore/processes.py": {"time"},
    "mockserver/explore/report/files.py": {"time"},
    "mockserver/explore/search.py": {"time"},
    "mockserver/core/base/clock.py": {"time", "datetime.now"},
    "mockserver/core/base/ids.py": {"random", "secrets"},
    "mockserver/serving.py": {"time"},  # watches the process that started the server, outside every world
    "mockserver/openapi/examples.py": {"random"},  # the type of the generator that a caller passes
    "mockserver/openapi/foreign/files.py": {"time"},  # how long a document takes to arrive, before there is any world
    "mockserver/testing/launch.py": {"time"},  # the side of the client
}
MODULES = {"time", "random", "secrets", "uuid"}
CALLS = {"now", "utcnow", "today"}
FILES = sorted(file for folder in ("mockserver", "fixtures") for file in (ROOT / folder).rglob("*.py"))


def sources(tree: ast.AST) -> Iterator[str]:
    """Names of clocks and random generators that a module imports or calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            if {alias.name for alias in node.names} != {"UUID"}:  # the type reads an id and draws none
                yield node.module
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("datetime", "date") and node.attr in CALLS:
            yield f"{node.value.id}.{node.attr}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_only_two_modules_read_a_clock_or_draw_random_numbers(file: Path) -> None:
    found = set(sources(ast.parse(file.read_text(encoding="utf-8"))))
    assert found <= ALLOWED.get(str(file.relative_to(ROOT)), set())


def test_every_way_to_tell_the_time_or_to_draw_is_seen() -> None:
    text = "import time\nfrom random import random\nimport uuid as u\nfrom uuid import UUID, uuid4\ndatetime.now()\ndate.today()\n"
    assert set(sources(ast.parse(text))) == {"time", "random", "uuid", "datetime.now", "date.today"}


def test_reading_an_id_is_no_drawing() -> None:
    assert set(sources(ast.parse("from uuid import UUID\n"))) == set()
