"""Runs of the contract suite against this mock, or against an address that the operator allows, and the last report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from mockserver.control.guard import find_token
from mockserver.control.runs import RunInProgress
from mockserver.control.services import ControlServices
from mockserver.core.base.faults import Conflict, NotFound, Unavailable
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request

BUDGET = 120
"""Seconds that a run may take if the request names no budget."""


def get_conformance(control: ControlServices) -> Reply:
    """The current or the last run, with its output."""
    return Reply(200, _render_run(control))


async def start_conformance(control: ControlServices, request: Request, body: Mapping[str, Any]) -> Reply:
    """Start a run against the mock itself, or against the URL in the request if the operator allows it."""
    vendor = control.vendor(body["api"])
    own = f"{control.runs.scheme}://{request.socket}"
    url = body.get("url") or own + vendor.document.base_path
    is_own = _is_own(url, own)
    resolved = "" if is_own else await control.targets.check(url)
    token = find_token({name.encode("latin-1"): value.encode("latin-1") for name, value in request.headers.items()})
    environment = {"MOCKSERVER_TOKEN": token.decode("latin-1")} if token and is_own else {}
    try:
        await control.runs.start(body["api"], url, body.get("level", "quick"), body.get("seconds", BUDGET), environment, resolved, is_own=is_own)
    except RunInProgress:
        raise Conflict(f"a run against {control.runs.url} is in progress; wait for it, or stop it") from None
    except OSError as error:
        raise Unavailable(f"the run could not be started: {error.strerror or error}") from None
    return Reply(202, _render_run(control))


async def stop_conformance(control: ControlServices) -> Reply:
    """Stop the current run."""
    if not await control.runs.stop():
        raise NotFound("run", "in progress")
    return Reply(204)


def get_report(control: ControlServices) -> Reply:
    """The newest report as data."""
    report = control.runs.read_report()
    if report is None:
        raise NotFound("report", f"in {control.runs.reports}; start a run, or mockserver verify with --report {control.runs.reports}/NAME")
    return Reply(200, report)


def get_report_page(control: ControlServices) -> Reply:
    """The newest report as a page. It shows texts of a target, so its policy forbids scripts and network access."""
    page = control.runs.read_file("report.html")
    if page is None:
        raise NotFound("report", f"in {control.runs.reports}")
    policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    return Reply(200, page, {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}, "text/html; charset=utf-8")


def _is_own(url: str, address: str) -> bool:
    """Whether a URL names the socket that received a request, whatever name the client used for it."""
    own, usual = urlsplit(address), {"http": 80, "https": 443}
    try:
        asked = urlsplit(url)
        port = asked.port or usual.get(asked.scheme)
    except ValueError:
        return False
    is_same_host = asked.hostname == own.hostname or (asked.hostname == "localhost" and own.hostname == "127.0.0.1")
    return asked.scheme == own.scheme and port == (own.port or usual[own.scheme]) and is_same_host


def _render_run(control: ControlServices) -> dict[str, Any]:
    runs = control.runs
    return {
        "state": runs.state,
        "api": runs.api or None,
        "url": runs.url or None,
        "level": runs.level or None,
        "started_at": runs.started_at,
        "seconds": round(runs.seconds, 1),
        "exit_code": runs.exit_code,
        "lines": list(runs.lines),
        "report": runs.find_newest_folder() is not None,
    }
