"""Answers that a run need not reach have their reason in the document, and reached answers are recognised in every vendor's error format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from contract_tests.suite.harness.findings import Exchange, Verdict, VerdictStatus
from contract_tests.suite.verify.contract import Contract
from contract_tests.suite.verify.findings_store import FindingsStore
from mockserver.openapi.documents import list_slugs, load_document
from tests.verify.conftest import verify

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Server

CLAUSES = ("trincico.list_plans.e1", "trincico.list_payment_methods.e1", "trincico.upgrade_subscription.r7")


def answered(operation: str, url: str, status: int, body: object, method: str = "GET") -> Exchange:
    return Exchange(method, url, {}, b"", status, {"content-type": "application/json"}, json.dumps(body).encode(), 0.01, operation)


@pytest.mark.parametrize("slug", list_slugs())
def test_reasons_refer_to_declared_answers_and_are_sentences(slug: str) -> None:
    for operation in Contract(slug).operations.values():
        for name, reason in operation.unseen.items():
            assert name in {*operation.statuses, *operation.own_errors, *operation.clauses}, (operation.id, name)
            assert reason
            assert not reason.endswith(".")


def test_a_clause_that_cannot_be_observed_has_a_reason() -> None:
    findings_store = FindingsStore(Contract("trincico"))
    for clause in CLAUSES:
        verdict = findings_store.clause(clause)
        assert verdict.outcome is VerdictStatus.NOT_OBSERVABLE
        assert verdict.reason == findings_store.contract.clauses[clause][0].unseen[clause]
    assert findings_store.clause("trincico.list_plans.r1").outcome is VerdictStatus.NOT_EXERCISED


def test_what_was_seen_of_such_a_clause_counts_all_the_same() -> None:
    findings_store = FindingsStore(Contract("trincico"))
    findings_store.judge(Verdict(CLAUSES[0], "list_plans", VerdictStatus.BROKEN, "it was seen"))
    assert findings_store.clause(CLAUSES[0]).outcome is VerdictStatus.BROKEN


@pytest.mark.parametrize(
    ("slug", "operation", "status", "body", "code"),
    [
        ("troyansys", "login_user", 401, {"message": "Credenciales incorrectas."}, "credenciales_incorrectas"),
        ("backoffice", "get_user", 404, {"error": "User not found."}, "user_not_found"),
    ],
)
def test_an_error_is_recognised_by_its_text_if_the_vendor_has_no_codes(slug: str, operation: str, status: int, body: object, code: str) -> None:
    findings_store = FindingsStore(Contract(slug))
    assert findings_store.contract.operations[operation].own_errors[code]["status"] == status
    message = findings_store.contract.operations[operation].spec["x-errors"][code]["message"]
    told = json.loads(json.dumps(body).replace(next(iter(body.values())), message))  # type: ignore[attr-defined]
    findings_store.observe(answered(operation, "http://x/y", status, told))
    findings_store.observe(answered(operation, "http://x/y", 418, {"message": "Otra cosa."}))
    assert findings_store.observed[operation].codes == {code: 1}


def test_a_wrong_method_of_a_fixed_path_is_no_call_of_the_operation_with_a_placeholder() -> None:
    contract, base = Contract("trincico"), "http://x/trincico"
    found = [contract.find(base, "PUT", f"{base}/invoices/{name}") for name in ("build-reference", "9742d55e-4a76-4b4e-9a36-0e5162579e51")]
    assert found == [None, "update_invoice"]


def test_a_page_behind_a_link_of_the_mock_belongs_to_its_operation() -> None:
    contract = Contract("trincico")
    assert contract.find("http://x/trincico", "GET", "http://x/~ci-42/trincico/checkout/abc") == "get_checkout"
    assert contract.find("http://x/trincico", "GET", "http://x/elsewhere/trincico/checkout/abc") is None


def test_the_report_says_why_an_answer_was_not_seen(tmp_path: Path, server: Server) -> None:
    done = verify(tmp_path, "serpi", "--url", server.url + load_document("serpi").base_path, "--level", "quick")
    reason = "no request from outside can provoke the failure"
    missing = {(one["operation"], one.get("answer")): one["reason"] for one in done.report["never_observed"]}
    assert missing["list_sucursales", "500"] == reason
    assert missing["create_sucursal", "413"] == ""
    assert done.report["summary"]["answers_explained"] == sum(bool(one) for one in missing.values())
    page = (done.folder / "report.html").read_text()
    assert reason in page
    assert "no reason is known" in page
    assert "(500)" in (done.folder / "report.md").read_text()
