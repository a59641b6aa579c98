"""What a mock answered in a whole run of tests, judged by a second opinion when the run is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.openapi.documents import list_slugs, load_document

from ...traffic.audit import Audit
from ...traffic.recording import exchanges
from ...traffic.reports import as_text

if TYPE_CHECKING:
    from pathlib import Path


def audited(file: Path) -> tuple[int, str]:
    """How many calls of a recording were judged, and the reports of the APIs in whose calls something was found; empty where nothing was.

    Requests that tests break on purpose are no findings as long as they are refused with 4xx, nor are answers that a mock was told to give.
    """
    judged, reports = 0, []
    for slug in list_slugs():
        with file.open("rb") as opened:
            audit = Audit(load_document(slug)).run(exchanges(opened))
        judged += audit.kinds["judged"]
        if audit.violations:
            reports.append(as_text(audit))
    return judged, "\n".join(reports)
