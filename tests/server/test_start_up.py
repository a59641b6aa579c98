"""The command ``serve``: its output, and its errors at start."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mockserver import Reply
from mockserver.apis.serpi import sucursales
from mockserver.app import create_app
from mockserver.core.base.faults import HandlersUnbound
from mockserver.openapi.documents import SPECS
from mockserver.openapi.errors import SetupError
from mockserver.serving import is_loopback, listen
from tests.conftest import ROOT, Server

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "mockserver", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def refusal(*arguments: str) -> str:
    """Start the command, which must fail; returns its one line of output."""
    done = run(*arguments)
    assert done.returncode == 2, done
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert done.stdout == ""
    return lines[0]


def test_the_banner_lists_addresses_references_and_credentials(server: Server) -> None:
    for words in (
        "Serving",
        "/monedero",
        "/serpi/api/v1",
        "/docs/serpi",
        "apikey: monedero-demo-apikey",
        "secretkey: serpi-demo-secretkey",
        "/_mock/apis",
    ):
        assert words in server.banner


def test_operations_are_listed() -> None:
    listed = run("operations").stdout
    assert re.search(r"monedero\.create_sale +POST +/monedero/wallet/sale\n", listed)
    assert re.search(r"serpi\.update_sucursal +PUT +/serpi/api/v1/Sucursales\n", listed)


def test_a_busy_port_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refusal("serve", "--port", str(port)).startswith(f"mockserver: port {port} on 127.0.0.1 is in use")


@pytest.mark.parametrize(("host", "words"), [("no.such.host.invalid", "not an address of this machine"), ("192.0.2.1", "cannot listen")])
def test_an_address_that_is_not_ours_is_one_line(host: str, words: str) -> None:
    assert words in refusal("serve", "--host", host, "--port", "0")


def test_a_port_that_cannot_be_is_one_line() -> None:
    done = run("serve", "--port", "70000")
    assert done.returncode == 2
    assert "70000 is not in the range" in done.stderr


def test_several_processes_are_refused_with_the_way_to_have_them() -> None:
    done = run("serve", "--port", "0", "--workers", "2")
    assert done.returncode == 2
    assert all(words in " ".join(done.stderr.split()) for words in ("would give wrong answers", "X-Mock-World", "/~name"))


@pytest.mark.parametrize("count", ["0", "-1", "two"])
def test_a_number_of_processes_that_cannot_be_is_refused(count: str) -> None:
    done = run("serve", "--port", "0", f"--workers={count}")
    assert done.returncode == 2
    assert f"{count} is not a number of processes" in done.stderr


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    """A copy of the documents that a test may change."""
    copied = tmp_path / "specs"
    shutil.copytree(SPECS, copied)
    return copied


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("openapi: 3.0.3", "openapi: 3.0.3\n bad: :", "serpi.yaml: line 2"),
        ("title: SERPI", "titel: SERPI", "serpi.yaml: info"),
        ("operationId: create_sucursal", "operationId: create_branch", "serpi.create_branch has no handler"),
        ('$ref: "#/components/schemas/BranchCreate"', '$ref: "#/components/schemas/Nothing"', "Nothing"),
        ("secretkey: []", "unknown: []", "the security scheme unknown is not declared"),
    ],
)
def test_a_broken_document_is_one_line(specs: Path, old: str, new: str, words: str) -> None:
    file = specs / "serpi.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    assert words in refusal("serve", "--port", "0", "--specs", str(specs))


def test_a_document_without_package_and_a_package_without_document_are_named(specs: Path) -> None:
    (specs / "serpi.yaml").rename(specs / "nobody.yaml")
    line = refusal("serve", "--port", "0", "--specs", str(specs))
    assert "nobody has a document but no package" in line
    assert "serpi has a package but no document" in line


def test_missing_and_orphan_handlers_are_all_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgotten() -> Reply:
        return Reply(200)

    forgotten.__module__ = sucursales.__name__
    monkeypatch.setattr(sucursales, "forgotten", forgotten, raising=False)
    monkeypatch.delattr(sucursales, "create_sucursal")
    monkeypatch.delattr(sucursales, "update_sucursal")
    with pytest.raises(HandlersUnbound) as error:
        create_app()
    for words in ("serpi.create_sucursal has no handler", "serpi.update_sucursal has no handler", "sucursales.forgotten is named as no operation"):
        assert words in str(error.value)


def test_a_moment_that_cannot_be_read_is_refused() -> None:
    done = run("serve", "--freeze", "yesterday")
    assert done.returncode == 2
    assert "2026-01-01T00:00:00Z" in done.stderr


@pytest.mark.parametrize(("host", "loopback"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("example.com", False)])  # noqa: S104
def test_which_addresses_stay_on_this_machine(host: str, loopback: bool) -> None:  # noqa: FBT001 - a table
    assert is_loopback(host) is loopback


def test_an_open_address_gets_a_token_of_its_own() -> None:
    servers = [Server("--host", "0.0.0.0") for _ in range(2)]  # noqa: S104 - on purpose
    try:
        tokens = {re.search(r"X-Mock-Token: (\S{20,})", server.banner)[1] for server in servers}  # type: ignore[index]
        assert len(tokens) == 2
    finally:
        for server in servers:
            server.stop()


def test_listening_on_a_used_port_reports_the_reason() -> None:
    with listen("127.0.0.1", 0) as bound:
        bound.listen()
        with pytest.raises(SetupError, match="in use"):
            listen("127.0.0.1", bound.getsockname()[1])
