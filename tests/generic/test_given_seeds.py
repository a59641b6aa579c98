"""Records of the user's own: from a file of data, and from a function of a file of fixtures."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mockserver.openapi.errors import SetupError
from tests.generic.inside import SHOP, Inside

ADA, BOB = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
RECORDS = f"""
customer:
  - {{id: {ADA}, name: Ada, city: Toledo, created_at: "2020-01-01T00:00:00Z"}}
  - {{id: {BOB}, name: Bob}}
order:
  - {{id: 7, customer_id: {BOB}, amount: 3, status: paid}}
  - {{$below: {{customer: {ADA}}}, amount: 4}}
settings:
  - {{$below: {{customer: {ADA}}}, theme: dark, newsletter: true}}
"""


def _seeded(folder: Path, text: str) -> Inside:
    file = folder / "seeds.yaml"
    file.write_text(text, encoding="utf-8")
    return Inside(seed_files=(file,))


@pytest.mark.anyio
async def test_the_records_of_a_file_are_there_with_their_keys_and_values(tmp_path: Path) -> None:
    shop = _seeded(tmp_path, RECORDS)
    ada = (await shop.call("GET", f"/customers/{ADA}")).json()["data"]
    assert (ada["name"], ada["city"], ada["created_at"]) == ("Ada", "Toledo", "2020-01-01T00:00:00Z")
    listed = (await shop.call("GET", "/customers?limit=50")).json()
    assert ([one["name"] for one in listed["data"]], listed["total"]) == (["Ada", "Bob"], 2)
    assert "email" not in listed["data"][1]
    assert [one["amount"] for one in (await shop.call("GET", f"/customers/{BOB}/orders")).json()] == [3]
    other = (await shop.call("GET", f"/customers/{ADA}/orders")).json()
    assert [(one["amount"], one["customer_id"]) for one in other] == [(4, ADA)]
    assert (await shop.call("GET", f"/customers/{BOB}/orders/7")).json()["status"] == "paid"
    assert (await shop.call("GET", f"/customers/{ADA}/settings")).json() == {"theme": "dark", "newsletter": True}


@pytest.mark.anyio
async def test_a_new_record_gets_a_key_that_no_record_of_the_file_has(tmp_path: Path) -> None:
    shop = _seeded(tmp_path, f"customer: [{{id: {ADA}, name: Ada}}]\norder: [{{id: 1, customer_id: {ADA}, amount: 1}}]")
    made = await shop.call("POST", f"/customers/{ADA}/orders", {"amount": 2})
    assert (made.status_code, made.json()["id"]) == (201, 2)


@pytest.mark.anyio
async def test_an_empty_list_leaves_a_family_without_records(tmp_path: Path) -> None:
    shop = _seeded(tmp_path, "customer: []")
    assert (await shop.call("GET", "/customers")).json()["data"] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("custmer: []", "no family custmer; it has customer"),
        ("- 1", "a mapping of families"),
        ("customer: 1", "customer: write a list of records"),
        ("customer: [1]", "customer 1: write a mapping"),
        ("customer: [{name: Ada}, {nme: Bob}]", r"customer 2 /nme: there is no such property; it has name"),
        ("customer: [{name: 5}]", r"customer 1 /name: 5 is not of type"),
        ("customer: [{name: Ada, tags: [a, 1]}]", r"customer 1 /tags/1: 1 is not of type"),
        ("order: [{$key: x, customer_id: " + ADA + "}]", r"order 1 /id: x cannot stand in the path"),
        (f"customer: [{{id: {ADA}, name: a}}, {{id: {ADA}, name: b}}]", f"customer 2: there is a customer {ADA} already"),
        ("order: [{amount: 1}]", r"order 1 /\$below: a record of order stands below one of customer; say below which"),
        (f"order: [{{amount: 1, customer_id: {BOB}}}]", r"order 1 /\$below: there is no customer"),
        ("order: [{amount: 1, $below: 1}]", r"order 1 /\$below: write a mapping"),
        ("customer: [", r"seeds.yaml: line"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SetupError, match=words):
        _seeded(tmp_path, text)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="--seed-file"):
        Inside(seed_files=(tmp_path / "none.yaml",))


FIXTURES = """
def seed(world):
    world.clear("order")
    ada = world.add("customer", name="Ada", city="Toledo")
    for amount in (1, 2):
        world.add("order", customer_id=ada["id"], amount=amount)
    world.change("customer", ada["id"], tags=[str(len(world.records("order"))), world.now[:2]])
"""


@pytest.fixture
def with_fixtures(tmp_path: Path) -> Callable[[str], Inside]:
    def make(code: str) -> Inside:
        (tmp_path / "shop.fixtures.py").write_text(code, encoding="utf-8")
        return Inside(Path(shutil.copy(SHOP, tmp_path / "shop.yaml")))

    return make


@pytest.mark.anyio
async def test_a_function_of_fixtures_seeds_every_world(with_fixtures: Callable[[str], Inside]) -> None:
    shop = with_fixtures(FIXTURES)
    for world in ("one", "two"):
        headers = {**shop.headers, "X-Mock-World": world}
        (ada,) = (await shop.call("GET", "/customers?limit=50&city=Toledo&q=Ada&sort=-created_at", headers=headers)).json()["data"][:1]
        assert (ada["name"], ada["tags"]) == ("Ada", ["2", "20"])
        orders = (await shop.call("GET", f"/customers/{ada['id']}/orders", headers=headers)).json()
        assert [one["amount"] for one in orders] == [1, 2]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def sed(world): ...\n", "has no function seed"),
        ("def seed(world):\n    world.add('custmer')\n", r"shop\.fixtures\.py:2 KeyError: the document has no family custmer; it has customer"),
        ("def seed(world):\n    world.add('order', amount=1)\n", r"shop\.fixtures\.py:2 NoPlace: a record of order stands below one of customer"),
        ("def seed(world:\n", r"shop\.fixtures\.py:1 SyntaxError"),
    ],
)
def test_fixtures_that_fail_are_refused_with_their_line(with_fixtures: Callable[[str], Inside], code: str, words: str) -> None:
    with pytest.raises(SetupError, match=words):
        with_fixtures(code)
