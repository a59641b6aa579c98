"""Print where every constraint of the documents comes from: ``python -m docs.provenance [SLUG …]``, or ``make provenance``.

A line has vendor, source, place, keyword and value, with tabs between them; the last lines count what was assumed.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from mockserver.openapi.documents import list_slugs, load_document
from mockserver.openapi.provenance import ASSUMED, DESCRIBED, Constraint, constraints

if TYPE_CHECKING:
    from collections.abc import Iterator


def lines(slug: str) -> Iterator[str]:
    """The constraints of a vendor's document, one a line."""
    for one in constraints(load_document(slug)):
        yield "\t".join((slug, _source(one), one.place, one.keyword, json.dumps(one.value, ensure_ascii=False)))


def counted(slug: str) -> str:
    """How many constraints of a vendor's document were assumed."""
    found = [one.assumed for one in constraints(load_document(slug))]
    return f"{slug}: {sum(found)} of {len(found)} constraints assumed"


def _source(one: Constraint) -> str:
    return ASSUMED if one.assumed else DESCRIBED


def main(slugs: list[str]) -> None:
    wanted = slugs or list_slugs()
    for slug in wanted:
        print(*lines(slug), sep="\n")
    print(*map(counted, wanted), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
