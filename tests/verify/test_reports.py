"""What the reports say of a finding: its gravity, what the page says, every message, where it stands in the document, and a test that repeats it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.suite.harness.findings import Exchange, Finding
from contract_tests.suite.harness.target import Target
from contract_tests.suite.verify.cause import Cause
from contract_tests.suite.verify.contract import Contract
from contract_tests.suite.verify.masking import TargetMask
from contract_tests.suite.verify.report.lines import find_lines
from contract_tests.suite.verify.report.machines import junit
from contract_tests.suite.verify.report.regression import pytest_file
from contract_tests.suite.verify.severity import BREAKS, COSMETIC, LEAKS, LOSES, severity_of
from mockserver.openapi.documents import list_slugs
from tests.conftest import ROOT
from tests.verify.conftest import Done, verify
from tests.verify.servers import Handler, serving

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def done(tmp_path: Path, branches_without_descriptions: str) -> Done:
    return verify(tmp_path, "serpi", "--url", branches_without_descriptions, "--level", "quick")


def test_every_report_says_what_was_found_and_how_to_see_it_again(done: Done) -> None:
    report = done.report
    findings = report["findings"]
    assert findings
    for one in findings:
        assert one["severity"] in (LEAKS, LOSES, BREAKS, COSMETIC)
        assert one["statement"]
        assert one["statement"] in done.out
    suites = ET.parse(done.folder / "junit.xml").getroot()  # noqa: S314 - written by the run itself
    cases = {case.get("name"): case for case in suites.iter("testcase")}
    for one in findings:
        failure = cases[f"finding {one['key']}"].find("failure")
        assert failure is not None
        assert one["sentence"] in str(failure.get("message"))
        assert all(text in str(failure.text) for text in (one["statement"], one["key"], f"evidence/{one['id']}.sh"))
    assert all(case.get("message") not in ("", "not exercised: ", None) for case in suites.iter("skipped"))
    results = json.loads((done.folder / "report.sarif").read_text())["runs"][0]["results"]
    for one, result in zip(findings, results, strict=True):
        place = result["locations"][0]["physicalLocation"]
        line = (ROOT / place["artifactLocation"]["uri"]).read_text().splitlines()[place["region"]["startLine"] - 1]
        assert line.strip() == f"operationId: {one['operation']}"


def test_a_generated_test_fails_while_the_finding_stands(done: Done) -> None:
    (first, *_) = [one for one in done.report["findings"] if one["law"] == "the answer is documented"]
    file = done.folder / "evidence" / f"test_{first['id']}.py"
    text = file.read_text()
    assert "serpi-demo" not in text
    secrets = {"DEMO_SECRETKEY": "serpi-demo-secretkey", "DEMO_AUTHORIZATION": "Bearer serpi-demo-token"}
    assert all(f"${{{name}}}" in text for name in secrets)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(file.parent), str(file)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **secrets},
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "1 failed" in ran.stdout


def test_a_generated_test_passes_once_the_target_answers_otherwise(tmp_path: Path) -> None:
    asked: list[tuple[str, bytes]] = []

    def handle(handler: Handler) -> None:
        asked.append((handler.headers["apikey"], handler.body))
        handler.answer(400, b"{}")

    with serving(handle) as origin:
        sent = {"apikey": "my-secret-key", "content-type": "application/json"}
        exchange = Exchange("POST", f"{origin}/sale", sent, b'{"amount": 1}', 200, {}, b'{"ok": true}', 0.1, "create_sale")
        finding = Finding(
            "what breaks the schema is refused",
            "create_sale",
            'create_sale: "amount" is not refused',
            expected=[400, 401],
            got=200,
            exchanges=(exchange,),
        )
        mask = TargetMask(Target("monedero", origin, {"owner": {"apikey": "my-secret-key"}}), ["apikey"])
        text = pytest_file(Cause("a key", finding, "laws"), mask)
        assert text is not None
        assert "assert answer.status_code in expected" in text
        (tmp_path / "test_it.py").write_text(text)
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(tmp_path / "test_it.py")],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "OWNER_APIKEY": "my-secret-key"},
        )
    assert ran.returncode == 0, ran.stdout
    assert asked == [("my-secret-key", b'{"amount": 1}')]


def test_a_request_that_is_no_text_has_no_generated_test() -> None:
    exchange = Exchange("POST", "http://127.0.0.1/x", {}, b"\xff\xfe", 200, {}, b"", 0.1, "create_sale")
    assert (
        pytest_file(
            Cause("a key", Finding("a", "create_sale", "b", exchanges=(exchange,)), "laws"), TargetMask(Target("monedero", "http://127.0.0.1"))
        )
        is None
    )


def test_the_gravest_comes_first() -> None:
    assert severity_of("another tenant has no part in it", "x") == LEAKS
    assert severity_of("credentials are demanded", "x") == LEAKS
    assert severity_of("credentials are demanded", "x", {"status": 401}) == BREAKS
    assert severity_of("what was written is read back", "x") == LOSES
    assert severity_of("the answer is documented", "the answer is documented | x | /id | 200 schema type") == BREAKS
    assert severity_of("the answer is documented", "the answer is documented | x | / | 200 header") == COSMETIC
    assert severity_of("an undeclared method is refused", "x") == COSMETIC


@pytest.mark.parametrize("slug", list_slugs())
def test_every_operation_has_its_line(slug: str) -> None:
    contract = Contract(slug)
    lines = find_lines(contract.document)
    assert set(contract.operations) <= set(lines)
    for name, place in lines.items():
        assert name in (ROOT / place["file"]).read_text().splitlines()[place["line"] - 1]


def test_a_clause_with_several_findings_has_all_their_messages() -> None:
    def finding(number: int, **more: Any) -> dict[str, Any]:
        row = {
            "id": str(number),
            "key": f"a | b | {number}",
            "class": "broken",
            "inferred": None,
            "sentence": f"sentence {number}",
            "law": "a",
            "operation": "b",
            "clauses": ["b.r1"],
            "also": [],
        }
        return {**row, "accepted": None, "severity": BREAKS, "statement": "", "page": None, "expected": 1, "got": 2, **more}

    accepted = {"reason": "known", "owner": "erp", "expires": "2999-01-01", "expired": False}
    operation = {"id": "b", "clauses": [{"clause": "b.r1", "outcome": "broken", "reason": ""}], "laws": {"a": "broken", "c": "not exercised"}}
    report = {
        "api": {"slug": "toy"},
        "run": {"unfinished": [], "seconds": 1},
        "findings": [finding(1), finding(2), finding(3, accepted=accepted)],
        "laws": [{"law": "c", "operation": "b", "outcome": "not exercised", "reason": "a step was refused"}],
        "operations": [operation],
    }
    suites = ET.fromstring(junit(report))  # noqa: S314 - made above
    assert suites.get("failures") == "3"  # the clause, and two findings
    messages = {case.get("name"): [one.get("message") for one in case] for case in suites.iter("testcase")}
    assert messages == {
        "b.r1": ["sentence 1; sentence 2"],
        "c": ["not exercised: a step was refused"],
        "finding a | b | 1": ["sentence 1"],
        "finding a | b | 2": ["sentence 2"],
        "finding a | b | 3": ["accepted: known"],
    }
