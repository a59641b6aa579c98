"""Every clause of a served vendor has a contract test, or a line in ``docs/vendors/<slug>.md`` that says why it cannot be seen from outside."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache

import pytest

from mockserver.app import SPECS, discover
from tests.conftest import ROOT
from tests.documents.conftest import FILES
from tests.documents.test_contract import CLAUSES
from tests.vendors.tables import rows

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


@pytest.mark.parametrize("slug", FILES)
def test_the_document_explains_it_in_the_same_words(slug: str) -> None:
    told = {cells[0].strip("` "): cells[1] for _, cells in rows(slug, "clause")}
    specs = [one.spec for one in discover(SPECS)[slug][1].operations]
    assert {name: reason for spec in specs for name, reason in spec.get("x-unseen", {}).items() if name in spec.get("x-clauses", {})} == told


@pytest.mark.parametrize("slug", FILES)
def test_every_clause_is_tested_or_explained(slug: str) -> None:
    explained = {cells[0].strip("` ") for _, cells in rows(slug, "clause")}
    wanted = {name for name in CLAUSES if name.startswith(f"{slug}.")}
    assert wanted - marked() == explained


def test_no_test_names_a_clause_that_does_not_exist() -> None:
    assert marked() <= set(CLAUSES)
