"""One table holds every limit; the page about them is what the table says."""

from __future__ import annotations

import re

import pytest

from docs.limits import PAGE, page
from mockserver.openapi import limits
from mockserver.openapi.limits import Limit, all_limits
from tests.conftest import ROOT


def names() -> dict[str, Limit]:
    """The limits by the name of their variable."""
    return {name: value for name, value in vars(limits).items() if isinstance(value, Limit)}


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs-limits`"


def test_every_limit_stands_on_the_page_once_and_under_its_own_name() -> None:
    assert sorted(limit.name for limit in all_limits()) == sorted(limit.name for limit in names().values())
    assert all(name == limit.name.upper().replace("-", "_") for name, limit in names().items())
    assert len({limit.name for limit in all_limits()}) == len(all_limits())


@pytest.mark.parametrize("limit", all_limits(), ids=lambda limit: limit.name)
def test_a_limit_bounds_something_and_says_so_in_sentences(limit: Limit) -> None:
    assert limit.value > 0
    assert limit.unit
    for text in (limit.bounds, limit.beyond):
        assert text.endswith(".")
        assert "|" not in text


def test_a_limit_is_read_by_the_module_that_keeps_it() -> None:
    source = "\n".join(
        file.read_text(encoding="utf-8")
        for folder in ("mockserver", "contract_tests")
        for file in (ROOT / folder).rglob("*.py")
        if file != ROOT / "mockserver" / "openapi" / "limits.py"
    )
    assert set(re.findall(r"\blimits\.([A-Z_]+)\b", source)) == set(names())
