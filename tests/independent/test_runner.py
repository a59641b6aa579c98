"""The runner of independent implementations, on a small one that is written into a folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from benchmarks.contract_power.independent import OURS, Clean, Kill, table
from tests.independent.runner import (
    CouldNotStart,
    Implementation,
    Judgement,
    PlantedBug,
    ReportedFinding,
    find_implementations,
    is_rightly_named,
    judge,
    serve,
)

if TYPE_CHECKING:
    from pathlib import Path

SERVER = """
import http.server, json, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        allowed = self.headers.get("secretkey") == "key-1" and self.headers.get("Authorization") == "Bearer token-1"
        status = 201 if allowed else 401
        body = {"success": status < 400, "code": status, "errors": None, "message": "No se encontraron registros", "result": []}
        if os.environ["BUG"] == "no_flag":
            del body["success"]
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
TARGET = """
api = "serpi"
base_url = "http://127.0.0.1:8120/api/v1"
[credentials.owner]
Authorization = "Bearer ${OWNER_TOKEN}"
secretkey = "${OWNER_SECRETKEY}"
[exclude]
operations = ["create_sucursal", "update_sucursal"]
"""
BUG = {"category": "shape", "calls": ["GET /Sucursales"], "words": "success"}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "server.py").write_text(SERVER)
    (folder / "contract.toml").write_text(TARGET)
    _write_about(folder, bugs={"no_flag": BUG})
    return folder


def _write_about(folder: Path, **changes: Any) -> None:
    about = {"slug": "serpi", "prefix": "/api/v1", "readings": ["a", "b"], "environment": {"OWNER_TOKEN": "token-1", "OWNER_SECRETKEY": "key-1"}}
    (folder / "about.json").write_text(json.dumps({**about, **changes}))


def _served(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    folder.mkdir(exist_ok=True)
    return folder


def test_a_folder_says_what_it_is(small: Path) -> None:
    found = Implementation.read(small)
    assert found.bugs == {"no_flag": PlantedBug("no_flag", "shape", ("GET /Sucursales",), "success", "a")}
    assert found.owner_headers == {"Authorization": "Bearer token-1", "secretkey": "key-1"}


def test_a_list_of_bugs_is_completed_from_the_server_without_the_void_ones(small: Path) -> None:
    _write_about(small, bugs=["other", "silent"], void=["silent"])
    found = Implementation.read(small)
    assert sorted(found.bugs) == ["other"]
    (small / "server.py").write_text(SERVER.replace('os.environ["BUG"] == "no_flag"', 'BUG == "no_flag"'))
    assert sorted(Implementation.read(small).bugs) == ["no_flag", "other"]
    assert Implementation.read(small).bugs["no_flag"].calls is None


def test_each_implementation_of_the_project_is_found_once() -> None:
    found = [one.folder for one in find_implementations()]
    assert len(found) == len(set(found))
    assert all(one.readings and one.bugs for one in find_implementations())


def test_a_server_answers_while_it_is_served_and_is_ended_afterwards(small: Path, tmp_path: Path) -> None:
    with serve(Implementation.read(small), _served(tmp_path)) as origin:
        assert httpx.get(f"{origin}/api/v1/Sucursales").status_code == 401
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{origin}/api/v1/Sucursales")


def test_a_server_that_ends_at_once_is_reported_with_its_last_line(small: Path, tmp_path: Path) -> None:
    (small / "server.py").write_text("raise SystemExit('the table customers is missing')")
    with pytest.raises(CouldNotStart, match="the table customers is missing"), serve(Implementation.read(small), _served(tmp_path)):
        pass
    assert "the table customers is missing" in judge(Implementation.read(small), _served(tmp_path)).problem


def test_a_planted_bug_is_found_and_rightly_named(small: Path, tmp_path: Path) -> None:
    implementation = Implementation.read(small)
    result = judge(implementation, _served(tmp_path), bug="no_flag", level="quick")
    assert (result.problem, result.exit_code) == ("", 1)
    assert any(is_rightly_named(implementation.bugs["no_flag"], one) for one in result.findings), result.findings
    assert Judgement.from_plain(json.loads(json.dumps(result.to_plain()))) == result


def test_a_finding_at_another_operation_or_with_other_words_is_no_right_name() -> None:
    bug = PlantedBug("no_flag", "shape", ("GET /Sucursales",), "success", "a")
    right = ReportedFinding("k", "list_sucursales answers without success", "GET /Sucursales")
    assert is_rightly_named(bug, right) is True
    assert is_rightly_named(bug, ReportedFinding("k", right.sentence, "POST /Sucursales")) is False
    assert is_rightly_named(bug, ReportedFinding("k", "the page has 3 records", right.call)) is False
    assert is_rightly_named(PlantedBug("no_flag"), right) is None


def test_the_table_counts_by_category_and_names_what_was_missed(small: Path) -> None:
    bugs = [PlantedBug("no_flag", "shape", ("GET /Sucursales",), "", "a"), PlantedBug("short_page", "paging", (), "", "a")]
    text = table(
        Implementation.read(small),
        [Clean("a", OURS, 1, assumed=4, clauses={"held": 3, "broken": 0, "not_observable": 1, "not_exercised": 1})],
        [Kill(bugs[0], OURS, found=2, named=True, seconds=3.0), Kill(bugs[1], OURS, seconds=5.0)],
    )
    head, line, *_ = text.splitlines()[2:]
    assert head.count("|") == line.count("|") == text.splitlines()[4].count("|")
    assert "| a | this suite | 1 | 0 | 0 | 4 | 3, 0, 2 | 0 | 0 |" in text
    assert "| shape | 1 | this suite | 1 | 1 of 1 | 0 of 1 | 3 |" in text
    assert "| all | 2 | this suite | 1 | 1 of 1 | 0 of 1 | 4 |" in text
    assert "Missed: short_page." in text
