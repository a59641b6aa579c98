"""One cause is one finding: contract tests, behaviour checks and generated requests that saw the same defect are joined, and nothing else."""

from __future__ import annotations

import datetime as dt
from typing import Any

from contract_tests.suite.checks import DOCUMENTED
from contract_tests.suite.harness.findings import Finding
from contract_tests.suite.verify.cause import Cause
from contract_tests.suite.verify.clauses import CLAUSE
from contract_tests.suite.verify.contract import Contract
from contract_tests.suite.verify.events import FindingMade, Phase
from contract_tests.suite.verify.findings_store import FindingsStore
from contract_tests.suite.verify.joining import join
from contract_tests.suite.verify.report.compare import compare
from contract_tests.suite.verify.target_file import Deviation

INPUTS, ACCESS = "what breaks the schema is refused", "credentials are demanded"
E1, E2 = "trincico.view_invoice.e1", "trincico.view_invoice.e2"


def findings_store() -> FindingsStore:
    return FindingsStore(Contract("trincico"))


def check_finding(into: FindingsStore, name: str = INPUTS, keyword: str = "pattern", clause: str | None = E1) -> Cause:
    return into.add(FindingMade(Finding(name, "view_invoice", f"{name}: {keyword}", clause), Phase.BEHAVIOUR, keyword))


def contract_test(into: FindingsStore, *clauses: str) -> Cause:
    return into.add(FindingMade(Finding(CLAUSE, "view_invoice", "this does not hold"), Phase.CLAUSES, "test_it", clauses))


def generated(into: FindingsStore, name: str = INPUTS) -> Cause:
    return into.add(FindingMade(Finding(name, "view_invoice", "answers 200"), Phase.GENERATED, "200"))


def keys(found: FindingsStore) -> list[str]:
    join(found)
    return list(found.causes)


def test_a_contract_test_is_joined_to_the_check_that_breaks_all_its_clauses() -> None:
    found = findings_store()
    root, other = check_finding(found), contract_test(found, E1)
    assert keys(found) == [root.key]
    assert root.also == [other.key]
    assert root.count == 2


def test_what_was_joined_and_seen_again_is_named_once() -> None:
    found = findings_store()
    root, other = check_finding(found), contract_test(found, E1)
    for _ in range(2):
        assert keys(found) == [root.key]
        contract_test(found, E1)
    assert keys(found) == [root.key]
    assert root.also == [other.key]
    assert root.count == 4


def test_a_contract_test_of_a_clause_that_no_check_breaks_stays_separate() -> None:
    found = findings_store()
    check_finding(found)
    assert len(keys(found)) == 1
    contract_test(found, E1, E2)
    assert len(keys(found)) == 2


def test_a_contract_test_without_a_clause_stays_separate_if_checks_found_nothing() -> None:
    found = findings_store()
    contract_test(found)
    assert len(keys(found)) == 1


def test_generated_requests_are_joined_to_the_check_of_the_same_name_only() -> None:
    found = findings_store()
    root, other = check_finding(found), generated(found)
    elsewhere = generated(found, ACCESS)
    assert keys(found) == [root.key, elsewhere.key]
    assert root.also == [other.key]


def test_answers_that_are_not_documented_are_never_joined() -> None:
    found = findings_store()
    check_finding(found, DOCUMENTED, "200 schema required")
    generated(found, DOCUMENTED)
    assert len(keys(found)) == 2


def test_what_is_accepted_hides_no_other() -> None:
    accepted = Deviation("x", "known", "somebody", dt.date(2999, 1, 1))
    for which in (0, 1):
        found = findings_store()
        (check_finding(found), contract_test(found, E1), generated(found))[which].deviation = accepted
        assert len(keys(found)) == 3 - which
        assert len(keys(found)) == 3 - which  # once more changes nothing


def test_a_finding_that_was_joined_before_is_not_called_new() -> None:
    def report(*findings: tuple[str, list[str]]) -> dict[str, Any]:
        rows = [
            {"id": key, "key": key, "also": also, "sentence": key, "law": key, "operation": "view_invoice", "clauses": []} for key, also in findings
        ]
        return {"findings": rows, "laws": [], "clauses": {"held": [], "broken": [], "not_observable": [], "not_exercised": []}}

    def changed_keys(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[str]]:
        found = compare(before, after, "old")
        return {name: [one["key"] for one in found[name]] for name in ("new", "fixed", "unchanged", "not_judged") if found[name]}

    joined, apart = report(("a", ["b"])), report(("a", []), ("b", []))
    assert changed_keys(joined, apart) == {"unchanged": ["a", "b"]}
    assert changed_keys(apart, joined) == {"unchanged": ["a"]}
    assert changed_keys(report(), joined) == {"new": ["a"]}
    assert changed_keys(joined, report()) == {"not_judged": ["a"]}
