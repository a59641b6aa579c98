"""Worlds are isolated, and the same seed, clock and requests give the same bytes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import pytest

from tests.conftest import Server

if TYPE_CHECKING:
    from tests.conftest import Mock

SERPI = {"secretkey": "serpi-demo-secretkey", "authorization": "Bearer serpi-demo-token"}
MONEDERO = {"apikey": "monedero-demo-apikey"}
FROZEN = "2026-01-01T00:00:00Z"
MIB = 1024 * 1024


def branch(name: str) -> dict[str, Any]:
    """The body of a branch that its description identifies."""
    return {
        "id_tercero": 1804,
        "nit_tercero": "900985549",
        "codigo": 0,
        "referencia_sucursal": None,
        "descripcion": name,
        "direccion": "cra 22",
        "telefono": None,
        "id_ciudad": 5001,
        "codigo_ciudad": "05001",
        "id_departamento": 5,
        "codigo_departamento": "05",
        "id_pais": 1,
        "codigo_pais": "57",
        "id_vendedor": 3418,
        "es_direccionCobro": False,
        "es_direccionDespacho": False,
    }


def mixed_calls(client: httpx.Client, chance: Random, name: str, count: int, prefix: str = "") -> list[httpx.Response]:
    """Calls of every kind to both vendors, good and bad; everything they create contains ``name``."""
    answers = []
    for number in range(count):
        kind = chance.randrange(7)
        serpi, monedero = f"{prefix}/serpi/api/v1/Sucursales", f"{prefix}/monedero"
        phone = f"477{chance.randrange(2_000_000, 9_000_000)}"
        if kind == 0:
            answer = client.post(serpi, json=branch(f"{name} {number}"), headers=SERPI)
        elif kind == 1:
            answer = client.get(serpi, params={"limite": chance.randrange(0, 9), "pagina": chance.randrange(1, 9)}, headers=SERPI)
        elif kind == 2:
            answer = client.put(serpi, json={**branch(f"{name} {number}"), "id": chance.choice([2317, 1, 2318])}, headers=SERPI)
        elif kind == 3:
            sent = {"wallet_key": "wallet-demo", "phone": phone, "customer_name": f"{name} {number}", "usertool_id": "7001"}
            answer = client.post(f"{monedero}/wallet/contact/add", data=sent, headers=MONEDERO)
        elif kind == 4:
            sale = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": str(chance.randrange(3)), "usertool_id": "7001"}
            answer = client.post(f"{monedero}/wallet/sale", data={**sale, "transaction_amount": "12.5", "points_used": "1"}, headers=MONEDERO)
        elif kind == 5:
            sent = {"type": "cajero", "employee_name": f"{name} {number}", "business_name": "x", "number": phone, "password": f"p {name} {number}"}
            answer = client.post(f"{monedero}/employee/add", data=sent, headers=MONEDERO)
        else:
            answer = client.post(f"{monedero}/toolusers/get", headers=MONEDERO)
        answers.append(answer)
    return answers


@pytest.mark.slow
def test_two_hundred_worlds_in_parallel_never_meet() -> None:
    """200 worlds with 50 mixed calls each, from 8 threads: nothing of one world is visible in another, and memory stays small."""
    server = Server()
    try:
        names = [f"world{number:03}x" for number in range(200)]

        def play(name: str) -> None:
            with httpx.Client(base_url=server.url, headers={"x-mock-world": name}, timeout=60) as client:
                assert all(answer.status_code < 500 for answer in mixed_calls(client, Random(name), name, 50))

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(play, names))
        memory = psutil.Process(server.process.pid).memory_info().rss

        made = 0
        with httpx.Client(base_url=server.url, timeout=60) as client:
            for name in names:
                for slug, table in (("serpi", "branches"), ("monedero", "contacts"), ("monedero", "usertools")):
                    text = client.get(f"/_mock/state/{slug}/{table}", headers={"x-mock-world": name}).text
                    made += text.count(name)
                    assert text.count("world") == text.count(name)
                messages = client.get("/_mock/outbox", headers={"x-mock-world": name}).text
                assert messages.count("world") == messages.count(name)
        assert made > 200 * 10
        assert memory < 250 * MIB
    finally:
        server.stop()


@pytest.mark.slow
def test_two_servers_answer_the_same_bytes() -> None:
    """The same seed, a frozen clock and the same 500 requests give the same bodies and the same headers except Date and X-Mock-Boot."""
    recorded = []
    for _ in range(2):
        server = Server("--seed", "7", "--freeze", FROZEN)
        try:
            with httpx.Client(base_url=server.url, headers={"host": "mock.test"}, timeout=60) as client:
                answers = mixed_calls(client, Random(7), "same", 500)
                answers += [client.get(f"/_mock/{path}", headers={"host": "localhost"}) for path in ("outbox", "clock", "state/monedero/contacts")]
        finally:
            server.stop()
        recorded.append([(answer.status_code, _comparable(answer), answer.content) for answer in answers])
    assert recorded[0] == recorded[1]
    assert len({status for status, _, _ in recorded[0]}) > 2


def _comparable(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(name, value) for name, value in answer.headers.items() if name not in ("date", "x-mock-boot")]


def test_two_worlds_answer_the_same_under_any_name(server: Server) -> None:
    answers = []
    for world in ("left-1", "right-2"):
        with httpx.Client(base_url=server.url, headers={"x-mock-world": world}) as client:
            client.post("/_mock/reset")
            client.patch("/_mock/clock", json={"freeze": FROZEN})
            played = mixed_calls(client, Random(3), "twin", 60)
            answers.append([answer.content.replace(world.encode(), b"") for answer in [*played, client.get("/_mock/outbox")]])
    assert answers[0] == answers[1]


def test_another_seed_makes_other_generated_records_but_the_same_seeded_ones(mock: Mock) -> None:
    before = mock.state("serpi")["branches"]
    with mock.control as control:
        assert control.post("/reset", json={"seed": 99}).json() == {"world": mock.world, "seed": 99}
    after = mock.state("serpi")["branches"]
    assert [row for row in before if row["id"] in (2300, 2317)] == [row for row in after if row["id"] in (2300, 2317)]
    assert before != after
    with mock.control as control:
        control.post("/reset")
    assert mock.state("serpi")["branches"] == before


def test_the_prefix_of_a_path_names_a_world_like_the_header_does(mock: Mock) -> None:
    with httpx.Client(base_url=f"{mock.url}/~{mock.world}") as client:
        mixed_calls(client, Random(1), "prefix", 30)
        assert any("prefix" in str(row["descripcion"]) for row in mock.state("serpi")["branches"])
        assert client.get("/_mock/health").json()["world"] == mock.world
        api = client.get("/_mock/apis").json()["apis"][0]
        assert api["base_url"].startswith(f"{mock.url}/~{mock.world}/")
        both = client.get("/_mock/health", headers={"x-mock-world": "another"})
        assert both.json()["world"] == mock.world


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 65, ".hidden", "ñ"])
def test_a_name_that_no_world_can_have_is_refused(server: Server, name: str) -> None:
    response = httpx.get(f"{server.url}/_mock/health", headers=[(b"x-mock-world", name.encode())])
    assert response.status_code == 400
    assert "letters, digits" in response.json()["detail"]


def test_reset_undoes_everything_in_its_world_only(mock: Mock) -> None:
    other = mock.world + "-other"
    for world in (mock.world, other):
        with httpx.Client(base_url=mock.url, headers={"x-mock-world": world}) as client:
            mixed_calls(client, Random(5), "touched", 40)
            client.patch("/_mock/clock", json={"advance": "P1D"})
    with mock.control as control:
        control.post("/reset")
        assert control.get("/clock").json()["mode"] == "real"
    assert mock.outbox() == []
    assert "touched" not in str(mock.state("monedero"))
    left = httpx.get(f"{mock.url}/_mock/state/monedero/contacts", headers={"x-mock-world": other}).text
    assert "touched" in left
