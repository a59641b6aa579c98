"""The mock of a document conforms to it: the whole command, at mocks of the project's own documents and of public ones."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Server
from tests.foreign.test_corpus import CORPUS
from tests.generic.inside import SHOP
from tests.verify.conftest import verify
from tests.verify.notes import DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUBLIC = (
    *("train-travel.yaml", "museum.yaml", "petstore-v3.yaml", "oai-petstore-expanded.yaml", "oai-uspto.yaml", "petstore-counterfact.yaml"),
    *("xero-assets.yaml", "xero-projects.yaml", "od-up.au.json", "box-v2025.json", "openfga.json", "od-dev.to.json", "gotify.json"),
)
"""Public documents whose mocks are judged."""


@contextmanager
def _base_url(file: Path) -> Iterator[str]:
    server = Server(str(file))
    try:
        found = re.search(r"base URL\s+(\S+)", server.banner)
        assert found is not None
        yield found[1]
    finally:
        server.stop()


@pytest.mark.slow
def test_the_mock_of_a_document_conforms_to_it(tmp_path: Path) -> None:
    with _base_url(DOCUMENT) as url:
        done = verify(tmp_path, DOCUMENT, "--url", url)
    assert (done.code, done.report["findings"]) == (0, []), done.out


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("file", [SHOP, *(CORPUS / name for name in PUBLIC)], ids=lambda file: file.stem)
def test_the_mock_of_a_public_document_conforms_to_it(tmp_path: Path, file: Path) -> None:
    if not file.is_file():
        pytest.skip(f"{file.name} is not there; MOCKSERVER_CORPUS names the folder of public documents")
    with _base_url(file) as url:
        done = verify(tmp_path, file, "--url", url)
    assert (done.code, [one["sentence"] for one in done.report["findings"]]) == (0, []), done.out
