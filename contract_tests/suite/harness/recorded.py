"""The audit of everything that a mock answered in a run of tests, by validators other than its own."""

from __future__ import annotations

from pathlib import Path

from mockserver.openapi.documents import list_slugs, load_document

from ...traffic.audit import Audit
from ...traffic.reports import as_text


def audited(file: Path) -> tuple[int, str]:
    """The number of calls of a recording that were compared with their document, and the reports of APIs with violations; empty if there are none.

    A broken request that is refused with 4xx is no violation, nor is an answer that a fault rule or ``Prefer`` asked for.
    """
    judged, reports = 0, []
    for slug in list_slugs():
        with file.open("rb") as opened:
            audit = Audit(load_document(slug), strict=True).read(opened)
        judged += audit.kinds["judged"]
        if audit.violations:
            reports.append(as_text(audit))
    return judged, "\n".join(reports)
