"""Bodies and answers of any document that are no plain JSON: XML, YAML, forms, text, vendor JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from defusedxml import ElementTree

from tests.generic.inside import Inside

pytestmark = pytest.mark.anyio

ORDER = """<o:order xmlns:o="https://shop.example.com/o" id="4711"><customer>Ada &amp; Co</customer><count>3</count><shipped>false</shipped>
<labels><label>red</label><label>new</label></labels><price>1.5</price><price>2</price><address><city>Lyon</city></address></o:order>"""
READ = {
    "id": 4711,
    "customer": "Ada & Co",
    "quantity": 3,
    "shipped": False,
    "tag": ["red", "new"],
    "price": [1.5, 2],
    "address": {"city": "Lyon"},
}
XML = "application/xml"
BOMB = """<?xml version="1.0"?><!DOCTYPE o [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><order><customer>&b;</customer></order>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/hostname">]><order><customer>&x;</customer></order>"""


@pytest.fixture(name="server", scope="module")
def _server() -> Inside:
    return Inside(Path(__file__).with_name("media.yaml"))


async def _send(server: Inside, method: str, path: str, **options: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server.app), base_url="http://localhost") as client:
        return await client.request(method, server.document.base_path + path, **options)


async def test_xml_is_read_by_the_schema_and_shown_as_json_and_as_xml(server: Inside) -> None:
    made = await _send(server, "POST", "/orders", content=ORDER, headers={"Content-Type": XML})
    assert made.status_code == 201, made.text
    assert made.headers["content-type"] == "application/vnd.shop+json"
    assert made.json() == READ
    shown = await _send(server, "GET", "/orders/4711", headers={"Accept": XML})
    assert shown.headers["content-type"] == XML
    root = ElementTree.fromstring(shown.content)
    assert root.tag == "{https://shop.example.com/o}order"
    assert root.attrib == {"id": "4711"}
    assert [(child.tag, child.text) for child in root if not len(child)] == [
        ("customer", "Ada & Co"),
        ("count", "3"),
        ("shipped", "false"),
        ("price", "1.5"),
        ("price", "2"),
    ]
    assert [label.text for label in root.findall("labels/label")] == ["red", "new"]
    again = await _send(server, "POST", "/orders", content=shown.content.replace(b"4711", b"4712"), headers={"Content-Type": XML})
    assert again.json() == {**READ, "id": 4712}
    listed = ElementTree.fromstring((await _send(server, "GET", "/orders", headers={"Accept": XML})).content)
    assert listed.tag == "orders"
    assert "4712" in [one.get("id") for one in listed]


@pytest.mark.parametrize(
    "body",
    [
        "<order><customer>Ada</customer></order>",
        ORDER.replace("<count>3</count>", "<count>three</count>"),
        ORDER.replace("<shipped>false</shipped>", "<shipped></shipped>"),
        ORDER.replace("<address><city>Lyon</city></address>", "<address/>"),
        "no markup",
        "",
        "<order>",
        BOMB,
        OUTSIDE,
        "<a>" * 5000 + "</a>" * 5000,
        '<?xml version="1.0" encoding="nonsense"?><order/>',
    ],
)
async def test_xml_that_breaks_the_schema_or_is_none_is_refused_in_the_documents_form(server: Inside, body: str) -> None:
    refused = await _send(server, "POST", "/orders", content=body, headers={"Content-Type": XML})
    assert (refused.status_code, refused.headers["content-type"]) == (400, XML)
    assert ElementTree.fromstring(refused.content).findtext("message")


async def test_a_body_is_read_in_the_encoding_that_it_names(server: Inside) -> None:
    latin = ORDER.replace("Ada &amp; Co", "Zoë")
    for content, kind in ((latin.encode("latin-1"), f"{XML}; charset=iso-8859-1"), (latin.encode("utf-16"), XML)):
        made = await _send(server, "POST", "/orders", content=content, headers={"Content-Type": kind})
        assert made.json()["customer"] == "Zoë"
    text = [
        (await _send(server, "POST", "/note", content=content, headers={"Content-Type": kind})).status_code
        for content, kind in (
            ("éééé".encode("latin-1"), "text/plain; charset=latin-1"),
            ("éééé".encode("latin-1"), "text/plain"),
            (b"a", "text/plain; charset=hex"),
            (b"a", "text/plain; charset=none-such"),
        )
    ]
    assert text == [204, 400, 400, 400]


