"""Records by hand are checked against the vendors' documents: invalid records are refused, valid ones accepted, and accepted ones can be read."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.app import discover
from mockserver.openapi.documents import SPECS
from mockserver.testing import Refused
from tests.server.samples import SLUGS, samples

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockserver.testing import Mock

FOUND = discover(SPECS)
SCENARIOS = [f"{slug}.{scenario.name}" for slug in SLUGS for scenario in getattr(importlib.import_module(f"fixtures.{slug}"), "SCENARIOS", ())]

NOT_SHOWN = {
    "serpi.clients",
    "monedero.accounts",
    "troyansys.subscriptions",
    "backoffice.settings",
    "backoffice.pictures",
    "backoffice.edit_tokens",
    "trincico.favorites",
    "trincico.checkouts",
    "trincico.onboardings",
    "trincico.blocks",
    "trincico.password_resets",
    "trincico.social_accounts",
    "trincico.settings",
}
"""Tables that no schema of their document shows; their mapping states the reason."""


def test_every_table_is_described_by_its_document_or_says_why_it_is_not() -> None:
    silent, without = [], set()
    for slug, (api, _, _) in FOUND.items():
        assert api.described.keys() == {table.short_name for table in api.tables}
        for name, description in api.described.items():
            if not description.shown:
                without.add(f"{slug}.{name}")
            if bool(description.shown) == bool(description.because):
                silent.append(f"{slug}.{name}")
    assert silent == []
    assert without == NOT_SHOWN


def is_imported_as_it_is(world: Mock) -> None:
    """The export matches every record mapping: imported records are checked one by one, like records by hand."""
    world.clock.freeze()
    exported = world.export()
    copy = world.create()
    copy.load(exported)
    assert copy.digest == world.digest


@pytest.mark.parametrize("seed", [1, 7, 99])
def test_every_seeded_record_passes_its_own_description(world: Mock, seed: int) -> None:
    is_imported_as_it_is(world.create({"seed": seed}))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_calls_and_time_make_of_a_world_passes_its_own_description(world: Mock, scenario: str) -> None:
    made = world.create({"scenario": scenario})
    is_imported_as_it_is(made)
    slug = scenario.partition(".")[0]
    for sample in samples(slug):
        sample.send(made.api(slug).client())
    made.clock.advance("P500D")
    is_imported_as_it_is(made)


@pytest.mark.parametrize(
    ("slug", "table", "record", "change", "pointer", "keyword", "words"),
    [
        ("serpi", "branches", None, {"descripcion": "x" * 51}, "/descripcion", "maxLength", "is longer than 50 characters (Branch/descripcion)"),
        ("monedero", "contacts", 5001, {"name": ""}, "/name", "minLength", "(EmittedContact/contact_name)"),
        ("monedero", "contacts", 5001, {"name": "x" * 10_000}, "/name", "maxLength", "(ContactAdd/customer_name)"),
        ("monedero", "contacts", 5001, {"points": -50}, "/points", "minimum", "is written as -0.5: -0.5 is less than the minimum of 0"),
        ("monedero", "contacts", 5001, {"birthdate": "soon"}, "/birthdate", "pattern", "(ContactAdd/customer_birthdate)"),
        ("monedero", "usertools", 7001, {"type": "jefe"}, "/type", "enum", '"jefe" is none of "cajero", "gerente"'),
        ("troyansys", "plans", None, {"amount": -1}, "/amount", "minimum", "is written as -0.01"),
        ("troyansys", "companies", None, {"ruc": "12"}, "/ruc", "pattern", "(Company/ruc)"),
        ("troyansys", "companies", None, {"extra_modules": ["sales", "magic"]}, "/extra_modules/1", "enum", '"magic" is not one of'),
        ("backoffice", "users", None, {"country_code": "XX"}, "/country_code", "enum", '"XX" is not one of'),
        ("backoffice", "users", None, {"default_leg": "banana"}, "/default_leg", "enum", "(User/default_leg)"),
        ("trincico", "invoices", None, {"status": "banana"}, "/status", "enum", '"banana" is none of "draft", "ready", "paid", "canceled"'),
        ("trincico", "invoices", None, {"amount": -1}, "/amount", "minimum", "-1 is less than the minimum of 0"),
        ("trincico", "items", None, {"tax_rate": 1_000_000}, "/tax_rate", "pattern", 'is written as "10000.00"'),
        ("trincico", "subscriptions", None, {"card": "gold"}, "/card", "enum", "(trincico.subscriptions.card)"),
        ("trincico", "users", None, {"created_at": 10**15}, "/created_at", "maximum", "is greater than the maximum"),
    ],
)
def test_what_the_document_forbids_is_refused_with_its_place(
    world: Mock, slug: str, table: str, record: int | None, change: dict[str, Any], pointer: str, keyword: str, words: str
) -> None:
    number = world.api(slug).state.records(table)[0]["id"] if record is None else record
    before = world.digest
    answer = httpx.patch(f"{world.url}/_mock/state/{slug}/{table}/{number}", json=change, headers=world.headers)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    found = [violation for violation in answer.json()["violations"] if (violation["pointer"], violation["keyword"]) == (pointer, keyword)]
    assert any(words in violation["text"] for violation in found), answer.text
    assert world.digest == before


def test_types_references_and_the_document_are_judged_together(world: Mock) -> None:
    contact = {**world.monedero.state.get("contacts", 5001), "name": "", "points": "many", "phone": "1"}
    del contact["id"]
    answer = httpx.post(f"{world.url}/_mock/state/monedero/contacts", json=contact, headers=world.headers)
    assert {violation["pointer"] for violation in answer.json()["violations"]} == {"/points", "/name", "/phone"}


@pytest.mark.parametrize(
    ("slug", "table", "field", "words"),
    [
        ("troyansys", "subscriptions", "company_id", "has the same company as troyansys.subscriptions"),
        ("backoffice", "users", "email", "has the same email as backoffice.users"),
        ("trincico", "users", "token", "has the same token as trincico.users"),
    ],
)
def test_a_unique_value_is_not_given_to_a_second_record(world: Mock, slug: str, table: str, field: str, words: str) -> None:
    first, second, *_ = world.api(slug).state.records(table)
    with pytest.raises(Refused, match=words):
        world.api(slug).state.change(table, second["id"], **{field: first[field]})


def test_no_user_becomes_their_own_sponsor_at_any_distance(world: Mock) -> None:
    users = world.backoffice.state
    top = next(user for user in users.records("users") if user["sponsor_id"] is None)
    below = next(user for user in users.records("users") if user["sponsor_id"] == top["id"])
    lowest = next(user for user in users.records("users") if user["sponsor_id"] == below["id"])
    for sponsor in (top, below, lowest):
        with pytest.raises(Refused, match="/sponsor_id: leads from"):
            users.change("users", top["id"], sponsor_id=sponsor["id"])
    assert users.change("users", lowest["id"], sponsor_id=top["id"])["sponsor_id"] == top["id"]


@pytest.mark.parametrize(("table", "start"), [("invoices", "trincico.upgraded"), ("bank_accounts", "trincico.onboarded")])
def test_a_generated_id_has_the_documented_format(world: Mock, table: str, start: str) -> None:
    state = world.create({"scenario": start}).trincico.state
    model = {**state.records(table)[-1], **({"reference": "BY-HAND"} if table == "invoices" else {})}
    made = [
        state.add(table, **{name: value for name, value in {**model, "reference": text}.items() if name in model.keys() - {"id"}}) for text in "AB"
    ]
    assert len({model["id"], *(record["id"] for record in made)}) == 3
    assert [record["id"].count("-") for record in made] == [model["id"].count("-")] * 2
    assert [record["id"][:3] == "ba_" for record in made] == [table == "bank_accounts"] * 2


# Accepted records can be read

SAFE = {"get_contacts", "login", "login_user", "update_balance", "create_invoice"}
"""Operations besides GET whose answers contain records."""
AWKWARD: Sequence[Any] = (
    *("", " ", "banana", "0", "-1", "é", "\x00", "x" * 10_000, "a@example.com", "2026-01-01", "US"),
    *(-1, 0, 1, 99, 10**9, 10**15, 2**53, 2**63 - 1, -(2**63), 0.5, -0.5, 1e300, None, True),
)
VALUES = st.sampled_from(AWKWARD) | st.text(max_size=60) | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)


def read_everything(clients: Sequence[httpx.Client], slug: str) -> Mapping[str, int]:
    """The status of each call that shows records, sent with every client. Fails if the mock answers with its own 500."""
    statuses: dict[str, int] = {}
    for sample in samples(slug):
        if sample.method.upper() == "GET" or sample.operation in SAFE:
            for client in clients:
                answer = sample.send(client)
                assert "The mock is at fault" not in answer.text, (sample.operation, answer.text[:1000])
                assert answer.status_code < 500 or answer.status_code in (501, 503), (sample.operation, answer.text[:1000])
                statuses[sample.operation] = min(answer.status_code, statuses.get(sample.operation, 999))
    return statuses


@pytest.mark.parametrize("slug", SLUGS)
def test_a_record_that_was_accepted_is_read_without_the_mock_being_at_fault(world: Mock, slug: str) -> None:
    world.clock.freeze("2026-06-01T12:00:00Z")
    state = world.api(slug).state
    fields = [
        (table, record["id"], name)
        for table in state.tables
        for record in [*state.records(table)[:2], *state.records(table)[-1:]]
        for name, value in record.items()
        if name != "id" and (value is None or isinstance(value, str | int | float)) and not isinstance(value, bool)
    ]
    credentials = list(world.api(slug).credentials)[:2]
    clients = [world.api(slug).client(name) for name in credentials]
    assert 200 in read_everything(clients, slug).values()
    start = world.snapshot("start")
    accepted: list[str] = []

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(fields), VALUES)
    def patched(place: tuple[str, Any, str], value: Any) -> None:
        table, record, name = place
        try:
            state.change(table, record, **{name: value})
        except Refused as refused:
            assert refused.status in (400, 422), refused.text  # noqa: PT017 - the other outcome is judged below
            return
        accepted.append(name)
        try:
            read_everything(clients, slug)
        finally:
            start.restore()

    patched()
    assert accepted
