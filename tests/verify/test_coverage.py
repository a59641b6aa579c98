"""A target conforms only if enough of the contract was seen; else it conforms as far as seen, and the report says what was not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.suite.harness.findings import Exchange
from contract_tests.suite.verify.contract import Contract
from contract_tests.suite.verify.findings_store import FindingsStore
from contract_tests.suite.verify.report.coverage import describe_gap, measure_coverage
from mockserver.openapi.documents import load_document
from tests.verify.conftest import verify
from tests.verify.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Server


@pytest.mark.parametrize(("option", "code"), [([], 0), (["--require-coverage"], 3)])
def test_a_run_that_only_reads_does_not_say_that_the_target_conforms(tmp_path: Path, server: Server, option: list[str], code: int) -> None:
    with plain(server.url, "serpi", tmp_path) as url:
        done = verify(tmp_path, "serpi", "--url", url, "--level", "quick", "--read-only", *option)
    assert done.code == done.report["exit_code"] == code
    assert done.report["verdict"] == "conforms as far as seen"
    assert "conforms as far as seen: 6 of 6 clauses that could be observed hold" in done.out
    assert "not seen: 13 of 19 clauses (80% have to be judged); 2 of 3 operations: " in done.out
    assert "6/19 clauses seen" in (done.folder / "badge.svg").read_text()


def test_a_run_that_sees_enough_says_that_the_target_conforms(tmp_path: Path, server: Server) -> None:
    url = server.url + load_document("serpi").base_path
    done = verify(tmp_path, "serpi", "--url", url, "--level", "quick", "--require-coverage")
    assert (done.code, done.report["verdict"]) == (0, "conforms")
    assert "not seen" not in done.out


def exchange(operation: str, status: int, body: bytes = b'{"success": true}') -> Exchange:
    return Exchange("GET", "http://127.0.0.1/x", {}, b"", status, {"content-type": "application/json"}, body, 0.1, operation)


class _DescribesAll:
    """What the document says of answers, if it describes every one."""

    def problem_of(self, _: Exchange) -> None:
        return None

    def is_refusal(self, one: Exchange) -> bool:
        return one.status >= 400

    def codes_of(self, _: Exchange) -> list[str]:
        return []


def measured(judged: int, *answers: tuple[str, int]) -> dict[str, Any]:
    store = FindingsStore(Contract("serpi"))
    store.answers = _DescribesAll()  # type: ignore[assignment]
    for operation, status in answers:
        store.observe(exchange(operation, status))
    return measure_coverage(store, judged)


ALL = (("list_sucursales", 200), ("create_sucursal", 201), ("update_sucursal", 404))


@pytest.mark.parametrize(
    ("judged", "answers", "sufficient"),
    [
        (19, ALL, True),
        (16, ALL, True),
        (15, ALL, False),
        (19, ALL[:2], False),
        (19, (*ALL[:2], ("update_sucursal", 401)), False),
        (19, (*ALL[:2], ("update_sucursal", 400)), False),
    ],
)
def test_enough_is_every_described_operation_and_four_of_five_clauses(judged: int, answers: tuple[tuple[str, int], ...], sufficient: bool) -> None:  # noqa: FBT001 - a column
    found = measured(judged, *answers)
    assert found["sufficient"] is sufficient
    assert bool(describe_gap(found)) is not sufficient