async def test_null_is_marked_and_read(server: Inside) -> None:
    body = ORDER.replace("<city>Lyon</city>", '<city>Lyon</city><zip xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>')
    made = await _send(server, "POST", "/orders", content=body, headers={"Content-Type": XML})
    assert made.json()["address"] == {"city": "Lyon", "zip": None}
    shown = await _send(server, "GET", f"/orders/{made.json()['id']}", headers={"Accept": XML})
    assert b'xsi:nil="true"' in shown.content


async def test_text_that_xml_cannot_hold_is_replaced(server: Inside) -> None:
    made = await _send(
        server, "POST", "/orders", json={**READ, "id": 1, "customer": "a\u0000b<c>"}, headers={"Content-Type": "application/vnd.shop+json"}
    )
    shown = await _send(server, "GET", f"/orders/{made.json()['id']}", headers={"Accept": XML})
    assert ElementTree.fromstring(shown.content).findtext("customer") == "a\ufffdb<c>"


async def test_fields_of_forms_are_read_as_their_encoding_says(server: Inside) -> None:
    fields = {"customer": "Ada", "quantity": "3", "shipped": "true", "tag": "red|new", "price": "1e2", "address": '{"city": "Lyon"}'}
    made = await _send(server, "POST", "/orders", data=fields)
    assert made.status_code == 201, made.text
    assert {**made.json(), "id": 0} == {**READ, "id": 0, "customer": "Ada", "shipped": True, "price": [100]}
    wrong = [
        (await _send(server, "POST", "/orders", data={**fields, **more})).status_code
        for more in ({"shipped": "1"}, {"address": "{"}, {"address": '{"zip": "1"}'}, {"quantity": "1.0"}, {"price": "1e999"})
    ]
    assert wrong == [400] * 5


async def test_a_part_that_holds_json_is_an_object(server: Inside) -> None:
    fields = [("customer", (None, "Ada")), ("quantity", (None, "3")), ("shipped", (None, "true")), ("tag", (None, "red"))]
    for address in ((None, b'{"city": "Lyon"}'), ("blob", b'{"city": "Lyon"}', "application/json")):
        made = await _send(server, "POST", "/orders", files=[*fields, ("address", address)])
        assert made.status_code == 201, made.text
        assert made.json()["address"] == {"city": "Lyon"}


async def test_yaml_text_and_a_switch_of_protocols(server: Inside) -> None:
    report = await _send(server, "GET", "/report")
    assert report.headers["content-type"] == "application/yaml"
    assert isinstance(yaml.safe_load(report.text)["name"], str)
    sent = [(await _send(server, "POST", "/note", content=text, headers={"Content-Type": "text/plain"})).status_code for text in ("12345", "123456")]
    assert sent == [204, 400]
    assert (await _send(server, "POST", "/note", content=b"\xff\x00", headers={"Content-Type": "application/octet-stream"})).status_code == 204
    switched = await _send(server, "GET", "/socket")
    assert (switched.status_code, switched.headers["x-mock-undocumented"]) == (426, "426")


async def test_what_is_read_only_is_not_required_of_a_request_and_what_is_write_only_not_of_an_answer(server: Inside) -> None:
    made = await _send(server, "POST", "/accounts", json={"name": "ada", "password": "lovelace"})
    assert made.status_code == 201, made.text
    assert made.json().keys() == {"id", "name"}
    assert (await _send(server, "POST", "/accounts", json={"name": "ada"})).status_code == 400


@pytest.mark.parametrize(("page", "status"), [("9" * 30, 200), ("1e3", 400), ("1.0", 400)])
async def test_a_number_of_any_size_is_a_number(server: Inside, page: str, status: int) -> None:
    assert (await _send(server, "GET", f"/accounts?page={page}")).status_code == status


@pytest.mark.parametrize(("owner", "status"), [("9f2b1e7c-5a6d-4c3b-8f10-1f2e3d4c5b6a", 200), ("", 400), ("no-uuid", 400)])
async def test_a_uuid_is_one(server: Inside, owner: str, status: int) -> None:
    assert (await _send(server, "GET", f"/accounts?owner={owner}")).status_code == status
