"""Where the packages beside ``mockserver`` are found."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NAMES = "from mockserver.bundled import name_bundled, load_bundled; print(name_bundled('fixtures.serpi'), load_bundled('fixtures').__file__)"


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """A folder that holds nothing but the package ``mockserver``."""
    shutil.copytree(ROOT / "mockserver", tmp_path / "alone" / "mockserver", ignore=shutil.ignore_patterns("__pycache__", "apis"))
    return tmp_path / "alone"


def run(*path: Path) -> subprocess.CompletedProcess[str]:
    """Ask for the name of the fixtures with these folders at the front of the path, and with none of the checkout."""
    code = f"import sys; sys.path[:1] = {[str(folder) for folder in path]!r}; {NAMES}"
    return subprocess.run([sys.executable, "-P", "-c", "import sys; " + code], capture_output=True, text=True, timeout=60, check=False, cwd=path[0])


def package(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("", encoding="utf-8")
    return folder


def test_the_packages_inside_mockserver_come_first(alone: Path) -> None:
    inside = package(alone / "mockserver" / "fixtures")
    package(alone / "fixtures")
    assert run(alone).stdout.split() == ["mockserver.fixtures.serpi", str(inside / "__init__.py")]


def test_the_packages_beside_mockserver_come_second(alone: Path) -> None:
    beside = package(alone / "fixtures")
    assert run(alone).stdout.split() == ["fixtures.serpi", str(beside / "__init__.py")]


def test_the_package_of_another_distribution_is_named(alone: Path, tmp_path: Path) -> None:
    package(alone / "fixtures")
    other = package(tmp_path / "other" / "fixtures")
    last = run(tmp_path / "other", alone).stderr.strip().splitlines()[-1]
    assert f"SetupError: {other} comes before {alone / 'fixtures'} on the path" in last
