"""Every regular expression of mockserver that reads what a client sent, with the methods by which it is used."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import mockserver
from mockserver.openapi.documents import SPECS, read_document
from tests.hostile.cpu import LENGTH, texts, try_part

METHODS = ("match", "fullmatch", "search", "findall", "finditer", "sub", "split")
AT_START = frozenset({"mockserver.openapi.documents", "mockserver.openapi.overlays", "mockserver.openapi.operations", "mockserver.doctor"})
"""Modules whose patterns read the operator's own files when the server starts."""


def modules() -> Iterator[Any]:
    """Every module of the server."""
    for found in pkgutil.walk_packages(mockserver.__path__, "mockserver."):
        if not found.name.endswith("__main__") and ".testing" not in found.name:
            yield importlib.import_module(found.name)


def uses(module: Any, name: str) -> list[str]:
    """The methods by which the source of a module uses one of its patterns; all of them if it is used in another way."""
    source = Path(module.__file__).read_text(encoding="utf-8")
    found = sorted(set(re.findall(rf"\b{name}\.({'|'.join(METHODS)})\b", source)))
    return found or list(METHODS)


def patterns() -> Iterator[tuple[str, re.Pattern[Any], list[str]]]:
    """Name, pattern and methods: the patterns that modules hold, and those that are made from documents."""
    for module in modules():
        if module.__name__ not in AT_START:
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern) and re.search(rf"^{name}\s*=", Path(module.__file__).read_text(encoding="utf-8"), re.MULTILINE):
                    yield f"{module.__name__}.{name}", value, uses(module, name)
    for file in sorted(SPECS.glob("*.yaml")):
        document = read_document(file.stem, file)
        for spec in document.operations:
            yield f"{file.stem}: {spec.path}", re.compile("[^/]+".join(map(re.escape, re.split(r"\{[^{}]*\}", spec.path)))), ["fullmatch"]
    for scheme in ("Bearer", "Token"):
        for blank in ("[ ]*", "[ ]+"):
            yield f"{scheme}{blank}", re.compile(rf"{scheme}{blank}(\S.*)", re.IGNORECASE), ["fullmatch"]


def try_pattern(pattern: re.Pattern[Any], methods: list[str], hostile: list[str]) -> None:
    """Use a pattern on each text by each method, as text or as bytes, as the pattern wants it."""
    for text in hostile:
        sent: Any = text.encode() if isinstance(pattern.pattern, bytes) else text
        for method in methods:
            found = pattern.sub(sent[:0], sent) if method == "sub" else getattr(pattern, method)(sent)
            if method == "finditer":
                list(found)


def main() -> None:
    """Try each pattern on each text."""
    hostile = texts()
    assert min(map(len, hostile)) >= LENGTH - len("<!doctype ")
    for name, pattern, methods in patterns():
        try_part(f"{name} {' '.join(methods)}", partial(try_pattern, pattern, methods, hostile))


if __name__ == "__main__":
    main()
