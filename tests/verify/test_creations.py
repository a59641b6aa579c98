"""What a run creates at a target that keeps it: said before, bounded, listed after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.suite.verify.contract import Contract
from contract_tests.suite.verify.creations import creating, describe_result
from tests.verify.conftest import verify
from tests.verify.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Server


@pytest.mark.parametrize("bound", [None, 3])
def test_a_run_says_what_it_will_create_keeps_to_it_and_lists_it(tmp_path: Path, server: Server, bound: int | None) -> None:
    with plain(server.url, "serpi", tmp_path) as url:
        file = tmp_path / "contract.toml"
        file.write_text(file.read_text() + (f"[limits]\ncreations = {bound}\n" if bound else ""))
        done = verify(tmp_path, "serpi", "--url", url, "--level", "quick")
    assert f"this run creates records at the target, at most {bound or 400} by each of create_sucursal." in done.err
    (created,) = done.report["run"]["created"]
    assert created["operation"] == "create_sucursal"
    assert created["records"] == bound if bound else created["records"] > 3
    assert f"created: create_sucursal {created['records']}" in done.err
    assert done.report["findings"] == []
    if bound:
        assert f"create_sucursal has made {bound} records, as many as [limits] allows" in done.report["run"]["refused"]


def test_a_run_that_only_reads_creates_nothing(tmp_path: Path, server: Server) -> None:
    with plain(server.url, "serpi", tmp_path) as url:
        done = verify(tmp_path, "serpi", "--url", url, "--level", "quick", "--read-only")
    assert "creates records" not in done.err
    assert done.report["run"]["created"] == []


def test_an_operation_that_is_declared_safe_or_excluded_creates_nothing() -> None:
    assert creating(Contract("serpi"), frozenset()) == ["create_sucursal"]
    assert creating(Contract("serpi"), frozenset({"create_sucursal"})) == []
    assert "get_contacts" not in creating(Contract("monedero"), frozenset())


def test_what_was_deleted_again_is_said() -> None:
    assert describe_result({"make": 3, "copy": 1}, {"make": 2}) == "created: make 3 (2 deleted again), copy 1"
    assert describe_result({}, {}) == "created: nothing"
