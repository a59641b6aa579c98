"""The page for language models: served, in the docs, and left to a document that has it."""

from __future__ import annotations

import re

import httpx
import pytest

from mockserver.control.llms import may_serve_llms
from mockserver.openapi.documents import Document
from tests.conftest import ROOT, TLS, Mock


def test_the_page_is_served_as_it_stands_in_the_docs(mock: Mock) -> None:
    answer = httpx.get(f"{mock.url}/llms.txt", verify=TLS)
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == (ROOT / "docs" / "llms.txt").read_text(encoding="utf-8")


def test_what_the_page_links_answers(mock: Mock) -> None:
    links = re.findall(r"\]\((/[^)]*)\)", (ROOT / "docs" / "llms.txt").read_text(encoding="utf-8"))
    assert len(links) == 9
    assert [httpx.get(f"{mock.url}{link}", verify=TLS).status_code for link in links] == [200] * len(links)


@pytest.mark.parametrize(("base", "path", "served"), [("/", "/llms.txt", False), ("/", "/things", True), ("/v1", "/llms.txt", True)])
def test_a_document_with_that_path_keeps_it(base: str, path: str, served: bool) -> None:  # noqa: FBT001 - a parameter of the test
    raw = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "servers": [{"url": base}],
        "paths": {path: {"get": {"operationId": "get", "responses": {}}}},
    }
    assert may_serve_llms([Document("t", "t.yaml", raw)]) is served
