"""The reader of documents: operations, what a path and a reference lead to, and where something stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mockserver.openapi.documents import Document, list_slugs, load_document
from mockserver.openapi.places import Place
from mockserver.openapi.pointers import escape_part, find_value, join_pointer, split_pointer

ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
PLAN = {
    "operationId": "get_plan",
    "x-aliases": ["/old-plans/{id}"],
    "parameters": [{"name": "lang", "in": "query", "schema": {"type": "string"}}],
    "x-errors": {"gone": {"status": 410, "clause": "toy.get_plan.e1"}},
    "responses": {"200": {"$ref": "#/components/responses/Plan"}, "410": {"description": "Gone.", "x-unseen": "no plan ends"}},
    "x-unseen": {"toy.get_plan.c1": "it takes a year"},
}
BODY = {"content": {"application/json": {"schema": {"allOf": [{"$ref": "#/components/schemas/Named"}, {"properties": {"price": {"minimum": 1}}}]}}}}
RAW: dict[str, Any] = {
    "info": {"title": "Toy", "version": "7"},
    "servers": [{"url": "https://api.example.com"}, {"url": "https://example.com/toy/v1/"}, {"url": "/toy"}],
    "security": [{"key": []}],
    "x-errors": {"busy": {"status": 503}},
    "paths": {
        "/plans/": {"get": {"operationId": "list_plans", "responses": {}}},
        "/plans/{id}": {"parameters": [ID], "get": PLAN, "put": {"operationId": "set_plan", "requestBody": BODY, "security": [], "responses": {}}},
        "/plans/next": {"get": {"operationId": "next_plan", "responses": {}}},
    },
    "components": {
        "schemas": {"Named": {"required": ["name"], "properties": {"name": {"type": "string"}, "price": {"type": "integer"}}}},
        "responses": {"Plan": {"description": "A plan.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Named"}}}}},
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    },
}
DOCUMENT = Document("toy", "toy.yaml", RAW)


@pytest.mark.parametrize(
    ("method", "path", "operation", "values"),
    [
        ("GET", "/plans", "list_plans", {}),
        ("GET", "/plans/", "list_plans", {}),
        ("GET", "/plans/next", "next_plan", {}),
        ("GET", "/plans/a%2Fb", "get_plan", {"id": "a/b"}),
        ("GET", "/plans/7/", "get_plan", {"id": "7"}),
        ("GET", "/old-plans/7", "get_plan", {"id": "7"}),
        ("GET", "/pl%61ns", "list_plans", {}),
        ("PUT", "/plans/7", "set_plan", {"id": "7"}),
    ],
)
def test_a_path_leads_to_its_operation(method: str, path: str, operation: str, values: dict[str, str]) -> None:
    route = DOCUMENT.route(method, path)
    assert route is not None
    assert (route.operation.id, route.values) == (operation, values)


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/plans/next"), ("PUT", "/old-plans/7"), ("HEAD", "/plans"), ("GET", "/"), ("GET", "/plans/7/8")]
)
def test_a_method_that_a_path_lacks_is_not_looked_for_at_another(method: str, path: str) -> None:
    assert DOCUMENT.route(method, path) is None


def test_the_methods_of_a_path_are_listed() -> None:
    assert DOCUMENT.methods_at("/plans/7") == ("GET", "PUT")
    assert DOCUMENT.methods_at("/nowhere") == ()


@pytest.mark.parametrize(
    ("path", "host", "below"),
    [
        ("/toy/v1/plans/", "", "/plans"),
        ("/toy/plans", "", "/plans"),
        ("/toy", "", "/"),
        ("/toys/plans", "", None),
        ("/plans", "", None),
        ("/plans", "api.example.com", "/plans"),
        ("/plans", "example.com", None),
    ],
)
def test_a_path_is_cut_by_the_longest_base_path_or_known_by_its_host(path: str, host: str, below: str | None) -> None:
    assert DOCUMENT.below_base(path, host) == below


def test_further_bases_are_paths_or_urls() -> None:
    document = replace(DOCUMENT, bases=("https://other.example.com/v3/", "/v4"))
    assert [document.below_base(path) for path in ("/v3/plans", "/v4/plans", "/toy/plans")] == ["/plans"] * 3
    assert DOCUMENT.base_path == ""


def test_an_operation_tells_what_the_document_says_of_it() -> None:
    found = DOCUMENT.by_id["get_plan"]
    assert (found.label, found.reference, found.statuses) == ("GET /plans/{id}", "#/paths/~1plans~1{id}/get", ("200", "410"))
    assert found.inputs == (("query", "lang"), ("path", "id"))
    assert found.unseen == {"410": "no plan ends", "toy.get_plan.c1": "it takes a year"}
    assert found.response(200) == RAW["components"]["responses"]["Plan"]
    assert found.response(404) is None
    assert list(found.errors) == ["busy", "gone"]
    assert [found.clause_of(code) for code in ("gone", "busy", "other")] == ["toy.get_plan.e1", None, None]
    assert found.security == [{"key": RAW["components"]["securitySchemes"]["key"]}]
    assert found.is_safe
    assert [bool(found.pattern.match(path)) for path in ("/plans/7", "/plans/7/", "/plans/", "/plans/7/8")] == [True, True, False, False]
    assert DOCUMENT.version == "7"
    assert DOCUMENT.credential_headers == {"X-Key"}


def test_the_body_of_an_operation_is_one_of_its_inputs() -> None:
    found = DOCUMENT.by_id["set_plan"]
    assert list(found.content) == ["application/json"]
    assert found.inputs == (("path", "id"), ("body", "name"), ("body", "price"))
    assert found.security == []
    assert not found.is_safe


def test_all_branches_become_one_schema() -> None:
    schema = DOCUMENT.by_id["set_plan"].content["application/json"]["schema"]
    merged = DOCUMENT.merge_all_of(schema)
    assert merged["required"] == ["name"]
    assert set(merged["properties"]) == {"name", "price"}
    assert DOCUMENT.merge_all_of(merged["properties"]["price"]) == {"type": "integer", "minimum": 1}


def test_a_place_follows_references_and_stops_where_a_step_leads_nowhere() -> None:
    place = Place(DOCUMENT, "#/paths/~1plans~1{id}/get", PLAN)
    schema = place.step("responses", "200", "content", "application/json", "schema")
    assert schema.reference == "#/components/schemas/Named"
    assert schema.step("properties", "name", "nothing").reference == "#/components/schemas/Named/properties/name"
    assert place.step("parameters", 0, "schema").node == {"type": "string"}
    assert place.step("parameters", 1).reference == "#/paths/~1plans~1{id}/get/parameters"


def test_pointers_are_written_and_read() -> None:
    pointer = join_pointer(["a/b", 0, "c~d"])
    assert pointer == "/a~1b/0/c~0d"
    assert split_pointer(pointer) == ["a/b", "0", "c~d"]
    assert escape_part("a/b") == "a~1b"
    value = {"a/b": [{"c~d": 1}]}
    assert find_value(value, pointer) == 1
    assert find_value(value, "") is value
    assert [find_value(value, missing) for missing in ("/a~1b/1", "/a~1b/²", "/a~1b/" + "9" * 5_000, "/a~1b/x", "/x", "/a~1b/0/c~0d/e")] == [None] * 6


def test_documents_are_read_once_and_with_their_bases() -> None:
    assert "serpi" in list_slugs()
    assert load_document("serpi") is load_document("serpi")
    assert load_document("serpi", ("/v3",)).raw is load_document("serpi").raw
