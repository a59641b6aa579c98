"""Families that only the whole document makes clear: members of groups, records under every key, lists further up, verbs with keys in bodies."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.openapi.inference.model import Filter, Kind
from tests.inference.small import TEXT, model_of, operation

USER = {"$ref": "#/components/schemas/User"}
SCHEMAS = {"User": {"type": "object", "properties": {"id": TEXT, "name": TEXT, "team_id": TEXT}}}
USERS = {"type": "array", "items": USER}
BASE = (operation("get", "/users", USERS), operation("post", "/users", USER, USER, status="201"), operation("get", "/users/{user_id}", USER))


def _model(*more: dict[str, Any]) -> Any:
    return model_of(*BASE, *more, schemas=SCHEMAS)


def test_members_of_a_group_are_records_of_another_family() -> None:
    model = _model(
        operation("get", "/teams/{team_id}/members", USERS),
        operation("put", "/teams/{team_id}/members/{user_id}", status="204"),
        operation("delete", "/teams/{team_id}/members/{user_id}", status="204"),
    )
    member = model.families["member"]
    assert (member.mirrors, member.identity) == ("user", "id")
    kinds = [model.roles[f"{method} /teams/{{team_id}}/members/{{user_id}}"].kind for method in ("put", "delete")]
    assert kinds == [Kind.UPSERT, Kind.DELETE]


def test_records_that_are_created_below_another_are_their_own() -> None:
    model = _model(
        operation("get", "/teams/{team_id}/guests", USERS),
        operation("post", "/teams/{team_id}/guests", USER, USER, status="201"),
        operation("delete", "/teams/{team_id}/guests/{user_id}", status="204"),
    )
    assert model.families["guest"].mirrors == ""


def test_records_whose_keys_nothing_tells_exist_under_every_key() -> None:
    shown = {"type": "object", "properties": {"id": TEXT, "score": {"type": "number"}}}
    model = _model(operation("get", "/platforms/{id}", shown), operation("get", "/platforms/{id}/hooks", {"type": "array", "items": shown}))
    assert model.families["platform"].is_open
    assert not model.families["user"].is_open
    assert model.roles["get /platforms/{id}/hooks"].scopes[0].parent == ""


def test_a_placeholder_with_two_names_is_an_alias() -> None:
    shown = {"type": "object", "properties": {"id": {"type": "integer"}, "slug": TEXT, "title": TEXT}}
    model = model_of(operation("get", "/boards", {"type": "array", "items": shown}), operation("get", "/boards/{id_or_slug}", shown))
    assert (model.families["board"].identity, model.families["board"].aliases) == ("id", ("slug",))


def test_a_list_for_each_value_of_a_placeholder_belongs_to_the_records_further_down() -> None:
    model = model_of(
        operation("get", "/snippets", USERS),
        operation("post", "/snippets", USER, USER, status="201"),
        operation("get", "/snippets/{workspace}", USERS),
        operation("post", "/snippets/{workspace}", USER, USER, status="201"),
        operation("get", "/snippets/{workspace}/{id}", USER),
        schemas=SCHEMAS,
    )
    assert list(model.families) == ["snippet"]
    assert [model.roles[name].kind for name in ("get /snippets", "post /snippets", "get /snippets/{workspace}")] == [
        Kind.LIST,
        Kind.CREATE,
        Kind.LIST,
    ]


def test_another_version_of_a_path_leads_through_the_same_records() -> None:
    shown = {"type": "object", "properties": {"key": TEXT}}
    model = model_of(
        *BASE, operation("get", "/v1/shops", USERS), operation("get", "/v1/shops/{id}", shown), operation("get", "/v2/shops/{id}/bells", USERS)
    )
    assert model.roles["get /v2/shops/{id}/bells"].scopes[0].parent == "shop"


def test_a_list_in_the_plural_belongs_to_the_item_in_the_singular() -> None:
    shown = {"type": "object", "properties": {"id": TEXT, "name": TEXT}}
    model = model_of(operation("get", "/book/{id}", shown), operation("get", "/books", {"type": "array", "items": shown}))
    assert [(family.item, family.collection) for family in model.families.values()] == [("/book/{id}", "/books")]


@pytest.mark.parametrize(
    ("properties", "placeholder", "expected"),
    [
        (["batchItemUuid", "amount"], "itemUuid", "batchItemUuid"),
        (["kind", "metadata"], "metadata_kind", "kind"),
        (["pet_kind", "name"], "pet_kind", "pet_kind"),
    ],
)
def test_a_key_that_the_placeholder_names_in_part(properties: list[str], placeholder: str, expected: str) -> None:
    shown = {"type": "object", "properties": dict.fromkeys(properties, TEXT)}
    model = model_of(operation("get", "/metadata", {"type": "array", "items": shown}), operation("get", f"/metadata/{{{placeholder}}}", shown))
    assert model.families["metadata"].identity == expected


def test_a_record_beside_its_key() -> None:
    inner = {"type": "object", "properties": dict.fromkeys(("name", "owner", "text"), TEXT)}
    shown = {"type": "object", "properties": {"id": {"type": "integer"}, "result": inner}}
    listed = {"type": "object", "properties": {"result": {"type": "array", "items": {"allOf": [inner, {"properties": {"id": {"type": "integer"}}}]}}}}
    model = model_of(operation("get", "/notes", listed), operation("get", "/notes/{pk}", shown))
    assert (model.roles["get /notes/{pk}"].answer, model.families["note"].identity) == ("/result", "id")


def test_a_list_of_names_is_a_list() -> None:
    model = model_of(operation("get", "/genres", {"type": "object", "properties": {"genres": {"type": "array", "items": TEXT}}}))
    role = model.roles["get /genres"]
    assert (role.kind, role.answer, role.bare_keys) == (Kind.LIST, "/genres", True)


def test_messages_are_a_list_where_they_are_what_the_path_names() -> None:
    shown = {"type": "object", "properties": {"messages": USERS, "paging": {"type": "object", "properties": {"next": TEXT}}}}
    assert model_of(operation("get", "/messages", shown), schemas=SCHEMAS).roles["get /messages"].answer == "/messages"


CALLED = (
    operation(
        "post", "/v1/jobs/create", {"type": "object", "properties": {"jobId": TEXT, "title": TEXT}}, {"type": "object", "properties": {"title": TEXT}}
    ),
    operation(
        "post", "/v1/jobs/get", {"type": "object", "properties": {"jobId": TEXT, "title": TEXT}}, {"type": "object", "properties": {"jobId": TEXT}}
    ),
    operation(
        "post",
        "/v1/jobs/list",
        {"type": "object", "properties": {"jobs": {"type": "array", "items": {"type": "object", "properties": {"jobId": TEXT, "title": TEXT}}}}},
        {"type": "object", "properties": {"title": TEXT, "limit": {"type": "integer"}}},
    ),
    operation("post", "/v1/jobs/delete", None, {"type": "object", "properties": {"jobId": TEXT}}, status="204"),
)


def test_verbs_at_the_end_of_a_path_are_operations_of_one_family() -> None:
    model = model_of(*CALLED)
    roles = {name.rpartition("/")[2]: role for name, role in model.roles.items()}
    assert {name: role.kind for name, role in roles.items()} == {
        "create": Kind.CREATE,
        "get": Kind.READ,
        "list": Kind.SEARCH,
        "delete": Kind.DELETE,
    }
    assert {(role.key, role.key_place) for name, role in roles.items() if name in ("get", "delete")} == {("jobId", "body")}
    assert roles["list"].filters == {"title": Filter("/title")}
    assert roles["list"].paging.size == "limit"


def test_verbs_after_a_dot_name_a_record_in_the_query() -> None:
    shown = {"type": "object", "properties": {"user": USER}}
    asked = [{"name": "id", "in": "query", "required": True, "schema": TEXT}]
    model = model_of(operation("get", "/users.info", shown, query=asked), operation("post", "/users.create", shown, USER), schemas=SCHEMAS)
    role = model.roles["get /users.info"]
    assert (role.kind, role.key, role.key_place, role.answer) == (Kind.READ, "id", "query", "/user")


def test_verbs_without_a_key_are_no_family() -> None:
    shown = {"type": "object", "properties": {"balance": {"type": "number"}}}
    model = model_of(operation("post", "/balance/get", shown, {"type": "object", "properties": {"access_token": TEXT}}))
    assert model.roles["post /balance/get"].kind is Kind.ANSWER


def test_a_collection_that_shows_one_record_for_a_query_parameter() -> None:
    shown = {"type": "object", "properties": {"key": TEXT, "value": TEXT}}
    asked = [{"name": "key", "in": "query", "required": True, "schema": TEXT}]
    model = model_of(operation("get", "/store/items", shown, query=asked), operation("put", "/store/items", None, shown, status="204"))
    assert [(role.kind, role.key, role.key_place) for role in model.roles.values()] == [(Kind.READ, "key", "query"), (Kind.UPSERT, "key", "body")]


def test_a_body_of_fields_of_the_record_changes_it() -> None:
    model = _model(operation("post", "/users/{user_id}/rename", {"type": "object"}, {"type": "object", "properties": {"name": TEXT}}))
    assert model.roles["post /users/{user_id}/rename"].kind is Kind.ACTION


def test_a_placeholder_that_selects_a_list_names_no_record_of_it() -> None:
    model = _model(
        operation("get", "/scopes/{client}", USERS),
        operation("post", "/scopes/{client}", None, USERS, status="204"),
        operation("delete", "/scopes/{client}"),
    )
    assert [model.roles[f"{method} /scopes/{{client}}"].kind for method in ("get", "post")] == [Kind.LIST, Kind.BULK]


def test_keys_that_are_sent_make_members_of_a_list_at_the_root() -> None:
    keys = {"type": "object", "properties": {"users": {"type": "array", "items": TEXT}}}
    model = model_of(
        operation("get", "/users", USERS),
        operation("get", "/papers/{id}/users", USERS),
        operation("post", "/papers/{id}/users", None, keys, status="204"),
        operation("delete", "/papers/{id}/users/{user_id}", status="204"),
        schemas=SCHEMAS,
    )
    assert [family.mirrors for family in model.families.values() if family.item] == ["user_2"]


def test_first_and_max_say_where_a_page_begins_and_how_long_it_is() -> None:
    asked = [{"name": name, "in": "query", "schema": {"type": "integer"}} for name in ("first", "max")]
    paging = model_of(operation("get", "/users", USERS, query=asked), schemas=SCHEMAS).roles["get /users"].paging
    assert (paging.offset, paging.size) == ("first", "max")


def test_a_filter_of_a_field_among_attributes() -> None:
    shown = {"type": "object", "properties": {"id": TEXT, "attributes": {"type": "object", "properties": {"status": TEXT}}}}
    asked = [{"name": "filter[status]", "in": "query", "schema": TEXT}]
    model = model_of(operation("get", "/orders", {"type": "object", "properties": {"data": {"type": "array", "items": shown}}}, query=asked))
    assert model.roles["get /orders"].filters == {"filter[status]": Filter("/attributes/status")}


def test_what_every_call_sends_names_no_record() -> None:
    thing = {"type": "object", "properties": {"id": TEXT, "text": TEXT}}
    calls = [
        operation(
            "post",
            f"/{noun}/{verb}",
            {"type": "object", "properties": {noun: thing}},
            {"type": "object", "properties": dict.fromkeys(names, TEXT)},
        )
        for noun in ("bill", "card", "deal", "event")
        for verb, names in (("create", ("client_id", "text")), ("get", ("client_id", f"{noun}_id")))
    ]
    assert {role.key for name, role in model_of(*calls).roles.items() if name.endswith("get")} == {"bill_id", "card_id", "deal_id", "event_id"}


def test_records_are_added_where_a_list_of_them_is_shown() -> None:
    many = {"type": "object", "properties": {"users": USERS}}
    model = _model(operation("get", "/newcomers", USERS), operation("put", "/newcomers", USERS, many))
    assert (model.roles["get /newcomers"].family, model.roles["put /newcomers"].kind, model.roles["put /newcomers"].sent) == (
        "user",
        Kind.BULK,
        "/users",
    )


def test_a_list_whose_records_have_an_id_beside_that_of_the_path_is_a_list() -> None:
    message = {"type": "object", "properties": {"id": TEXT, "chat_id": TEXT, "text": TEXT}}
    shown = {"type": "object", "properties": {"data": {"type": "array", "items": message}}}
    assert model_of(operation("get", "/chat/{chat_id}", shown)).roles["get /chat/{chat_id}"].kind is Kind.LIST
