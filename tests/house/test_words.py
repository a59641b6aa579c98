"""Texts for readers do not use the retired words of ``docs/glossary.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.house.words import find_words, retired_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COVERED = (
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "benchmarks",
    "contract_tests",
    "docs",
    "fixtures",
    "mockserver",
    "specs/README.md",
    "tests",
)
"""The folders and files whose docstrings, comments, help texts and pages are checked."""

EXEMPT = (
    "benchmarks/peers/node_modules/",  # installed packages
    "docs/decisions/",  # decisions keep the wording of their date
)

ALLOWED = {
    r"boundary of a form": "the name of the separator in RFC 2046",
    r"=nobody\b": "a value that no record of the examples has",
    r"`struck`": "a field of fault rules in the control plane",
}
"""Regular expressions of phrases in which a retired word may stand, with the reasons."""

WORDS = retired_words((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))

MODULE = '''"""Keep a ledger of
    a run."""

import click

LIMIT = 3
"""Nobody waits longer."""


@click.option("--world", help="The world that the command steers.")
def serve(world: str) -> None:
    # the draft of the
    # world is dropped
    print("whoever calls:", world)  # struck by a rule, as `struck` says
'''

PAGE = """# Laws

```sh
mockserver told
```

Send `phone=nobody`, which
somebody tells more of the draft of
the world.

## Retired words

| retired | use instead |
|---|---|
| boundary | executor |
"""


def covered_files() -> Iterator[tuple[Path, str]]:
    for place in COVERED:
        for file in (
            [ROOT / place] if (ROOT / place).is_file() else sorted(file for file in (ROOT / place).rglob("*") if "node_modules" not in file.parts)
        ):
            name = file.relative_to(ROOT).as_posix()
            if file.suffix in (".py", ".md") and not name.startswith(EXEMPT):
                yield file, name


def test_texts_for_readers_use_no_retired_word() -> None:
    found = [word for file, name in covered_files() for word in find_words(file, name, WORDS, ALLOWED)]
    assert not found, "docs/glossary.md lists the words to use instead:\n" + "\n".join(map(str, found))


def test_every_covered_place_exists() -> None:
    assert [place for place in COVERED if not (ROOT / place).exists()] == []


def test_the_glossary_lists_its_retired_words() -> None:
    assert {"boundary", "draft of the world", "law", "laws", "nobody", "whoever", "told"} <= set(WORDS)
    assert not [word for word in WORDS if not word.replace(" ", "").isalpha()]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("module.py", MODULE, ["1: ledger of a run", "7: Nobody", "10: steers", "12: draft of the world", "14: struck"]),
        ("page.md", PAGE, ["1: Laws", "8: somebody", "8: draft of the world"]),
    ],
)
def test_planted_words_are_found_at_their_lines(tmp_path: Path, name: str, text: str, words: list[str]) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    assert sorted(map(str, find_words(file, name, WORDS, ALLOWED))) == sorted(f"{name}:{word}" for word in words)
