"""Findings of different checks that show one defect are one finding; what differs in its field, its rule or its refusal is not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from contract_tests.suite.checks import DOCUMENTED
from contract_tests.suite.harness.findings import Exchange, Finding
from contract_tests.suite.verify.cause import Cause
from contract_tests.suite.verify.clauses import CLAUSE
from contract_tests.suite.verify.contract import Contract
from contract_tests.suite.verify.events import FindingMade, Phase
from contract_tests.suite.verify.findings_store import FindingsStore
from contract_tests.suite.verify.places import join_places
from contract_tests.suite.verify.related import join_related
from contract_tests.suite.verify.target_file import Deviation

E1, E2 = "trincico.view_invoice.e1", "trincico.view_invoice.e2"
STRICT, ACCESS = "a credential is compared exactly", "credentials are demanded"


def answer(status: int, body: bytes = b"{}", operation: str = "view_invoice") -> tuple[Exchange, ...]:
    return (Exchange("GET", "https://trincico.example/x", {}, b"", status, {}, body, 0.0, operation),)


def found(check: str, keyword: str, **more: Any) -> FindingMade:
    row = more.pop("row", "")
    finding = Finding(check, more.pop("operation", "view_invoice"), more.pop("sentence", f"{check}: {keyword}"), **more)
    return FindingMade(finding, Phase.BEHAVIOUR, keyword, row=row)


def joined(*findings: FindingMade) -> list[Cause]:
    store = FindingsStore(Contract("trincico"))
    for one in findings:
        store.add(one)
    join_related(store)
    join_places(store)
    return list(store.causes.values())


ONE_DEFECT = {
    "two checks break one rule": [found(STRICT, "prefix", clause=E1), found(ACCESS, "key wrong", clause=E1)],
    "a formula and a schema name one field": [
        found("a documented call works", 'answer.token_type == "Bearer"', clause=E1),
        found(DOCUMENTED, "200 schema enum", clause=E2, pointer="/token_type"),
    ],
    "a read that shows a field in another kind": [
        found("what was written is read back", "currency", operation="create_invoice", exchanges=answer(200)),
        found(DOCUMENTED, "200 schema type", pointer="/currency"),
    ],
    "two fields that are not kept": [
        found("what was written is read back", name, operation="create_invoice", sentence=f"create_invoice: {name} is shown otherwise")
        for name in ("currency", "reference")
    ],
    "one refusal of several calls": [
        found("computed values agree", "all", exchanges=answer(422, b"device_name is missing"), clause=E1),
        found(CLAUSE, "test_the_device_may_be_left_out", exchanges=answer(422, b"device_name is missing"), clause=E2),
    ],
    "one failure of the server": [
        found("a call with several faults is refused", "all", exchanges=answer(500, b"at 0x1"), clause=E1),
        found(DOCUMENTED, "500 status", exchanges=answer(500, b"at 0x2")),
    ],
    "rows of one test that differ in the answer": [
        found(CLAUSE, f"test_it[{row}]", row=row, sentence=f"It ({row}): this does not hold. The last answer, to view_invoice, was 200 with {body}.")
        for row, body in (("@example.com", '{"a": 1}'), ("de mo@", '{"b": 2}'))
    ],
    "a contract test and a check that end with one call": [
        found(CLAUSE, "test_a_foreign_company_is_refused", exchanges=answer(200, b"a"), clause=E1),
        found("a documented error is answered as documented", "e2", exchanges=answer(200, b"b")),
    ],
    "a documented error and its row": [
        found("a documented error is answered as documented", "unknown_scope", clause=E1),
        found(CLAUSE, "test_each_row[send-unknown_scope-x=1]", row="send-unknown_scope-x=1", clause=E2),
    ],
    "a value that is taken and the row of its refusal": [
        found("what is unique is given once", "x", expected="row_exists"),
        found(CLAUSE, "test_it", sentence="It: this does not hold. Not true: view_invoice answers as its row row_exists says (it was not refused)."),
    ],
    "formulas about one thing that was read afterwards": [
        found("computed values agree", formula) for formula in ("count(after.messages) == 1", "after.messages[-1].to == sent.email")
    ],
    "a test with rows and one without": [
        found(CLAUSE, "test_all", sentence="They agree: this does not hold. Expected 1, got 2."),
        found(CLAUSE, "test_each[pro]", row="pro", sentence="They agree (pro): this does not hold. Expected 1, got 2."),
    ],
    "one member is missing": [
        found("a documented call works", f"answer.meta.{name} == 1", sentence=f'view_invoice: answer.meta.{name} == 1: "meta" is missing')
        for name in ("id", "code")
    ],
    "errors of every status as HTML": [
        found(DOCUMENTED, f"{status} content-type", sentence=f"view_invoice answers {status} as text/html, which is not documented")
        for status in (401, 404)
    ],
}
TWO_DEFECTS = {
    "two rules": [found(STRICT, "prefix", clause=E1), found(ACCESS, "key wrong", clause=E2)],
    "no rule": [found(STRICT, "prefix"), found(ACCESS, "key wrong")],
    "one check tells its findings apart": [found(STRICT, "prefix", clause=E1), found(STRICT, "case", clause=E1)],
    "one rule about two fields": [found(STRICT, "x", clause=E1, pointer="/name"), found(ACCESS, "x", clause=E1, pointer="/price")],
    "answers that differ in two fields": [found(DOCUMENTED, "200 schema type", pointer="/a"), found("a documented call works", "answer.b == 1")],
    "two refusals": [found(STRICT, "x", exchanges=answer(422, b"a")), found(ACCESS, "x", exchanges=answer(422, b"b"))],
    "one answer that is no refusal": [found(STRICT, "x", exchanges=answer(200)), found(ACCESS, "x", exchanges=answer(200))],
    "two contract tests that end with one call": [
        found(CLAUSE, name, exchanges=answer(200), clause=clause) for name, clause in (("a", E1), ("b", E2))
    ],
    "two members are missing": [found(DOCUMENTED, name, sentence=f'view_invoice: "{name}" is a required property') for name in ("id", "code")],
    "two things that were read afterwards": [found("computed values agree", formula) for formula in ("after.mails == 1", "after.sales == 2")],
    "a refusal by another operation": [found(STRICT, "x", exchanges=answer(403)), found(ACCESS, "x", exchanges=answer(403, operation="get_profile"))],
}


@pytest.mark.parametrize("name", ONE_DEFECT)
def test_one_defect_is_one_finding_and_no_key_is_lost(name: str) -> None:
    (cause,) = joined(*ONE_DEFECT[name])
    assert {cause.key, *cause.also} == {one.key for one in ONE_DEFECT[name]}


@pytest.mark.parametrize("name", TWO_DEFECTS)
def test_two_defects_are_two_findings(name: str) -> None:
    assert len(joined(*TWO_DEFECTS[name])) == 2


def test_of_refused_calls_the_contract_test_is_shown_because_it_names_the_rule() -> None:
    (cause,) = joined(*ONE_DEFECT["one refusal of several calls"])
    assert cause.finding.check == CLAUSE


def test_what_is_accepted_hides_no_other_finding() -> None:
    store = FindingsStore(Contract("trincico"))
    accepted, other = (store.add(one) for one in ONE_DEFECT["two checks break one rule"])
    accepted.deviation = Deviation(accepted.key, "known", "erp", dt.date(2999, 1, 1))
    join_related(store)
    assert set(store.causes) == {accepted.key, other.key}
