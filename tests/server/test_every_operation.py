"""Every operation of every vendor: odd requests get a documented answer, requests without credentials are refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mockserver.openapi.documents import read_document
from tests.documents.conftest import FILES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from mockserver.openapi.operations import OperationSpec
    from tests.conftest import Mock

DOCUMENTS = {slug: read_document(slug, file) for slug, file in FILES.items()}
PAIRS = [(slug, operation) for slug, document in DOCUMENTS.items() for operation in document.operations]
PLACES = [pytest.param(slug, operation, id=f"{slug}.{operation.id}") for slug, operation in PAIRS]
GUARDED = [
    place for place, (slug, operation) in zip(PLACES, PAIRS, strict=True) if operation.spec.get("security", DOCUMENTS[slug].raw.get("security"))
]

TWO_MIB = b" " * 2 * 1024 * 1024


def path_of(operation: OperationSpec) -> str:
    return re.sub(r"\{[^}]*\}", "1", operation.path)


def documented(operation: OperationSpec, response: httpx.Response) -> None:
    """Fail unless the document lists the answer; the mock's own 500 fails, too."""
    assert str(response.status_code) in operation.spec["responses"], response.text[:500]
    assert "The mock is at fault" not in response.text


def _chunks() -> Iterator[bytes]:
    yield TWO_MIB


@pytest.mark.parametrize(("slug", "operation"), PLACES)
def test_a_body_beyond_every_limit_gets_a_documented_answer_and_the_connection_goes_on(mock: Mock, slug: str, operation: OperationSpec) -> None:
    with mock.client(slug) as client:
        for content_type in ("application/json", "text/plain"):
            for content in (TWO_MIB, _chunks()):
                documented(operation, client.request(operation.method, path_of(operation), content=content, headers={"content-type": content_type}))
        assert client.get(f"{mock.url}/_mock/health").status_code == 200


@pytest.mark.parametrize(("slug", "operation"), PLACES)
@pytest.mark.parametrize("query", ["x=" + "y" * 20_000, "x=%ff", "&".join(["x=1"] * 2_000), "x[a]=1&x=2"], ids=["long", "not UTF-8", "many", "twice"])
def test_a_query_that_cannot_be_read_gets_a_documented_answer(mock: Mock, slug: str, operation: OperationSpec, query: str) -> None:
    with mock.client(slug) as client:
        documented(operation, client.request(operation.method, f"{path_of(operation)}?{query}"))


@pytest.mark.parametrize(("slug", "operation"), GUARDED)
def test_nothing_that_is_guarded_answers_without_credentials(mock: Mock, slug: str, operation: OperationSpec) -> None:
    before = mock.state(slug)
    with mock.client(slug, None) as client:
        response = client.request(operation.method, path_of(operation))
    documented(operation, response)
    assert response.status_code in (401, 403)
    assert mock.state(slug) == before
