"""A recipe of a refusal gives no finding in a state in which it ran before: what it has to find is there again, or it is not exercised."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from contract_tests.suite.checks import works
from contract_tests.suite.checks.model import BehaviourModel
from contract_tests.suite.checks.refusals import LAW
from contract_tests.suite.checks.run import Run
from contract_tests.suite.checks.session import guarded
from contract_tests.suite.harness import ApiClient, Target
from contract_tests.suite.harness.findings import VerdictStatus
from contract_tests.suite.harness.target import own_records
from mockserver.openapi.documents import list_slugs, load_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from contract_tests.suite.harness.findings import Verdict
    from tests.conftest import Mock

ROUNDS = 3
HELD = {"monedero": 12, "trincico": 30}
"""Verdicts that hold at least, in all rounds; a recipe that is refused where it ran before is not exercised."""


def prepared_recipes(model: BehaviourModel) -> list[tuple[str, str, Mapping[str, Any]]]:
    """The recipes of documented errors that call something first, by operation and code."""
    found = []
    for name, operation in model.operations.items():
        for code, said in operation.recipes.items():
            recipes = said if isinstance(said, list) else [said]
            found += [(name, code, recipe) for recipe in recipes if code in operation.errors and "after" in recipe]
    return found


def refusal(run: Run, name: str, code: str, recipe: Mapping[str, Any], label: str) -> Iterator[Verdict]:
    """Whether the call that a recipe prepares is refused with its code; without what the refused call may have changed."""
    session = run.session(label)
    answer = session.send(name, recipe, session.prepare(name, recipe))
    found = run.model.reader.differences(name, code, answer)
    is_open = not answer.is_refusal and run.model.readings.is_open(name, code)
    yield session.broken(LAW, name, f"{name}, {code}: {answer}", assumed=False) if found and not is_open else session.held(LAW, name)


@pytest.mark.parametrize("slug", list_slugs())
def test_a_recipe_gives_no_finding_in_a_state_that_it_changed_before(mock: Mock, slug: str) -> None:
    document = load_document(slug)
    target = replace(Target.discover(slug, f"{mock.url}/~{mock.world}{document.base_path}"), control=None, own=own_records(slug))
    model = BehaviourModel(document, strict=True)
    seen: Counter[VerdictStatus] = Counter()
    with httpx.Client(timeout=60, trust_env=False) as client:
        api = ApiClient(target, client)
        run = Run(api, model, "standard", 1)
        for turn in range(ROUNDS):
            for name, code, recipe in prepared_recipes(model):
                for verdict in guarded(LAW, name, refusal(run, name, code, recipe, f"{name} {code} {turn}")):
                    assert verdict.outcome is not VerdictStatus.BROKEN, f"round {turn}: {verdict.reason}"
                    seen[verdict.outcome] += 1
        broken = [verdict.reason for verdict in works.check(run) if verdict.outcome is VerdictStatus.BROKEN]
        api.close()
    assert broken == []
    assert seen[VerdictStatus.HELD] >= HELD.get(slug, 0), seen
