"""Behaviour checks find nothing at the mock; the violations that they find are planted in ``tests/mutation``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.suite.checks import judge
from contract_tests.suite.harness import ApiClient, Target
from contract_tests.suite.harness.findings import VerdictStatus
from mockserver.openapi.documents import load_document
from tests.documents.conftest import FILES

if TYPE_CHECKING:
    from tests.conftest import Mock


@pytest.mark.parametrize("slug", [pytest.param(slug, marks=() if slug == "serpi" else pytest.mark.slow) for slug in FILES])
def test_the_mock_passes_every_behaviour_check(mock: Mock, slug: str) -> None:
    api = ApiClient(Target.discover(slug, mock.url + load_document(slug).base_path))
    verdicts = list(judge(api, load_document(slug), level="standard", seed=3))
    assert [verdict.reason for verdict in verdicts if verdict.outcome is not VerdictStatus.HELD] == []
    assert {verdict.operation for verdict in verdicts} >= {operation.id for operation in load_document(slug).operations if operation.recipes}
    api.close()
