"""The contract suite: a quick run, how far it is, and the last report."""

from __future__ import annotations

from typing import Any

from starlette.responses import HTMLResponse, Response

from mockserver.console.client import ControlRefused
from mockserver.console.frame import HEADERS, Visit
from mockserver.openapi.digits import read_digits

SHOWN = 200
"""Findings of a report that the page lists; the report itself has all."""
PAGE_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


async def conformance(visit: Visit) -> Response:
    return await _page(visit)


async def progress(visit: Visit) -> Response:
    """The state of the run alone; the browser reloads the page when the run has ended."""
    run = await visit.plane.get("/conformance")
    headers = {} if run["state"] == "running" else {"HX-Refresh": "true"}
    return visit.fragment("run.html", headers=headers, run=run)


async def _page(visit: Visit, status: int = 200, refused: ControlRefused | None = None) -> Response:
    run = await visit.plane.get("/conformance")
    apis = (await visit.plane.get("/apis"))["apis"]
    report = await _report(visit) if run["report"] else None
    return await visit.page("conformance.html", status, run=run, apis=apis, report=_shown(report), refused=refused, filled=visit.form())


async def _report(visit: Visit) -> dict[str, Any] | None:
    """The last report; None if it cannot be read."""
    try:
        found: dict[str, Any] = await visit.plane.get("/conformance/report")
    except ControlRefused as refused:
        if refused.status != 404:  # noqa: PLR2004 - there is none that can be read
            raise
        return None
    return found


def _shown(report: dict[str, Any] | None) -> dict[str, Any] | None:
    """A report for the page: its head and the sentences of its findings."""
    if report is None:
        return None
    findings = [found for found in report.get("findings", ()) if isinstance(found, dict)]
    head = report.get("run", {}) if isinstance(report.get("run"), dict) else {}
    return {
        "head": {name: value for name, value in head.items() if isinstance(value, str | int | float)},
        "findings": findings[:SHOWN],
        "total": len(findings),
    }


async def start(visit: Visit) -> Response:
    body: dict[str, Any] = {"api": visit.filled("api"), "level": visit.filled("level") or "quick"}
    if visit.filled("url").strip():
        body["url"] = visit.filled("url").strip()
    if visit.filled("seconds").strip():
        text = visit.filled("seconds").strip()
        body["seconds"] = read_digits(text, 9) or 0
    try:
        await visit.plane.call("POST", "/conformance", body=body)
    except ControlRefused as refused:
        if refused.status == 401:  # noqa: PLR2004 - the token is missing or wrong
            raise
        return await _page(visit, refused.status, refused)
    return visit.back("/console/conformance")


async def stop(visit: Visit) -> Response:
    try:
        await visit.plane.call("DELETE", "/conformance")
    except ControlRefused as refused:
        if refused.status != 404:  # noqa: PLR2004 - it has ended by itself
            raise
    return visit.back("/console/conformance", "The run is stopped.")


async def report_page(visit: Visit) -> Response:
    """The last report as the suite wrote it, sandboxed: it can neither run scripts nor load anything."""
    _, _, payload = await visit.plane.fetch("GET", "/conformance/report/page")
    return HTMLResponse(payload, headers={**HEADERS, "Content-Security-Policy": PAGE_POLICY})
