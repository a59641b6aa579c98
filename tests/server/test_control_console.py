"""Features of the control plane that the console uses: operations, columns, searching, replay, records that a call changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.server.samples import SLUGS, document_of

if TYPE_CHECKING:
    from tests.conftest import Mock

SALE = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "0", "transaction_amount": "1000", "usertool_id": "7001"}


@pytest.mark.parametrize("slug", SLUGS)
def test_every_operation_is_listed_with_what_its_document_says(mock: Mock, slug: str) -> None:
    document = document_of(slug)
    with mock.control as control:
        listed = control.get(f"/apis/{slug}/operations").json()["operations"]
    assert [one["id"] for one in listed] == [spec.id for spec in document.operations]
    for one, spec in zip(listed, document.operations, strict=True):
        assert one["statuses"] == sorted(map(int, spec.spec["responses"]))
        assert one["clauses"] == spec.spec.get("x-clauses", {})
        assert {error["code"] for error in one["errors"]} >= spec.spec.get("x-errors", {}).keys()
        named = spec.spec.get("x-discrepancy", [])
        assert set(one["discrepancies"]) >= ({named} if isinstance(named, str) else set(named))
        explained = document.raw["components"]["x-discrepancies"]
        for name in one["discrepancies"]:
            assert one["readings"][name] == {key: value for key, value in explained[name].items() if key != "accepts"}


def test_columns_say_what_fits_and_where_they_lead(mock: Mock) -> None:
    with mock.control as control:
        columns = {column["name"]: column for column in control.get("/state/monedero").json()["columns"]["contacts"]}
    assert columns["wallet_id"] == {
        "name": "wallet_id",
        "text": False,
        "nullable": False,
        "refers_to": "wallets",
        "required": True,
        "given": "always",
        "expects": "a whole number",
        "schema": {"type": "integer"},
        "members": None,
    }
    assert (columns["name"]["text"], columns["name"]["refers_to"]) == (True, None)
    assert (columns["id"]["given"], columns["id"]["required"]) == ("once", False)
    with mock.control as control:
        described = control.get("/state/monedero").json()["columns"]["usertools"]
    tools = {column["name"]: column for column in described}
    assert tools["type"]["schema"]["enum"] == ["cajero", "gerente"], "as the document lists them"
    assert tools["type"]["expects"] == "one of cajero, gerente"
    assert tools["wallet_id"]["expects"] == "a whole number, or null"
    with mock.control as control:
        users = [column["name"] for column in control.get("/state/backoffice").json()["columns"]["users"]]
    assert not [name for name in users if "password" in name]  # a secret is no column


def test_records_are_sorted_and_searched(mock: Mock) -> None:
    with mock.control as control:
        points = [record["points"] for record in control.get("/state/monedero/contacts", params={"sort": "-points"}).json()["records"]]
        assert points == sorted(points, reverse=True)
        names = [record["name"] for record in control.get("/state/monedero/contacts", params={"sort": "name", "limit": 5}).json()["records"]]
        assert names == sorted(names, key=str.casefold)
        found = control.get("/state/monedero/contacts", params={"text": "MUESTRA"}).json()
        assert found["total"] == len(found["records"]) > 0
        assert all("muestra" in str(record).casefold() for record in found["records"])
        assert control.get("/state/monedero/contacts", params={"sort": "nothing"}).status_code == 404
        empty = control.get("/state/serpi/branches", params={"sort": "ext"}).json()["records"]
        values = [record["ext"] for record in empty]
        assert None not in values[: sum(value is not None for value in values)]


def test_exchanges_are_searched_paged_and_filtered_by_their_findings(mock: Mock) -> None:
    with mock.client("monedero") as client, mock.control as control:
        client.post("/wallet/sale", data={**SALE, "phone": "ñandú"})
        client.post("/wallet/sale", data=SALE)
        client.post("/wallet/get", params={"seen": "a needle"})
        numbers = [one["number"] for one in control.get("/journal").json()["exchanges"]]
        searched = {
            text: [one["number"] for one in control.get("/journal", params={"text": text}).json()["exchanges"]]
            for text in ("ÑANDÚ", "new_sale_04", "a needle", "wallet/SALE", "nowhere")
        }
        assert searched == {"ÑANDÚ": numbers[:1], "new_sale_04": numbers[:1], "a needle": numbers[2:], "wallet/SALE": numbers[:2], "nowhere": []}
        assert [one["number"] for one in control.get("/journal", params={"findings": True}).json()["exchanges"]] == numbers[:1]
        assert [one["number"] for one in control.get("/journal", params={"findings": False}).json()["exchanges"]] == numbers[1:]
        page = control.get("/journal", params={"before": numbers[2], "limit": 1}).json()
        assert ([one["number"] for one in page["exchanges"]], page["total"]) == ([numbers[1]], 2)
        assert len(control.get("/journal/har", params={"text": "needle"}).json()["log"]["entries"]) == 1


def test_an_exchange_names_its_credential_and_what_it_wrote(mock: Mock) -> None:
    with mock.client("monedero") as client, mock.control as control:
        before = control.get("/state/monedero/contacts/5001").json()["points"]
        client.post("/wallet/sale", data=SALE)
        after = control.get("/state/monedero/contacts/5001").json()["points"]
        number = control.get("/journal").json()["exchanges"][-1]["number"]
        whole = control.get(f"/journal/{number}").json()
    assert whole["credential"] == "demo"
    assert {
        "table": "monedero.contacts",
        "id": 5001,
        "kind": "changed",
        "fields": [{"pointer": "/points", "before": before, "after": after}],
    } in whole["changes"]


def test_a_refused_call_wrote_nothing_and_a_wrong_key_is_no_credential(mock: Mock) -> None:
    with mock.client("monedero", None) as client, mock.control as control:
        client.post("/wallet/sale", data=SALE, headers={"apikey": "nobody's"})
        number = control.get("/journal").json()["exchanges"][-1]["number"]
        whole = control.get(f"/journal/{number}").json()
    assert (whole["credential"], whole["changes"]) == (None, [])


def test_a_call_is_sent_again_with_its_credentials(mock: Mock) -> None:
    with mock.client("monedero") as client, mock.control as control:
        client.post("/wallet/sale", data=SALE)
        first = control.get("/journal").json()["exchanges"][-1]["number"]
        again = control.post(f"/journal/{first}/replay").json()
        assert again["exchange"]["number"] > first
        assert (again["exchange"]["status"], again["credential"]) == (200, "demo")
        client.get("/nothing/of/that/kind")
        missed = control.get("/journal").json()["exchanges"][-1]["number"]
        assert control.post(f"/journal/{missed}/replay").json()["exchange"]["status"] == 404
        client.post("/wallet/sale", content=b"x" * 2_000_000, headers={"content-type": "application/x-www-form-urlencoded"})
        large = control.get("/journal").json()["exchanges"][-1]["number"]
        refused = control.post(f"/journal/{large}/replay")
        assert (refused.status_code, "never read" in refused.json()["detail"]) == (409, True)
        assert control.post("/journal/999999999/replay").status_code == 404


def test_a_rule_that_is_off_matches_nothing_until_it_is_on_again(mock: Mock) -> None:
    with mock.client("serpi") as client, mock.control as control:
        rule = control.post("/faults", json={"api": "serpi", "answer": {"status": 429}, "first": 1}).json()
        assert rule["active"] is True
        control.patch(f"/faults/{rule['id']}", json={"active": False})
        assert client.get("/Sucursales").status_code == 200
        on = control.patch(f"/faults/{rule['id']}", json={"active": True}).json()
        assert (on["active"], on["matched"]) == (True, 0)
        assert client.get("/Sucursales").status_code == 429
        assert control.patch("/faults/99", json={"active": True}).status_code == 404
        exported = control.get(f"/worlds/{mock.world}/export").json()
        assert control.put(f"/worlds/{mock.world}", json=exported).is_success
