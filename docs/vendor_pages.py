"""Write the generated parts of the pages in docs/vendors from the documents: ``python -m docs.vendor_pages``.

A page is written by hand, except for the parts between ``<!-- generated: NAME -->`` and ``<!-- end of NAME -->``. Each page has each of
:data:`PARTS` once.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from docs.vendor_worlds import rows
from mockserver.openapi.documents import Document, read_document
from mockserver.openapi.operations import OperationSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
SPECS = ROOT / "specs"
PAGES = ROOT / "docs" / "vendors"


def discrepancies(document: Document) -> str:
    """What the mock does at each discrepancy."""
    texts = document.raw.get("components", {}).get("x-discrepancies", {})
    return _table(("discrepancy", "what the mock does"), ((name.partition(".")[2], text["chosen"]) for name, text in texts.items()))


def unseen(document: Document) -> str:
    """The clauses, errors and statuses that no run need see, with the operations and the reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, reason, operation in _unseen(document):
        operations = found.setdefault((reason, name), [])
        if operation not in operations:
            operations.append(operation)
    rows = [(f"`{name}`", _named(operations, document), reason) for (reason, name), operations in found.items()]
    return _table(("clause, error or status", "operations", "why it need not be seen"), rows) if rows else "There is nothing of this kind.\n"


def world(document: Document) -> str:
    """What a new world holds, table by table."""
    return _table(("table", "records", "days old", "among them"), rows(document))


def count(document: Document) -> str:
    """How many operations there are, and how many of them the vendor's page describes or only lists."""
    found = [operation.provenance for operation in document.operations]
    return f"{len(found)} operations: {', '.join(f'{found.count(name)} {name}' for name in ('described', 'listed', 'assumed'))}"


def routes(document: Document) -> str:
    """How many operations there are by provenance, and every route of the vendor's list with its operations and the reason for what was assumed."""
    by_route: dict[tuple[str, str], list[OperationSpec]] = {}
    for operation in document.operations:
        if route := operation.spec.get("x-route"):
            by_route.setdefault((route["path"], route["code"]), []).append(operation)
    lines = [
        (
            f"`{path}`",
            f"`{code}`",
            ", ".join(f"{one.method} `{one.id}`" for one in served),
            served[0].provenance,
            " ".join(dict.fromkeys(one.spec.get("x-assumed", f"Described in {one.section.removeprefix('Vendor page, ')}.") for one in served)),
        )
        for (path, code), served in sorted(by_route.items())
    ]
    table = _table(("route as printed", "code", "operations", "provenance", "why method, parameters and bodies are so"), lines) if lines else ""
    return f"{count(document)}.\n" + (f"\n{table}" if table else "") + assumptions(document)


def assumptions(document: Document) -> str:
    """What is assumed of the operations that the page only lists, by id; empty if there is nothing."""
    found = {name: sentence for operation in document.operations for name, sentence in operation.assumptions.items()}
    if not found:
        return ""
    head = f"{len(found)} statements say what is assumed of these operations. They are no clauses of the vendor, and findings name them.\n"
    return f"\n{head}\n{_table(('id', 'what is assumed'), ((f'`{name}`', sentence) for name, sentence in found.items()))}"


PARTS: dict[str, Callable[[Document], str]] = {"world": world, "routes": routes, "discrepancies": discrepancies, "unseen": unseen}


def rewrite(page: str, document: Document) -> str:
    """The text of a page with its generated parts written anew. Raises ValueError if the page lacks a part."""
    for name, part in PARTS.items():
        begin, end = f"<!-- generated: {name} -->\n", f"<!-- end of {name} -->"
        if page.count(begin) != 1 or page.count(end) != 1:
            raise ValueError(f"docs/vendors/{document.slug}.md: the lines {begin.strip()} and {end} have to stand on the page once")
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}\n{part(document)}\n{end}{rest.partition(end)[2]}"
    return page


def documents() -> Iterator[Document]:
    """The document of each vendor."""
    for file in sorted(SPECS.glob("*.yaml")):
        yield read_document(file.stem, file)


def page_of(document: Document) -> Path:
    """The page about a vendor."""
    return PAGES / f"{document.slug}.md"


def main() -> None:
    """Write every page whose generated parts have changed, and print its name."""
    for document in documents():
        file = page_of(document)
        old = file.read_text(encoding="utf-8")
        new = rewrite(old, document)
        if new != old:
            file.write_text(new, encoding="utf-8")
            print(f"wrote {file.relative_to(ROOT)}")


def _unseen(document: Document) -> Iterator[tuple[str, str, str]]:
    """Name, reason and operation of everything that the document marks with ``x-unseen``: first what an operation marks, then responses."""
    for operation in document.operations:
        for name, reason in operation.spec.get("x-unseen", {}).items():
            yield name, reason, operation.id
    for operation in document.operations:
        for status, response in operation.spec["responses"].items():
            if reason := document.resolve(response).get("x-unseen"):
                yield status, reason, operation.id


def _named(operations: list[str], document: Document) -> str:
    """Operations in words, the shorter way."""
    others = [operation.id for operation in document.operations if operation.id not in operations]
    names, words = (operations, "") if len(operations) <= len(others) else (others, "every operation" + (" but " if others else ""))
    return words + ", ".join(f"`{name}`" for name in names)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [_row(head), "|" + "---|" * len(head), *map(_row, rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(re.sub(r"\s+", " ", cell).strip().replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    main()
