"""The mock, its answers written as each accepted reading of each vendor allows, is an implementation that conforms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contract_tests.suite.checks import judge
from contract_tests.suite.harness import ApiClient, Target
from contract_tests.suite.harness.findings import VerdictStatus
from mockserver.openapi.documents import load_document
from tests.contract_suite.other_reading import FORMS, OtherReading
from tests.documents.conftest import FILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contract_tests.suite.checks.run import Level
    from tests.conftest import Mock

FEW = 10
"""Operations of a document at which a reading of all of them is judged as thoroughly as one of single operations."""
ENTRIES = [
    (slug, name, number, entry)
    for slug in FILES
    for name, texts in load_document(slug).raw["components"]["x-discrepancies"].items()
    for number, entry in enumerate(texts.get("accepts", ()))
    if any(form in entry for form in FORMS)
]


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize(("slug", "entry"), [pytest.param(slug, entry, id=f"{name} {number}") for slug, name, number, entry in ENTRIES])
def test_an_implementation_in_another_accepted_reading_conforms(mock: Mock, slug: str, entry: Mapping[str, Any]) -> None:
    document = load_document(slug)
    found = Target.discover(slug, mock.url + document.base_path)
    target = Target(slug, found.base_url, found.credentials, found.known, found.logins, found.control)
    transport = OtherReading(document, entry)
    api = ApiClient(target, httpx.Client(transport=transport))
    level: Level = "standard" if "on" in entry or len(document.operations) <= FEW else "quick"
    verdicts = list(judge(api, document, level=level, seed=2, operations=entry.get("on")))
    api.close()
    assert {verdict.reason for verdict in verdicts if verdict.outcome is VerdictStatus.BROKEN} == set()
