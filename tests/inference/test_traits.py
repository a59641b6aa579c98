"""One small API for each trait of real documents: what is understood of it."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.openapi.inference.actions import verb_of
from mockserver.openapi.inference.model import Filter, Kind
from tests.inference.small import ANSWER, MANY, OBJECT, TEXT, model_of, operation

PET = {"$ref": "#/components/schemas/Pet"}
PETS = {"type": "array", "items": PET}
SCHEMAS = {
    "Pet": {
        "type": "object",
        "required": ["id", "name"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "name": TEXT,
            "status": {"type": "string", "enum": ["active", "archived", "sold"]},
            "locked": {"type": "boolean"},
            "is_published": {"type": "boolean"},
            "archived_at": {"type": "string", "format": "date-time", "nullable": True},
            "owner_id": {"type": "integer"},
            "created_at": {"type": "string", "format": "date-time"},
            "price": {"type": "number"},
            "tags": {"type": "array", "items": {"type": "object", "properties": {"name": TEXT}}},
            "address": {"type": "object", "properties": {"city": TEXT}},
        },
    },
    "Named": {"allOf": [{"$ref": "#/components/schemas/Pet"}]},
}
OPEN = {"type": "array", "items": {"type": "object"}}
BASE = (
    operation("get", "/pets", PETS),
    operation("post", "/pets", PET, PET, status="201"),
    operation("get", "/pets/{petId}", PET),
    operation("patch", "/pets/{petId}", PET, PET),
    operation("delete", "/pets/{petId}", status="204"),
)


def _with(*more: dict[str, Any]) -> Any:
    return model_of(*BASE, *more, schemas=SCHEMAS)


ADDED = (
    (operation("head", "/pets/{petId}"), Kind.EXISTS),
    (operation("put", "/pets/{petId}", PET, PET), Kind.REPLACE),
    (operation("put", "/pets/{petId}", PET, {"type": "object", "properties": {"name": TEXT}}), Kind.UPDATE),
    (operation("put", "/pets/{petId}", PET), Kind.UPDATE),
    (operation("post", "/pets/{petId}", PET, PET), Kind.ACTION),
    (operation("put", "/pets", PET, PET), Kind.REPLACE),
    (operation("delete", "/pets"), Kind.CLEAR),
    (operation("get", "/pets/count", {"type": "object", "properties": {"count": {"type": "integer"}}}), Kind.COUNT),
    (operation("post", "/pets/search", PETS, {"type": "object", "properties": {"name": TEXT}}), Kind.SEARCH),
    (operation("post", "/pets/query", PETS, {"type": "object"}), Kind.SEARCH),
    (operation("post", "/pets/create", PET, PET), Kind.CREATE),
    (operation("post", "/pets/createWithList", PET, PETS), Kind.CREATE),
    (operation("post", "/pets/bulk", PETS, PETS), Kind.BULK),
    (operation("get", "/pets/findByStatus", PETS), Kind.LIST),
    (operation("get", "/adoptable", PETS), Kind.LIST),
    (operation("post", "/pets/{petId}/archive", PET), Kind.ACTION),
    (operation("post", "/pets/{petId}/publish", ANSWER), Kind.ACTION),
    (operation("post", "/pets/{petId}/groom", PET), Kind.ACTION),
    (operation("post", "/pets/{petId}/delete", ANSWER), Kind.DELETE),
    (operation("post", "/pets/{petId}/update", PET, PET), Kind.UPDATE),
    (operation("post", "/pets/{petId}/bark", ANSWER), Kind.ANSWER),
    (operation("post", "/pets/{petId}:archive", PET), Kind.ACTION),
    (operation("post", "/pets:search", PETS), Kind.SEARCH),
    (operation("post", "/pets:export", ANSWER), Kind.ANSWER),
    (operation("get", "/pets/{petId}/diet", {"type": "object", "properties": {"food": TEXT}}), Kind.SHOW),
    (operation("get", "/pets/{petId}/visits", {"type": "array", "items": {"type": "object", "properties": {"at": TEXT}}}), Kind.LIST),
    (operation("get", "/pets/byYear/{year}", PETS), Kind.LIST),
    (operation("post", "/report", ANSWER, {"type": "object"}), Kind.ANSWER),
)


@pytest.mark.parametrize(("added", "kind"), ADDED, ids=map(str, range(len(ADDED))))
def test_the_role_of_an_operation_beside_a_family(added: dict[str, Any], kind: Kind) -> None:
    path, item = next(iter(added.items()))
    assert _with(added).roles[f"{next(iter(item))} {path}"].kind is kind


def test_a_singleton_is_shown_set_and_unset() -> None:
    shown = {"type": "object", "properties": {"theme": TEXT}}
    model = model_of(
        operation("get", "/settings", shown),
        operation("put", "/settings", shown, shown),
        operation("post", "/settings"),
        operation("delete", "/settings", status="204"),
    )
    assert [str(role.kind) for role in model.roles.values()] == ["show", "set", "answer", "unset"]
    assert model.families["settings"].is_singleton


def test_putting_makes_a_record_if_nothing_else_does() -> None:
    model = model_of(operation("get", "/flags/{key}", OBJECT), operation("put", "/flags/{key}", OBJECT, OBJECT, status="201"))
    assert model.roles["put /flags/{key}"].kind is Kind.UPSERT
    assert model.families["flag"].chosen_by_client


def test_putting_on_the_list_makes_a_record_if_there_is_no_post() -> None:
    model = model_of(
        operation("get", "/flags", MANY), operation("put", "/flags", OBJECT, OBJECT), operation("get", "/flags/{id}", OBJECT), schemas=SCHEMAS
    )
    assert model.roles["put /flags"].kind is Kind.UPSERT


def test_a_family_of_which_only_the_creation_is_documented() -> None:
    shown = {"type": "object", "properties": {"ticketId": TEXT, "price": {"type": "number"}}}
    model = model_of(
        operation("post", "/tickets", shown, {"type": "object", "properties": {"price": {"type": "number"}}}, status="201"),
        operation("get", "/tickets/{ticketId}/seat", {"type": "object", "properties": {"row": TEXT}}),
    )
    assert model.roles["post /tickets"].kind is Kind.CREATE
    assert model.families["ticket"].identity == "ticketId"
    assert model.roles["get /tickets/{ticketId}/seat"].scopes[0].parent == "ticket"


def test_a_record_is_joined_with_another_and_taken_from_it() -> None:
    team = {"type": "object", "properties": {"id": {"type": "integer"}, "name": TEXT}}
    model = _with(
        operation("get", "/teams/{teamId}", team),
        operation("delete", "/teams/{teamId}", status="204"),
        operation("put", "/teams/{teamId}/pets/{petId}", status="204"),
        operation("delete", "/teams/{teamId}/pets/{petId}", status="204"),
    )
    assert model.roles["put /teams/{teamId}/pets/{petId}"].kind is Kind.UPSERT
    assert model.roles["delete /teams/{teamId}/pets/{petId}"].kind is Kind.DELETE
    assert [family.mirrors for family in model.families.values() if family.item == "/teams/{teamId}/pets/{petId}"] == ["pet"]


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("archive", {"status": "archived", "archived_at": "now"}),
        ("activate", {"status": "active"}),
        ("lock", {"locked": True}),
        ("unlock", {"locked": False}),
        ("publish", {"is_published": True}),
        ("groom", {}),
    ],
)
def test_what_an_action_sets(path: str, changes: dict[str, Any]) -> None:
    role = _with(operation("post", f"/pets/{{petId}}/{path}", PET)).roles[f"post /pets/{{petId}}/{path}"]
    assert dict(role.changes) == changes


def test_deleting_an_action_undoes_it() -> None:
    role = _with(operation("delete", "/pets/{petId}/archive", PET)).roles["delete /pets/{petId}/archive"]
    assert dict(role.changes) == {"archived_at": None}


def test_verbs_of_segments() -> None:
    assert [verb_of(name) for name in ("cancel", "cancelled", "do-approve", "weather")] == ["cancel", "cancel", "approve", ""]


def test_a_body_may_wrap_the_record_below_its_name() -> None:
    wrapped = {"type": "object", "properties": {"pet": PET}}
    model = model_of(
        operation("get", "/pets", PETS),
        operation("post", "/pets", wrapped, wrapped, status="201"),
        operation("get", "/pets/{id}", wrapped),
        schemas=SCHEMAS,
    )
    role = model.roles["post /pets"]
    assert (role.sent, role.answer) == ("/pet", "/pet")


def test_a_body_may_hold_the_record_below_another_name() -> None:
    sent = {"type": "object", "properties": {"animal": {"type": "object", "properties": {"name": TEXT, "status": TEXT}}}}
    assert _with(operation("post", "/pets/create", PET, sent)).roles["post /pets/create"].sent == "/animal"


def test_an_answer_without_the_record_is_no_place_of_it() -> None:
    assert _with(operation("put", "/pets/{petId}", ANSWER, PET)).roles["put /pets/{petId}"].answer is None


@pytest.mark.parametrize(
    ("name", "schema", "expected"),
    [
        ("filter[status]", TEXT, Filter("/status")),
        ("filter[address.city]", TEXT, Filter("/address/city")),
        ("address.nothing", TEXT, None),
        ("price_gte", {"type": "number"}, Filter("/price", "ge")),
        ("min_price", {"type": "number"}, Filter("/price", "ge")),
        ("created_after", TEXT, Filter("/created_at", "gt")),
        ("owner", {"type": "integer"}, Filter("/owner_id")),
        ("names", TEXT, Filter("/name")),
        ("status", {"type": "string", "enum": ["other"]}, None),
        ("name", {"type": "boolean"}, None),
        ("address", TEXT, None),
        ("weather", TEXT, None),
        ("filter", TEXT, None),
    ],
)
def test_what_a_query_parameter_selects(name: str, schema: Any, expected: Filter | None) -> None:
    listing = operation("get", "/pets", PETS, query=[{"name": name, "in": "query", "schema": schema}])
    model = model_of(listing, *BASE[1:], schemas=SCHEMAS)
    assert model.roles["get /pets"].filters.get(name) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"limit": "integer", "offset": "integer"}, {"size": "limit", "offset": "offset"}),
        ({"page[size]": "integer", "page[after]": "string"}, {"size": "page[size]", "cursor": "page[after]"}),
        ({"per_page": "integer", "page": "integer"}, {"size": "per_page", "page": "page"}),
        ({"starting_after": "string", "ending_before": "string"}, {"cursor": "starting_after", "backwards": "ending_before"}),
    ],
)
def test_pages_are_known_by_their_parameters(query: dict[str, str], expected: dict[str, str]) -> None:
    listing = operation("get", "/pets", PETS, query=[{"name": name, "in": "query", "schema": {"type": kind}} for name, kind in query.items()])
    paging = model_of(listing, *BASE[1:], schemas=SCHEMAS).roles["get /pets"].paging
    assert {name: getattr(paging, name) for name in expected} == expected


def test_the_first_page_and_the_size_are_those_of_the_document() -> None:
    query = [
        {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 0}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 7}},
    ]
    paging = model_of(operation("get", "/pets", PETS, query=query), schemas=SCHEMAS).roles["get /pets"].paging
    assert (paging.first, paging.default) == (0, 7)


def test_order_and_its_direction() -> None:
    query = [{"name": name, "in": "query", "schema": TEXT} for name in ("sort_by", "order")]
    role = model_of(operation("get", "/pets", PETS, query=query), schemas=SCHEMAS).roles["get /pets"]
    assert (role.order, role.direction) == ("sort_by", "order")
    only = [{"name": "order", "in": "query", "schema": {"type": "string", "enum": ["asc", "desc"]}}]
    assert model_of(operation("get", "/pets", PETS, query=only), schemas=SCHEMAS).roles["get /pets"].order == ""


@pytest.mark.parametrize(
    "shown",
    [
        {"type": "object", "properties": {"_embedded": {"type": "object", "properties": {"pets": PETS}}}},
        {"type": "object", "properties": {"unusual": PETS, "total": {"type": "integer"}}},
        {
            "allOf": [
                {"type": "object", "properties": {"data": {"type": "array", "items": {"type": "object"}}}},
                {"properties": {"data": {"items": PET}}},
            ]
        },
        {"oneOf": [PETS, {"type": "object", "properties": {"error": TEXT}}]},
    ],
    ids=["nested", "unusual", "both", "either"],
)
def test_lists_in_unusual_places(shown: Any) -> None:
    model = model_of(operation("get", "/pets", shown), *BASE[1:], schemas=SCHEMAS)
    assert model.roles["get /pets"].kind is Kind.LIST


def test_a_list_of_keys_is_a_list() -> None:
    role = model_of(operation("get", "/pets", {"type": "array", "items": TEXT}), *BASE[1:], schemas=SCHEMAS).roles["get /pets"]
    assert role.bare_keys


def test_paths_of_other_styles() -> None:
    model = model_of(
        operation("get", "/Users({id})", OBJECT),
        operation("patch", "/Users({id})", OBJECT, OBJECT),
        operation("get", "/cats/{id}.json", OBJECT),
        operation("delete", "/cats/{id}.json", status="204"),
        operation("get", "/repos/{owner}/{repo}", {"type": "object", "properties": {"repo": TEXT}}),
        operation("delete", "/repos/{owner}/{repo}", status="204"),
    )
    assert {family.identity for family in model.families.values()} == {"id", "repo"}
    assert [scope.parent for scope in model.roles["get /repos/{owner}/{repo}"].scopes] == [""]


def test_families_of_one_noun_have_names_of_their_own() -> None:
    model = model_of(
        operation("get", "/a/items/{id}", OBJECT), operation("get", "/b/items/{id}", OBJECT), operation("get", "/a/{x}/items/{id}", OBJECT)
    )
    assert len(model.families) == 3


def test_a_key_that_the_client_chooses() -> None:
    sent = {"type": "object", "required": ["code"], "properties": {"code": TEXT, "name": TEXT}}
    model = model_of(
        operation("get", "/codes", {"type": "array", "items": sent}), operation("post", "/codes", sent, sent), operation("get", "/codes/{code}", sent)
    )
    assert model.families["code"].chosen_by_client


@pytest.mark.parametrize(
    ("properties", "placeholder", "expected"),
    [
        ({"serial": {"type": "string", "format": "uuid", "readOnly": True}, "size": TEXT}, "thing", "serial"),
        ({"pet": TEXT, "size": TEXT}, "x", "pet"),
        ({"title": TEXT, "size": TEXT}, "pet", "title"),
        ({"petNumber_id": {"type": "integer"}, "size": TEXT}, "number_of_it", "petNumber_id"),
        ({"size": {"type": "number"}}, "pet", None),
        ({"slug": TEXT}, "id", None),
    ],
)
def test_a_key_that_is_only_likely(properties: dict[str, Any], placeholder: str, expected: str | None) -> None:
    shown = {"type": "object", "properties": properties}
    read = operation("get", f"/pets/{{{placeholder}}}", shown, kind="integer" if placeholder == "id" else "string")
    model = model_of(read, operation("delete", f"/pets/{{{placeholder}}}", status="204"))
    assert model.families["pet"].identity == expected


def test_what_schemas_that_are_none_look_like() -> None:
    broken = {"type": "object", "properties": {"id": {"$ref": "#/components/schemas/Nothing"}, "a": {"allOf": "x"}, "b": True}}
    model = model_of(operation("get", "/things/{id}", broken), operation("delete", "/things/{id}", status="204"))
    assert model.families["thing"].identity == "id"


def test_a_schema_that_contains_itself_ends() -> None:
    schemas = {"Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}, {"properties": {"id": TEXT}}]}}
    model = model_of(operation("get", "/loops/{id}", {"$ref": "#/components/schemas/Loop"}), operation("delete", "/loops/{id}"), schemas=schemas)
    assert model.families["loop"].identity == "id"


def test_a_record_is_known_by_what_else_shows_it() -> None:
    sent = {"type": "object", "properties": {"pet_id": {"type": "integer"}, "name": TEXT}}
    listing = operation("get", "/pets", {"type": "object", "properties": {"pets": {"type": "array", "items": sent}}})
    of_list = model_of(listing, operation("delete", "/pets/{pet_id}", status="204"))
    assert of_list.families["pet"].identity == "pet_id"
    of_body = model_of(operation("put", "/pets/{pet_id}", None, sent), operation("delete", "/pets/{pet_id}", status="204"))
    assert of_body.families["pet"].identity == "pet_id"
    of_nothing = model_of(operation("put", "/pets/{pet_id}"), operation("delete", "/pets/{pet_id}", status="204"))
    assert of_nothing.families["pet"].identity is None


def test_a_form_is_a_body_too() -> None:
    create = operation("post", "/pets", PET, None, status="201")
    create["/pets"]["post"]["requestBody"] = {"content": {"application/x-www-form-urlencoded": {"schema": PET}}}
    assert model_of(BASE[0], create, *BASE[2:], schemas=SCHEMAS).roles["post /pets"].kind is Kind.CREATE


def test_a_creation_without_a_body_is_one_if_it_says_so() -> None:
    for status, is_sure in (("201", True), ("200", False)):
        role = model_of(BASE[0], operation("post", "/pets", PET, status=status), *BASE[2:], schemas=SCHEMAS).roles["post /pets"]
        assert (role.kind is Kind.CREATE, role.is_stateful) == (True, is_sure)


def test_a_search_on_the_list_itself() -> None:
    search = operation("post", "/pets", PETS, {"type": "object", "properties": {"text": TEXT}})
    search["/pets"]["post"]["operationId"] = "searchPets"
    model = model_of(operation("get", "/pets", PETS), search, schemas=SCHEMAS)
    assert model.roles["searchPets"].kind in (Kind.SEARCH, Kind.CREATE)


def test_only_the_default_answer_is_documented() -> None:
    model = model_of(operation("get", "/pets/{petId}", PET, status="default"), operation("delete", "/pets/{petId}", status="2XX"), schemas=SCHEMAS)
    assert model.families["pet"].identity == "id"


def test_a_list_below_two_families_is_of_the_last() -> None:
    model = _with(operation("get", "/teams/{teamId}/pets", PETS), operation("get", "/pets/{petId}/friends/{friendId}/pets", PETS))
    assert {role.family for role in model.roles.values() if role.kind is Kind.LIST} == {"pet"}
