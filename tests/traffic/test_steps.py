"""A recording is replayed with the ids, addresses, secrets and roles of the receiving side."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from contract_tests.traffic.steps import Form, KeptField, Memory, ScenarioBroken, scenario
from mockserver.cli import cli
from mockserver.openapi.documents import load_document

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Mock, Server

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI1In0.c2lnbmF0dXJl"


def test_a_number_is_an_id_if_its_name_says_so() -> None:
    memory = Memory()
    memory.learn(1000, 1007)

    sent = memory.fill({"user_id": 1000, "productIds": [1000], "id_tercero": "1000", "amount": 1000, "text": "1000", "paid": 1000})

    assert sent == {"user_id": 1007, "productIds": [1007], "id_tercero": "1007", "amount": 1000, "text": "1000", "paid": 1000}
    assert memory.fill(Form([("usertool_id", "1000"), ("points", "1000")])) == [("usertool_id", "1007"), ("points", "1000")]
    assert memory.path("/users/1000") == "/users/1007"


@pytest.mark.parametrize("own", ["²", "9" * 5_000])
def test_an_id_of_digits_that_is_no_number_stays_text(own: str) -> None:
    memory = Memory()
    memory.learn(1000, own)
    assert memory.fill({"user_id": 1000}) == {"user_id": own}


def test_segments_of_an_address_are_learned_from_its_end() -> None:
    memory = Memory()
    memory.learn("http://a.example/~one/shop/checkout/Abc123/5", "https://b.example/shop/checkout/Xyz789/6")

    assert memory.path("/checkout/Abc123") == "/checkout/Xyz789"
    assert memory.path("/users/5") == "/users/5"


def test_a_part_of_a_value_is_kept_by_a_pattern() -> None:
    assert KeptField("/url", "[^/]+$").of({"url": "https://shop.example/pay/Abc123"}) == "Abc123"
    assert KeptField("/url", "^ftp").of({"url": "https://shop.example"}) is None


@pytest.mark.parametrize("said", ["5", "{at: /id, find: x}", "{at: /id, match: '('}"])
def test_what_cannot_be_kept_is_explained(said: str, tmp_path: Path) -> None:
    file = tmp_path / "steps.yaml"
    file.write_text(f"steps: [{{operation: get_wallets, keep: {{name: {said}}}}}]", "utf-8")

    with pytest.raises(ScenarioBroken, match="step 1: keep name is a JSON pointer"):
        scenario(file, load_document("monedero"))


def test_a_signed_token_is_masked_under_any_name(mock: Mock) -> None:
    assert load_document("trincico").mask.body(json.dumps({"access": JWT}), "application/json") == json.dumps({"access": "***"})
    with mock.client("trincico", credential=None) as client:
        given = client.post("/users/login", json={"email": "demo@example.com", "password": "trincico-demo-password"}).json()
    with mock.control as control:
        kept = control.get("/journal/har").text
    assert given["access"].count(".") == 2
    assert given["access"] not in kept
    assert given["refresh"] not in kept


def test_a_call_is_played_in_the_role_in_which_the_mock_recorded_it(server: Server, mock: Mock, tmp_path: Path) -> None:
    for role in ("other", "empty"):
        with mock.client("serpi", credential=role) as client:
            client.get("/Sucursales")
    file = tmp_path / "calls.har"
    with mock.control as control:
        file.write_bytes(control.get("/journal/har").content)

    done = CliRunner().invoke(cli, ["replay", str(file), "--api", "serpi", "--url", server.url, "--world", f"{mock.world}-again", "--answers"])

    assert done.exit_code == 0, done.output
    assert "2 calls made" in done.output


def test_what_a_recording_hides_is_what_the_side_gave_last_under_that_name(server: Server, mock: Mock, tmp_path: Path) -> None:
    with mock.client("trincico", credential=None) as client:
        given = client.post("/users/login", json={"email": "demo@example.com", "password": "trincico-demo-password"}).json()
        assert client.post("/login/refresh", json={"refresh": given["refresh"]}).status_code == 200
    file = tmp_path / "calls.har"
    with mock.control as control:
        file.write_bytes(control.get("/journal/har").content)

    done = CliRunner().invoke(cli, ["replay", str(file), "--api", "trincico", "--url", server.url, "--world", f"{mock.world}-again"])

    assert done.exit_code == 0, done.output
    assert "2 calls made" in done.output
