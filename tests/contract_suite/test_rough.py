"""Bodies that are too large, and bytes that are not text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contract_tests.suite.checks import rough
from contract_tests.suite.checks.model import BehaviourModel
from contract_tests.suite.checks.run import Run
from contract_tests.suite.harness import ApiClient, Target
from contract_tests.suite.harness.findings import VerdictStatus
from mockserver.openapi.documents import load_document
from tests.mutation.copies import serve_copy
from tests.mutation.mutants import mutant

if TYPE_CHECKING:
    from contract_tests.suite.harness.findings import Verdict
    from tests.conftest import Mock


def verdicts(target: Target) -> list[Verdict]:
    api = ApiClient(target)
    try:
        return list(rough.check(Run(api, BehaviourModel(load_document(target.slug)), "standard", 1)))
    finally:
        api.close()


@pytest.mark.parametrize(
    ("name", "law", "operation"),
    [
        ("backoffice.body_of_any_size", rough.SIZE, "create_user_ticket"),
        ("monedero.crash_on_bytes_that_are_no_text", rough.FAILS, "get_wallets"),
    ],
)
def test_what_is_planted_is_found(name: str, law: str, operation: str) -> None:
    planted = mutant(name)
    with serve_copy(planted.slug, planted.changes) as origin:
        found = verdicts(Target.discover(planted.slug, origin + load_document(planted.slug).base_path))
    broken = {(verdict.subject, verdict.operation) for verdict in found if verdict.outcome is VerdictStatus.BROKEN}
    assert (law, operation) in broken
    assert {subject for subject, _ in broken} == {law}


@pytest.mark.parametrize("slug", ["serpi", "monedero", "backoffice"])
def test_the_mock_refuses_the_first_and_survives_the_second(mock: Mock, slug: str) -> None:
    found = verdicts(Target.discover(slug, mock.url + load_document(slug).base_path))
    assert {verdict.outcome for verdict in found} == {VerdictStatus.HELD}
    assert {verdict.subject for verdict in found} == {rough.SIZE, rough.FAILS}


def test_a_limit_of_the_mock_is_not_required_of_other_targets(mock: Mock) -> None:
    target = replace(Target.discover("serpi", mock.url + load_document("serpi").base_path), strict=False)
    found = [verdict for verdict in verdicts(target) if verdict.subject == rough.SIZE]
    assert {verdict.outcome for verdict in found} == {VerdictStatus.NOT_OBSERVABLE}
    assert "nobody has said what is true of this target" in found[0].reason


def test_a_body_with_files_may_be_larger() -> None:
    assert rough.limit(BehaviourModel(load_document("serpi")), "create_sucursal") == 1_048_576
    assert rough.limit(BehaviourModel(load_document("backoffice")), "update_user") == 8_388_608
