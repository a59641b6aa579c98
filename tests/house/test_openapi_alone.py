"""The reader of documents stands alone: it loads no server, and it is all that the contract suite takes of the mock."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

SHOW_MODULES = "import sys; print(*sorted(name for name in sys.modules))"
SERVER = ("connexion", "starlette", "uvicorn", "faker")


def load(*modules: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after importing some."""
    command = [sys.executable, "-c", f"import {', '.join(modules)}; {SHOW_MODULES}"]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout.split())


def of_the_mock(loaded: set[str]) -> set[str]:
    """The modules of the mock among some."""
    return {name for name in loaded if name.partition(".")[0] == "mockserver"}


@pytest.mark.parametrize(
    "module", ["documents", "operations", "paths", "places", "pointers", "schemas", "examples", "errors", "masking", "problems", "event_streams"]
)
def test_the_reader_loads_no_server_and_nothing_else_of_the_mock(module: str) -> None:
    loaded = load(f"mockserver.openapi.{module}")
    assert {name for name in of_the_mock(loaded) if not name.startswith("mockserver.openapi")} == {"mockserver"}
    assert not loaded.intersection(SERVER)


@pytest.mark.parametrize(
    "module",
    [
        "contract_tests.suite.harness.answers",
        "contract_tests.suite.harness.target",
        "contract_tests.suite.checks.schemathesis_checks",
        "contract_tests.suite.verify.run",
        "contract_tests.traffic.verbs",
        "contract_tests.traffic.audit",
        "contract_tests.traffic.compare",
        "contract_tests.traffic.proxy.server",
    ],
)
def test_the_contract_suite_takes_nothing_but_the_reader(module: str) -> None:
    loaded = of_the_mock(load(module))
    assert {name for name in loaded if not name.startswith("mockserver.openapi")} <= {"mockserver"}


@pytest.mark.parametrize("text", ["~1", "yaml.load("])
def test_nothing_else_reads_documents_or_escapes_pointers(text: str) -> None:
    files = [file for folder in ("mockserver", "contract_tests") for file in (ROOT / folder).rglob("*.py")]
    found = {str(file.relative_to(ROOT)) for file in files if text in file.read_text(encoding="utf-8")}
    assert {file for file in found if not file.startswith("mockserver/openapi/")} == set()
    assert found
