"""Print docstrings, drawn at random, to be read by a person: ``python -m docs.prose [SEED] [COUNT]``."""

from __future__ import annotations

import ast
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("mockserver", "contract_tests", "fixtures", "tests", "benchmarks")
COUNT = 100


def docstrings() -> Iterator[tuple[str, str]]:
    """Every docstring with its place."""
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                    text = ast.get_docstring(node)
                    if text:
                        yield f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)} {getattr(node, 'name', '')}".rstrip(), text


def main(arguments: list[str]) -> None:
    """Print docstrings; the same seed prints the same ones as long as the code does not change."""
    seed, count = (int(value) for value in [*arguments, *("1", str(COUNT))[len(arguments) :]])
    for place, text in random.Random(seed).sample(list(docstrings()), count):
        print(f"{place}\n    {text.replace(chr(10), chr(10) + '    ')}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
