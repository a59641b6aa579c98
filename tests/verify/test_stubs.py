"""A stub that answers with the document's examples: its shapes are right, its behaviour is wrong, and the report says so in correct sentences."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from contract_tests.suite.checks import DOCUMENTED
from contract_tests.suite.verify.alike import ALIKE
from tests.verify.conftest import verify
from tests.verify.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Server

NO_WORDS = re.compile(r"(?<![-'])\b(?:\w+Error|StopIteration|Expecting value|Traceback|None|NoneType)\b(?![-'])")
"""Words of the programming language, which mean nothing to a vendor."""

ONE_CAUSE = ("what breaks the schema is refused", "credentials are demanded")
"""Defects of every operation of a stub: each is reported once per operation, not once per field."""


@pytest.mark.parametrize(
    "slug", ["serpi", pytest.param("trincico", marks=[pytest.mark.slow, pytest.mark.long]), pytest.param("backoffice", marks=pytest.mark.slow)]
)
def test_a_stub_of_examples_keeps_the_shapes_and_breaks_what_it_should_do(tmp_path: Path, server: Server, slug: str) -> None:
    with plain(server.url, slug, tmp_path, stubbed=True) as url:
        done = verify(tmp_path, slug, "--url", url, "--time-budget", 600)
    report = done.report

    assert report["findings"], done.out
    assert {one["clause"] for one in report["findings"]}
    assert not [one["sentence"] for one in report["findings"] if one["law"] == DOCUMENTED]
    assert not [one["sentence"] for one in report["findings"] if NO_WORDS.search(one["sentence"])]
    assert report["clauses"]["broken"]
    assert not report["run"]["unfinished"]
    assert report["run"]["requests"] < 600 * len(report["operations"])

    assert " object at 0x" not in json.dumps(report)

    (alike,) = [one for one in report["findings"] if one["law"] == ALIKE]
    same = {alike["operation"], *(place["operation"] for place in alike["places"])}
    assert [one["sentence"] for one in report["findings"] if one["operation"] in same] == [alike["sentence"]]
    places = Counter((one["law"], one["operation"]) for one in report["findings"] if one["law"] in ONE_CAUSE)
    assert [place for place, count in places.items() if count > 1] == []
