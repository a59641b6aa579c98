"""Two implementations are compared step by step; a world is rebuilt from a recording."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import pytest
from click.testing import CliRunner

from contract_tests.traffic.compare import difference
from contract_tests.traffic.exchange import HttpMessage, RecordedExchange
from contract_tests.traffic.player import PlayedAnswer
from mockserver.cli import cli
from mockserver.openapi.documents import load_document
from tests.conftest import Mock, Server
from tests.traffic.exchanges import SALE, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

SCENARIOS = Path(__file__).with_name("scenarios")
SCENARIO = SCENARIOS / "monedero.yaml"


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Server]:
    """A mock with another seed."""
    running = Server("--seed", "7")
    yield running
    running.stop()


class AnswerChanger(BaseHTTPRequestHandler):
    """Forwards calls to a mock and changes its answers."""

    upstream: ClassVar[str] = ""
    change: ClassVar[Callable[[str, dict[str, Any]], None]]

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length", "accept-encoding")}
        answer = httpx.request(self.command, self.upstream + self.path, headers=headers, content=body, timeout=20)
        payload = answer.content
        if "json" in answer.headers.get("content-type", "") and not self.path.startswith("/_mock"):
            value = answer.json()
            type(self).change(self.path, value)
            payload = json.dumps(value).encode()
        self.send_response(answer.status_code)
        self.send_header("content-type", answer.headers.get("content-type", ""))
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = _pass  # noqa: N815 - the names that the server looks for

    def log_message(self, *_arguments: object) -> None:
        """Suppress the access log."""


@pytest.fixture
def tampered(elsewhere: Server) -> Iterator[Callable[[Callable[[str, dict[str, Any]], None]], str]]:
    """The address of a mock whose answers a function changes."""
    servers: list[ThreadingHTTPServer] = []

    def start(change: Callable[[str, dict[str, Any]], None]) -> str:
        handler = type("Handler", (AnswerChanger,), {"upstream": elsewhere.url, "change": staticmethod(change)})
        running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(running)
        threading.Thread(target=running.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{running.server_port}"

    yield start
    for running in servers:
        running.shutdown()
        running.server_close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def compared(left: str, right: str, *options: str) -> tuple[int, dict[str, Any]]:
    done = run("compare", "monedero", "--left", left, "--right", right, "--format", "json", *(options or ("--scenario", str(SCENARIO))))
    assert done.exit_code in (0, 1), done.stderr
    return done.exit_code, json.loads(done.stdout)


def test_two_mocks_with_different_seeds_do_not_differ(server: Server, elsewhere: Server) -> None:
    code, found = compared(server.url, elsewhere.url)

    assert (code, found["different"], found["steps"], found["grade"]) == (0, 0, 10, "A")
    assert len(found["operations"]) == 8


def forget(path: str, body: dict[str, Any]) -> None:
    if path.endswith("/wallet/get"):
        body.get("result", [{}])[0].pop("wallet_name", None)


def other_code(path: str, body: dict[str, Any]) -> None:
    if path.endswith("/sale") and body.get("success") is False:
        body["code"] = "new_sale_04"


@pytest.mark.parametrize(
    ("change", "step", "path", "kind"), [(forget, 1, "/result/0/wallet_name", "shape"), (other_code, 6, "/code", "value")], ids=["a member", "a code"]
)
def test_one_planted_difference_is_reported_with_its_exact_path(
    change: Callable[[str, dict[str, Any]], None], step: int, path: str, kind: str, server: Server, tampered: Callable[..., str]
) -> None:
    code, found = compared(server.url, tampered(change))

    assert code == 1
    assert [(told["step"], told["path"], told["kind"]) for told in found["differences"]] == [(step, path, kind)]


def test_a_difference_names_the_clause_that_it_is_about(server: Server, tampered: Callable[..., str]) -> None:
    _, found = compared(server.url, tampered(other_code))

    (told,) = found["differences"]
    assert told["clause"] == "monedero.create_sale.e3"
    assert "new_sale_03" in told["says"]


def test_the_summary_can_be_sent_to_a_vendor(server: Server, tampered: Callable[..., str], tmp_path: Path) -> None:
    right = tampered(other_code)
    for form, head in (("markdown", "# Monedero"), ("html", "<!doctype html>"), ("text", "Monedero: left")):
        file = tmp_path / form
        options = ("--scenario", str(SCENARIO), "--format", form, "--output", str(file))

        done = run("compare", "monedero", "--left", server.url, "--right", right, *options)

        assert done.exit_code == 1
        text = file.read_text("utf-8")
        assert text.startswith(head)
        assert "new_sale_04" in text
        assert "Grade B" in text


def recorded(server: Server, world: str, file: Path) -> None:
    """Make some calls in a world; returns its journal as a HAR file."""
    mock = Mock(server.url, world)
    with mock.client("monedero") as client:
        made = client.post(
            "/employee/add",
            data={"type": "cajero", "employee_name": "Rosa", "business_name": "Centro", "number": "4775550299", "password": "clave-nueva-1"},
        ).json()
        cashier = str(made["collaboratorId"])
        client.post("/wallet/contact/add", data={"wallet_key": "wallet-demo", "phone": "4775550199", "customer_name": "Ana", "usertool_id": cashier})
        client.post("/wallet/sale", data={**SALE, "phone": "4775550199", "usertool_id": cashier})
        client.post("/wallet/sale", data={**SALE, "phone": "1"})
    with mock.control as control:
        file.write_bytes(control.get("/journal/har").content)


def test_a_recording_is_played_at_both_sides(server: Server, elsewhere: Server, mock: Mock, tmp_path: Path) -> None:
    recorded(server, mock.world, tmp_path / "calls.har")

    code, found = compared(server.url, elsewhere.url, "--har", str(tmp_path / "calls.har"))

    assert (code, found["steps"], found["different"]) == (0, 4, 0)


def test_a_world_is_rebuilt_from_a_recording(server: Server, elsewhere: Server, mock: Mock, tmp_path: Path) -> None:
    file = tmp_path / "calls.har"
    recorded(server, mock.world, file)

    done = run("replay", str(file), "--api", "monedero", "--url", elsewhere.url, "--world", "rebuilt", "--recorded-times")

    assert done.exit_code == 0, done.stdout + done.stderr
    assert "3 calls made in the world rebuilt, 0 answered otherwise" in done.stdout
    (ana,) = [contact for contact in Mock(elsewhere.url, "rebuilt").state("monedero")["contacts"] if contact["phone"] == "4775550199"]
    (original,) = [contact for contact in mock.state("monedero")["contacts"] if contact["phone"] == "4775550199"]
    assert {**ana, "id": 0, "usertool_id": 0} == {**original, "id": 0, "usertool_id": 0}


def test_a_replay_says_what_is_answered_otherwise(server: Server, mock: Mock, tmp_path: Path) -> None:
    file = tmp_path / "calls.har"
    recorded(server, mock.world, file)

    done = run("replay", str(file), "--api", "monedero", "--url", server.url, "--world", mock.world)

    assert done.exit_code == 1
    assert "entry 1 add_employee: status was 200, is 400" in done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps: 5", "a scenario has a list named steps"),
        ("steps: [{operation: steal}]", "step 1: monedero has no operation steal"),
        ("steps: [{operation: get_wallets, colour: red}]", "step 1 has the unknown key colour"),
        ("steps: [{operation: create_sale, body: {phone: '{{who}}'}}]", "{{who}} was kept by no step before"),
        ("api: serpi\nsteps: []", "the scenario is for serpi, not for monedero"),
        ("steps: [", "expected"),
    ],
)
def test_a_scenario_that_cannot_be_played_is_explained(text: str, said: str, server: Server, tmp_path: Path) -> None:
    file = tmp_path / "steps.yaml"
    file.write_text(text, "utf-8")

    done = run("compare", "monedero", "--left", server.url, "--right", server.url, "--scenario", str(file))

    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_side_that_does_not_answer_is_reported(server: Server) -> None:
    done = run("compare", "monedero", "--left", server.url, "--right", "http://127.0.0.1:9/monedero", "--scenario", str(SCENARIO))

    assert done.exit_code == 1
    assert "Grade F: one side gave no answer" in done.stdout


def _at_one_side(body: dict[str, Any], status: int = 200) -> PlayedAnswer:
    exchange = RecordedExchange(1, "GET", "http://x/serpi/api/v1/Sucursales", HttpMessage(()), status, answer(body))
    return PlayedAnswer(exchange, body)


def test_what_an_accepted_reading_allows_is_no_difference() -> None:
    document = load_document("serpi")
    listing = document.by_id["list_sucursales"]
    number = document.raw["components"]["examples"]["one_branch"]["value"]
    text = {**number, "result": [{**number["result"][0], "ext": "7"}]}
    number = {**number, "result": [{**number["result"][0], "ext": 7}]}
    assert difference(listing, _at_one_side(number), _at_one_side(text)) is None
    other = {**number, "result": [{**number["result"][0], "ext": 8}]}
    found = difference(listing, _at_one_side(number), _at_one_side(other))
    assert found is not None
    assert (found.kind, found.path) == ("value", "/result/0/ext")
