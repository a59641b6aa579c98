"""Public documents are read, compiled and routed. They stay outside the project, in a folder beside it or in one that MOCKSERVER_CORPUS names."""

from __future__ import annotations

import csv
import os
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pytest

from mockserver.openapi.foreign.read import ForeignDocument, read_foreign
from tests.conftest import ROOT
from tests.foreign.documents import compiled
from tests.foreign.vendor import serve

CORPUS = Path(os.environ.get("MOCKSERVER_CORPUS", ROOT.parent / "shared" / "corpus"))
INDEX = CORPUS / "index.csv"
ROWS = list(csv.DictReader(INDEX.read_text(encoding="utf-8").splitlines())) if INDEX.is_file() else []
CASES: list[dict[str, str] | None] = [*ROWS] or [None]
UNREACHABLE = "left out: no call reaches it"
"""What a defect says of an operation whose path and method another operation has."""


@pytest.fixture(params=CASES, ids=lambda row: row["name"] if row else "none")
def row(request: pytest.FixtureRequest) -> dict[str, str]:
    """One document of the folder."""
    if request.param is None:
        pytest.skip(f"there is no {INDEX}; set MOCKSERVER_CORPUS to a folder of public documents")
    found: dict[str, str] = request.param
    return found


@cache
def read_once(file: str) -> ForeignDocument:
    return read_foreign(CORPUS / file)


@pytest.fixture
def found(row: dict[str, str]) -> ForeignDocument:
    return read_once(row["file"])


def test_every_operation_is_read_and_compiled(row: dict[str, str], found: ForeignDocument) -> None:
    hidden = sum(UNREACHABLE in str(defect) for defect in found.defects)
    assert len(found.document.operations) + hidden == int(row["operations"])
    assert len(compiled(found.document)) == len(found.document.operations)
    assert found.unserved == {}


def test_every_operation_is_found_by_its_path(found: ForeignDocument) -> None:
    for operation in found.document.operations:
        values = {one["name"]: f"v{number}" for number, one in enumerate(operation.parameters) if one["in"] == "path"}
        path = operation.path
        for name, value in values.items():
            path = path.replace(f"{{{name}}}", value)
        route = found.document.route(operation.method, path)
        assert route is not None, operation.label
        assert (route.operation, route.values) == (operation, values)


@pytest.mark.slow
def test_a_second_reading_gives_the_same(row: dict[str, str], found: ForeignDocument) -> None:
    again = read_foreign(CORPUS / row["file"])
    assert again.document.raw == found.document.raw
    assert again.defects == found.defects


@pytest.mark.slow
def test_the_document_is_routed_by_the_server(found: ForeignDocument) -> None:
    app = serve(found)
    operation = next(one for one in found.document.operations if one.method == "GET" or one is found.document.operations[-1])
    path = quote(found.document.base_path + operation.path.replace("{", "").replace("}", ""))
    answer = app.call(operation.method, path)
    assert answer.status != 404, answer.body
    assert app.call("GET", f"/docs/{found.document.slug}/openapi.json").json()["openapi"] == found.document.raw["openapi"]
