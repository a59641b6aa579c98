"""Find the retired words of ``docs/glossary.md`` in docstrings, comments, help texts and pages."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

HELP = {"help", "short_help", "epilog", "description"}
"""Arguments of click and argparse whose texts a user reads."""


class Text(NamedTuple):
    """A text for a reader, with the line at which it begins."""

    line: int
    text: str


class RetiredWord(NamedTuple):
    """A retired word, with the place where it was found."""

    file: str
    line: int
    word: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.word}"


def retired_words(glossary: str) -> list[str]:
    """The words and phrases of the left column of the table *Retired words*."""
    _, _, section = glossary.partition("## Retired words")
    rows = re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)[1:]
    return [word.strip() for row in rows for word in row.split(",")]


def python_texts(source: str) -> Iterator[Text]:
    """The docstrings, comments and help texts of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) or (isinstance(node, ast.keyword) and node.arg in HELP):
            yield from _string(node.value)
    yield from _comments(source)


def page_texts(page: str) -> Iterator[Text]:
    """The paragraphs of a Markdown page, without code blocks and without the table of retired words."""
    prose, _, _ = page.partition("## Retired words")
    prose = re.sub(r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), prose, flags=re.MULTILINE | re.DOTALL)
    line = 1
    for paragraph in re.split(r"(?<=\n)(?=\s*\n)", prose):
        yield Text(line, paragraph)
        line += paragraph.count("\n")


def find_words(file: Path, name: str, words: list[str], allowed: Mapping[str, str]) -> list[RetiredWord]:
    """The retired words of a file. The keys of ``allowed`` are regular expressions of phrases in which a word may stand."""
    source = file.read_text(encoding="utf-8")
    permitted = re.compile("|".join(allowed) or r"(?!)", re.IGNORECASE)
    pattern = re.compile(r"(?<![\w-])(?:" + "|".join(map(_as_pattern, sorted(words, key=len, reverse=True))) + r")(?![\w-])", re.IGNORECASE)
    found = []
    for text in python_texts(source) if file.suffix == ".py" else page_texts(source):
        kept = permitted.sub(lambda match: "\n" * match[0].count("\n"), text.text)
        found += [RetiredWord(name, text.line + kept.count("\n", 0, word.start()), " ".join(word[0].split())) for word in pattern.finditer(kept)]
    return found


def _comments(source: str) -> Iterator[Text]:
    """Comments; those on consecutive lines are one text."""
    begin, lines = 0, list[str]()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if token.start[0] != begin + len(lines):
                yield Text(begin, "\n".join(lines))
                begin, lines = token.start[0], []
            lines.append(token.string.lstrip("# "))
    yield Text(begin, "\n".join(lines))


def _string(node: ast.expr) -> Iterator[Text]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield Text(node.lineno, node.value)


def _as_pattern(word: str) -> str:
    return r"\s+".join(map(re.escape, word.split()))
