"""The views of the documents that other tools read: valid, without extensions, and true of what the mock sends."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from openapi_spec_validator import validate

from mockserver.openapi.documents import METHODS
from mockserver.openapi.views import VERSIONS, make_view
from tests.conftest import ROOT, Server
from tests.documents.emitted import find_faults, judge_recording
from tests.server.samples import SLUGS, document_of, samples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Mock

PLACES = [(slug, view, version) for slug in SLUGS for view in ("emitted", "vendor") for version in VERSIONS]


@cache
def viewed(slug: str, view: Any, version: str) -> dict[str, Any]:
    return make_view(document_of(slug), view, version)


def walk(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a document with its place."""
    if isinstance(node, dict):
        yield place, node
        for name, value in node.items():
            yield from walk(value, f"{place}/{name}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from walk(value, f"{place}/{number}")


def operations(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item[method]["operationId"]: item[method] for item in raw["paths"].values() for method in METHODS if method in item}


@pytest.mark.parametrize(("slug", "view", "version"), PLACES)
def test_a_view_is_valid_openapi(slug: str, view: str, version: str) -> None:
    raw = viewed(slug, view, version)
    validate(raw)
    assert str(raw["openapi"]).startswith(version)


@pytest.mark.parametrize(("slug", "view", "version"), PLACES)
def test_a_view_has_nothing_that_tools_stumble_over(slug: str, view: str, version: str) -> None:
    raw = viewed(slug, view, version)
    for place, node in walk(raw):
        is_data = re.search(r"/(example|examples/[^/]+/value|default)(/|$)", place)
        names = [name for name in node if str(name).lower().startswith("x-")]
        assert is_data or not names or place.endswith(("/properties", "/headers")), (place, names)
        assert is_data or node.get("type") != "array" or "items" in node or place.endswith("/properties"), place
        assert is_data or "nullable" not in node or "type" in node or place.endswith("/properties"), place
        if version == "3.1":
            assert is_data or not isinstance(node.get("nullable"), bool), place
    assert "Error" not in raw["components"].get("schemas", {}) or view == "vendor"


@pytest.mark.parametrize("slug", SLUGS)
def test_a_view_has_no_component_that_nothing_uses(slug: str) -> None:
    raw = viewed(slug, "emitted", "3.0")
    used = {node["$ref"] for _, node in walk(raw) if isinstance(node.get("$ref"), str)}
    for kind, named in raw["components"].items():
        if kind != "securitySchemes":
            assert {f"#/components/{kind}/{name}" for name in named} <= used


@pytest.mark.parametrize("slug", SLUGS)
def test_only_the_emitted_view_knows_of_worlds(slug: str) -> None:
    world = {"$ref": "#/components/parameters/MockWorld"}
    assert all(world in operation["parameters"] for operation in operations(viewed(slug, "emitted", "3.0")).values())
    assert "X-Mock-World" not in str(viewed(slug, "vendor", "3.0"))
    assert "X-Mock-World" not in str(viewed(slug, "accepted", "3.0"))


def test_pages_and_links_are_left_out_and_codes_are_listed() -> None:
    raw = viewed("trincico", "emitted", "3.0")
    assert "get_checkout" not in operations(raw)
    assert "links" not in {key for _, node in walk(raw["paths"]) for key in node}
    refusal = operations(viewed("monedero", "emitted", "3.0"))["create_sale"]["responses"]["400"]
    (media,) = refusal["content"].values()
    assert "new_sale_14" in media["schema"]["properties"]["code"]["enum"]


def test_codes_are_those_that_are_sent_whatever_the_row_is_called() -> None:
    refusal = operations(viewed("trincico", "emitted", "3.0"))["create_invoice"]["responses"]["404"]
    assert refusal["content"]["application/json"]["schema"]["properties"]["internal_code"]["enum"] == ["not_found"]


@pytest.mark.parametrize("slug", SLUGS)
def test_related_objects_have_their_properties(slug: str) -> None:
    raw = viewed(slug, "emitted", "3.0")
    for place, node in walk(raw):
        if node.get("type") == "object" and not re.search(r"/(example|examples/[^/]+/value)(/|$)", place):
            says = {"properties", "additionalProperties", "maxProperties", "anyOf", "oneOf"} & node.keys()
            assert says or place.endswith(("/NoFields", "/properties")), place
    assert not any("allOf" in node for _, node in walk(raw))


def test_an_invoice_has_what_its_place_shows_and_nothing_else() -> None:
    schemas = viewed("trincico", "emitted", "3.0")["components"]["schemas"]
    whole, row = schemas["InvoiceRetrievedShown"]["properties"], schemas["InvoiceListedShown"]["properties"]
    assert {"payer", "service"} <= whole.keys()
    assert not {"customer", "owner"} & whole.keys()
    assert row["customer"] == {"$ref": "#/components/schemas/Customer"}
    payer = schemas["InvoiceRetrievedShown"]["properties"]["payer"]["anyOf"]
    assert {"$ref": "#/components/schemas/UserShown"} in payer
    assert schemas["ChatShown"]["properties"]["service"]["properties"].keys() == {"id", "slug_id", "slug", "status", "name"}


@pytest.mark.parametrize("slug", SLUGS)
def test_what_the_mock_sends_is_what_its_view_says(mock: Mock, slug: str) -> None:
    checked = 0
    with mock.client(slug) as client, mock.client(slug, None) as stranger:
        for sample in samples(slug):
            for answer in (sample.send(client), sample.send(stranger)):
                media_type = answer.headers.get("content-type", "")
                body = answer.json() if media_type.startswith("application/json") else None
                faults = find_faults(slug, sample.operation, answer.status_code, media_type, body)
                assert not faults, answer.text[:500]
                checked += faults is not None
    assert checked > 2


@pytest.mark.slow
@pytest.mark.long
def test_every_answer_of_a_recorded_run_is_what_the_view_says(tmp_path: Path) -> None:
    recording = tmp_path / "calls.jsonl"
    server = Server("--record", str(recording))
    try:
        for slug in SLUGS:
            command = [sys.executable, "-m", "mockserver", "verify", slug, "--url", server.url + document_of(slug).base_path, "--level", "quick"]
            subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=True)
    finally:
        server.stop()
    judged = {slug: judge_recording(slug, recording) for slug in SLUGS}
    assert {slug: faults for slug, (_, faults) in judged.items() if faults} == {}
    assert all(number > 40 for number, _ in judged.values()), judged


def test_the_views_are_published(server: Server) -> None:
    for slug in SLUGS:
        base = server.url + document_of(slug).base_path
        emitted = httpx.get(f"{base}/openapi.json", params={"view": "emitted", "version": "3.1"}).json()
        assert emitted["openapi"] == "3.1.0"
        assert emitted["servers"][0]["url"] == base
    refused = httpx.get(f"{server.url}/trincico/openapi.json", params={"view": "other"})
    assert (refused.status_code, "emitted|accepted|vendor" in refused.text) == (400, True)
