"""HTTP rules that hold for every path below a base path; refusals have the vendor's format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from mockserver.openapi.documents import read_document
from tests.documents.conftest import FILES

if TYPE_CHECKING:
    from tests.conftest import Mock, Server

DOCUMENTS = {slug: read_document(slug, file) for slug, file in FILES.items()}
PLACES = [(slug, operation) for slug, document in DOCUMENTS.items() for operation in document.operations]
GETS = [(slug, operation) for slug, operation in PLACES if operation.method == "GET" and "{" not in operation.path]


NOT_ALLOWED = {"backoffice": 404}
"""The status of a method that a path lacks, where a vendor's page says another one than HTTP (backoffice.D38)."""


def assert_vendor_format(slug: str, response: httpx.Response, status: int) -> None:
    """Fail unless the refusal has the vendor's format, not that of the framework or of the mock."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/json")
    body = response.json()
    if slug in ("serpi", "monedero"):
        assert body["success"] is False
        assert isinstance(body["message"], str)
        assert body.get("status", body.get("code")) == status


@pytest.mark.parametrize(("slug", "operation"), GETS)
def test_both_spellings_of_a_path_answer_without_redirect(mock: Mock, slug: str, operation: object) -> None:
    path = operation.path  # type: ignore[attr-defined]
    with mock.client(slug) as client:
        plain, slashed = client.get(path.rstrip("/")), client.get(path.rstrip("/") + "/")
        nowhere = client.get("/nowhere")
    assert plain.status_code == slashed.status_code < 500
    assert plain.content == slashed.content != nowhere.content


@pytest.mark.parametrize(("slug", "operation"), GETS)
def test_head_answers_like_get_without_a_body(mock: Mock, slug: str, operation: object) -> None:
    with mock.client(slug) as client:
        get, head = client.get(operation.path), client.head(operation.path)  # type: ignore[attr-defined]
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize("slug", FILES)
def test_options_lists_the_methods_of_a_path(mock: Mock, slug: str) -> None:
    for operation in DOCUMENTS[slug].operations:
        with mock.client(slug, None) as client:
            response = client.options(operation.path.replace("{", "").replace("}", ""))
        assert response.status_code == 204
        assert operation.method in response.headers["allow"].split(", ")


@pytest.mark.parametrize("slug", FILES)
def test_a_method_that_a_path_lacks_is_refused_with_those_it_has(mock: Mock, slug: str) -> None:
    path = DOCUMENTS[slug].operations[0].path
    with mock.client(slug) as client:
        response = client.patch(path)
    assert_vendor_format(slug, response, NOT_ALLOWED.get(slug, 405))
    assert set(response.headers["allow"].split(", ")) >= {operation.method for operation in DOCUMENTS[slug].operations if operation.path == path}


@pytest.mark.parametrize("slug", FILES)
@pytest.mark.parametrize("path", ["/nowhere", "", "/", "/a/b/c", "/%00", "/%ff", "//", "/..%2f..%2fetc"])
def test_an_unknown_path_is_refused(mock: Mock, slug: str, path: str) -> None:
    with mock.client(slug) as client:
        assert_vendor_format(slug, client.get(str(client.base_url).rstrip("/") + path), 404)


def test_outside_every_api_a_refusal_is_a_problem(server: Server) -> None:
    response = httpx.get(f"{server.url}/nobody/here")
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(("slug", "operation"), PLACES)
def test_a_browser_of_any_site_may_call_a_vendor(server: Server, slug: str, operation: object) -> None:
    url = server.url + DOCUMENTS[slug].base_path + operation.path  # type: ignore[attr-defined]
    asked = {
        "origin": "https://app.example.com",
        "access-control-request-method": operation.method,  # type: ignore[attr-defined]
        "access-control-request-headers": "apikey, content-type, x-mock-world",
    }
    preflight = httpx.options(url, headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "apikey" in preflight.headers["access-control-allow-headers"].lower()
    refused = httpx.request(operation.method, url, headers={"origin": "https://app.example.com"})  # type: ignore[attr-defined]
    assert refused.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("slug", FILES)
def test_the_document_is_served_with_this_server_first(mock: Mock, slug: str) -> None:
    api = mock.api(slug)
    served = httpx.get(api["openapi_url"]).json()
    assert served["servers"][0]["url"] == mock.url + DOCUMENTS[slug].base_path
    assert len(DOCUMENTS[slug].operations) == api["operations"]
    assert served["paths"].keys() == DOCUMENTS[slug].raw["paths"].keys()
    inside = httpx.get(f"{mock.url}/~{mock.world}{DOCUMENTS[slug].base_path}/openapi.json").json()
    assert inside["servers"][0]["url"] == f"{mock.url}/~{mock.world}{DOCUMENTS[slug].base_path}"
    refused = httpx.delete(api["openapi_url"])
    assert_vendor_format(slug, refused, NOT_ALLOWED.get(slug, 405))
    assert refused.headers["allow"] == "GET, HEAD"


def test_the_pages_name_every_api(server: Server) -> None:
    start = httpx.get(server.url)
    for slug, document in DOCUMENTS.items():
        assert f"/docs/{slug}" in start.text
        reference = httpx.get(f"{server.url}/docs/{slug}")
        assert f'data-url="{document.base_path}/openapi.json"' in reference.text
        assert "script-src" not in reference.headers["content-security-policy"] or "unsafe" not in reference.headers["content-security-policy"]
    for asset in ("viewer/swagger-ui-bundle.js", "viewer/swagger-ui.css", "assets/reference.js", "assets/console.css"):
        assert httpx.get(f"{server.url}/console/{asset}").status_code == 200
    assert httpx.get(f"{server.url}/docs/nobody").status_code == 404
    assert httpx.get(f"{server.url}/console/assets/..%2f..%2fpages.py").status_code == 404
    refused = httpx.post(server.url)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
