"""What a behaviour check compares, and which call and field its finding names."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from contract_tests.suite.checks.model import BehaviourModel
from contract_tests.suite.checks.pages import visited
from contract_tests.suite.checks.reads import ways
from contract_tests.suite.checks.records import misread
from contract_tests.suite.harness.findings import Verdict, VerdictStatus
from mockserver.openapi.documents import load_document
from tests.documents.conftest import FILES
from tests.mutation.mutants import CopyFailed
from tests.mutation.run import findings

if TYPE_CHECKING:
    from contract_tests.suite.checks.records import Resource
    from contract_tests.suite.checks.run import Run
    from contract_tests.suite.checks.session import CheckSession

SENT = {"name": "Rosa", "place": "Centro"}


class SentResource:
    """A resource whose fields have the same names in requests and answers."""

    def differences(self, sent: dict[str, Any], view: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
        return {name: (value, view[name]) for name, value in sent.items() if name in view and view[name] != value}


def attributed(**views: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Call, part and place of each difference. ``views`` are answers by part."""
    found = misread(cast("Resource", SentResource()), SENT, [(f"{part}_it", view, part) for part, view in views.items()])
    return [(call, part, place) for call, part, place, _, _ in found]


def test_a_view_that_another_contradicts_is_to_blame() -> None:
    assert attributed(list={"name": "Rosa", "place": "?"}, read={"name": "Rosa", "place": "Centro"}) == [("list_it", "list", "place")]
    assert attributed(list=SENT, read={"name": "?", "place": "Centro"}) == [("read_it", "read", "name")]


def test_a_value_that_every_view_shows_wrong_is_attributed_to_the_creation_once() -> None:
    assert attributed(list={"name": "?", "place": "Centro"}, read={"name": "?", "place": "Centro"}) == [("list_it", "create", "name")]
    assert attributed(list={"place": "?"}) == [("list_it", "create", "place")]
    assert attributed(list={"name": "Rosa"}, read={"name": "Rosa", "place": "?"}) == [("read_it", "create", "place")]


def test_values_shown_as_sent_are_no_finding() -> None:
    assert attributed(list=SENT, read=SENT) == []


class StandardRun:
    """The part of a run that the choice of calls uses."""

    is_quick = False

    def __init__(self, model: BehaviourModel) -> None:
        self.model = model


@pytest.mark.parametrize("looked", [True, False])
def test_a_read_is_tried_in_every_way_that_succeeds_and_in_no_other(looked: bool) -> None:  # noqa: FBT001
    model = BehaviourModel(load_document("monedero"))

    tried = [recipe.get("send", {}) for recipe, _ in ways(cast("Run", StandardRun(model)), "get_contacts", looked=looked)]

    assert {"phone": "$contact"} in tried
    assert {"wallet_key": "$wallet"} in tried
    assert {"phone": "$new_phone"} not in tried
    assert len(tried) == 3 - looked


@pytest.mark.parametrize("slug", FILES)
def test_volatile_values_are_compared_by_checks(slug: str) -> None:
    document = load_document(slug)
    marked = copy.deepcopy(document.raw)
    marked["components"]["schemas"]["Clock"] = {"type": "object", "properties": {"seen_at": {"type": "string", "x-volatile": "each-call"}}}

    declared = BehaviourModel(document).volatile()
    assert "seen_at" not in declared
    assert BehaviourModel(replace(document, raw=marked)).volatile() == declared | {"seen_at"}


def test_a_copy_that_does_not_answer_could_not_run_and_did_not_survive() -> None:
    with pytest.raises(CopyFailed, match="did not answer"):
        list(findings("serpi", "http://127.0.0.1:9/serpi/api/v1", "quick", 1))


class ListSession:
    """The part of a check session that a verdict on pages uses."""

    def broken(self, law: str, operation: str, sentence: str, **_: Any) -> Verdict:
        return Verdict(law, operation, VerdictStatus.BROKEN, sentence)

    def held(self, law: str, operation: str) -> Verdict:
        return Verdict(law, operation, VerdictStatus.HELD)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ([1, 2, 3], ""),
        ([1, 2, 2], "its pages show 3 records, 1 of them twice, where there are 3"),
        ([1, 2], "its pages show 2 records, 0 of them twice, where there are 3"),
        (["1", 2, 3], "its pages show '1' where the whole list shows 1"),
        ([1, 3, 2], "its pages show 3 where the whole list shows 2"),
    ],
)
def test_errors_of_pages_are_reported_in_numbers_or_by_the_first_record_that_differs(seen: list[Any], said: str) -> None:
    (verdict,) = visited(cast("CheckSession", ListSession()), "list_things", {}, seen, [1, 2, 3])
    assert verdict.reason == (f"list_things: {said}" if said else "")
