"""The vendors' samples as printed. The pages stay outside the project, in a folder beside it or in one that MOCKSERVER_PAGES names."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.samples.filling import fill, repair
from tests.samples.judging import EXCUSED, judge
from tests.samples.reading import SLUGS, PrintedSample, read_samples
from tests.samples.running import differences, is_installed

if TYPE_CHECKING:
    from tests.conftest import Mock

PAGES = Path(os.environ.get("MOCKSERVER_PAGES", ROOT.parent / "shared" / "seeds"))
PRINTED = list(read_samples(PAGES)) if PAGES.is_dir() else []
PROGRAMS = {"serpi": ["php"], "troyansys": ["php"], "monedero": ["node", "php", "python", "ruby"]}


def _of(slug: str, *languages: str) -> list[PrintedSample]:
    if not PRINTED:
        pytest.skip(f"there is no {PAGES}; set MOCKSERVER_PAGES to the folder of the vendors' pages")
    return [sample for sample in PRINTED if sample.slug == slug and sample.language in languages]


def _check(mock: Mock, samples: list[PrintedSample]) -> None:
    """Run samples, each in a world of its own; report all that do not hold."""
    judged = [judge(sample, f"{mock.url}/~{mock.world}-{number}/{sample.slug}") for number, sample in enumerate(samples)]
    assert [(found.sample.line, found.outcome) for found in judged if not found.holds] == []


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if slug != "serpi"])
@pytest.mark.skipif(not is_installed("curl"), reason="curl is not installed; apt-get install curl")
def test_every_curl_sample_is_answered_as_printed(mock: Mock, slug: str) -> None:
    _check(mock, _of(slug, "curl"))


@pytest.mark.slow
@pytest.mark.parametrize(("slug", "language"), [(slug, language) for slug, languages in PROGRAMS.items() for language in languages])
def test_every_program_is_answered_with_a_success(mock: Mock, slug: str, language: str) -> None:
    samples = _of(slug, language)
    if not is_installed(language):
        pytest.skip(f"{language} is not installed")
    _check(mock, samples)


def test_the_pages_hold_64_commands_and_40_programs() -> None:
    samples = [sample for slug in SLUGS for sample in _of(slug, "curl", *{language for found in PROGRAMS.values() for language in found})]
    counts = Counter(sample.slug for sample in samples if sample.language == "curl")
    assert counts == {"backoffice": 21, "monedero": 8, "trincico": 28, "troyansys": 7}
    assert len(samples) - counts.total() == 40
    assert len(EXCUSED) == 1


PAGE = """\
  curl -X POST 'https://backend-staging.trincico.net/invoices/' \\
--header 'Authorization: Bearer {{token}}' \\
--data '{
    "currency": "usd"
}''

On success

{
  "id": 1
}

Request

{
  "id": 2
}
"""


def test_a_sample_is_read_filled_and_repaired(tmp_path: Path) -> None:
    for slug in SLUGS:
        (tmp_path / f"{slug}.txt").write_text(PAGE if slug == "trincico" else "", encoding="utf-8")
    (sample,) = read_samples(tmp_path)
    assert (sample.language, sample.line, sample.answers) == ("curl", 1, [{"id": 1}])
    whole, repaired = repair(sample)
    assert repaired == ["trincico.D19"]
    text = fill(whole, "http://mock/trincico")
    assert text.startswith("curl -X POST 'http://mock/trincico/invoices/' \\\n--header 'Authorization: Bearer trincico-demo-token'")
    assert text.endswith("}'")


@pytest.mark.parametrize(
    ("printed", "found", "reported"),
    [
        ({"a": 1}, {"a": 2.5}, []),
        ({"a": 1}, {"a": "1"}, ["/a: number printed, text answered"]),
        ({"a": 1}, {"b": 1}, ["/a: not answered", "/b: not printed"]),
        ({"a": None, "b": []}, {"a": {"c": 1}, "b": [1]}, []),
        ([{"a": [True]}], [{"a": [1]}], ["/0/a/0: boolean printed, number answered"]),
    ],
)
def test_answers_are_compared_in_keys_types_and_nesting(printed: object, found: object, reported: list[str]) -> None:
    assert differences(printed, found) == reported
