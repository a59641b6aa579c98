"""What is understood of a document: families, keys, roles, envelopes, pages, filters."""

from __future__ import annotations

import pytest

from mockserver.openapi.foreign.read import read_foreign
from mockserver.openapi.inference.infer import infer
from mockserver.openapi.inference.model import Filter, Kind, Model
from mockserver.openapi.inference.words import fold, noun, singular
from tests.generic.inside import SHOP
from tests.inference.small import OBJECT, model_of, operation


def _kind(model: Model, operation: str) -> Kind:
    return model.roles[operation].kind


def test_the_families_of_the_shop_and_what_is_below_what() -> None:
    model = infer(read_foreign(SHOP).document)
    assert {name: family.identity for name, family in model.families.items()} == {"customer": "id", "order": "id", "settings": None, "health": None}
    assert model.children == {"customer": ("order", "settings"), "order": (), "settings": (), "health": ()}
    assert model.families["order"].references == {"customer_id": "customer"}
    assert model.families["settings"].is_singleton


def test_the_roles_of_the_shop() -> None:
    document = read_foreign(SHOP).document
    model = infer(document)
    kinds = {document.by_id[name].label: str(role.kind) for name, role in model.roles.items()}
    assert kinds == {
        "GET /customers": "list",
        "POST /customers": "create",
        "GET /customers/{customer_id}": "read",
        "PATCH /customers/{customer_id}": "update",
        "DELETE /customers/{customer_id}": "delete",
        "GET /customers/{customer_id}/orders": "list",
        "POST /customers/{customer_id}/orders": "create",
        "GET /customers/{customer_id}/orders/{order_id}": "read",
        "POST /customers/{customer_id}/orders/{order_id}/cancel": "action",
        "GET /customers/{customer_id}/settings": "show",
        "PUT /customers/{customer_id}/settings": "set",
        "POST /reports/sales": "answer",
        "GET /health": "show",
    }


@pytest.mark.parametrize(
    ("properties", "placeholder", "expected"),
    [
        (["id", "name"], "petId", "id"),
        (["petId", "name"], "petId", "petId"),
        (["pet_id", "name"], "petId", "pet_id"),
        (["uuid", "name"], "pet", "uuid"),
        (["username", "email"], "username", "username"),
        (["owner_id", "name"], "name", "name"),
        (["slug", "title"], "pet_slug", "slug"),
    ],
)
def test_the_key_of_a_record(properties: list[str], placeholder: str, expected: str) -> None:
    shown = {"type": "object", "properties": {name: {"type": "string"} for name in properties}}
    model = model_of(operation("get", f"/pets/{{{placeholder}}}", shown), operation("get", "/pets", {"type": "array", "items": shown}))
    assert model.families["pet"].identity == expected


def test_a_date_at_the_end_of_a_path_is_no_key() -> None:
    model = model_of(operation("get", "/events/{year}", {"type": "array", "items": OBJECT}))
    assert _kind(model, "get /events/{year}") is not Kind.READ


@pytest.mark.parametrize("wrapper", ["data", "pet", "result", "item"])
def test_the_record_stands_below_the_name_of_an_envelope(wrapper: str) -> None:
    shown = {"type": "object", "properties": {wrapper: OBJECT, "meta": {"type": "object"}}}
    model = model_of(operation("get", "/pets/{id}", shown), operation("delete", "/pets/{id}", status="204"))
    assert model.roles["get /pets/{id}"].answer == f"/{wrapper}"


@pytest.mark.parametrize("wrapper", ["data", "pets", "items", "results", "entries"])
def test_the_list_stands_below_the_name_of_an_envelope(wrapper: str) -> None:
    shown = {
        "type": "object",
        "properties": {"total": {"type": "integer"}, "errors": {"type": "array", "items": OBJECT}, wrapper: {"type": "array", "items": OBJECT}},
    }
    model = model_of(operation("get", "/pets", shown), operation("post", "/pets", OBJECT, OBJECT, status="201"))
    assert model.roles["get /pets"].answer == f"/{wrapper}"


def test_a_record_in_a_list_of_one() -> None:
    shown = {"type": "object", "properties": {"pets": {"type": "array", "items": OBJECT}}}
    model = model_of(operation("get", "/pets/{id}", shown), operation("get", "/pets", shown))
    role = model.roles["get /pets/{id}"]
    assert (role.answer, role.wrapped) == ("/pets", True)


def test_pages_filters_and_order() -> None:
    query = [
        {"name": name, "in": "query", "schema": {"type": kind}}
        for name, kind in (
            ("per_page", "integer"),
            ("page", "integer"),
            ("status", "string"),
            ("name_gte", "string"),
            ("q", "string"),
            ("sort", "string"),
            ("other", "string"),
        )
    ]
    role = model_of(operation("get", "/pets", {"type": "array", "items": OBJECT}, query=query)).roles["get /pets"]
    assert (role.paging.size, role.paging.page, role.order, role.text) == ("per_page", "page", "sort", "q")
    assert role.filters == {"status": Filter("/status"), "name_gte": Filter("/name", "ge")}


def test_an_action_without_a_status_that_it_could_set_is_only_a_guess() -> None:
    model = model_of(
        operation("get", "/pets/{id}", OBJECT),
        operation("delete", "/pets/{id}", status="204"),
        operation("post", "/pets/{id}/pay", OBJECT),
        operation("post", "/pets/{id}/groom", {"type": "object", "properties": {"minutes": {"type": "integer"}}}),
    )
    assert model.roles["post /pets/{id}/pay"].changes == {"status": "paid"}
    assert not model.roles["post /pets/{id}/groom"].is_stateful


def test_a_reason_stands_beside_each_role() -> None:
    assert all(role.because for role in infer(read_foreign(SHOP).document).roles.values())


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("pets", "pet"),
        ("categories", "category"),
        ("addresses", "address"),
        ("status", "status"),
        ("people", "person"),
        ("boxes", "box"),
        ("news", "news"),
    ],
)
def test_singulars(word: str, expected: str) -> None:
    assert singular(word) == expected


def test_names_are_compared_without_case_and_separators() -> None:
    assert fold("Pet-Id") == fold("pet_id") == fold("petID") == "petid"
    assert noun("user-accounts") == "user_account"


def test_a_list_of_flags_is_no_singleton() -> None:
    model = model_of(operation("get", "/albums/contains", {"type": "array", "items": {"type": "boolean"}}))
    assert _kind(model, "get /albums/contains") is Kind.ANSWER
