"""Find the samples on a vendor's page, a text file named after the vendor: ``serpi.txt`` and so on."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SLUGS = ("backoffice", "monedero", "serpi", "trincico", "troyansys")

CURL = re.compile(r"^ *curl (?:\\\n|'(?:[^'\n]|\n(?!\n))*'|\"[^\"]*\"|[^'\"\n\\])*'?(?:\n +-H [^\n]*)*", re.MULTILINE)
"""A command up to the end of its last line; a line goes on after a backslash, within quotes, and where the next one begins with ``-H``."""
PROGRAMS = {
    "php": (
        re.compile(r"^<\?php\n.*?(?:^print_r[^\n]*|^\}\n(?=</Tab>))", re.MULTILINE | re.DOTALL),
        re.compile(r"^ *\$params = .*?echo json_encode[^\n]*", re.MULTILINE | re.DOTALL),
    ),
    "ruby": (re.compile(r"^ *require 'net/http'\n.*?puts response\.body$", re.MULTILINE | re.DOTALL),),
    "node": (re.compile(r"^ *var request = require\('request'\);\n.*?^ *\);$", re.MULTILINE | re.DOTALL),),
    "python": (re.compile(r"^ *import requests\n.*?print\(r\.text\)$", re.MULTILINE | re.DOTALL),),
}


BEGIN = re.compile(r"^[ \t]*(?=[\[{][ \t]*$)", re.MULTILINE)
"""The line on which a printed answer begins."""


class PrintedSample(NamedTuple):
    """A sample: the vendor, the language, the line on which it begins, its text, and the answers printed behind it that are JSON."""

    slug: str
    language: str
    line: int
    text: str
    answers: Sequence[Any] = ()


def read_samples(folder: Path) -> Iterator[PrintedSample]:
    """The samples of every page in a folder, in the order of the pages. Raises FileNotFoundError if a page is missing."""
    for slug in SLUGS:
        page = (folder / f"{slug}.txt").read_text(encoding="utf-8")
        yield from sorted(_samples(slug, page), key=lambda sample: sample.line)


def _samples(slug: str, page: str) -> Iterator[PrintedSample]:
    for found in CURL.finditer(page):
        yield PrintedSample(slug, "curl", _line(page, found.start()), found[0].strip(), _answers(page[found.end() :]))
    for language, patterns in PROGRAMS.items():
        for pattern in patterns:
            for found in pattern.finditer(page):
                yield PrintedSample(slug, language, _line(page, found.start()), _unindented(found[0]))


def _line(page: str, place: int) -> int:
    return page.count("\n", 0, place) + 1


def _unindented(text: str) -> str:
    """A program whose lines all begin where its first one does."""
    margin = len(text) - len(text.lstrip(" "))
    return re.sub(rf"^ {{0,{margin}}}", "", text, flags=re.MULTILINE)


def _answers(rest: str) -> list[Any]:
    """The JSON values between a sample and what the page says next of the request."""
    rest = re.split(r"^ *curl |^Request$|^Petición HTTP$|^Tipo de respuesta", rest, maxsplit=1, flags=re.MULTILINE)[0]
    rest = rest.rpartition("Respuesta:")[2]
    rest = re.sub(r"(:\s*)(?!true|false|null)([a-z_]+)(?=\s*[,}\n])", r"\1null", rest)  # Monedero prints names in place of values
    rest = re.sub(r"([\]}])(\s*\n\s*\")", r"\1,\2", rest)  # and forgets commas
    found: list[Any] = []
    place = 0
    while begin := BEGIN.search(rest, place):
        try:
            value, length = json.JSONDecoder().raw_decode(rest[begin.end() :])
        except ValueError:
            return found
        found.append(value)
        place = begin.end() + length
    return found
