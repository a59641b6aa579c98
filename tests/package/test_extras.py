"""A command that lacks an extra names it; the table of modules agrees with the metadata."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest

from mockserver.extras import MODULES
from tests.conftest import ROOT

COMMANDS = {
    "audit": ("brotli", "audit", "README.md", "--api", "serpi"),
    "compare": ("openapi_core", "compare", "serpi", "--left", "http://127.0.0.1:9", "--right", "http://127.0.0.1:9", "--har", "README.md"),
    "mcp": ("mcp", "mcp"),
    "proxy": ("brotli", "proxy", "serpi", "--upstream", "http://127.0.0.1:9", "--port", "0"),
    "replay": ("ijson", "replay", "README.md", "--api", "serpi"),
    "serve": ("zstandard", "serve", "--port", "0", "--record", "never-written.jsonl"),
    "serve --traces": ("opentelemetry", "serve", "--port", "0", "--traces"),
    "verify": ("pytest", "verify", "serpi", "--url", "http://127.0.0.1:9/serpi/api/v1"),
}


def run_without(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process in which a module cannot be imported."""
    code = f"import sys; sys.modules[{module!r}] = None; from mockserver.cli import main; sys.argv[1:] = {list(arguments)!r}; main()"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_lacks_its_extra_names_it_in_one_line(command: str) -> None:
    module, *arguments = COMMANDS[command]
    done = run_without(module, *arguments)
    assert done.returncode == 2, done
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert module in lines[0]
    assert f"the extra `{MODULES[module]}`" in lines[0]
    assert not (ROOT / "never-written.jsonl").exists()


def test_a_missing_module_of_no_extra_is_not_hidden() -> None:
    done = run_without("yaml", "operations")
    assert done.returncode == 1
    assert "ModuleNotFoundError" in done.stderr


def test_every_module_of_an_extra_is_in_the_table() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(extras.pop("all")) == {f"mockserver[{','.join(sorted(extras))}]"}
    declared = {
        re.sub(r"^opentelemetry_.*", "opentelemetry", re.split(r"[\[<>=]", requirement)[0].replace("-", "_").lower()): extra  # parts of one module
        for extra, requirements in extras.items()
        for requirement in requirements
    }
    assert declared == MODULES
