"""One class name for one thing, and no file outside a package."""

from __future__ import annotations

import ast
from collections import defaultdict

from tests.conftest import ROOT

LAYERS = {"asgi", "base", "engine", "operation", "state"}
EXEMPT = ("mockserver/apis/", "mockserver/testing/", "contract_tests/suite/vendors/")
"""Names from vendors' pages, and names that the clients show their users, may repeat."""


def test_no_two_public_classes_share_a_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for folder in ("mockserver", "contract_tests"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            name = file.relative_to(ROOT).as_posix()
            if not name.startswith(EXEMPT):
                for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                    if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                        places[node.name].append(name)
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_every_file_of_the_core_stands_in_a_layer() -> None:
    core = ROOT / "mockserver" / "core"
    assert {file.name for file in core.iterdir() if file.name != "__pycache__"} == {*LAYERS, "__init__.py"}
    assert [file for layer in LAYERS for file in (core / layer).iterdir() if file.is_dir() and file.name != "__pycache__"] == []
