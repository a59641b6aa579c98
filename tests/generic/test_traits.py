"""Records are played as the traits of their document demand: members of groups, keys without a property, verbs, initial states."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.generic.inside import Inside
from tests.inference.small import TEXT, operation

pytestmark = pytest.mark.anyio

USER = {"type": "object", "required": ["id", "name"], "properties": {"id": TEXT, "name": TEXT}}
USERS = {"type": "array", "items": {"$ref": "#/components/schemas/User"}}
NOTE = {"type": "object", "properties": {"text": TEXT}}
TICKET = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "kind": TEXT,
        "board_id": TEXT,
        "owner": USER,
        "state": {"type": "string", "enum": ["closed", "draft", "open"]},
    },
}
LISTED = {"type": "object", "properties": {"id": {"type": "integer"}, "kind": {"type": "string", "enum": ["ticket"]}}}
SENT = {"type": "object", "properties": {"owner": TEXT, "board_id": TEXT}}
LINKED = {"type": "object", "required": ["data"], "properties": {"data": {"type": "object", "required": ["id"], "properties": {"id": TEXT}}}}
PAYMENT = {
    "type": "object",
    "required": ["id", "relationships"],
    "properties": {"id": TEXT, "relationships": {"type": "object", "required": ["user"], "properties": {"user": LINKED}}},
}
PAYMENTS = {"type": "object", "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Payment"}}}}
CARD = {"type": "object", "properties": {"cardId": {"type": "integer"}, "name": TEXT, "blocked": {"type": "boolean"}}}
JOB = {"type": "object", "properties": {"jobId": TEXT, "title": TEXT}}
BY_KEY = {"type": "object", "properties": {"jobId": TEXT}}
PATHS = (
    operation("get", "/users", USERS),
    operation("post", "/users", {"$ref": "#/components/schemas/User"}, {"type": "object", "properties": {"name": TEXT}}, status="201"),
    operation("get", "/users/{userId}", {"$ref": "#/components/schemas/User"}),
    operation("delete", "/users/{userId}", status="204"),
    operation("get", "/teams/{teamId}/members", USERS),
    operation("put", "/teams/{teamId}/members/{userId}", status="204"),
    operation("delete", "/teams/{teamId}/members/{userId}", status="204"),
    operation("get", "/notes", {"type": "array", "items": NOTE}),
    operation("post", "/notes", NOTE, NOTE, status="201"),
    operation("get", "/notes/{noteId}", NOTE, kind="integer"),
    operation("get", "/boards", {"type": "array", "items": {"type": "object", "properties": {"id": TEXT, "slug": TEXT}}}),
    operation("get", "/boards/{id_or_slug}", {"type": "object", "properties": {"id": TEXT, "slug": TEXT}}),
    operation("get", "/boards/{id_or_slug}/tickets", {"type": "array", "items": LISTED}),
    operation("post", "/boards/{id_or_slug}/tickets", TICKET, SENT, status="201"),
    operation("get", "/boards/{id_or_slug}/tickets/{ticketId}", TICKET),
    operation("put", "/boards/{id_or_slug}/tickets/{ticketId}", TICKET, SENT),
    operation("get", "/payments", PAYMENTS),
    operation("get", "/payments/{id}", {"type": "object", "properties": {"data": {"$ref": "#/components/schemas/Payment"}}}),
    operation("get", "/users/{userId}/payments", PAYMENTS),
    operation("get", "/platforms/{id}", {"type": "object", "properties": {"id": TEXT, "region": TEXT}}),
    operation("get", "/cards", {"type": "array", "items": CARD}),
    operation(
        "post",
        "/cards",
        {"type": "object", "properties": {"cardId": {"type": "integer"}}},
        {"type": "object", "properties": {"name": TEXT}},
        status="201",
    ),
    operation("post", "/cards/{cardId}/block", status="204"),
    operation("post", "/jobs/create", JOB, {"type": "object", "properties": {"title": TEXT}}),
    operation("post", "/jobs/get", JOB, BY_KEY),
    operation("post", "/jobs/list", {"type": "object", "properties": {"jobs": {"type": "array", "items": JOB}}}, JOB),
    operation("post", "/jobs/delete", None, BY_KEY, status="204"),
)


@pytest.fixture(name="api", scope="module")
def _api(tmp_path_factory: pytest.TempPathFactory) -> Inside:
    paths: dict[str, Any] = {}
    for one in PATHS:
        for path, item in one.items():
            paths.setdefault(path, {}).update(item)
    raw = {
        "openapi": "3.0.3",
        "info": {"title": "Traits", "version": "1"},
        "paths": paths,
        "components": {"schemas": {"User": USER, "Payment": PAYMENT}},
    }
    file: Path = tmp_path_factory.mktemp("traits") / "traits.json"
    file.write_text(json.dumps(raw), encoding="utf-8")
    return Inside(file)


async def _json(api: Inside, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = await api.call(method, path, body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def test_a_record_becomes_a_member_and_is_shown_as_it_is(api: Inside) -> None:
    made = await _json(api, "POST", "/users", {"name": "Ada"}, 201)
    assert made not in await _json(api, "GET", "/teams/7/members")
    await _json(api, "PUT", f"/teams/7/members/{made['id']}", status=204)
    assert made in await _json(api, "GET", "/teams/7/members")
    await _json(api, "DELETE", f"/teams/7/members/{made['id']}", status=204)
    assert made not in await _json(api, "GET", "/teams/7/members")
    assert await _json(api, "GET", f"/users/{made['id']}") == made


async def test_nobody_becomes_a_member_who_does_not_exist(api: Inside) -> None:
    assert (await api.call("PUT", "/teams/7/members/nobody")).status_code == 404


async def test_a_record_that_is_deleted_is_no_member_any_more(api: Inside) -> None:
    made = await _json(api, "POST", "/users", {"name": "Eve"}, 201)
    await _json(api, "PUT", f"/teams/8/members/{made['id']}", status=204)
    await _json(api, "DELETE", f"/users/{made['id']}", status=204)
    assert made not in await _json(api, "GET", "/teams/8/members")


async def test_a_key_without_a_property_is_shown_under_the_name_of_the_placeholder(api: Inside) -> None:
    made = await _json(api, "POST", "/notes", {"text": "hello"}, 201)
    assert await _json(api, "GET", f"/notes/{made['noteId']}") == {"text": "hello", "noteId": made["noteId"]}
    assert made in await _json(api, "GET", "/notes")


async def test_a_record_is_found_by_each_name_that_its_placeholder_has(api: Inside) -> None:
    board = (await _json(api, "GET", "/boards"))[0]
    assert await _json(api, "GET", f"/boards/{board['slug']}") == await _json(api, "GET", f"/boards/{board['id']}") == board
    below = [(await _json(api, "GET", f"/boards/{board[name]}/tickets")) for name in ("id", "slug")]
    assert below[0] == below[1] != []


async def test_a_verb_finds_a_record_that_no_path_of_its_own_reads(api: Inside) -> None:
    made = await _json(api, "POST", "/cards", {"name": "Ada"}, 201)
    await _json(api, "POST", f"/cards/{made['cardId']}/block", status=204)
    assert next(one for one in await _json(api, "GET", "/cards") if one["cardId"] == made["cardId"])["blocked"] is True
    await _json(api, "POST", "/cards/987654/block", status=404)


async def test_a_new_record_begins_in_an_initial_state_and_fits_its_list(api: Inside) -> None:
    board = (await _json(api, "GET", "/boards"))[0]["id"]
    made = await _json(api, "POST", f"/boards/{board}/tickets", {"owner": "u1", "board_id": "another"}, 201)
    assert (made["state"], made["kind"], made["owner"]["id"]) == ("draft", "ticket", "u1")


async def test_a_record_stays_below_the_record_of_its_path(api: Inside) -> None:
    board = (await _json(api, "GET", "/boards"))[0]["id"]
    made = await _json(api, "POST", f"/boards/{board}/tickets", {"board_id": "another"}, 201)
    changed = await _json(api, "PUT", f"/boards/{board}/tickets/{made['id']}", {"board_id": "another"})
    assert made["board_id"] == changed["board_id"] == board


async def test_a_record_whose_keys_nothing_tells_exists_under_every_key(api: Inside) -> None:
    first, again = [await _json(api, "GET", "/platforms/mine") for _ in range(2)]
    assert first == again
    assert first["id"] == "mine"


async def test_the_life_of_a_record_by_verbs(api: Inside) -> None:
    made = await _json(api, "POST", "/jobs/create", {"title": "sweep"})
    key = {"jobId": made["jobId"]}
    assert await _json(api, "POST", "/jobs/get", key) == made
    assert (await _json(api, "POST", "/jobs/list", {"title": "sweep"}))["jobs"] == [made]
    await _json(api, "POST", "/jobs/delete", key, 204)
    assert (await api.call("POST", "/jobs/get", key)).status_code == 404


async def test_relationships_lead_to_records_and_select_them(api: Inside) -> None:
    every = (await _json(api, "GET", "/payments"))["data"]
    users = {one["relationships"]["user"]["data"]["id"] for one in every}
    for user in users:
        assert (await api.call("GET", f"/users/{user}")).status_code == 200
        shown = (await _json(api, "GET", f"/users/{user}/payments"))["data"]
        assert shown == [one for one in every if one["relationships"]["user"]["data"]["id"] == user]
