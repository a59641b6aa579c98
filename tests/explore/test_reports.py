"""The reports of a result: matrix, page, JUnit, comparison, tests."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING
from xml.etree.ElementTree import fromstring

import pytest

from mockserver.explore.model import ONWARDS, CallPlace, FaultStep, Schedule
from mockserver.explore.options import ExploreOptions
from mockserver.explore.report.comparison import UnreadableReport, compare
from mockserver.explore.report.files import Reports
from mockserver.explore.report.matrix import make_matrix, print_matrix
from mockserver.explore.result import ClientFinding, Result, RunVerdict
from tests.explore.samples import call, make_run

if TYPE_CHECKING:
    from pathlib import Path

PLACE = CallPlace("shop.create_order", 1)
LOST = (FaultStep(PLACE, "lost-answer"),)
BUSY = (FaultStep(PLACE, "status:503", ONWARDS),)
LATE = (FaultStep(PLACE, "timeout"),)
OPTIONS = ExploreOptions(command=("python", "push.py", 'an "order"'), scenario="serpi.renamed")


@pytest.fixture
def result() -> Result:
    run = make_run([call("create_order")], stdout="made <a>\n\x00")
    finding = ClientFinding("wrong end", 'made twice: "a"', LOST, run, {"hint": "duplicated"}, 2, "duplicated shop.orders")
    verdicts: dict[Schedule, RunVerdict] = {LOST: RunVerdict.FINDING, BUSY: RunVerdict.FAILED_CLEANLY}
    baseline = make_run([call("create_order")])
    return Result(baseline=baseline, findings=[finding], verdicts=verdicts, untried=[LATE], seconds=1.5, command=OPTIONS.command)


def test_the_matrix_shows_what_came_of_each_fault_at_each_call(result: Result) -> None:
    matrix = make_matrix(result)
    assert matrix.places == (PLACE,)
    assert dict(matrix.rows) == {
        "lost-answer": (RunVerdict.FINDING,),
        "status:503 from there on": (RunVerdict.FAILED_CLEANLY,),
        "timeout": (RunVerdict.NOT_TRIED,),
    }
    assert any(line.split() == ["lost-answer", "X"] for line in print_matrix(matrix))


def test_a_folder_has_every_report(result: Result, tmp_path: Path) -> None:
    Reports(OPTIONS, tmp_path / "more.json", tmp_path / "found").close(result)
    folder = tmp_path / "found"
    assert json.loads((folder / "explore.json").read_text()) == json.loads((tmp_path / "more.json").read_text()) == result.to_json()
    assert json.loads((folder / "finding-1.json").read_text())["schedule"] == [LOST[0].to_json()]
    page = (folder / "explore.html").read_text()
    assert "made &lt;a&gt;" in page
    assert "shop.create_order #1" in page
    suite = fromstring((folder / "explore.xml").read_text(encoding="utf-8"))  # noqa: S314 - our own file
    assert (suite.get("tests"), suite.get("failures"), len(suite.findall("testcase/skipped"))) == ("3", "1", 1)
    ast.parse((folder / "test_wrong_end_create_order_lost_answer.py").read_text())
    assert '"fault": "lost-answer"' in (folder / "wrong-end-create-order-lost-answer.spec.ts").read_text()


def test_a_comparison_tells_new_findings_from_old_ones(result: Result, tmp_path: Path) -> None:
    file = tmp_path / "earlier.json"
    file.write_text(json.dumps(result.to_json()))
    assert len(compare(file, result).same) == 1
    assert len(compare(file, Result()).gone) == 1
    file.write_text(json.dumps(Result().to_json()))
    assert len(compare(file, result).new) == 1
    file.write_text("[]")
    with pytest.raises(UnreadableReport, match="no report"):
        compare(file, result)


def test_the_exit_code_says_what_came_of_it(result: Result) -> None:
    assert (result.exit_code, Result().exit_code, Result(reason="no call").exit_code) == (1, 0, 2)
