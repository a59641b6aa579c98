"""Each newer behaviour check finds a planted violation by itself, whatever the others find."""

from __future__ import annotations

from contextlib import closing

import pytest

from contract_tests.suite.checks import (
    agreement,
    callers,
    conditions,
    faults,
    judge,
    kept,
    observed,
    passwords,
    placing,
    strictness,
    together,
    updates,
)
from contract_tests.suite.harness import ApiClient, Target
from contract_tests.suite.harness.findings import VerdictStatus
from mockserver.openapi.documents import load_document
from tests.mutation.copies import serve_copy
from tests.mutation.mutants import mutant

FOUND = {
    agreement.AGREE: "monedero.list_without_birthdays",
    callers.LAW: "serpi.lists_at_once_mixed",
    conditions.CROSSED: "monedero.points_used_by_a_purchase",
    conditions.PAIRED: "monedero.blacklisted_may_use_points",
    conditions.RANGE: "monedero.points_for_the_first_thousand",
    conditions.SPENT: "monedero.empty_balance_unchecked",
    faults.NUMBERS: "monedero.number_up_to_the_first_letter",
    faults.SEVERAL: "serpi.several_faults_fail",
    kept.LENGTH: "serpi.length_in_code_units",
    kept.LISTED: "serpi.twelfth_branch_unlisted",
    kept.TEXT: "serpi.letters_decomposed",
    kept.TWICE: "serpi.equal_branch_swallowed",
    observed.CHARSET: "serpi.latin_charset",
    observed.DECIMAL: "monedero.error_of_a_binary_fraction",
    observed.KIND: "monedero.first_id_as_text",
    observed.SECRET: "monedero.password_in_the_answer",
    observed.TIME: "troyansys.utc_labelled_as_local",
    passwords.CHANGED: "backoffice.password_not_changed",
    passwords.EXACT: "backoffice.password_trimmed",
    placing.INSERTED: "serpi.newest_branch_first",
    placing.MOVED: "serpi.changed_branch_moves",
    placing.PAGED: "trincico.filter_on_the_first_page_only",
    placing.TOGETHER: "trincico.second_filter_ignored",
    strictness.KEYS: "monedero.wallet_key_in_any_case",
    strictness.LAW: "serpi.halves_of_two_clients",
    together.CHANGED: "serpi.changes_at_once_lost",
    together.CREATED: "serpi.creations_at_once_lost",
    together.SUMS: "monedero.sales_at_once_lost",
    together.UNIQUE: "monedero.contact_given_twice_at_once",
    updates.EMPTIED: "serpi.null_keeps_what_was_there",
    updates.NOTHING: "serpi.zero_is_not_sent",
    updates.REFUSED: "serpi.refused_change_written",
    updates.REPEATED: "serpi.equal_change_refused",
    updates.TEXT: "serpi.changed_text_without_accents",
}
"""A planted violation by the check that has to find it."""


@pytest.mark.slow
@pytest.mark.parametrize(("check", "name"), FOUND.items(), ids=FOUND.values())
def test_a_check_finds_what_it_is_for(check: str, name: str) -> None:
    planted = mutant(name)
    with serve_copy(planted.slug, planted.changes) as origin:
        document = load_document(planted.slug)
        with closing(ApiClient(Target.discover(planted.slug, origin + document.base_path))) as api:
            verdicts = judge(api, document, level="standard", seed=1, operations=planted.operations)
            broken = [verdict for verdict in verdicts if verdict.outcome is VerdictStatus.BROKEN and verdict.subject == check]
    assert {verdict.operation for verdict in broken} & set(planted.operations)
