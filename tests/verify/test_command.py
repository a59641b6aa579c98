"""The command against the mock, and a vendor's day with a faulty target."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import httpx
import pytest

from contract_tests.suite.verify.contract import Contract
from contract_tests.suite.verify.report.write import FORMATS
from mockserver.openapi.documents import list_slugs, load_document
from tests.conftest import ROOT, Server
from tests.verify.conftest import verify
from tests.verify.servers import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.verify.servers import Handler

QUICKLY_DONE = {"serpi", "troyansys"}
"""Documents whose run at the deep level takes less than a minute."""


@pytest.mark.parametrize("slug", list_slugs())
def test_the_mock_conforms_at_a_first_look(tmp_path: Path, server: Server, slug: str) -> None:
    done = verify(tmp_path, slug, "--url", server.url + load_document(slug).base_path, "--level", "quick", "--time-budget", 300)
    assert done.code == 0, done.out
    report = done.report
    assert report["findings"] == report["unconfirmed"] == report["clauses"]["broken"] == []
    listed = [one if isinstance(one, str) else one["clause"] for clauses in report["clauses"].values() for one in clauses]
    assert sorted(listed) == sorted(Contract(slug).clauses)
    assert all((done.folder / name).stat().st_size for name in FORMATS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("level", "slug"),
    [
        *(("standard", slug) for slug in list_slugs()),
        *(pytest.param("deep", slug, marks=[] if slug in QUICKLY_DONE else [pytest.mark.long]) for slug in list_slugs()),
    ],
)
def test_the_mock_raises_no_alarm(tmp_path: Path, server: Server, slug: str, level: str) -> None:
    seed = 1 if level == "standard" else 2
    done = verify(tmp_path, slug, "--url", server.url + load_document(slug).base_path, "--level", level, "--seed", seed, "--time-budget", 1_000)
    assert done.code == 0, done.out
    assert done.report["unconfirmed"] == []
    described = {
        spec.id for spec in load_document(slug).operations if "x-assumed" not in spec.spec
    }  # answers of listed routes are assumed, all of them
    assert [one for one in done.report["never_observed"] if not one["reason"] and one["operation"] in described] == []
    assert done.report["clauses"]["not_exercised"] == []


def test_a_protected_control_plane_is_asked_with_the_token(tmp_path: Path) -> None:
    guarded = Server("--token", "s3cret")
    try:
        done = verify(tmp_path, "serpi", "--url", f"{guarded.url}/serpi/api/v1", "--level", "quick", MOCKSERVER_TOKEN="s3cret")
    finally:
        guarded.stop()
    assert done.code == 0, done.out
    assert len(done.report["clauses"]["held"]) == 19


def test_the_same_command_is_a_verb_of_the_mock(tmp_path: Path, server: Server) -> None:
    command = [str(Path(sys.executable).with_name("mockserver")), "verify"]
    shown = subprocess.run([*command, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "--read-only" in shown.stdout
    done = subprocess.run(
        [*command, "serpi", "--url", f"{server.url}/serpi/api/v1", "--level", "quick"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serpy", "--url", "http://127.0.0.1:9"], "there is no document 'serpy'; name a file"),
        (["serpi"], "no target: give --url BASE_URL"),
        (["serpi", "--url", "127.0.0.1:8000"], "is no URL of HTTP"),
        (["serpi", "--url", "http://127.0.0.1:9", "--target", "none.toml"], "cannot be read"),
        (["serpi", "--url", "http://127.0.0.1:9", "--compare", "none.json"], "cannot be read as a report"),
        (["serpi", "--url", "http://no-such-host.invalid/"], "nothing answers at"),
    ],
)
def test_what_keeps_a_run_from_starting_is_one_sentence(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = verify(tmp_path, *arguments)
    assert done.code == 2
    assert said in done.err
    assert done.err.count("could not run:") == 1


def test_a_flaw_becomes_one_finding_with_evidence_that_repeats_it(tmp_path: Path, branches_without_descriptions: str) -> None:
    done = verify(tmp_path, "serpi", "--url", branches_without_descriptions, "--level", "quick", "--seed", 3)
    assert done.code == 1
    report = done.report
    (finding,) = [one for one in report["findings"] if one["law"] == "the answer is documented"]
    assert finding["operation"] == "list_sucursales"
    assert finding["confirmed"]
    assert finding["pointer"].startswith("/result/")
    assert finding["clause"] == "serpi.list_sucursales.r6" or finding["clauses"]
    assert len(finding["exchanges"]) == 1
    script = (done.folder / "evidence" / f"{finding['id']}.sh").read_text()
    assert "serpi-demo-token" not in script
    environment = {name: f"serpi-demo-{'secretkey' if 'SECRET' in name else 'token'}" for name in re.findall(r"\$\{(\w+):\?\}", script)}
    environment = {name: value if "secretkey" in value else f"Bearer {value}" for name, value in environment.items()}
    shown = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin", **environment})
    body = json.loads(shown.stdout.replace("\r", "").partition("\n\n")[2])
    assert body["result"]
    assert all("descripcion" not in one for one in body["result"])
    har = json.loads((done.folder / "evidence" / f"{finding['id']}.har").read_text())
    assert har["log"]["entries"][-1]["request"]["method"] == "GET"
    text = "".join(file.read_text() for file in done.folder.rglob("*.*"))
    assert "serpi-demo-token" not in text
    assert "serpi-demo-secretkey" not in text
    assert {ET.parse(done.folder / "junit.xml").getroot().get("failures")} != {"0"}  # noqa: S314 - written by the run itself


def test_a_deviation_is_accepted_until_its_day_and_a_fix_is_noticed(tmp_path: Path, server: Server, branches_without_descriptions: str) -> None:
    first = verify(tmp_path, "serpi", "--url", branches_without_descriptions, "--level", "quick")
    assert first.code == 1
    old = tmp_path / "old.json"
    old.write_text((first.folder / "report.json").read_text())
    day = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=100)
    until = f"reason = 'known'\nowner = 'erp'\nexpires = {day}\n"
    rows = [f"[[deviations]]\nfinding = {json.dumps(one['key'])}\n{until}" for one in first.report["findings"]]
    file = tmp_path / "contract.toml"
    file.write_text("\n".join(rows))
    accepted = verify(tmp_path, "serpi", "--url", branches_without_descriptions, "--level", "quick", "--compare", old)
    assert accepted.code == 0, accepted.out
    assert {one["state"] for one in accepted.report["deviations"]} == {"used"}
    assert len(accepted.report["comparison"]["unchanged"]) == len(rows)
    file.write_text("\n".join(rows).replace(str(day), "2020-01-01"))
    expired = verify(tmp_path, "serpi", "--url", branches_without_descriptions, "--level", "quick")
    assert expired.code == 1
    assert "EXPIRED" in expired.out
    file.unlink()
    fixed = verify(tmp_path, "serpi", "--url", f"{server.url}/serpi/api/v1", "--level", "quick", "--compare", old)
    assert fixed.code == 0
    assert len(fixed.report["comparison"]["fixed"]) == len(rows)
    assert fixed.report["comparison"]["new"] == []


def test_init_writes_a_file_once(tmp_path: Path) -> None:
    done = verify(tmp_path, "serpi", "--init")
    assert done.code == 0
    assert "--dry-run" in done.out
    assert 'api = "serpi"' in (tmp_path / "contract.toml").read_text()
    again = verify(tmp_path, "serpi", "--init")
    assert again.code == 2
    assert "is there already" in again.err


@contextmanager
def noting(asked: list[str], server: Server) -> Iterator[str]:
    """A reverse proxy to the mock that records every call and hides the control plane."""

    def handle(handler: Handler) -> None:
        asked.append(f"{handler.command} {handler.path}")
        if "/_mock" in handler.path:
            handler.answer(404, b"{}")
            return
        kept = {name: value for name, value in handler.headers.items() if name.lower() not in ("host", "content-length", "accept-encoding")}
        answer = client.request(handler.command, handler.path, headers={**kept, "x-mock-world": "a-real-target"}, content=handler.body)
        handler.answer(answer.status_code, answer.content, answer.headers.get("content-type", "text/plain"))

    with httpx.Client(base_url=server.url, timeout=30) as client, serving(handle) as origin:
        yield origin


CREDENTIALS = '[credentials.owner]\nsecretkey = "serpi-demo-secretkey"\nAuthorization = "Bearer serpi-demo-token"\n'


@pytest.mark.parametrize("level", ["quick", pytest.param("standard", marks=pytest.mark.slow), pytest.param("deep", marks=pytest.mark.slow)])
def test_a_read_only_run_sends_reads_only(tmp_path: Path, server: Server, level: str) -> None:
    asked: list[str] = []
    (tmp_path / "contract.toml").write_text(CREDENTIALS)
    with noting(asked, server) as origin:
        done = verify(tmp_path, "serpi", "--url", f"{origin}/serpi/api/v1", "--read-only", "--level", level, "--time-budget", 300)
    assert done.code == 0, done.out
    assert {call.partition(" ")[0] for call in asked} <= {"GET", "HEAD", "OPTIONS"}
    assert len(asked) > 5
    assert done.report["clauses"]["not_observable"]
    assert {"POST", "PUT"}.isdisjoint(call.partition(" ")[0] for call in asked)


@pytest.mark.parametrize("level", ["quick", pytest.param("deep", marks=pytest.mark.slow)])
def test_a_dry_run_sends_nothing_and_lists_requests(tmp_path: Path, server: Server, level: str) -> None:
    asked: list[str] = []
    with noting(asked, server) as origin:
        done = verify(tmp_path, "serpi", "--url", f"{origin}/serpi/api/v1", "--dry-run", "--level", level, "--time-budget", 300)
    assert done.code == 0, done.err
    assert asked == []
    assert re.search(r"list_sucursales +GET", done.out)
    assert "nothing was sent" in done.out


def test_a_target_without_credentials_could_not_be_judged_or_says_what_is_missing(tmp_path: Path) -> None:
    with serving(lambda handler: handler.answer(404, b"{}")) as origin:
        done = verify(tmp_path, "serpi", "--url", f"{origin}/serpi/api/v1", "--level", "quick")
    assert done.code == 2
    assert "no clause could be judged" in done.out
    assert "no credentials were given for this target" in done.out


def test_pytest_alone_judges_a_target_too(server: Server) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "contract_tests",
        "--api",
        "serpi",
        "--url",
        f"{server.url}/serpi/api/v1",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2_000:]
