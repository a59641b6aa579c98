"""Two documents never share an address, and none takes one of the server's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mockserver.app import OWN_PATHS
from mockserver.openapi.addresses import check_addresses
from mockserver.openapi.documents import SPECS, Document
from mockserver.openapi.errors import SetupError
from tests.conftest import ROOT


def document(name: str, base: str, *paths: str, is_foreign: bool = False) -> Document:
    """A document with these paths."""
    raw: dict[str, Any] = {
        "openapi": "3.0.3",
        "info": {"title": name, "version": "1"},
        "servers": [{"url": base}],
        "paths": {path: {"get": {"operationId": f"get_{number}", "responses": {}}} for number, path in enumerate(paths)},
    }
    return Document(name, f"{name}.yaml", raw, has_skeleton=is_foreign)


@pytest.mark.parametrize(
    ("first", "second", "address"),
    [
        (("/api", "/plans"), ("/api", "/plans"), "/api/plans"),
        (("/api", "/plans"), ("/api", "/plans/"), "/api/plans/"),
        (("/api", "/plans/{id}"), ("/api", "/plans/{plan}"), "/api/plans/{plan}"),
        (("/api", "/v1/plans"), ("/api/v1", "/plans"), "/api/v1/plans"),
        (("/api", "/plans"), ("/api", "/users"), "/api/openapi.json"),
        (("/api", "/v1/openapi.json"), ("/api/v1", "/users"), "/api/v1/openapi.json"),
    ],
)
def test_two_documents_with_one_address_are_named(first: tuple[str, str], second: tuple[str, str], address: str) -> None:
    with pytest.raises(SetupError) as raised:
        check_addresses([document("a", *first), document("b", *second)], OWN_PATHS)
    text = str(raised.value)
    assert "a.yaml" in text
    assert "b.yaml" in text
    assert f"both have {address}," in text
    assert "\n" not in text


@pytest.mark.parametrize(("base", "path"), [("/console", "/x"), ("/_mock/other", "/x"), ("/docs", "/a"), ("/", "/console/journal"), ("/", "/_mock")])
def test_no_document_takes_an_address_of_the_server(base: str, path: str) -> None:
    with pytest.raises(SetupError, match=r"a\.yaml: .* belongs to the server itself"):
        check_addresses([document("a", base, path)], OWN_PATHS)


def test_a_document_that_was_not_written_for_the_server_may_take_the_address_of_a_page() -> None:
    pages = [document("a", "/", "/console/journal", "/docs", "/", is_foreign=True), document("b", "/_mock/docs/b", "/x", is_foreign=True)]
    check_addresses(pages, OWN_PATHS)
    with pytest.raises(SetupError, match=r"a\.yaml and c\.yaml both have /docs, .* or by --base-path c=/path"):
        check_addresses([*pages, document("c", "/", "/docs", is_foreign=True)], OWN_PATHS)


def test_documents_may_stand_beside_and_below_each_other() -> None:
    check_addresses([document("a", "/api", "/plans", "/plans/{id}"), document("b", "/api/v1", "/plans"), document("c", "/consoles", "/x")], OWN_PATHS)


def test_the_server_does_not_start_with_two_documents_at_one_address(tmp_path: Path) -> None:
    specs = tmp_path / "specs"
    shutil.copytree(SPECS, specs)
    moved = specs / "monedero.yaml"
    moved.write_text(moved.read_text(encoding="utf-8").replace("url: /monedero\n", "url: /serpi/api/v1\n"), encoding="utf-8")
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--specs", str(specs)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done
    assert done.stderr.startswith("mockserver: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "monedero.yaml" in done.stderr
    assert "serpi.yaml" in done.stderr
