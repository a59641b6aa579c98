"""Records by hand, snapshots, and the clock."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from mockserver.app import discover
from mockserver.control.clock import list_timers, update_clock
from mockserver.core.base.clock import Clock, iso
from mockserver.core.state.world import Transaction, World
from mockserver.openapi.documents import SPECS
from mockserver.testing import Refused
from tests.server.samples import SLUGS, samples

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.testing import Mock

FROZEN = "2026-01-01T00:00:00Z"


def refused(call: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as error:
        call()
    return error.value


# Records


@pytest.mark.parametrize("slug", SLUGS)
def test_every_record_is_read_by_its_id_without_secrets(world: Mock, slug: str) -> None:
    tables = {table.short_name: table for table in discover(SPECS)[slug][0].tables}
    state = world.api(slug).state
    assert list(state.tables) == list(tables)
    for name, table in tables.items():
        records = state.records(name)
        assert len(records) == state.tables[name]
        for record in records[:3]:
            assert state.get(name, record["id"]) == record
            assert not record.keys() & set(table.secrets)


@pytest.mark.parametrize("slug", SLUGS)
def test_every_reference_of_the_seeded_world_resolves(world: Mock, slug: str) -> None:
    for table in discover(SPECS)[slug][0].tables:
        for name, target in table.references.items():
            owner, _, short = target.partition(".")
            known = {record["id"] for record in world.api(owner).state.records(short)}
            held = {record[name] for record in world.api(slug).state.records(table.short_name) if record[name] is not None}
            assert held <= known, (table.name, name)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_record_written_back_as_it_is_is_the_same_record(world: Mock, slug: str) -> None:
    """The control plane accepts every record in the form in which it shows it."""
    before = world.digest
    for name in world.api(slug).state.tables:
        for record in world.api(slug).state.records(name)[:3]:
            assert world.api(slug).state.change(name, record["id"], **record) == record
    assert world.digest == before


def test_records_are_filtered_and_paged(world: Mock) -> None:
    rows = world.monedero.state.records("contacts")
    assert world.monedero.state.records("contacts", wallet_id=2) == [row for row in rows if row["wallet_id"] == 2]
    assert world.monedero.state.records("contacts", wallet_id=2, phone="nobody") == []
    assert world.monedero.state.records("accounts", out_of_balance=True)[0]["id"] == 5

    def page(**params: Any) -> list[Any]:
        found = world.call("GET", "/state/monedero/contacts", params=params)
        assert found["total"] == len(rows)
        return [row["id"] for row in found["records"]]

    ids = [row["id"] for row in rows]
    assert page(limit=5) == ids[:5]
    assert page(limit=5, offset=5) == ids[5:10]
    assert page(limit=5, order="newest") == ids[::-1][:5]
    assert page(limit=5, offset=len(ids) - 2, order="newest") == ids[::-1][-2:]
    assert page(offset=1000) == page(offset=1000, order="newest") == []


@pytest.mark.parametrize("field", ["colour", "password_digest"])
def test_a_field_that_cannot_be_asked_for_is_named_with_those_that_can(world: Mock, field: str) -> None:
    error = refused(lambda: world.monedero.state.records("usertools", **{field: "x"}))
    assert error.status == 404
    assert "there are id, account_id" in error.text


def test_a_record_by_hand_is_one_that_the_vendor_works_with(world: Mock) -> None:
    made = world.monedero.state.add(
        "contacts",
        account_id=1,
        wallet_id=1,
        phone="4775550777",
        name="Por teléfono",
        birthdate="",
        points=12345,
        usertool_id=7001,
        created_at=FROZEN,
    )
    shown = world.monedero.client().post("/wallet/contact/get", data={"wallet_key": "wallet-demo", "phone": "4775550777"}).json()
    assert shown["result"]["contact_balance"] == 123.45
    world.monedero.state.change("contacts", made["id"], points=500)
    sale = {"wallet_key": "wallet-demo", "phone": "4775550777", "transaction_type": "1", "points_used": "6", "usertool_id": "7001"}
    assert world.monedero.client().post("/wallet/sale", data=sale).json()["code"] == "wallet_redeem_10"
    world.monedero.state.remove("contacts", made["id"])
    assert world.monedero.client().post("/wallet/sale", data=sale).json()["code"] == "new_sale_12"


BRANCH = {
    **dict.fromkeys(("referencia_sucursal", "descripcion", "direccion", "direccion2", "telefono", "telefono2", "movil", "codigo_ciudad"), "x"),
    **dict.fromkeys(("id_tercero", "codigo", "id_ciudad", "id_departamento", "id_pais", "id_vendedor"), 1),
    "nit_tercero": "1",
    "codigo_departamento": "05",
    "codigo_pais": "57",
    "ext": None,
    "ext2": None,
    "id_cobrador": None,
    "client_id": 1,
    "es_direccionCobro": False,
    "es_direccionDespacho": True,
}


def test_ids_given_by_hand_are_not_given_again_by_the_vendor(world: Mock) -> None:
    made = world.serpi.state.add("branches", **BRANCH)
    far = world.serpi.state.add("branches", id=made["id"] + 2, **BRANCH)
    sample = next(sample for sample in samples("serpi") if sample.operation == "create_sucursal")
    for _ in range(3):
        assert sample.send(world.serpi.client()).status_code == 201
    ids = [row["id"] for row in world.serpi.state.records("branches")]
    assert len(set(ids)) == len(ids)
    assert ids[-3:] == [far["id"] + 1, far["id"] + 2, far["id"] + 3]


def test_ids_by_hand_stay_clear_of_a_vendor_that_has_not_drawn_yet(world: Mock) -> None:
    usertool = {"account_id": 1, "wallet_id": None, "branch": "b", "type": "cajero", "status": "activo", "password_digest": "x"}
    first = world.monedero.state.add("usertools", name="a", number="4775550297", **usertool)
    employee = {"type": "cajero", "employee_name": "N", "business_name": "C", "number": "4775550299", "password": "p"}
    drawn = world.monedero.client().post("/employee/add", data=employee).json()["collaboratorId"]
    second = world.monedero.state.add("usertools", name="b", number="4775550298", **usertool)
    assert len({first["id"], drawn, second["id"]}) == 3
    assert world.monedero.state.add("numbers", phone="4775550296", condition="landline")["id"] > 10**8


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points": "many"}, "/points: must be a whole number"),
        ({"points": True}, "/points: must be a whole number"),
        ({"name": None}, "/name: must be a text"),
        ({"created_at": "yesterday"}, "/created_at: must be a moment"),
        ({"created_at": "2026-01-01T00:00:00"}, "/created_at: must be a moment"),
        ({"wallet_id": 99}, "/wallet_id: refers to 99, which monedero.wallets does not have"),
        ({"colour": "red"}, "/colour: is no field; there are id, account_id"),
        ({"id": 1}, "/id: cannot change"),
    ],
)
def test_a_change_that_fits_no_record_changes_nothing(world: Mock, change: dict[str, Any], words: str) -> None:
    before = world.digest
    error = refused(lambda: world.monedero.state.change("contacts", 5001, **change))
    assert error.status == 422
    assert words in error.text
    assert world.digest == before


def test_a_new_record_has_to_be_whole_and_new(world: Mock) -> None:
    error = refused(lambda: world.monedero.state.add("wallets", account_id=99))
    assert error.status == 422
    for words in ("/key: is missing", "/channel: is missing"):
        assert words in error.text
    wallet = world.monedero.state.records("wallets")[0]
    assert "already has 1" in refused(lambda: world.monedero.state.add("wallets", **wallet)).text
    assert "sms" in refused(lambda: world.monedero.state.add("wallets", **{**wallet, "channel": "pigeon"})).text


def test_a_record_that_others_refer_to_stays(world: Mock) -> None:
    error = refused(lambda: world.monedero.state.remove("wallets", 1))
    assert error.status == 409
    assert "is referred to by monedero.contacts 5001" in error.text
    assert "more; remove them first" in error.text
    assert refused(lambda: world.monedero.state.remove("wallets", 999)).status == 404
    assert refused(lambda: world.monedero.state.get("wallets", "one")).status == 404


# Snapshots


def test_ten_destructive_tests_from_a_snapshot_give_the_same_in_any_order(world: Mock) -> None:
    world.clock.freeze(FROZEN)
    for sample in [sample for slug in SLUGS for sample in samples(slug)][:12]:
        sample.send(world.api(sample.slug).client())
    saved = world.snapshot("prepared")
    calls = [sample for slug in SLUGS for sample in samples(slug)]
    parts = [calls[number::10] for number in range(10)]

    def destroy(number: int) -> list[Any]:
        fork = saved.fork()
        answers = [sample.send(fork.api(sample.slug).client()) for sample in parts[number]]
        return [fork.digest, *((answer.status_code, answer.content.replace(fork.world.encode(), b"")) for answer in answers)]

    first = {number: destroy(number) for number in range(10)}
    order = list(range(10))
    random.Random(4).shuffle(order)
    assert {number: destroy(number) for number in order} == first


def test_the_name_of_a_world_is_no_part_of_its_digest(world: Mock) -> None:
    world.clock.freeze(FROZEN)
    left, right = world.fork(), world.fork()
    contact = {"wallet_key": "wallet-demo", "phone": "4775550199", "customer_name": "A", "usertool_id": "7001"}
    for fork in (left, right):
        fork.monedero.client().post("/wallet/contact/add", data=contact)
        assert f"/~{fork.world}/" in fork.outbox.messages[-1].body
    assert left.digest == right.digest


def test_a_restore_undoes_everything_but_the_journal(world: Mock) -> None:
    world.clock.freeze(FROZEN)
    saved = world.snapshot()
    before = world.digest
    contact = {"wallet_key": "wallet-demo", "phone": "4775550199", "customer_name": "A", "usertool_id": "7001"}
    world.monedero.client().post("/wallet/contact/add", data=contact)
    world.clock.advance(timedelta(days=3))
    world.faults.add("serpi", status=503)
    world.services.down("serpi.erp")
    saved.restore()
    assert world.digest == before
    assert (world.outbox.messages, world.faults.rules, world.services.all["serpi.erp"]) == ([], [], False)
    assert len(world.journal.exchanges()) == 1


def test_a_diff_lists_exactly_what_a_scripted_change_touched(world: Mock) -> None:
    saved = world.snapshot("before")
    assert saved.diff() == []
    world.monedero.state.change("contacts", 5001, points=1, name="Otra")
    world.monedero.state.change("usertools", 7001, password_digest="other")
    world.monedero.state.remove("blacklist", 1)
    added = world.serpi.state.add("branches", **BRANCH)
    found = {(change.table, change.id, change.kind): change.fields for change in saved.diff()}
    assert found == {
        ("monedero.blacklist", 1, "removed"): {"/id": (1, None), "/account_id": (1, None), "/phone": ("4775550166", None)},
        ("monedero.contacts", 5001, "changed"): {"/name": ("Clienta de muestra", "Otra"), "/points": (25000, 1)},
        ("monedero.usertools", 7001, "changed"): {"/password_digest": ("***", "***")},
        ("serpi.branches", added["id"], "added"): {f"/{field}": (None, value) for field, value in added.items() if value is not None},
    }
    later = world.snapshot("after")
    world.monedero.state.change("contacts", 5001, points=2)
    assert {(change.table, change.id, change.kind) for change in saved.diff(later)} == found.keys()
    assert [change.fields for change in later.diff()] == [{"/points": (1, 2)}]
    assert len(world.diff()) == 4


def test_snapshots_are_listed_replaced_and_forgotten(world: Mock) -> None:
    world.snapshot("a")
    world.monedero.state.remove("blacklist", 1)
    replaced = world.snapshot("a")
    assert replaced.diff() == []
    assert [found["name"] for found in world.call("GET", "/snapshots")["snapshots"]] == ["a"]
    replaced.delete()
    for call in (replaced.restore, replaced.delete, replaced.fork, replaced.diff):
        assert refused(call).status == 404


def test_at_a_hundred_snapshots_the_oldest_goes_and_the_answer_says_so(world: Mock) -> None:
    for number in range(100):
        assert world.call("PUT", f"/snapshots/s{number}")["dropped"] == []
    assert world.call("PUT", "/snapshots/s100")["dropped"] == [f"{world.world}/s0"]
    assert len(world.call("GET", "/snapshots")["snapshots"]) == 100


def test_a_snapshot_is_of_its_world_only(world: Mock) -> None:
    world.snapshot("mine")
    other = world.fork()
    assert refused(lambda: other.call("POST", "/snapshots/mine/restore")).status == 404
    assert other.create({"snapshot": "mine", "world": world.world}).digest == world.digest


# The clock


def test_a_clock_runs_from_a_moment_or_apart_from_real_time(world: Mock) -> None:
    assert timedelta() <= world.clock.run_from(FROZEN) - datetime(2026, 1, 1, tzinfo=UTC) < timedelta(seconds=5)
    assert world.clock.mode == "shifted"
    behind = world.clock.shift("-PT1H")
    assert timedelta(minutes=59) < datetime.now(UTC) - behind < timedelta(minutes=61)  # the client's own clock is what it is compared with
    assert world.clock.shift(timedelta(days=2, seconds=5)) > behind
    assert world.clock.freeze() == world.clock.now
    assert world.clock.advance(timedelta(seconds=90)) == world.clock.now
    world.clock.resume()
    assert world.clock.mode == "real"


def test_without_a_timer_there_is_nothing_to_go_to(world: Mock) -> None:
    data = world.export()
    world.load({**data, "timers": []})
    error = refused(world.clock.to_next_timer)
    assert error.status == 409
    assert "this world has no timer" in error.text


@pytest.mark.parametrize("clock", [Clock(), Clock(shift=timedelta(days=9)), Clock(frozen_at=datetime(2026, 1, 1, tzinfo=UTC))])
def test_the_clock_goes_to_the_next_timer_and_on_as_it_did(clock: Clock) -> None:
    transaction = Transaction(World(clock=clock), clock.now(datetime.now(UTC)))
    due = transaction.now + timedelta(days=40)
    transaction.schedule(due + timedelta(days=1), "later")
    transaction.schedule(due, "toy.happens", 7)
    assert list_timers(transaction).body["timers"][0] == {"due": iso(due), "action": "toy.happens", "subject": 7}
    update_clock(transaction, {"to": "next_timer"})
    assert timedelta() <= transaction.clock.now(datetime.now(UTC)) - due < timedelta(seconds=5)
    assert (transaction.clock.mode == "frozen") is (clock.mode == "frozen")


def test_a_refusal_of_a_world_is_shown_with_its_text(world: Mock) -> None:
    response = httpx.patch(f"{world.url}/_mock/clock", json={"to": "the end"}, headers=world.headers)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")
    assert response.json()["violations"]
