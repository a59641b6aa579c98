"""The journal (bounds, views, masking, export, streaming, verification), and waiting for messages of the outbox."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from mockserver.testing import Mock, Refused, Unverified
from tests.server.samples import SLUGS, document_of, samples

if TYPE_CHECKING:
    from collections.abc import Iterator

SALE = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "0", "transaction_amount": "100", "usertool_id": "7001"}
CONTACT = {"wallet_key": "wallet-demo", "phone": "4775550199", "customer_name": "Ana", "usertool_id": "7001"}


@pytest.fixture
def till(world: Mock) -> Iterator[httpx.Client]:
    with world.monedero.client() as client:
        yield client


def latest(world: Mock) -> dict[str, Any]:
    return world.journal.exchange(world.journal.exchanges()[-1].number)


# What is recorded


@pytest.mark.parametrize("slug", SLUGS)
def test_every_call_of_a_vendor_is_recorded_with_its_operation(world: Mock, slug: str) -> None:
    client = world.api(slug).client()
    sent = [(sample.operation, sample.send(client).status_code) for sample in samples(slug)]
    kept = world.journal.exchanges(api=slug)
    assert [(exchange.operation, exchange.status) for exchange in kept] == sent
    for exchange in kept:
        whole = world.journal.exchange(exchange.number)
        operation = next(spec for spec in document_of(slug).operations if spec.id == exchange.operation)
        assert set(whole["clauses"]) <= set(operation.spec.get("x-clauses", ()))
        assert whole["response"]["bytes"] > 0 or exchange.status in (204, 302, 303)


def test_an_exchange_shows_what_it_changed(world: Mock, till: httpx.Client) -> None:
    till.post("/wallet/contact/add", data=CONTACT)
    exchange = world.journal.exchanges()[0]
    assert (exchange.api, exchange.operation, exchange.status, exchange.code) == ("monedero", "add_contact", 200, None)
    assert (exchange.changed, exchange.records_written, exchange.findings, exchange.fault) == (True, 2, 0, None)
    whole = latest(world)
    assert whole["request"]["body"] == CONTACT
    assert whole["response"]["body"]["code"] == "contact_add_01"
    assert "monedero.add_contact.r11" in whole["clauses"]
    assert "monedero.add_contact.e2" not in whole["clauses"]


def test_a_refusal_is_shown_with_its_code_its_clause_and_its_findings(world: Mock, till: httpx.Client) -> None:
    till.post("/wallet/contact/add", data={**CONTACT, "phone": "12", "customer_name": ""})
    whole = latest(world)
    assert (whole["exchange"]["code"], whole["exchange"]["fault"], whole["exchange"]["changed"]) == ("contact_add_04", "invalid", False)
    assert whole["clauses"] == ["monedero.add_contact.e4"]
    assert whole["exchange"]["findings"] == len(whole["findings"]) >= 1
    assert {"side": "request", "place": "body", "pointer": "/phone", "code": "contact_add_04"}.items() <= whole["findings"][0].items()
    till.post("/wallet/sale", data={**SALE, "phone": "4775550199"})
    assert latest(world)["exchange"]["code"] == "new_sale_12"
    assert latest(world)["clauses"] == ["monedero.create_sale.e12"]


def test_a_refusal_names_the_readings_that_decided_it(world: Mock, till: httpx.Client) -> None:
    till.post("/wallet/contact/add", data=CONTACT)
    assert latest(world)["readings"] == []
    till.post("/wallet/contact/add", data={**CONTACT, "usertool_id": "7201"})
    assert latest(world)["readings"] == ["monedero.D04"]
    world.trincico.client().get("/payouts?status=unknown")
    assert latest(world)["readings"] == ["trincico.D03", "trincico.D05", "trincico.D15", "trincico.D69"]


def test_fields_outside_the_document_are_reported_as_unread(world: Mock, till: httpx.Client) -> None:
    till.post("/wallet/sale?trace=1", data={**SALE, "colour": "red"})
    assert latest(world)["unread"] == ["query/trace", "body/colour"]
    world.serpi.client().request("GET", "/Sucursales?L%C3%ADmite=2&desde=1", content=b"{}")
    assert latest(world)["unread"] == ["query/desde", "body"]
    world.serpi.client().request("GET", "/Sucursales", content=iter([b"x" * 2_000_000]))
    assert latest(world)["unread"] == ["body"]
    till.post("/wallet/sale?%ff=1", content=b"{", headers={"content-type": "application/json"})
    assert latest(world)["findings"] == []
    assert latest(world)["unread"] == []


def test_paths_that_are_no_operation_are_recorded_too(world: Mock, till: httpx.Client) -> None:
    till.post("/nowhere")
    till.get("/wallet/sale")
    till.post("/wallet/sale", content=b"x" * 2_000_000, headers={"content-type": "application/x-www-form-urlencoded"})
    told = [(exchange.api, exchange.operation, exchange.status, exchange.fault) for exchange in world.journal.exchanges()]
    assert told == [
        ("monedero", None, 404, "not_found"),
        ("monedero", None, 405, "method_not_allowed"),
        ("monedero", "create_sale", 413, "too_large"),
    ]
    assert latest(world)["clauses"] == []


def test_moments_are_those_of_the_world(world: Mock, till: httpx.Client) -> None:
    world.clock.freeze("2030-05-05T05:05:05Z")
    till.post("/wallet/get")
    till.post("/nowhere")
    assert {exchange.at.isoformat() for exchange in world.journal.exchanges()} == {"2030-05-05T05:05:05+00:00"}


def test_the_control_plane_leaves_no_trace(world: Mock) -> None:
    world.clock.advance("P1D")
    httpx.get(f"{world.url}/_mock/nothing", headers=world.headers)
    assert world.journal.exchanges() == []


def test_the_journal_is_filtered(world: Mock, till: httpx.Client) -> None:
    till.post("/wallet/get")
    till.post("/wallet/sale", data=SALE)
    till.post("/wallet/sale", data={**SALE, "phone": "1"})
    world.serpi.client().get("/Sucursales")
    world.faults.add("serpi", status=503)
    world.serpi.client().get("/Sucursales")

    def numbers(**filters: Any) -> list[int]:
        first = world.journal.exchanges()[0].number
        return [exchange.number - first for exchange in world.journal.exchanges(**filters)]

    assert numbers() == [0, 1, 2, 3, 4]
    assert numbers(api="monedero") == [0, 1, 2]
    assert numbers(operation="create_sale") == [1, 2]
    assert numbers(method="GET") == [3, 4]
    assert numbers(path="/wallet/sale") == [1, 2]
    assert numbers(status="400") == [2]
    assert numbers(status="4xx") == [2]
    assert numbers(status="5xx") == numbers(injected=True) == [4]
    assert numbers(changed=True) == [1]
    assert numbers(limit=2) == [3, 4]
    assert numbers(since=world.journal.exchanges()[2].number) == [3, 4]
    world.journal.clear()
    assert world.journal.exchanges() == []


def test_at_a_thousand_exchanges_the_oldest_go_and_are_counted(world: Mock, till: httpx.Client) -> None:
    for _ in range(1005):
        till.post("/toolusers/get")
    listed = world.call("GET", "/journal", params={"limit": 1})
    assert (listed["kept"], listed["dropped"], listed["total"]) == (1000, 5, 1000)
    assert world.call("GET", f"/worlds/{world.world}")["exchanges_dropped"] == 5


def test_an_exchange_that_went_is_not_found(world: Mock) -> None:
    with pytest.raises(Refused, match="it may have been dropped"):
        world.journal.exchange(10**9)


# Secrets


def everything(world: Mock) -> str:
    shown = [world.journal.exchange(exchange.number) for exchange in world.journal.exchanges()]
    return json.dumps([shown, world.journal.har(), world.call("GET", "/journal")])


@pytest.mark.parametrize("slug", SLUGS)
def test_no_credential_is_shown(world: Mock, slug: str) -> None:
    for headers in world.api(slug).credentials.values():
        with httpx.Client(base_url=world.api(slug).base_url, headers=headers) as client:
            samples(slug)[0].send(client)
    text = everything(world)
    for headers in world.api(slug).credentials.values():
        for value in headers.values():
            secret = value.rpartition(" ")[2]
            assert len(secret) < 8 or secret not in text  # the number of a tenant is no secret, and stands everywhere


def test_secrets_in_bodies_are_masked_at_any_depth(world: Mock, till: httpx.Client) -> None:
    employee = {"type": "cajero", "employee_name": "N", "business_name": "C", "number": "4775550299", "password": "hunter2-hunter2"}
    till.post("/employee/add", data=employee)
    assert latest(world)["request"]["body"] == {**employee, "password": "***"}
    till.post("/employee/add?token=hunter2-hunter2", json={"credentials": [{"clave": "hunter2-hunter2", "apiKey": "hunter2-hunter2"}]})
    till.post("/employee/add", content=b'{"password": "hunter2-hunter2', headers={"content-type": "application/json"})
    till.post("/employee/add", content=b"a=1&password=hunter2-hunter2&%ff", headers={"content-type": "application/x-www-form-urlencoded"})
    till.post("/employee/add", files={"password": (None, "hunter2-hunter2"), "picture": ("x.png", b"hunter2")})
    till.post("/employee/add", content=b"\xff\xfe", headers={"content-type": "text/plain", "cookie": "session=hunter2-hunter2"})
    till.post("/nowhere", content=b"the key is hunter2-hunter2", headers={"apikey": "hunter2-hunter2"})
    text = everything(world)
    assert "hunter2" not in text
    assert "cajero" in text
    assert {"filename": "x.png", "media_type": "image/png", "bytes": 7} in json.loads(text, object_hook=lambda found: found)[0][4]["request"][
        "body"
    ].values()


def test_a_difference_does_not_give_a_secret_away(world: Mock, till: httpx.Client) -> None:
    till.post("/employee/add", data={"password": "hunter2-hunter2"})
    with pytest.raises(Unverified) as error:
        world.journal.verify("add_employee", body={"password": "other"}, headers={"apikey": "other"})
    assert "hunter2" not in str(error.value)
    assert "monedero-demo" not in str(error.value)
    assert "body/password" in str(error.value)


# HAR


def test_the_journal_is_a_har_file(world: Mock, till: httpx.Client) -> None:
    till.post("/wallet/sale", data=SALE)
    world.serpi.client().get("/Sucursales", params={"limite": 1})
    world.faults.add("serpi", damage="reset")
    with pytest.raises(httpx.TransportError):
        world.serpi.client().get("/Sucursales")
    log = world.journal.har()["log"]
    assert (log["version"], log["creator"]["name"]) == ("1.2", "mockserver")
    sale, listing, reset = log["entries"]
    assert sale["request"]["postData"]["mimeType"] == "application/x-www-form-urlencoded"
    assert "transaction_amount=100" in sale["request"]["postData"]["text"]
    assert json.loads(sale["response"]["content"]["text"])["code"] == "new_sale_01"
    assert listing["request"]["queryString"] == [{"name": "limite", "value": "1"}]
    assert listing["request"]["url"].startswith(f"{world.url}/~{world.world}/serpi/api/v1/Sucursales?")
    assert (listing["response"]["status"], listing["response"]["statusText"]) == (200, "OK")
    assert (reset["response"]["status"], reset["_mock"]["injected"][0]["source"]) == (0, "rule 1")
    assert len(world.journal.har(api="monedero")["log"]["entries"]) == 1


# Live


def test_calls_are_streamed_as_they_happen(world: Mock, till: httpx.Client) -> None:
    seen: list[str | None] = []
    ready = threading.Event()

    def listen() -> None:
        with httpx.stream("GET", f"{world.url}/_mock/journal/stream", headers=world.headers, timeout=20) as response:
            assert response.headers["content-type"] == "text/event-stream"
            for line in response.iter_lines():
                if line.startswith(": listening"):
                    ready.set()
                if line.startswith("data: "):
                    seen.append(json.loads(line[6:])["operation"])
                if len(seen) == 3:
                    return

    till.post("/wallet/get")
    thread = threading.Thread(target=listen)
    thread.start()
    assert ready.wait(10)
    for path in ("/toolusers/get", "/wallet/sale", "/nowhere"):
        till.post(path)
    thread.join(10)
    assert seen == ["get_toolusers", "create_sale", None]


def test_a_stream_resumes_after_the_last_event_and_ends_in_time(world: Mock, till: httpx.Client) -> None:
    for _ in range(3):
        till.post("/wallet/get")
    first = world.journal.exchanges()[0].number
    assert [exchange.number - first for exchange in world.journal.follow(since=first, timeout=0)] == [1, 2]
    resumed = httpx.get(f"{world.url}/_mock/journal/stream?timeout=0.2", headers={**world.headers, "last-event-id": str(first + 1)})
    assert [line for line in resumed.text.splitlines() if line.startswith("id: ")] == [f"id: {first + 2}"]
    assert list(world.journal.follow(timeout=0)) == []
    with httpx.Client(base_url=world.url) as client:
        assert client.head("/_mock/journal/stream", timeout=5).status_code == 200


# Verification


def test_what_happened_is_verified_by_number(world: Mock, till: httpx.Client) -> None:
    for amount in ("100", "100", "5"):
        till.post("/wallet/sale", data={**SALE, "transaction_amount": amount})
    assert world.journal.verify("create_sale") == 3
    assert world.journal.verify("create_sale", count=2, body={"transaction_amount": 100}) == 2
    assert world.journal.verify(api="monedero", method="POST", path="/wallet/sale", status="2xx", count={"at_least": 1, "at_most": 3}) == 3
    assert world.journal.verify(path="*/wallet/*", headers={"Content-Type": "application/x-www-form-urlencoded"}) == 3
    assert world.journal.verify("get_wallets", count=0) == 0


def test_a_miss_names_the_nearest_call_and_the_fields_that_differ(world: Mock, till: httpx.Client) -> None:
    till.post("/wallet/get")
    till.post("/wallet/sale", data={**SALE, "transaction_amount": "99"})
    till.post("/wallet/sale", data={**SALE, "transaction_amount": "99", "phone": "4775550199"})
    with pytest.raises(Unverified) as error:
        world.journal.verify("create_sale", status=200, body={"transaction_amount": 100, "phone": "4775550101", "ticket": "A1"})
    lines = str(error.value).splitlines()
    assert lines[0] == "0 such calls were made, at least 1 expected"
    assert "POST /monedero/wallet/sale → 200" in lines[1]
    assert lines[2:] == ["  body/transaction_amount: expected 100, got 99", "  body/ticket: expected 'A1', got None"]


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ({"operation": "get_wallets", "count": 2}, "1 such call was made, 2 expected"),
        ({"operation": "get_wallets", "count": 0}, "1 such call was made, 0 expected"),
        ({"operation": "create_sale", "count": {"at_most": 0}}, "1 such call was made, 0 expected"),
        ({"operation": "create_sale", "count": {"at_least": 2, "at_most": 5}}, "1 such call was made, 2 to 5 expected"),
        ({"operation": "create_sale", "code": "new_sale_12"}, "code: expected 'new_sale_12', got None"),
        ({"operation": "create_sale", "query": {"trace": "1"}}, "query/trace: expected '1', got '2'"),
        ({"operation": "create_sale", "query": {"trace": ["2"]}}, "query/trace: expected ['2'], got '2'"),
        ({"operation": "create_sale", "headers": {"x-trace": "1"}}, "headers/x-trace: expected '1', got None"),
        ({"operation": "create_sale", "body": {"phone": True}}, "body/phone: expected True, got '4775550101'"),
        ({"operation": "create_sale", "body": "text"}, "body: expected 'text'"),
        ({"path": "/wallet/nothing"}, "path: expected '/wallet/nothing'"),
        ({"api": "serpi", "status": 201}, "api: expected 'serpi', got 'monedero'"),
    ],
)
def test_every_kind_of_expectation_can_fail(world: Mock, till: httpx.Client, expected: dict[str, Any], words: str) -> None:
    till.post("/wallet/get")
    till.post("/wallet/sale?trace=2", data=SALE)
    with pytest.raises(Unverified) as error:
        world.journal.verify(**expected)
    assert words in str(error.value)


def test_without_any_call_nothing_comes_near(world: Mock) -> None:
    with pytest.raises(Unverified, match="there was no call that comes near"):
        world.journal.verify("create_sale")


def test_calls_are_verified_in_their_order(world: Mock, till: httpx.Client) -> None:
    till.post("/wallet/contact/add", data=CONTACT)
    till.post("/wallet/get")
    till.post("/wallet/sale", data={**SALE, "phone": CONTACT["phone"]})
    world.journal.verify_in_order({"operation": "add_contact"}, {"operation": "create_sale", "body": {"phone": CONTACT["phone"]}})
    with pytest.raises(Unverified, match=r"call 2 of 2 was not made after the one before it\n.*nearest: #\d+ POST /monedero/wallet/sale"):
        world.journal.verify_in_order({"operation": "get_wallets"}, {"operation": "add_contact"})
    with pytest.raises(Unverified, match="call 1 of 1 was not made"):
        world.journal.verify_in_order({"operation": "add_employee"})


def test_lists_in_bodies_have_to_have_just_these_items(world: Mock) -> None:
    client = world.serpi.client()
    client.post("/Sucursales", json={"tags": [{"a": 1, "b": 2}, 3]})
    assert world.journal.verify(body={"tags": [{"a": 1}, 3]}) == 1
    for expected in ([{"a": 1}], [{"a": 2}, 3], [{"a": 1}, 3, 4]):
        with pytest.raises(Unverified):
            world.journal.verify(body={"tags": expected})


# The outbox


def test_a_message_is_waited_for_and_comes_as_soon_as_it_is_sent(world: Mock, till: httpx.Client) -> None:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(world.outbox.wait("+524775550199", body="MONEDERO", timeout=10)))
    started = time.monotonic()
    thread.start()
    till.post("/wallet/contact/add", data=CONTACT)
    thread.join(10)
    assert time.monotonic() - started < 5
    assert (found[0].channel, found[0].to) == ("sms", "+524775550199")
    assert "/monedero/card/" in found[0].link
    with pytest.raises(LookupError, match="the message has no code"):
        _ = found[0].code


def test_only_the_message_that_is_meant_counts(world: Mock, till: httpx.Client) -> None:
    for number, key in enumerate(("wallet-demo", "wallet-ticket")):
        till.post("/wallet/contact/add", data={**CONTACT, "wallet_key": key, "phone": f"47755501{80 + number}"})
    sms, whatsapp = world.outbox.messages
    assert world.outbox.wait(timeout=0) == whatsapp
    assert world.outbox.wait(channel="sms", timeout=0) == sms
    assert world.outbox.wait(api="monedero", body="puntos de casa", timeout=0) == sms
    assert world.outbox.wait(after=sms.id, timeout=0) == whatsapp
    assert [found["id"] for found in world.call("GET", "/outbox", params={"channel": "sms"})["messages"]] == [sms.id]
    for meant in ({"to": "+1"}, {"subject": "welcome"}, {"body": "nothing"}, {"api": "serpi"}, {"channel": "mail"}, {"after": whatsapp.id}):
        started = time.monotonic()
        with pytest.raises(Refused) as error:
            world.outbox.wait(timeout=0.2, **meant)
        assert error.value.status == 404
        assert "the outbox has 2, the newest are 2 by whatsapp to" in error.value.text
        assert 0.2 <= time.monotonic() - started < 5
    world.outbox.clear()
    with pytest.raises(Refused, match="the outbox is empty"):
        world.outbox.wait(timeout=0)


def test_a_message_of_another_world_is_never_waited_for(world: Mock, till: httpx.Client) -> None:
    other = world.fork()
    till.post("/wallet/contact/add", data=CONTACT)
    with pytest.raises(Refused):
        other.outbox.wait(timeout=0.3)
