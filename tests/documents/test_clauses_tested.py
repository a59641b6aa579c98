"""Every clause of a vendor has a contract test, or a reason in the document why no call can show it (``x-unseen``)."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

from tests.conftest import ROOT
from tests.documents.test_contract import CLAUSES

if TYPE_CHECKING:
    from mockserver.openapi.documents import Document

PROGRAM = """
import sys, pytest
class Marks:
    def pytest_collection_finish(self, session):
        for item in session.items:
            for mark in item.iter_markers("clause"):
                print("CLAUSE", *mark.args)
sys.exit(pytest.main(["contract_tests", "--collect-only", "-q", "-p", "no:cacheprovider"], plugins=[Marks()]))
"""


@cache
def marked() -> frozenset[str]:
    """The clauses that are marked on some contract test."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    return frozenset(name for line in re.findall(r"^CLAUSE (.*)$", done.stdout, re.MULTILINE) for name in line.split())


def test_every_clause_is_tested_or_explained(document: Document) -> None:
    specs = [operation.spec for operation in document.operations]
    explained = {name for spec in specs for name in spec.get("x-unseen", {}) if name in spec.get("x-clauses", {})}
    wanted = {name for name in CLAUSES if name.startswith(f"{document.slug}.")}
    assert wanted - marked() == explained


def test_no_test_names_a_clause_that_does_not_exist() -> None:
    assert marked() <= set(CLAUSES)
