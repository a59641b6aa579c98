"""The public surface of the package: each exported name loads the object that type checkers see."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

import mockserver
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

INIT = ROOT / "mockserver" / "__init__.py"


def typed_exports() -> dict[str, str]:
    """The names that a type checker sees, with their modules: the imports under TYPE_CHECKING."""
    blocks = [node for node in ast.parse(INIT.read_text(encoding="utf-8")).body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: str(node.module) for node in imports for alias in node.names}


def test_type_checkers_and_the_interpreter_see_the_same_names() -> None:
    typed = typed_exports()
    assert sorted(typed) == mockserver.__all__
    assert all(getattr(import_module(module), name) is getattr(mockserver, name) for name, module in typed.items())


def test_a_name_that_is_not_exported_is_refused_by_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Boundary'"):
        mockserver.Boundary  # noqa: B018


def test_the_package_alone_loads_no_server() -> None:
    code = "import sys, mockserver; print([name for name in sys.modules if name.startswith('mockserver.') or name in ('connexion', 'starlette')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def imports(file: Path) -> set[str]:
    """The absolute modules of the package that a file imports from."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {
        str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not node.level and str(node.module).startswith("mockserver")
    }


@pytest.mark.parametrize("folder", ["mockserver/apis", "fixtures"])
def test_vendors_import_from_the_public_surface_only(folder: str) -> None:
    found = {file: imports(file) for file in (ROOT / folder).rglob("*.py")}
    assert {
        f"{file.relative_to(ROOT)}: {name}" for file, names in found.items() for name in names if name != "mockserver" and ".apis" not in name
    } == set()
