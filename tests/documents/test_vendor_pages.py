"""The generated parts of ``docs/vendors/*.md`` are what the documents say now; ``make docs-vendors`` writes them."""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING

import pytest

from docs.vendor_pages import PARTS, ROOT, count, page_of, rewrite
from mockserver.openapi.documents import load_document

if TYPE_CHECKING:
    from mockserver.openapi.documents import Document


def test_a_page_is_up_to_date(document: Document) -> None:
    page = page_of(document).read_text(encoding="utf-8")
    assert rewrite(page, document) == page, "run `make docs-vendors`"


def test_every_route_of_trincicos_list_has_a_row_with_provenance_and_reason() -> None:
    lines = page_of(load_document("trincico")).read_text(encoding="utf-8").splitlines()
    head = lines.index("| route as printed | code | operations | provenance | why method, parameters and bodies are so |")
    rows = [[cell.strip() for cell in line.split(" | ")] for line in lines[head + 2 : lines.index("", head)]]
    assert len({(path, code) for path, code, *_ in rows}) == len(rows) == 115
    assert {provenance for *_, provenance, _ in rows} == {"described", "listed"}
    assert all(len(reason.strip("| ")) > 20 for *_, reason in rows)


def test_the_readme_counts_the_operations_by_provenance(document: Document) -> None:
    rows = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if f"| `{document.base_path}` |" in line]
    assert [row.split(" | ")[2] for row in rows] == [count(document).partition(": ")[2]]


def test_a_changed_text_of_the_document_is_noticed(document: Document) -> None:
    page = page_of(document).read_text(encoding="utf-8")
    raw = copy.deepcopy(document.raw)
    next(iter(raw["components"]["x-discrepancies"].values()))["chosen"] = "does | otherwise"
    raw["paths"][document.operations[0].path][document.operations[0].method.lower()]["x-unseen"] = {"418": "because"}
    changed = dataclasses.replace(document, raw=raw)
    written = rewrite(page, changed)
    assert "| D01 | does \\| otherwise |" in written
    assert f"| `418` | `{document.operations[0].id}` | because |" in written
    assert rewrite(written, document) == page


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("line", ["<!-- generated: {} -->\n", "<!-- end of {} -->"])
def test_a_page_without_a_part_is_refused(document: Document, name: str, line: str) -> None:
    page = page_of(document).read_text(encoding="utf-8")
    with pytest.raises(ValueError, match=f"docs/vendors/{document.slug}.md: .*{name}"):
        rewrite(page.replace(line.format(name), ""), document)
