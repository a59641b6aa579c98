"""Console pages over HTTP: content, refusals, access."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.conftest import Server
from tests.console.places import PAGES, crawl, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Mock

SALE = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "0", "transaction_amount": "1000", "usertool_id": "7001"}


def sell(mock: Mock, **changes: str) -> httpx.Response:
    with mock.client("monedero") as client:
        return client.post("/wallet/sale", data={**SALE, **changes})


def contact_points(mock: Mock) -> int:
    with mock.control as control:
        return int(control.get("/state/monedero/contacts/5001").json()["points"])


@pytest.mark.parametrize("path", PAGES)
def test_every_page_forbids_scripts_and_frames_that_are_not_its_own(console: httpx.Client, path: str) -> None:
    answer = console.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    page = read(answer.text)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "style"]
    assert "style" not in page.tags


def test_every_link_of_every_page_leads_somewhere_and_none_leaves_this_server(mock: Mock, console: httpx.Client) -> None:
    sell(mock)
    sell(mock, phone="1")
    with mock.client("monedero") as client:
        client.post("/wallet/contact/add", data={"wallet_key": "wallet-demo", "phone": "4775559911", "customer_name": "Ana", "usertool_id": "7001"})
    pages = crawl(console, most=150)
    assert len(pages) > 60
    wrong = {url: text[:200] for url, text in pages.items() if "<h1>" not in text and "<h1 " not in text}
    assert wrong == {}
    outside = {link for text in pages.values() for link in read(text).links if link.startswith("http") and not link.startswith(mock.url)}
    assert outside == set()


def test_a_failing_call_is_explained(mock: Mock, console: httpx.Client) -> None:
    sell(mock, phone="47755501")
    listed = console.get("/console/journal").text
    number = re.findall(r"/console/journal/(\d+)", listed)[0]
    page = console.get(f"/console/journal/{number}").text
    text = " ".join(read(page).text)
    assert "new_sale_04" in text
    assert 'does not match "^\\d{10}$"' in text
    assert "monedero.create_sale.e4" in text
    assert "A phone that does not consist of ten digits" in text
    assert '<li class="wrong">' in page
    assert "curl http" in text
    assert "apikey: monedero-demo-apikey" in text  # a published credential, so the command can be repeated


def test_what_a_call_changed_is_shown_with_the_field(mock: Mock, console: httpx.Client) -> None:
    before = contact_points(mock)
    sell(mock)
    number = re.findall(r"/console/journal/(\d+)", console.get("/console/journal?changed=true").text)[0]
    page = console.get(f"/console/journal/{number}").text
    assert f"<del>{before}</del>" in page
    assert f"<ins>{contact_points(mock)}</ins>" in page


def test_a_call_is_sent_again(mock: Mock, console: httpx.Client) -> None:
    sell(mock)
    before = contact_points(mock)
    number = re.findall(r"/console/journal/(\d+)", console.get("/console/journal").text)[0]
    answer = console.post(f"/console/journal/{number}/replay")
    assert answer.status_code == 303
    assert contact_points(mock) > before


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example.com"},
        {"origin": "http://localhost:1"},
        {"origin": "null"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_no_page_of_another_origin_changes_anything(mock: Mock, console: httpx.Client, headers: dict[str, str]) -> None:
    before = contact_points(mock)
    answer = console.post("/console/state/monedero/contacts/5001", data={"points": "1"}, headers=headers)
    assert answer.status_code == 403
    assert contact_points(mock) == before
    plain = httpx.post(f"{mock.url}/~{mock.world}/console/reset")  # a request without Origin and Sec-Fetch-Site
    assert plain.status_code == 403


def test_no_page_of_another_origin_reads_the_console(mock: Mock) -> None:
    answer = httpx.get(f"{mock.url}/console/journal", headers={"origin": "https://elsewhere.example.com"})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    rebound = httpx.get(f"{mock.url}/", headers={"host": "elsewhere.example.com"})
    assert rebound.status_code == 403
    assert "apikey" not in rebound.text


@pytest.fixture(scope="module")
def guarded() -> Iterator[Server]:
    running = Server("--host", "0.0.0.0", "--token", 'a token; with "signs"')  # noqa: S104 - what is tested
    yield running
    running.stop()


def test_on_an_open_address_the_console_asks_for_the_token(guarded: Server) -> None:
    with httpx.Client(base_url=guarded.url, headers={"origin": guarded.url}) as client:
        for path in PAGES[:-1]:
            answer = client.get(path)
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/console/sign-in")
        assert client.post("/console/reset").status_code == 303
        assert client.post("/console/sign-in", data={"token": "another"}).status_code == 401
        assert client.get("/").status_code == 303
        opened = client.post("/console/sign-in", data={"token": 'a token; with "signs"', "onward": "/console/faults"})
        assert (opened.status_code, opened.headers["location"]) == (303, "/console/faults")
        cookie = opened.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "monedero" in client.get("/").text
        assert client.post("/console/reset").headers["location"] == "/"
        client.post("/console/sign-out")
        assert client.get("/").status_code == 303


@pytest.mark.parametrize("onward", ["//elsewhere.example.com", "https://elsewhere.example.com", "/\\elsewhere.example.com"])
def test_signing_in_leads_to_no_other_server(guarded: Server, onward: str) -> None:
    answer = httpx.post(f"{guarded.url}/console/sign-in", data={"token": 'a token; with "signs"', "onward": onward}, headers={"origin": guarded.url})
    assert answer.headers["location"] == "/"


def test_a_record_that_does_not_fit_is_refused_beside_its_field(mock: Mock, console: httpx.Client) -> None:
    before = contact_points(mock)
    answer = console.post("/console/state/monedero/contacts/5001", data={"points": "many", "name": "Otra"})
    assert answer.status_code == 422
    assert "must be a whole number" in answer.text
    assert 'value="many"' in answer.text
    assert contact_points(mock) == before
    kept = console.post("/console/state/monedero/contacts/5001", data={"points": "7", "name": "12"})
    assert kept.status_code == 303
    with mock.control as control:
        record = control.get("/state/monedero/contacts/5001").json()
    assert (record["points"], record["name"]) == (7, "12")  # a text of digits stays a text


def test_what_the_vendors_document_forbids_is_said_beside_its_field(mock: Mock, console: httpx.Client) -> None:
    answer = console.post("/console/state/monedero/usertools/7001", data={"type": "jefe", "name": "x" * 101})
    assert answer.status_code == 422
    for field, words in (("type", "&#34;jefe&#34; is none of &#34;cajero&#34;, &#34;gerente&#34;"), ("name", "is longer than 100 characters")):
        beside = answer.text.partition(f'<p class="violation" id="e-{field}">')[2].partition("</p>")[0]
        assert words in beside
    with mock.control as control:
        model = {**control.get("/state/monedero/usertools/7001").json(), "status": "banana"}
    made = console.post("/console/state/monedero/usertools/-new", data={"record": httpx.Request("POST", "http://x", json=model).content.decode()})
    assert made.status_code == 422
    assert "<code>/status</code> &#34;banana&#34; is none of" in made.text


def test_every_field_of_a_record_is_as_its_schema_says(console: httpx.Client) -> None:
    page = console.get("/console/state/monedero/contacts/5001").text
    assert re.search(r'<input id="f-points" name="points" value="\d+" inputmode="numeric"', page)
    assert re.search(r'<input id="f-created_at" name="created_at" value="[^"]+Z" placeholder="2026-01-01T00:00:00Z"', page)
    assert re.search(r'id="h-created_at">a moment such as 2026-01-01T00:00:00Z · \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC', page)
    assert re.search(r'<input id="f-wallet_id"[^>]* list="l-wallets"', page)
    assert re.search(r'<a class="follow" href="[^"]*/wallets/1">wallets 1: [^<]', page), "the reference has the label of the record"
    tool = console.get("/console/state/monedero/usertools/7001").text
    assert re.search(r'<select id="f-type" name="type".*?<option value="&#34;cajero&#34;" selected>cajero</option>', tool)
    assert re.search(r'<input id="f-id" value="7001" readonly>', tool)
    plan = console.get("/console/state/trincico/plans/-new").text
    assert re.search(r'<select id="f-active" name="active".*?>true</option>.*?>false</option></select>', plan)
    assert re.search(r'<textarea id="f-frequencies" name="frequencies" rows="\d+" class="code"', plan)
    assert ">a list, each a text, as JSON" in plan


def test_null_is_told_apart_from_the_empty_text(mock: Mock, console: httpx.Client) -> None:
    with mock.control as control:
        number = control.get("/state/troyansys/sessions").json()["records"][0]["id"]
        place = f"/state/troyansys/sessions/{number}"
        control.patch(place, json={"device_name": None})
        page = console.get(f"/console{place}").text
        assert re.search(r'name="empty:device_name" class="small">.*<option value="null" selected>null</option>', page)
        for choice, expected in (("text", ""), ("null", None)):
            console.post(f"/console{place}", data={"device_name": "", "empty:device_name": choice})
            assert control.get(place).json()["device_name"] == expected


def test_a_record_is_made_by_its_form_and_nothing_typed_is_lost(mock: Mock, console: httpx.Client) -> None:
    typed = {"name": "Caja nueve", "number": "4775550977", "branch": "Norte", "type": '"gerente"', "status": '"activo"', "account_id": "1"}
    refused = console.post("/console/state/monedero/usertools/-new", data={**typed, "wallet_id": "none"})
    assert refused.status_code == 422
    assert 'value="none"' in refused.text
    assert re.search(r'<input id="f-name"[^>]* value="Caja nueve"', refused.text)
    assert '<option value="&#34;gerente&#34;" selected>' in refused.text
    assert re.search(r'<p class="violation" id="e-wallet_id">must be a whole number or null</p>', refused.text)
    assert re.search(r'id="f-wallet_id"[^>]* aria-describedby="h-wallet_id e-wallet_id" aria-invalid="true"', refused.text)
    typed |= {"wallet_id": "", "id": ""}
    hidden = console.post("/console/state/monedero/usertools/-new", data=typed)
    assert re.search(r'<p class="violation" id="e-secret-password_digest">is missing</p>', hidden.text), "a secret is asked for where it is needed"
    made = console.post("/console/state/monedero/usertools/-new", data={**typed, "secret:password_digest": "digest"})
    assert made.status_code == 303, made.text
    with mock.control as control:
        record = control.get(f"/state/monedero/usertools/{made.headers['location'].rpartition('/')[2]}").json()
    assert (record["name"], record["type"], record["wallet_id"]) == ("Caja nueve", "gerente", None)


def test_records_are_made_and_removed(mock: Mock, console: httpx.Client) -> None:
    form = console.get("/console/state/monedero/contacts/-new").text
    assert "&#34;phone&#34;" in form
    assert console.post("/console/state/monedero/contacts/-new", data={"record": "{"}).status_code == 400
    assert console.post("/console/state/monedero/contacts/-new", data={"record": '{"phone": 1}'}).status_code == 422
    with mock.control as control:
        model = {**control.get("/state/monedero/contacts/5001").json(), "phone": "4775550999"}
        del model["id"]
        made = console.post("/console/state/monedero/contacts/-new", data={"record": httpx.Request("POST", "http://x", json=model).content.decode()})
        place = made.headers["location"].partition("/contacts/")[2]
        assert control.get(f"/state/monedero/contacts/{place}").json()["phone"] == "4775550999"
        assert console.post(f"/console/state/monedero/contacts/{place}/delete").status_code == 303
        assert control.get(f"/state/monedero/contacts/{place}").status_code == 404


def test_a_record_to_which_others_refer_stays_and_the_page_says_why(mock: Mock, console: httpx.Client) -> None:
    answer = console.post("/console/state/monedero/wallets/1/delete")
    assert answer.status_code == 303
    assert "is referred to by" in console.get(answer.headers["location"].partition(f"/~{mock.world}")[2]).text


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"answer": "code:new_sale_12", "often": "first", "number": "2"}, {"answer": {"code": "new_sale_12"}, "first": 2}),
        ({"answer": "status:401", "often": "every", "number": "3"}, {"answer": {"status": 401}, "every": 3}),
        ({"delay": "0.5", "often": "probability", "number": "25"}, {"probability": 0.25}),
        ({"damage": "reset", "when": "after", "often": "always"}, {"damage": {"kind": "reset", "seconds": 0.0}, "when": "after"}),
    ],
)
def test_a_fault_is_set_by_its_form(mock: Mock, console: httpx.Client, form: dict[str, str], expected: dict[str, Any]) -> None:
    assert console.post("/console/faults", data={"operation": "monedero.create_sale", **form}).status_code == 303
    with mock.control as control:
        (rule,) = control.get("/faults").json()["rules"]
    assert {name: rule.get(name) for name in expected} == expected
    assert (rule["api"], rule["operation"]) == ("monedero", "create_sale")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"answer": "code:no_such_code"}, "no such answer"),
        ({"delay": "soon"}, "is a number"),
        ({}, "choose a failure"),
        ({"operation": "monedero.nothing", "answer": "status:400"}, "there are"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_in_words(console: httpx.Client, form: dict[str, str], said: str) -> None:
    answer = console.post("/console/faults", data={"operation": "monedero.create_sale", **form})
    assert answer.status_code in (400, 404, 409)
    assert said in answer.text


def test_a_rule_is_turned_off_and_on(mock: Mock, console: httpx.Client) -> None:
    console.post("/console/faults", data={"operation": "monedero.create_sale", "answer": "code:new_sale_12", "often": "always"})
    assert sell(mock).json()["code"] == "new_sale_12"
    console.post("/console/faults/1/turn", data={"active": "false"})
    assert sell(mock).is_success
    console.post("/console/faults/1/turn", data={"active": "true"})
    assert sell(mock).json()["code"] == "new_sale_12"
    console.post("/console/faults/1/remove")
    assert sell(mock).is_success


def test_the_clock_is_moved_by_hand(mock: Mock, console: httpx.Client) -> None:
    with mock.control as control:
        console.post("/console/clock", data={"action": "freeze", "moment": "2026-01-31T10:00"})
        assert control.get("/clock").json() == {"now": "2026-01-31T10:00:00Z", "mode": "frozen", "shift_seconds": 0.0}
        console.post("/console/clock", data={"action": "month"})
        assert control.get("/clock").json()["now"] == "2026-02-28T10:00:00Z"
        console.post("/console/clock", data={"action": "resume"})
        assert control.get("/clock").json()["mode"] == "real"
        assert console.post("/console/clock", data={"action": "nonsense"}).status_code == 400


def test_worlds_are_made_visited_and_forgotten(mock: Mock, console: httpx.Client) -> None:
    name = f"{mock.world}-copy"
    made = console.post("/console/worlds", data={"name": name, "source": f"world:{mock.world}"})
    assert made.headers["location"] == f"/~{name}/"
    assert name in console.get(f"/console/worlds?prefix={name}").text
    again = console.post("/console/worlds", data={"name": name})
    assert again.headers["location"].endswith("/console/worlds")
    assert console.post("/console/switch", data={"name": "default"}).headers["location"] == "/"
    console.post(f"/console/worlds/{name}/delete")
    assert httpx.get(f"{mock.url}/_mock/worlds/{name}").status_code == 404


def test_a_world_is_pinned_and_unpinned_by_its_button(mock: Mock, console: httpx.Client) -> None:
    name = f"{mock.world}-kept"
    console.post("/console/worlds", data={"name": name})
    for action, pinned in (("pin", True), ("unpin", False)):
        shown = console.get(f"/console/worlds?prefix={name}").text
        (button,) = re.findall(rf'action="([^"]*/console/worlds/{name}/{action})"', shown)
        assert button == f"/~{mock.world}/console/worlds/{name}/{action}"
        answer = console.post(f"/console/worlds/{name}/{action}")
        assert answer.headers["location"].endswith("/console/worlds")
        assert httpx.get(f"{mock.url}/_mock/worlds/{name}").json()["pinned"] is pinned
        assert ('<span class="badge">pinned</span>' in console.get(f"/console/worlds?prefix={name}").text) is pinned
    assert f"/console/worlds/{name}/unpin" not in console.get(f"/console/worlds?prefix={name}").text
    assert "/console/worlds/default/" not in console.get("/console/worlds?prefix=default").text.replace("default/delete", "")
    assert console.post("/console/worlds/never-made/unpin").status_code == 404


def test_a_form_that_cannot_be_read_is_refused(console: httpx.Client) -> None:
    assert console.post("/console/faults", json={}).status_code == 415
    assert console.post("/console/faults", data={"x": "y" * 2_000_000}).status_code == 413
    urlencoded = {"content-type": "application/x-www-form-urlencoded"}
    assert console.post("/console/faults", content="&".join(f"a{n}=1" for n in range(2000)), headers=urlencoded).status_code == 400
    assert console.post("/console/faults", content=b"a=\xff", headers=urlencoded).status_code == 400


@pytest.mark.parametrize(
    "path", ["/console/state/nobody/x", "/console/state/monedero/nothing", "/console/journal/999999999", "/docs/nobody", "/console/outbox/9"]
)
def test_a_missing_page_is_answered_as_a_page(console: httpx.Client, path: str) -> None:
    answer = console.get(path)
    assert answer.status_code == 404
    assert "<h1>Not Found</h1>" in answer.text


def test_the_journal_arrives_live_with_the_filters_of_the_page(mock: Mock, console: httpx.Client) -> None:
    with console.stream("GET", "/console/journal/live", params={"since": "0", "status": "4xx"}, timeout=20) as stream:
        lines = stream.iter_lines()
        assert next(lines) == ": listening"
        sell(mock)
        sell(mock, phone="1")
        seen: list[str] = []
        for line in lines:
            seen.append(line)
            if "new_sale_04" in line or len(seen) > 500:
                break
    assert any("new_sale_04" in line for line in seen)
    assert not any("status good" in line for line in seen)


def test_an_exchange_shows_the_discrepancies_of_the_vendors_page_and_the_chosen_reading(mock: Mock, console: httpx.Client) -> None:
    with mock.client("serpi") as client:
        client.get("/Sucursales")
    with mock.control as control:
        number = control.get("/journal").json()["exchanges"][-1]["number"]
    told = console.get(f"/console/journal/{number}").text
    assert "of the vendor's page, and how it is read here" in told
    beside = told.partition("<code>serpi.D03</code>")[2].partition("</div>")[0]
    assert "No records: body code 201" in beside
    assert "The mock:</span> an empty list is 201 in HTTP and in the body" in beside
