"""A few inputs of every kind of the siege, and that the siege sees what it is for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.hostile.inside import KEY, SALE
from tests.hostile.siege import besieged
from tests.hostile.siege.besieged import BYSTANDERS, MEMORY, Besieged, Finding, besiege, split_answers
from tests.hostile.siege.calls import calls
from tests.hostile.siege.run import Found, attack
from tests.hostile.siege.storms import STORMS, Storm


@pytest.fixture(scope="module")
def server() -> Iterator[Besieged]:
    with besiege() as server:
        yield server


@pytest.mark.parametrize("kind", STORMS)
def test_no_input_of_any_kind_stops_fills_or_misleads_the_server(server: Besieged, kind: str) -> None:
    found = attack(server, kind, 1, max(1, round(40 * STORMS[kind].weight)))
    assert found is None, found.text


def test_every_operation_of_every_document_is_attacked() -> None:
    names = {call.name for call in calls()}
    assert len(names) == len(calls()) > 100
    assert {name.partition(".")[0] for name in names} == {"backoffice", "mock", "monedero", "serpi", "trincico", "troyansys"}
    assert not any("{" in call.path for call in calls())


def change_a_bystander(server: Besieged) -> None:
    server.call("POST", "/monedero/wallet/sale", BYSTANDERS[0], headers=KEY, data=SALE)


def fill_memory(server: Besieged) -> None:
    server.resident[0] -= MEMORY + server.memory()


def log_a_traceback(server: Besieged) -> None:
    with server.log.open("a") as log:
        log.write("Traceback (most recent call last):\n")


def answer_500(_server: Besieged) -> None:
    answer = next(split_answers(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200"))
    raise Finding(f"answered {answer.status}")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (change_a_bystander, "bystander-0 of a bystander has changed"),
        (fill_memory, "MiB are resident"),
        (log_a_traceback, "the log says"),
        (answer_500, "answered 500"),
    ],
)
def test_a_harm_is_found_with_the_seed_that_does_it_again(
    server: Besieged, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Besieged], None], said: str
) -> None:
    monkeypatch.setattr(besieged, "REST_SECONDS", 0)
    monkeypatch.setitem(STORMS, "harm", Storm(st.just(None), lambda server, _value: harm(server)))
    found = attack(server, "harm", 7, 1)
    server.settle()
    assert isinstance(found, Found)
    assert (found.kind, found.seed) == ("harm", 7)
    assert said in found.text


def test_the_program_prints_its_figures() -> None:
    command = [sys.executable, "-m", "tests.hostile.siege", "--rounds", "1", "--inputs", "5", "--kind", "worlds", "--kind", "raw bytes"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| worlds | 2 |" in done.stdout
    assert "1 rounds" in done.stdout
    assert "0 findings" in done.stdout
