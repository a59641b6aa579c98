"""One cause is one finding: contract tests, behaviour checks and generated requests that saw the same defect are joined, and nothing else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from contract_tests.suite.checks import DOCUMENTED
from contract_tests.suite.harness.findings import Exchange, Finding
from contract_tests.suite.verify.after import accept
from contract_tests.suite.verify.alike import MANY, add_alike
from contract_tests.suite.verify.cause import Cause
from contract_tests.suite.verify.clauses import CLAUSE
from contract_tests.suite.verify.contract import Contract
from contract_tests.suite.verify.events import FindingMade, Phase
from contract_tests.suite.verify.findings_store import FindingsStore
from contract_tests.suite.verify.joining import join
from contract_tests.suite.verify.places import join_places
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


def report_of(*findings: tuple[str, list[str]], level: str = "standard", read_only: bool = False, seen: int = 1, **more: Any) -> dict[str, Any]:
    """A report with these findings, by key and the keys of those that were joined to it."""
    rows = [
        {"id": key, "key": key, "also": also, "sentence": key, "law": key, "operation": "view_invoice", "clauses": [], "stage": "laws"}
        | {"exchanges": [{"method": "POST"}], "accepted": None}
        | more
        for key, also in findings
    ]
    return {
        "findings": rows,
        "laws": [],
        "clauses": {"held": [], "broken": [], "not_observable": [], "not_exercised": []},
        "run": {"level": level, "read_only": read_only, "excluded": [], "stages": {"clauses": 1, **({} if level == "quick" else {"laws": 1})}},
        "operations": [{"id": "view_invoice", "answers": [{"seen": seen}]}],
    }


@pytest.mark.parametrize(
    "new",
    [
        report_of(level="quick"),
        report_of(read_only=True),
        report_of(seen=0),
        {**report_of(), "laws": [{"law": "a", "operation": "view_invoice", "outcome": "not exercised"}]},
    ],
    ids=["a quicker run", "a run that only reads", "a run that did not reach the operation", "a run that could not try it"],
)
def test_what_only_one_run_exercised_is_not_compared(new: dict[str, Any]) -> None:
    found = compare(report_of(("a", [])), new, "old")
    assert (found["fixed"], [one["key"] for one in found["not_judged"]]) == ([], ["a"])
    back = compare(new, report_of(("a", [])), "old")
    assert (back["new"], [one["key"] for one in back["not_judged_before"]]) == ([], ["a"])


def test_a_key_of_an_earlier_version_is_the_same_finding_and_called_renamed() -> None:
    found = compare(report_of(("test", [])), report_of(("test[row]", []), former_keys=["test"]), "old")
    assert (found["new"], found["fixed"], [one["key"] for one in found["unchanged"]]) == ([], [], ["test[row]"])
    assert found["renamed"] == [{"from": "test", "to": "test[row]"}]


def test_a_further_place_of_a_known_finding_is_new() -> None:
    places = [{"operation": "view_invoice", "place": name, "key": name} for name in ("a", "b", "c")]
    found = compare(report_of(("a", ["b"])), report_of(("a", ["b", "c"]), places=places), "old")
    assert [one["key"] for one in found["new"]] == ["c"]
    assert [one["key"] for one in found["unchanged"]] == ["a"]


def test_a_finding_that_was_joined_before_is_not_called_new() -> None:
    def report(*findings: tuple[str, list[str]]) -> dict[str, Any]:
        return report_of(*findings)

    def changed_keys(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[str]]:
        found = compare(before, after, "old")
        return {name: [one["key"] for one in found[name]] for name in ("new", "fixed", "unchanged", "not_judged") if found[name]}

    joined, apart = report(("a", ["b"])), report(("a", []), ("b", []))
    assert changed_keys(joined, apart) == {"unchanged": ["a", "b"]}
    assert changed_keys(apart, joined) == {"unchanged": ["a"]}
    assert changed_keys(report(), joined) == {"new": ["a"]}
    assert changed_keys(joined, report()) == {"fixed": ["a"]}


# Places


def too_long(into: FindingsStore, operation: str, field: str, keyword: str = "maxLength") -> Cause:
    sentence = f"{operation} with a {field} that breaks {keyword} is not refused"
    return into.add(FindingMade(Finding(INPUTS, operation, sentence, pointer=f"/{field} {keyword}"), Phase.BEHAVIOUR))


def test_one_cause_at_many_places_is_one_finding_that_lists_them() -> None:
    found = findings_store()
    for operation in ("update_invoice", "create_invoice"):
        for field in ("name", "street", "city"):
            too_long(found, operation, field)
    other = too_long(found, "create_invoice", "name", "pattern")
    join_places(found)
    root, alone = found.causes.values()
    assert alone.key == other.key
    assert root.finding.operation == min(("update_invoice", "create_invoice"), key=list(found.contract.operations).index)
    assert len(root.places) == 6
    assert len(root.also) == 5
    assert "; likewise at 5 other places: " in root.finding.sentence
    assert {key for _, _, key in root.places} == {root.key, *root.also}


def test_accepting_the_finding_accepts_its_places_and_accepting_a_place_accepts_no_other() -> None:
    for which, left in ((0, 1), (1, 2)):
        found = findings_store()
        causes = [too_long(found, "create_invoice", field) for field in ("city", "name", "street")]
        causes[which].deviation = Deviation("x", "known", "erp", dt.date(2999, 1, 1))
        join_places(found)
        assert len(found.causes) == left


def test_what_differs_in_more_than_its_place_is_not_joined() -> None:
    found = findings_store()
    for text in ("create_invoice: name is not read back", "create_invoice: name changes street too"):
        found.add(FindingMade(Finding(INPUTS, "create_invoice", text, pointer="/name"), Phase.BEHAVIOUR, text))
    join_places(found)
    assert len(found.causes) == 2


def test_rows_of_a_contract_test_are_findings_of_their_own_unless_they_say_the_same() -> None:
    found = findings_store()
    for row, got in (("name", 201), ("street", 201), ("city", 500), ("zip", 201)):
        text = f"Too long texts are refused ({row}): this does not hold. Expected 400, got {got}."
        event = FindingMade(Finding(CLAUSE, "create_invoice", text), Phase.CLAUSES, f"test_too_long[{row}]", row=row)
        found.add(event)
    assert [one.former for one in found.causes.values()] == [["the clause holds | create_invoice | / | test_too_long"]] * 4
    accept(found, [Deviation("the clause holds | create_invoice | / | test_too_long", "known", "erp", dt.date(2999, 1, 1))], str)
    assert all(one.deviation for one in found.causes.values())
    accept(found, [], str)
    join_places(found)
    root, other = sorted(found.causes.values(), key=lambda one: -len(one.places))
    assert [place for _, place, _ in root.places] == ["name", "street", "zip"]
    assert other.row == "city"


def called(into: FindingsStore, *bodies: bytes, operation: str = "view_invoice") -> None:
    for number, body in enumerate(bodies):
        url = f"https://trincico.example/invoices/{number}"
        into.observe(Exchange("GET", url, {}, b"", 200, {"content-type": "application/json"}, body, 0.0, operation))


def shown(into: FindingsStore) -> list[str]:
    add_alike(into)
    join(into)
    join_places(into)
    return [one.finding.sentence for one in into.causes.values()]


def test_what_is_wrong_with_an_operation_that_answers_all_calls_alike_is_one_finding() -> None:
    found = findings_store()
    called(found, *[b"{}"] * MANY)
    root, other = check_finding(found), contract_test(found, E2)
    assert shown(found) == ["view_invoice gives the same answer to every call"]
    (cause,) = found.causes.values()
    assert cause.also == [root.key, other.key]
    assert cause.clauses == {E1, E2}
    assert [one.url for one in cause.finding.exchanges] == ["https://trincico.example/invoices/0", "https://trincico.example/invoices/1"]


@pytest.mark.parametrize("bodies", [[b"{}"] * (MANY - 1), [*[b"{}"] * MANY, b"[]"]], ids=["few answers", "another answer"])
def test_findings_stay_apart_where_answers_may_differ(bodies: list[bytes]) -> None:
    found = findings_store()
    called(found, *bodies)
    check_finding(found), contract_test(found, E2)
    assert len(shown(found)) == 2


def test_right_calls_only_may_all_get_the_same_answer() -> None:
    found = findings_store()
    called(found, *[b"{}"] * MANY)
    check_finding(found, "a list keeps its order", "x"), contract_test(found, E2)
    assert len(shown(found)) == 2


def test_a_few_answers_are_enough_if_the_whole_target_answers_alike() -> None:
    found = findings_store()
    called(found, *[b"{}"] * 2)
    for name in ("get_profile", "list_plans"):
        called(found, *[b"{}"] * MANY, operation=name)
    check_finding(found), contract_test(found, E2)
    assert shown(found) == ["view_invoice gives the same answer to every call"]


def test_an_accepted_finding_is_not_hidden_by_an_operation_that_answers_alike() -> None:
    found = findings_store()
    called(found, *[b"{}"] * MANY)
    root, _ = check_finding(found), contract_test(found, E2)
    accept(found, [Deviation(root.key, "known", "erp", dt.date(2027, 3, 31))], str)
    assert shown(found) == [f"{INPUTS}: pattern", "view_invoice gives the same answer to every call"]
