"""``mockserver new`` writes a folder or a package that runs and passes its own test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockserver.app import create_app
from mockserver.cli import cli
from mockserver.core.base.clock import wall_clock
from mockserver.core.state.world import Transaction
from mockserver.generic.vendor import make_vendor
from mockserver.openapi.errors import SetupError
from mockserver.openapi.foreign.sources import choose_source
from tests.conftest import ROOT
from tests.foreign.documents import document, schemas, write
from tests.generic.inside import SHOP


def _new(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["new", *arguments, "--into", str(folder)], catch_exceptions=True)


def _pytest(folder: Path, path: str) -> str:
    """What pytest prints about the test of a folder; fails if the test does."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": path}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), "."]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_folder_has_what_was_understood_and_code_to_begin_with(tmp_path: Path) -> None:
    result = _new(tmp_path, "shop", "--spec", str(SHOP))
    assert result.exit_code == 0, result.exception
    assert {file.name for file in (tmp_path / "shop").iterdir()} == {"api.yaml", "api.overlay.yaml", "handlers.py", "fixtures.py", "test_shop.py"}
    assert (tmp_path / "shop" / "api.yaml").read_text(encoding="utf-8") == SHOP.read_text(encoding="utf-8")
    assert '@on("POST /reports/sales")' in (tmp_path / "shop" / "handlers.py").read_text(encoding="utf-8")
    vendor = make_vendor(choose_source(f"shop={tmp_path / 'shop'}"))
    assert vendor.summary.startswith("13 operations: 12 stateful, 1 by code")
    assert {str(role.confidence) for role in vendor.model.roles.values()} == {"declared"}
    base = create_app(found=vendor.parts).base
    world = Transaction(base, base.time(wall_clock()))
    assert "An example" in [item.data["name"] for item in vendor.engine.shelves["customer"].all(world, {})]


@pytest.mark.parametrize(
    "raw",
    [
        document({"/ping": {"get": {"responses": {"204": {"description": "Fine."}}}}}),
        document({"/it's/{id}": {"post": {"responses": {"200": {"description": '"Fine"'}}}}}),
        schemas("3.1.0", Root={"type": "object", "properties": {"class": {"type": "string"}, "a b": {"type": "string"}}}),
    ],
)
@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_any_document_gives_a_folder_that_is_played(tmp_path: Path, raw: dict[str, object], suffix: str) -> None:
    source = write(tmp_path, raw, f"small.{suffix}")
    assert _new(tmp_path, "small", "--spec", str(source)).exit_code == 0
    assert create_app(found=make_vendor(choose_source(str(tmp_path / "small"))).parts).vendors


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    refused = _new(tmp_path, "shop", "--spec", str(SHOP)).exception
    assert isinstance(refused, SetupError)
    assert "exists; nothing was written" in str(refused)
    assert not list((tmp_path / "shop").iterdir())


def test_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    refused = _new(tmp_path, "../My Shop", "--spec", str(SHOP)).exception
    assert "as in my-shop" in str(refused)
    assert not list(tmp_path.iterdir())


def test_a_package_is_small(tmp_path: Path) -> None:
    assert _new(tmp_path, "my-shop", "--spec", str(SHOP), "--package").exit_code == 0
    files = [file for file in (tmp_path / "my-shop").rglob("*") if file.is_file()]
    assert len(files) <= 6
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files if file.name != "api.yaml") <= 150


@pytest.mark.slow
def test_a_folder_passes_its_own_test(tmp_path: Path) -> None:
    _new(tmp_path, "shop", "--spec", str(SHOP))
    assert "1 passed" in _pytest(tmp_path / "shop", str(ROOT))


@pytest.mark.slow
def test_a_package_is_installed_and_passes_its_own_test(tmp_path: Path) -> None:
    _new(tmp_path, "my-shop", "--spec", str(SHOP), "--package")
    installed = tmp_path / "installed"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(installed)]
    subprocess.run([*command, str(tmp_path / "my-shop")], check=True, timeout=120)
    assert "1 passed" in _pytest(tmp_path / "my-shop", f"{ROOT}{os.pathsep}{installed}")
