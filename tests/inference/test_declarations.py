"""Declarations of an overlay win over what was inferred, and those that cannot be right are refused with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.openapi.documents import read_document
from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.foreign.read import read_foreign
from mockserver.openapi.inference.infer import infer, infer_undeclared
from mockserver.openapi.inference.model import Confidence, Filter, Kind, Model, Paging, Role, Scope
from tests.conftest import ROOT
from tests.foreign.documents import document, write
from tests.generic.inside import SHOP
from tests.inference.declared import CANCEL, CUSTOMER, CUSTOMERS, ORDER, ORDERS, action, corrected, write_overlay


def _role(found: Model, label: str, names: dict[str, str]) -> Role:
    return found.roles[names[label]]


def _declared(folder: Path, label: str, *actions: str) -> tuple[Role, Model]:
    read, model = corrected(folder, *actions)
    return _role(model, label, {spec.label: spec.id for spec in read.operations}), model


# What a declaration can change


def test_without_declarations_a_model_is_what_was_inferred() -> None:
    read = read_foreign(SHOP).document
    assert infer(read) == infer_undeclared(read)


def test_a_role_is_declared_with_its_place(tmp_path: Path) -> None:
    role, _ = _declared(tmp_path, "POST /reports/sales", action("$.paths['/reports/sales'].post", "{x-role: {of: order, kind: create}}"))
    assert (role.kind, role.family, role.confidence) == (Kind.CREATE, "order", Confidence.DECLARED)
    assert role.because == "declared in shop.overlay.yaml line 4"


def test_what_a_declaration_does_not_say_stays_inferred(tmp_path: Path) -> None:
    before = infer(read_foreign(SHOP).document)
    role, model = _declared(tmp_path, "GET /customers", action(f"{CUSTOMERS}.get", "{x-list: {page: {size: false}}}"))
    inferred = before.roles[role.operation]
    assert role.paging == Paging(size="", page="page", default=3)
    assert (role.filters, role.order, role.text, role.answer) == (inferred.filters, inferred.order, inferred.text, inferred.answer)
    assert model.families == before.families


def test_a_guess_is_turned_off(tmp_path: Path) -> None:
    role, model = _declared(tmp_path, "POST " + CANCEL[9:-2], action(f"{CANCEL}.post", "{x-role: false}"))
    assert (role.kind, role.is_stateful) == (Kind.ANSWER, False)
    assert "order" in model.families


def test_a_resource_is_turned_off_with_all_that_refers_to_it(tmp_path: Path) -> None:
    role, model = _declared(tmp_path, "GET " + ORDERS[9:-2], action("$", "{x-resource: {customer: false}}"))
    assert "customer" not in model.families
    assert model.families["order"].references == {}
    assert role.scopes == model.families["order"].scopes == (Scope("customer_id"),)
    assert set(model.children.values()) == {()}


def test_key_parent_and_fields_of_a_resource_are_declared(tmp_path: Path) -> None:
    resource = """{x-resource: {customer: {identity: email, key: client, server-set: [city], write-only: [tags], immutable: [name],
        starts: {city: Rome}}, order: {below: {customer_id: null}, references: {customer_id: false}}}}"""
    role, model = _declared(tmp_path, "GET " + ORDERS[9:-2], action("$", resource))
    customer = model.families["customer"]
    assert (customer.identity, customer.chosen_by_client) == ("email", True)
    assert (customer.server_set, customer.write_only, customer.immutable, customer.starts) == (("city",), ("tags",), ("name",), {"city": "Rome"})
    assert model.families["order"].references == {}
    assert role.scopes == (Scope("customer_id"),)


def test_envelope_pages_filters_and_order_of_a_list_are_declared(tmp_path: Path) -> None:
    listed = """{x-list: {at: /data, page: {by: offset, parameter: page, size: limit, default: 2, first: 0}, sort: false, text: false,
        filters: [{parameter: q, field: name}, {parameter: sort, field: /created_at, compares: ge}, {parameter: city, field: false}]}}"""
    role, _ = _declared(tmp_path, "GET /customers", action(f"{CUSTOMERS}.get", listed))
    assert role.paging == Paging(size="limit", offset="page", default=2, first=0)
    assert (role.order, role.text) == ("", "")
    assert role.filters == {"q": Filter("/name"), "sort": Filter("/created_at", "ge")}


def test_what_pages_no_longer_filters(tmp_path: Path) -> None:
    role, _ = _declared(tmp_path, "GET /customers", action(f"{CUSTOMERS}.get", "{x-list: {page: {by: cursor, parameter: city}}}"))
    assert (role.paging.cursor, role.paging.page, role.filters) == ("city", "", {})


def test_what_an_action_sets_and_needs_is_declared(tmp_path: Path) -> None:
    paid = "{x-role: {set: {status: paid, cancelled_at: now}, from: [open], otherwise: 422}}"
    role, _ = _declared(tmp_path, "POST " + CANCEL[9:-2], action(f"{CANCEL}.post", paid))
    assert (role.changes, role.needs, role.otherwise) == ({"status": "paid", "cancelled_at": "now"}, {"status": ("open",)}, 422)


def test_a_resource_that_inference_does_not_see_is_declared_by_its_operations(tmp_path: Path) -> None:
    raw = document(
        {
            "/make": {"post": {"operationId": "make", "responses": {"200": _shows({"uid": "string", "title": "string"})}}},
            "/show/{which}": {
                "get": {
                    "operationId": "show",
                    "parameters": [{"name": "which", "in": "path", "required": True, "schema": {"type": "string"}}],
                    "responses": {"200": _shows({"uid": "string", "title": "string"})},
                }
            },
        }
    )
    overlay = write_overlay(
        tmp_path,
        action(
            "$", "{x-resource: {thing: {identity: uid, create: make, read: GET /show/{which}}}}".replace("GET /show/{which}", '"GET /show/{which}"')
        ),
    )
    model = infer(read_foreign(write(tmp_path, raw), overlays=[overlay]).document)
    thing = model.families["thing"]
    assert (thing.identity, thing.item, thing.collection, thing.key) == ("uid", "/show/{which}", "/make", {"type": "string"})
    assert [(role.kind, role.family, role.key) for role in model.roles.values()] == [(Kind.CREATE, "thing", ""), (Kind.READ, "thing", "which")]


def _shows(properties: dict[str, str]) -> dict[str, object]:
    schema = {"type": "object", "properties": {name: {"type": kind} for name, kind in properties.items()}}
    return {"description": "One.", "content": {"application/json": {"schema": schema}}}


def test_a_resource_gets_another_name(tmp_path: Path) -> None:
    role, model = _declared(tmp_path, "GET " + ORDERS[9:-2], action("$", "{x-resource: {client: {read: get_customers_by_customer_id}}}"))
    assert "customer" not in model.families
    assert model.families["order"].references == {"customer_id": "client"}
    assert role.scopes == (Scope("customer_id", "client"),)


def test_declarations_may_stand_in_the_document(tmp_path: Path) -> None:
    text = SHOP.read_text(encoding="utf-8").replace("  /customers:\n    get:\n", "  /customers:\n    get:\n      x-list: {page: false}\n")
    model = infer(read_foreign(write(tmp_path, text)).document)
    (role,) = [one for one in model.roles.values() if one.confidence is Confidence.DECLARED]
    assert (role.because, role.paging.size) == ("declared in small.yaml line 8", "")


def test_an_extension_of_other_authors_in_a_document_is_no_declaration(tmp_path: Path) -> None:
    text = SHOP.read_text(encoding="utf-8").replace("    get:\n", "    get:\n      x-list: every page\n      x-role: [1]\n")
    read = read_foreign(write(tmp_path, "x-resource: shop\n" + text)).document
    assert infer(read) == infer_undeclared(read)


@pytest.mark.parametrize("slug", ["backoffice", "monedero", "serpi", "trincico", "troyansys"])
def test_the_declarations_of_the_bundled_documents_are_read(slug: str) -> None:
    read = read_document(slug, ROOT / "specs" / f"{slug}.yaml")
    model = infer(read)
    assert {name.replace(" ", "_") for name in read.raw.get("x-resource", {})} <= {name.replace(" ", "_") for name in model.families}
    assert any(role.confidence is Confidence.DECLARED for role in model.roles.values())


# What is refused


@pytest.mark.parametrize(
    ("target", "update", "words"),
    [
        ("$", "{x-resource: {customer: {identty: id}}}", ["line 4", "there is no key identty; it has identity"]),
        ("$", "{x-resource: {customer: {identity: mail}}}", ["line 4", "no property mail; it has email"]),
        ("$", "{x-resource: {custmer: false}}", ["there is no resource custmer"]),
        ("$", "{x-resource: {customer: {read: get_customer}}}", ["there is no operation get_customer; it has get_customers"]),
        ("$", "{x-resource: {thing: {identity: id}}}", ["name its operations"]),
        ("$", "{x-resource: {thing: {item: /custmers}}}", ["there is no path /custmers; it has /customers"]),
        ("$", "{x-resource: {customer: {references: {cty: order}}}}", ["no property cty; it has city"]),
        ("$", "{x-resource: {customer: {references: {city: ordr}}}}", ["there is no resource ordr; it has order"]),
        ("$", "{x-resource: {order: {below: {customer: customer}}}}", ["no placeholder customer above", "it has customer_id"]),
        ("$", "{x-resource: {order: {below: {customer_id: order}}}}", ["cannot stand above it"]),
        ("$", "{x-resource: {order: {starts: {status: opn}}}}", ["status cannot be opn; it has open"]),
        ("$", "{x-resource: {order: {key: srever}}}", ["it has server"]),
        ("$", "{x-resource: {order: {schema: Ordr}}}", ["there is no schema Ordr; it has Order"]),
        ("$", "{x-resource: {order: {singleton: maybe}}}", ["write true or false"]),
        ("$", "{x-resource: {order: 1}}", ["write a mapping, or false"]),
        ("$", "{x-resource: 1}", ["x-resource is not written so"]),
        ("$", "{x-resource: {order: {read: {at: /data}}}}", ["name the operation"]),
        (f"{CUSTOMERS}.get", "{x-list: {at: /dta}}", ["no property dta", "it has data"]),
        (f"{CUSTOMERS}.get", "{x-list: {at: /total}}", ["has no list at /total"]),
        (f"{CUSTOMERS}.get", "{x-list: {at: data}}", ["write /data"]),
        (f"{CUSTOMERS}.get", "{x-list: {kind: read}}", ["the kind of a list is list or search"]),
        (f"{CUSTOMERS}.get", "{x-list: {page: {by: pages, parameter: page}}}", ["no way of paging pages"]),
        (f"{CUSTOMERS}.get", "{x-list: {page: {size: limits}}}", ["no query parameter limits; it has limit"]),
        (f"{CUSTOMERS}.get", "{x-list: {page: {default: 0}}}", ["from 1"]),
        (f"{CUSTOMERS}.get", "{x-list: {filters: [{parameter: city, field: town}]}}", ["no property town", "it has id, name"]),
        (f"{CUSTOMERS}.get", "{x-list: {filters: [{parameter: city}]}}", ["say which field city selects by"]),
        (f"{CUSTOMERS}.get", "{x-list: {filters: {city: city}}}", ["write a list"]),
        (f"{CUSTOMERS}.get", "{x-list: {sort: {parameter: srt}}}", ["it has sort"]),
        (f"{CUSTOMERS}.get", "{x-list: {sort: true}}", ["write a mapping"]),
        (f"{CUSTOMERS}.get", "{x-list: 3}", ["x-list is not written so"]),
        (f"{CUSTOMERS}.get", "{x-role: {kind: raed}}", ["there is no kind of role raed; it has read"]),
        (f"{CUSTOMERS}.get", "{x-role: {of: 5}}", ["write a text"]),
        ("$.paths['/reports/sales'].post", "{x-role: {kind: read}}", ["say of which resource"]),
        (f"{CUSTOMER}.get", "{x-role: {key: customer}}", ["no placeholder customer; it has customer_id"]),
        (f"{CUSTOMER}.get", "{x-role: {below: {id: null}}}", ["no placeholder id; it has customer_id"]),
        (f"{CUSTOMER}.patch", "{x-role: {sent: /nme}}", ["no property nme", "it has name"]),
        (f"{CUSTOMER}.get", "{x-role: {kind: read}, x-list: {}}", ["declared as read by x-role, so it has no x-list"]),
        (f"{CANCEL}.post", "{x-role: {set: {state: paid}}}", ["no property state; it has status"]),
        (f"{CANCEL}.post", "{x-role: {set: {status: payed}}}", ["status cannot be payed; it has paid"]),
        (f"{CANCEL}.post", "{x-role: {set: {}, from: [open]}}", ["say of which property"]),
        (f"{CANCEL}.post", "{x-role: {from: {status: [opn]}}}", ["status cannot be opn"]),
        (f"{CANCEL}.post", "{x-role: {otherwise: 200}}", ["from 400 to 499"]),
        (f"{CANCEL}.post", "{x-role: {otherwise: late}}", ["write a whole number"]),
    ],
)
def test_a_declaration_that_cannot_be_right_is_refused_with_file_line_and_the_nearest_name(
    tmp_path: Path, target: str, update: str, words: list[str]
) -> None:
    with pytest.raises(DocumentBroken, match=r"shop\.overlay\.yaml.* line 4") as caught:
        corrected(tmp_path, action(target, update))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_the_line_is_that_of_the_misspelt_name(tmp_path: Path) -> None:
    with pytest.raises(DocumentBroken, match=r"shop\.overlay\.yaml line 8"):
        corrected(
            tmp_path,
            action(f"{ORDER}.get", "{x-role: {at: ''}}"),
            "  - target: $\n    update:\n      x-resource:\n        order: {idntity: id}\n",
        )


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("$.paths['/custmers'].get", r"action 1, line 4 .*there is no /custmers; it has /customers"),
        (f"{CUSTOMERS}.gte", "there is no gte; it has get"),
        ("$.paths[*].nothing", "the target selects nothing; has the document changed"),
    ],
)
def test_a_target_that_selects_nothing_is_refused_with_the_nearest_name(tmp_path: Path, target: str, words: str) -> None:
    with pytest.raises(DocumentBroken, match=words):
        corrected(tmp_path, action(target, "{x-list: false}"))


def test_a_path_may_be_named_as_it_is_written_or_as_it_is_served(tmp_path: Path) -> None:
    raw = document({"things": {"get": {"operationId": "list", "responses": {"200": _shows({"id": "string"})}}}})
    source = write(tmp_path, raw)
    for path in ("things", "/things"):
        overlay = write_overlay(tmp_path, action(f"$.paths['{path}'].get", "{x-role: false}"))
        role = infer(read_foreign(source, overlays=[overlay]).document).roles["list"]
        assert role.kind is Kind.ANSWER, path
        assert role.confidence is Confidence.DECLARED
