"""The TypeScript client: built, packed, tested against a real server, and used by the example in a real browser."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import node
from tests.browser import find
from tests.conftest import ROOT, Server
from tests.node import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = ROOT / "clients" / "typescript"
EXAMPLE = ROOT / "docs" / "example-typescript"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not node.is_there(), reason=node.MISSING)]


@pytest.fixture(scope="module")
def package() -> Path:
    """The folder of the client with what it needs installed, and built."""
    node.install(PACKAGE)
    node.build(PACKAGE)
    return PACKAGE


@pytest.fixture(scope="module")
def behind() -> Iterator[Server]:
    """A server behind the development server of the example."""
    server = Server("--trust-proxy", "127.0.0.1")
    yield server
    server.stop()


def test_the_types_are_those_of_the_control_plane(package: Path, tmp_path: Path) -> None:
    made = tmp_path / "control.ts"
    run("npx", "openapi-typescript", str(ROOT / "mockserver" / "control" / "openapi.yaml"), "-o", str(made), folder=package)
    assert made.read_text(encoding="utf-8") == (package / "src" / "control.ts").read_text(encoding="utf-8"), "npm run generate"


def test_the_client_works_against_a_server(package: Path, server: Server) -> None:
    run("npm", "test", folder=package, environment={"MOCKSERVER_URL": server.url})


def test_the_client_starts_a_server_where_none_is_named(package: Path, tmp_path: Path) -> None:
    script = tmp_path / "start.mjs"
    script.write_text(
        f"import {{ startServer }} from {str(package / 'dist' / 'launch.js')!r};\n"
        f"import {{ createMock }} from {str(package / 'dist' / 'index.js')!r};\n"
        "const server = await startServer();\n"
        "console.log((await createMock({ baseUrl: server.url }).clock.now()).getFullYear());\n"
        "await server.stop();\n",
        encoding="utf-8",
    )
    program = {"MOCKSERVER_COMMAND": f"{sys.executable} -m mockserver", "PYTHONPATH": str(ROOT)}
    assert re.fullmatch(r"20\d\d\n", run("node", str(script), folder=tmp_path, environment=program))
    script.write_text(
        f"import {{ startServer }} from {str(package / 'dist' / 'launch.js')!r};\nawait startServer(['--nonsense']);\n", encoding="utf-8"
    )
    refused = subprocess.run(["node", str(script)], env={**os.environ, **program}, capture_output=True, text=True, timeout=120, check=False)
    assert "No such option" in refused.stderr


def test_the_package_installs_into_an_empty_project(package: Path, tmp_path: Path) -> None:
    (packed,) = run("npm", "pack", "--pack-destination", str(tmp_path), "--silent", folder=package).split()
    (tmp_path / "package.json").write_text('{"type": "module", "private": true}', encoding="utf-8")
    run("npm", "install", "--no-progress", "--no-audit", "--no-fund", f"./{packed}", folder=tmp_path)
    assert not (tmp_path / "node_modules" / "vitest").exists(), "a tool of tests is a dependency"
    (tmp_path / "use.ts").write_text(
        'import { createMock, type Mock } from "@mockserver-apis/client";\n'
        "export const mock: Mock = createMock({ world: 'w' });\n"
        "export const now: Promise<Date> = mock.clock.now();\n"
        "// @ts-expect-error a rule has no such field\n"
        "void mock.faults.add({ oops: 1 });\n",
        encoding="utf-8",
    )
    options = ("--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom,esnext.disposable")
    run(str(package / "node_modules" / ".bin" / "tsc"), *options, "use.ts", folder=tmp_path)


@pytest.mark.skipif(find() is None, reason="no Chromium is installed")
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_the_example_passes_in_a_browser(package: Path, behind: Server, tls: bool) -> None:  # noqa: FBT001 - a parameter of the test
    node.install(EXAMPLE, *package.glob("dist/*.js"))
    environment = {"SHOP_PORT": "5174" if tls else "5175", "CHROMIUM": find() or ""}
    if not tls:
        shown = run("npx", "playwright", "test", folder=EXAMPLE, environment={**environment, "MOCKSERVER_URL": behind.url})
        assert re.search(r"\b28 passed", shown), shown
        return
    secured = Server("--trust-proxy", "127.0.0.1", "--tls", "self-signed")
    try:
        authority = re.search(r"have to trust (\S+)", secured.banner)
        assert authority
        environment |= {"MOCKSERVER_URL": secured.url, "NODE_EXTRA_CA_CERTS": authority[1]}
        shown = run("npx", "playwright", "test", "shop.spec.ts", folder=EXAMPLE, environment=environment)
        assert re.search(r"\b6 passed", shown), shown
    finally:
        secured.stop()


def test_the_six_tests_of_the_example_are_short() -> None:
    lines = [line for line in (EXAMPLE / "tests" / "shop.spec.ts").read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(lines) <= 60
