"""Whole explorations of small clients, on the server of the tests."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from mockserver.cli import cli
from mockserver.explore import NotExplored, explore
from mockserver.explore.model import CallPlace, FaultStep, Schedule
from mockserver.testing import Mock
from tests.conftest import ROOT
from tests.explore.samples import CLIENT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Server

CREATE = CallPlace("serpi.create_sucursal", 1)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file of the client."""
    file = tmp_path_factory.mktemp("explored") / "client.py"
    file.write_text(CLIENT, encoding="utf-8")
    return str(file)


def schedules(*faults: str, times: Any = "once") -> tuple[Schedule, ...]:
    return tuple((FaultStep(CREATE, fault, times),) for fault in faults)


def worlds(server: Server) -> list[str]:
    with Mock(server.url) as mock:
        return [found["name"] for found in mock.call("GET", "/worlds", params={"prefix": "explore-"})["worlds"]]


@pytest.mark.parametrize(
    ("mode", "fault", "oracle", "hint"),
    [
        ("eager", "lost-answer", "wrong end", "duplicated"),
        ("swallows", "status:500", "wrong end", "lost"),
        ("crashes", "reset-before", "crashed", None),
        ("careless", "lost-answer", "wrong end", "lost"),
    ],
)
def test_a_planted_bug_is_found(server: Server, client: str, mode: str, fault: str, oracle: str, hint: str | None) -> None:
    result = explore([sys.executable, client, mode], url=server.url, world="default", schedules=schedules(fault), jobs=2, hang=60)
    (finding,) = result.findings
    assert (finding.oracle, finding.difference.get("hint"), finding.schedule) == (oracle, hint, schedules(fault)[0])
    assert finding.runs == 2
    assert result.exit_code == 1
    assert worlds(server) == []


def test_a_correct_client_is_accused_of_nothing(server: Server, client: str) -> None:
    faults = ("lost-answer", "status:503", "bad-gateway", "malformed", "connection-refused", "down:serpi.erp", "jump:PT3600S")
    result = explore([sys.executable, client, "correct"], url=server.url, world="default", schedules=schedules(*faults), jobs=2, hang=60)
    assert result.findings == []
    assert result.complete
    assert result.verdicts[schedules("status:503")[0]] == "recovered"
    assert len(result.verdicts) == len(faults)
    assert "not applicable" not in {str(verdict) for verdict in result.verdicts.values()}


def test_a_report_of_the_command_can_be_run_again(server: Server, client: str, tmp_path: Path) -> None:
    report, again = tmp_path / "report.json", tmp_path / "again.json"
    report.write_text(
        json.dumps({"schedule": [{"operation": CREATE.operation, "occurrence": 1, "fault": "lost-answer", "times": 1}]}), encoding="utf-8"
    )
    arguments = ["explore", "--url", server.url, "--replay", str(report), "--json", str(again), "--", sys.executable, client, "eager"]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 1, done.output
    found = json.loads(again.read_text(encoding="utf-8"))
    assert found["schema"] == 1
    assert found["complete"] is True
    assert found["baseline"] == {"calls": [{"operation": CREATE.operation, "occurrence": number} for number in (1, 2)], "deterministic": True}
    assert set(found["figures"]) == {"schedules", "recovered", "failed_cleanly", "not_applicable", "untried", "seconds"}
    (finding,) = found["findings"]
    assert set(finding) == {"oracle", "sentence", "schedule", "exit", "stdout", "stderr", "exchanges", "difference", "runs"}
    assert found["untried"] == []


def test_a_command_that_never_calls_its_world_is_not_explored(server: Server) -> None:
    with pytest.raises(NotExplored, match="never called its world"):
        explore([sys.executable, "-c", "pass"], url=server.url, world="default")
    assert worlds(server) == []


def test_an_interrupted_run_leaves_a_report_and_nothing_else(server: Server, client: str, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    command = [
        sys.executable,
        "-m",
        "mockserver",
        "explore",
        "--url",
        server.url,
        "--jobs",
        "2",
        "--json",
        str(file),
        "--",
        sys.executable,
        client,
        "eager",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.terminate()
        assert process.wait(timeout=60) in (0, 1)
    found = json.loads(file.read_text(encoding="utf-8"))
    assert (found["complete"], found["figures"]["untried"]) == (False, len(found["untried"]))
    assert found["untried"] != []
    assert worlds(server) == []


@pytest.mark.slow
def test_a_test_that_is_marked_is_explored(server: Server, client: str, tmp_path: Path) -> None:
    text = f"""
import os, subprocess, sys
from mockserver.testing.markers import mock

STEP = {{"operation": "serpi.create_sucursal", "occurrence": 1, "fault": "lost-answer", "times": 1}}

@mock.explore(jobs=2, hang=60, schedules=[[STEP]])
def test_push(mock):
    variables = {{"SERPI_BASE_URL": mock.serpi.base_url, "SERPI_SECRETKEY": "serpi-demo-secretkey", "SERPI_AUTHORIZATION": "Bearer serpi-demo-token"}}
    assert subprocess.run([sys.executable, {client!r}, "eager"], env={{**os.environ, **variables}}).returncode == 0
"""
    (tmp_path / "test_it.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--mock-url", server.url, str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert "1 failed" in done.stdout, done.stdout
    assert "(duplicated)" in done.stdout
