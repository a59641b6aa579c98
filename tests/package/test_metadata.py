"""What the project says of itself: metadata, licence, locks, how to install."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def written(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def test_the_metadata_is_complete() -> None:
    wanted = ("authors", "classifiers", "description", "keywords", "license", "license-files", "readme", "requires-python")
    assert [name for name in wanted if not PROJECT.get(name)] == []
    assert not any("Private" in classifier for classifier in PROJECT["classifiers"])
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in written(ROOT / "LICENSE")


def test_the_changelog_has_the_version() -> None:
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", written(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == PROJECT["version"]


@pytest.mark.parametrize("package", ["mockserver", "fixtures", "contract_tests"])
def test_every_package_is_marked_as_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_versions_and_hashes_and_no_address(name: str) -> None:
    text = written(ROOT / name)
    assert "://" not in text
    assert "--index" not in text
    requirements = [entry for entry in re.split(r"\n(?=\S)", text.strip()) if not entry.startswith("#")]
    assert [entry.splitlines()[0] for entry in requirements if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_the_lock_of_the_tests_holds_that_of_the_server() -> None:
    served, tested = (set(re.findall(r"^([\w.\[\]-]+==\S+)", written(ROOT / name), re.MULTILINE)) for name in LOCKS)
    assert served <= tested


def installs_from_an_index(text: str) -> list[str]:
    """The places of a text that install the project by its name only."""
    pattern = r"(?:pip install|pipx install|uvx|uv add) +(?:-\S+ +)*'?mockserver(?:\[[\w,]*\])?(?!\S*\.whl|\[| *@)"
    return [found[0] for found in re.finditer(pattern, text)]


def test_no_page_installs_the_project_from_an_index() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(page for page in (ROOT / "docs").rglob("*.md") if "node_modules" not in page.parts)]
    assert {page.name: found for page in pages if (found := installs_from_an_index(written(page)))} == {}


@pytest.mark.parametrize("text", ["pip install mockserver", "pip install -U 'mockserver[verify]'", "uvx mockserver serve"])
def test_a_line_that_installs_from_an_index_is_found(text: str) -> None:
    assert installs_from_an_index(text)


@pytest.mark.parametrize("text", ["pip install 'mockserver[all] @ git+file:///x'", "pipx install ./dist/mockserver-0.2.0-py3-none-any.whl"])
def test_a_line_that_installs_from_a_path_is_not(text: str) -> None:
    assert not installs_from_an_index(text)
