"""A document without any code beside it is played as a stateful API."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.generic.inside import Inside

pytestmark = pytest.mark.anyio


@pytest.fixture(name="shop")
def _shop() -> Inside:
    return Inside()


async def _customer(shop: Inside, **more: object) -> dict[str, object]:
    answer = await shop.call("POST", "/customers", {"name": "Grace", "city": "Lyon", **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, object] = answer.json()["data"]
    return made


async def test_a_record_is_created_read_listed_changed_and_deleted(shop: Inside) -> None:
    made = await _customer(shop, tags=["new"])
    path = f"/customers/{made['id']}"
    assert (await shop.call("GET", path)).json()["data"] == made
    listed = (await shop.call("GET", "/customers?limit=50")).json()
    assert made in listed["data"]
    assert listed["total"] == len(listed["data"])
    changed = (await shop.call("PATCH", path, {"city": "Oslo"})).json()["data"]
    assert changed == {**made, "city": "Oslo", "updated_at": changed["updated_at"]}
    assert (await shop.call("DELETE", path)).status_code == 204
    assert (await shop.call("GET", path)).status_code == 404
    assert str(made["id"]) not in (await shop.call("GET", "/customers?limit=50")).text


async def test_two_creations_differ_and_name_where_they_are_read(shop: Inside) -> None:
    first, second = [await shop.call("POST", "/customers", {"name": "Grace"}) for _ in range(2)]
    assert first.json()["data"]["id"] != second.json()["data"]["id"]
    address = first.headers["location"]
    assert address == f"http://localhost/v1/customers/{first.json()['data']['id']}"


async def test_what_was_not_sent_and_is_not_set_by_the_server_is_left_out(shop: Inside) -> None:
    made = await _customer(shop)
    assert made.keys() == {"id", "name", "city", "created_at", "updated_at"}


async def test_the_example_of_the_document_is_a_record_with_its_own_key(shop: Inside) -> None:
    answer = await shop.call("GET", "/customers/6f1bd83b-5e2f-4a53-9d41-3c0c0d6c9b11")
    assert answer.json()["data"]["name"] == "Ada"


async def test_a_write_only_field_is_never_shown(shop: Inside) -> None:
    made = await _customer(shop, secret="sesame")
    assert "sesame" not in (await shop.call("GET", f"/customers/{made['id']}")).text


async def test_pages_are_disjoint_and_complete(shop: Inside) -> None:
    for number in range(4):
        await _customer(shop, name=f"n{number}")
    total = (await shop.call("GET", "/customers")).json()["total"]
    seen: list[str] = []
    for page in range(1, -(-total // 2) + 1):
        answer = (await shop.call("GET", f"/customers?limit=2&page={page}")).json()
        assert len(answer["data"]) == min(2, total - len(seen))
        seen += [one["id"] for one in answer["data"]]
        assert answer["has_more"] is (len(seen) < total)
        assert (answer["next"] is None) is (len(seen) == total)
    assert len(seen) == len(set(seen)) == total


async def test_a_token_that_has_to_be_there_is_empty_on_the_last_page(tmp_path: Path) -> None:
    page = "properties: {things: {type: array, items: {type: object, properties: {id: {type: string}}}}, continuation_token: {type: string}}"
    schema = f"{{type: object, required: [things, continuation_token], {page}}}"
    names = "[{name: page_size, in: query, schema: {type: integer}}, {name: continuation_token, in: query, schema: {type: string}}]"
    answer = f'{{"200": {{description: All., content: {{application/json: {{schema: {schema}}}}}}}}}'
    file = tmp_path / "things.yaml"
    paths = f"paths: {{/things: {{get: {{parameters: {names}, responses: {answer}}}}}}}"
    file.write_text(f'openapi: 3.0.3\ninfo: {{title: Things, version: "1"}}\n{paths}\n', encoding="utf-8")
    things = Inside(file)
    first = (await things.call("GET", "/things?page_size=1")).json()
    assert first["continuation_token"] != ""
    assert (await things.call("GET", "/things?page_size=100")).json()["continuation_token"] == ""


async def test_filters_text_and_order(shop: Inside) -> None:
    for name, city in (("Zoe", "Bergen"), ("Abe", "Bergen"), ("Mia", "Graz")):
        await _customer(shop, name=name, city=city)
    found = (await shop.call("GET", "/customers?limit=50&city=Bergen&sort=name")).json()["data"]
    assert [one["name"] for one in found] == ["Abe", "Zoe"]
    assert [one["name"] for one in (await shop.call("GET", "/customers?limit=50&city=Bergen&sort=-name")).json()["data"]] == ["Zoe", "Abe"]
    assert [one["name"] for one in (await shop.call("GET", "/customers?limit=50&q=mia")).json()["data"]] == ["Mia"]


async def test_a_nested_record_lives_and_goes_with_the_one_above_it(shop: Inside) -> None:
    above, other = await _customer(shop), await _customer(shop)
    orders = f"/customers/{above['id']}/orders"
    order = (await shop.call("POST", orders, {"amount": 5})).json()
    assert order["customer_id"] == above["id"]
    assert (await shop.call("GET", orders)).json() == [order]
    assert (await shop.call("GET", f"/customers/{other['id']}/orders")).json() == []
    assert (await shop.call("GET", f"/customers/{other['id']}/orders/{order['id']}")).status_code == 404
    await shop.call("DELETE", f"/customers/{above['id']}")
    assert (await shop.call("GET", orders)).status_code == 404


async def test_an_action_changes_the_status_and_its_moment(shop: Inside) -> None:
    above = await _customer(shop)
    order = (await shop.call("POST", f"/customers/{above['id']}/orders", {"amount": 5})).json()
    path = f"/customers/{above['id']}/orders/{order['id']}"
    assert order["status"] == "open"
    answer = await shop.call("POST", f"{path}/cancel")
    assert answer.json()["status"] == "cancelled"
    assert answer.json()["cancelled_at"] is not None
    assert (await shop.call("GET", path)).json() == answer.json()


async def test_a_singleton_is_there_from_the_beginning_and_keeps_what_is_put(shop: Inside) -> None:
    above = await _customer(shop)
    path = f"/customers/{above['id']}/settings"
    first = (await shop.call("GET", path)).json()
    assert (await shop.call("GET", path)).json() == first
    await shop.call("PUT", path, {"theme": "dark", "newsletter": False})
    assert (await shop.call("GET", path)).json() == {"theme": "dark", "newsletter": False}


async def test_an_answer_says_on_what_it_rests(shop: Inside) -> None:
    assert (await shop.call("GET", "/customers")).headers["x-mock-basis"] == "state"
    first, second = [await shop.call("POST", "/reports/sales", {"year": 2020}) for _ in range(2)]
    assert first.headers["x-mock-basis"].startswith("generated; why=")
    assert first.headers["x-mock-basis"].endswith("effect=none")
    assert first.json() == second.json()
    assert first.json()["sum"] >= 10


async def test_refusals_have_the_form_of_the_document(shop: Inside) -> None:
    unknown = await shop.call("GET", f"/customers/{uuid.uuid4()}")
    assert unknown.status_code == 404
    assert unknown.json()["code"] == "not_found"
    nobody = await shop.call("GET", "/customers", headers={})
    assert nobody.status_code == 401
    assert nobody.json()["code"] == "unauthorized"
    invalid = await shop.call("POST", "/customers", {"city": "Rome"})
    assert invalid.status_code == 400
    assert invalid.json()["code"] == "invalid_request"


async def test_a_refusal_that_the_document_does_not_have_says_so(shop: Inside) -> None:
    unknown = await shop.call("GET", f"/customers/{uuid.uuid4()}/orders")
    assert unknown.status_code == 404
    assert unknown.headers["x-mock-undocumented"] == "404"
    assert unknown.headers["content-type"] == "application/problem+json"


async def test_a_credential_that_calls_itself_invalid_is_refused(shop: Inside) -> None:
    refused = await shop.call("GET", "/customers", headers={"Authorization": "Bearer expired-1"})
    assert refused.status_code == 401
    assert (await shop.call("GET", "/customers", headers={"Authorization": "Bearer another"})).status_code == 200
    assert (await shop.call("GET", "/health", headers={})).json() == {"status": "ok"}


async def test_the_same_seed_gives_the_same_world_and_another_seed_another(shop: Inside) -> None:
    path = "/customers?limit=50"
    same, other = Inside(), Inside(seed=2)
    assert (await shop.call("GET", path)).json() == (await same.call("GET", path)).json()
    assert (await shop.call("GET", path)).json() != (await other.call("GET", path)).json()


async def test_references_of_seeded_records_lead_to_records(shop: Inside) -> None:
    for customer in (await shop.call("GET", "/customers?limit=50")).json()["data"][:3]:
        orders = (await shop.call("GET", f"/customers/{customer['id']}/orders")).json()
        assert orders
        assert {order["customer_id"] for order in orders} == {customer["id"]}


async def test_worlds_are_apart(shop: Inside) -> None:
    made = await _customer(shop)
    async_path = f"/customers/{made['id']}"
    assert (await shop.call("GET", async_path, headers={**shop.headers, "X-Mock-World": "other"})).status_code == 404


async def test_a_number_of_more_than_64_bits_spoils_nothing(shop: Inside) -> None:
    for number in (2**70, -(2**64), 10**300):
        assert (await shop.call("POST", "/customers", {"name": "Big", "tags": [], "size": number})).status_code < 500
    assert (await shop.call("GET", "/customers?limit=50")).status_code == 200


async def test_control_characters_in_a_query_are_texts_like_others(shop: Inside) -> None:
    assert (await shop.call("GET", "/customers?q=%01")).json()["data"] == []
