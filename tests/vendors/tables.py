"""The tables of ``docs/vendors/*.md`` as data: the tests run every row of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator


def rows(slug: str, header: str) -> Iterator[tuple[str, list[str]]]:
    """The rows of every table whose first column has this header, each with the heading above it."""
    heading, inside = "", False
    for line in (ROOT / "docs" / "vendors" / f"{slug}.md").read_text().splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        if not line.startswith("|"):
            inside = False
        elif line.startswith(f"| {header} |"):
            inside = True
        elif inside and not line.startswith("|---"):
            yield heading, [cell.strip() for cell in line.strip().strip("|").split("|")]
