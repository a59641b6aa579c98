"""The commands for a running server, as they are typed."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from click.testing import CliRunner, Result

from mockserver import doctor
from mockserver.cli import cli
from mockserver.testing import Refused
from tests.conftest import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mockserver.testing import Mock

    Type = Callable[..., Result]

SALE = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "0", "transaction_amount": "100", "usertool_id": "7001"}


@pytest.fixture
def type_(world: Mock) -> Type:
    """Run a command in the world of the test."""

    def run(line: str, *, fails: bool = False) -> Result:
        result = CliRunner(env={"MOCKSERVER_URL": world.url, "MOCKSERVER_WORLD": world.world}).invoke(cli, shlex.split(line))
        assert (result.exit_code != 0) is fails, result.output
        return result

    return run


def test_help_lists_every_command(type_: Type) -> None:
    text = type_("--help").output
    for name in ("serve", "operations", "worlds", "reset", "clock", "faults", "journal", "outbox", "snapshot", "doctor", "env"):
        assert f"\n  {name} " in text


def test_worlds(type_: Type, world: Mock, tmp_path: Path) -> None:
    name = f"{world.world}.cli"
    assert f"{name}: " in type_(f"worlds create {name} --scenario monedero.used-up").output
    assert "exists already" in type_(f"worlds create {name}", fails=True).output
    type_(f"worlds create {name} --seed 4 --anew")
    listed = type_(f"worlds --prefix {name}").output.splitlines()
    assert listed[0].split()[:3] == ["name", "mode", "now"]
    assert listed[1].split()[:2] == [name, "real"]
    assert json.loads(type_(f"worlds list --json --prefix {name}").output)["total"] == 1
    type_("snapshot save here")
    type_(f"worlds create {name}.fork --snapshot here")
    type_(f"worlds create {name}.other --fork {name}")
    type_(f"worlds delete {name} {name}.fork {name}.other")
    assert "no world" in type_(f"worlds delete {name}", fails=True).output
    assert "monedero.used-up\n    The customer" in type_("worlds scenarios").output
    assert json.loads(type_("worlds scenarios --json").output)["scenarios"]


def test_a_world_goes_through_a_file(type_: Type, world: Mock, tmp_path: Path) -> None:
    file = tmp_path / "world.json"
    before = world.digest
    type_(f"worlds export {file}")
    world.monedero.client().post("/wallet/sale", data=SALE)
    assert type_("worlds diff").output.splitlines() == ["changed  monedero.contacts 5001", "         /points: 25000 → 26000"]
    type_(f"worlds import {file}")
    assert world.digest == before
    assert json.loads(type_("worlds export").output)["seed"] == 1
    file.write_text("{", encoding="utf-8")
    assert "is not JSON" in type_(f"worlds import {file}", fails=True).output
    file.write_text("{}", encoding="utf-8")
    assert "mockserver" in type_(f"worlds import {file}", fails=True).output


def test_reset_and_snapshot(type_: Type, world: Mock) -> None:
    before = world.digest
    type_("snapshot save start")
    world.monedero.client().post("/wallet/sale", data=SALE)
    type_("snapshot restore start")
    assert world.digest == before
    assert type_("snapshot").output.splitlines()[1].startswith("start ")
    type_("snapshot delete start")
    assert "there are none" in type_("snapshot restore start", fails=True).output
    type_("reset --seed 9")
    assert world.digest != before
    type_("reset")
    assert world.digest == before


def test_the_clock(type_: Type, world: Mock) -> None:
    assert type_("clock").output.split()[1] == "real"
    assert type_("clock freeze 2026-01-01T00:00:00Z").output == "2026-01-01T00:00:00Z frozen\n"
    assert type_("clock advance P1DT1H").output == "2026-01-02T01:00:00Z frozen\n"
    assert type_("clock run-from 2030-01-01T00:00:00Z").output.endswith("shifted\n")
    assert type_("clock resume").output.endswith("real\n")
    type_("clock freeze 2026-01-01T00:00:00Z")
    assert type_("clock next").output > "2026-01-01T00:00:00Z frozen\n"  # the seeded worlds have timers
    assert "frozen" not in type_("clock freeze yesterday", fails=True).output


def test_faults(type_: Type, world: Mock) -> None:
    assert type_("faults add serpi list_sucursales --status 429 --first 1").output == "rule 1 for list_sucursales\n"
    assert world.serpi.client().get("/Sucursales").status_code == 429
    listed = type_("faults").output
    assert '"answer": {"status": 429}' in listed
    assert "applied to 1 of 1 calls" in listed
    assert "serpi.erp  up" in listed
    type_("faults down serpi.erp")
    assert "serpi.erp  down" in type_("faults list").output
    type_("faults up serpi.erp")
    type_("faults remove 1")
    type_("faults add monedero --damage drip --seconds 0.1 --every 2 --when after --method POST --path '/w*' --caller demo --delay 0")
    type_("faults clear")
    assert world.faults.rules == []
    assert "documents no codes" in type_("faults add serpi --code x", fails=True).output
    assert "there are" in type_("faults add nobody --status 500", fails=True).output


def test_the_journal(type_: Type, world: Mock, tmp_path: Path) -> None:
    world.monedero.client().post("/wallet/sale?x=1", data=SALE)
    world.monedero.client().post("/wallet/sale", data={**SALE, "phone": "1"})
    lines = type_("journal").output.splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        "POST /monedero/wallet/sale?x=1 → 200",
        "POST /monedero/wallet/sale → 400 new_sale_04 1 findings",
    ]
    assert len(type_("journal list --status 4xx --limit 5").output.splitlines()) == 1
    assert json.loads(type_("journal --json").output)["total"] == 2
    number = world.journal.exchanges()[0].number
    assert json.loads(type_(f"journal show {number}").output)["unread"] == ["query/x"]
    type_(f"journal har {tmp_path / 'x.har'} --operation create_sale")
    assert len(json.loads((tmp_path / "x.har").read_text())["log"]["entries"]) == 2
    type_("journal clear")
    assert type_("journal").output == ""


def test_the_journal_is_followed(type_: Type, world: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    world.monedero.client().post("/wallet/get")
    exchange = world.journal.exchanges()[0]

    def once(_journal: Any) -> Iterator[Any]:
        yield exchange
        raise Refused(0, "the mock server went away")

    monkeypatch.setattr("mockserver.testing.parts.Journal.follow", once)
    assert type_("journal follow", fails=True).output.splitlines() == [str(exchange), "Error: the mock server went away"]


def test_the_outbox(type_: Type, world: Mock) -> None:
    assert "the outbox is empty" in type_("outbox wait --timeout 0", fails=True).output
    contact = {"wallet_key": "wallet-demo", "phone": "4775550199", "customer_name": "Ana", "usertool_id": "7001"}
    world.monedero.client().post("/wallet/contact/add", data=contact)
    for line in ("outbox", "outbox wait --to +524775550199 --body ana"):
        shown = type_(line).output.splitlines()
        assert shown[0] == "1  sms to +524775550199"
        assert shown[2].startswith("    links: http")
    assert len(json.loads(type_("outbox --json").output)["messages"]) == 1
    type_("outbox clear")
    assert type_("outbox").output == ""


def test_a_server_that_is_down_is_reported_in_one_line(type_: Type) -> None:
    result = type_("clock --url http://127.0.0.1:9", fails=True)
    assert result.exit_code == 1
    assert result.output.startswith("Error: no mock server answers at http://127.0.0.1:9")
    assert "mockserver serve" in result.output


def test_env_points_an_app_at_the_mock(type_: Type, world: Mock) -> None:
    shell = 'eval "$ENV" && curl -s -X POST "$MONEDERO_BASE_URL/wallet/get" -H "apikey: $MONEDERO_APIKEY" && echo "$SERPI_AUTHORIZATION"'
    done = subprocess.run(["sh", "-c", shell], env={"ENV": type_("env").output, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True)
    assert '"wallets_get_01"' in done.stdout
    assert "Bearer serpi-demo-token" in done.stdout
    assert world.journal.verify("get_wallets", count=1) == 1
    assert f"MOCKSERVER_WORLD={world.world}\n" in type_("env --format dotenv").output
    assert json.loads(type_("env --format json").output)["SERPI_BASE_URL"] == world.serpi.base_url


# Doctor


def test_a_healthy_set_up_has_nothing_to_advise(type_: Type, world: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(doctor, "FILES", 1)
    shown = type_("doctor").output
    assert "!!" not in shown
    assert f"a server answers at {world.url}" in shown
    assert "APIs with" in shown


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--url http://127.0.0.1:9", "start one with `mockserver serve --port 9`"),
        ("--specs {empty}", "has a package but no document"),
    ],
)
def test_an_error_is_reported_with_what_to_do(type_: Type, tmp_path: Path, options: str, words: str) -> None:
    result = type_(f"doctor {options.format(empty=tmp_path)}", fails=True)
    assert result.exit_code == 1
    assert words in result.output


def test_a_proxy_a_low_limit_an_old_python_and_missing_packages_are_noticed(type_: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example.com:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setattr(doctor, "FILES", 10**9)
    monkeypatch.setattr(doctor, "OLDEST", (99, 0))
    monkeypatch.setattr(doctor, "requires", lambda _name: ["no-such-package>=1", "click>=8"])
    shown = type_("doctor", fails=True).output
    for words in ("set NO_PROXY=127.0.0.1", "ulimit -n", "install Python 99.0", "no-such-package missing"):
        assert words in shown


def test_another_server_at_the_address_is_noticed(type_: Type, server: Server) -> None:
    shown = type_(f"doctor --url {server.url}/docs", fails=True).output
    assert "something else answers" in shown


def test_a_missing_token_is_noticed(type_: Type) -> None:
    guarded = Server("--token", "s3cret")
    try:
        assert "set MOCKSERVER_TOKEN" in type_(f"doctor --url {guarded.url}", fails=True).output
        assert "!!" not in type_(f"clock --url {guarded.url} --token s3cret").output
        assert httpx.get(f"{guarded.url}/_mock/clock").status_code == 401
    finally:
        guarded.stop()
