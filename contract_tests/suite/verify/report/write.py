"""Write the files of a report into a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ....reporting.rendering import as_json, render
from ..cause import Cause
from ..events import Event, RunFinished
from ..masking import TargetMask
from .evidence import curl_script, har
from .machines import COLOURS, badge, junit, sarif
from .model import SUSPECT
from .names import short_id
from .regression import pytest_file

SYMBOLS = {
    "held": "✓",
    "broken": "✗",
    "not observable here": "-",
    "not exercised": "·",
    "differs from what we assumed": "≠",
    "suspect: inferred": "?",
}
VERDICTS = {
    "conforms": "conforms",
    "conforms as far as seen": "conforms as far as seen",
    "broken": "does not conform",
    "could not run": "could not be judged",
}
MOST = 50
"""Findings that are shown; if there are more, the first of each operation, and the number of the others."""


def headline(report: dict[str, Any]) -> str:
    counts = report["summary"]["clauses"]
    judged = counts["held"] + counts["broken"]
    text = f"{report['api']['title']} at {report['target']['base_url']} {VERDICTS[report['verdict']]}: "
    text += f"{counts['held']} of {judged} clauses that could be observed hold" if any(counts.values()) else _count_checks(report)
    if report["summary"]["findings"]:
        text += f", {report['summary']['findings']} findings"
    if report["summary"]["suspect"]:
        text += f", {report['summary']['suspect']} differences from what was inferred"
    if report["summary"]["accepted"]:
        text += f", {report['summary']['accepted']} accepted deviations"
    if report["summary"]["assumed"]:
        text += f", {report['summary']['assumed']} times it differs from what we assumed"
    if counts["not_observable"] + counts["not_exercised"]:
        text += f"; {counts['not_observable']} clauses are not observable here, {counts['not_exercised']} were not exercised"
    return text + "."


def _count_checks(report: dict[str, Any]) -> str:
    """How many checks hold, of a document of which no clauses were written."""
    outcomes = report["summary"]["laws"]
    held = outcomes.get("held", 0)
    return f"{held} of {held + outcomes.get('broken', 0) + outcomes.get(SUSPECT, 0)} checks that could be made hold"


def group_by_operation(findings: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in findings:
        found.setdefault(one["operation"], []).append(one)
    return found


def markdown(report: dict[str, Any]) -> str:
    """Markdown for a pull request: verdict, what changed, findings, and the matrix folded away."""
    accepted = [one for one in report["findings"] if one["accepted"] is not None and not one["accepted"]["expired"]]
    suspect = [one for one in report["findings"] if one not in accepted and one["class"] == SUSPECT]
    failing = [one for one in report["findings"] if one not in accepted and one not in suspect]
    return render(
        "verify.md",
        report=report,
        headline=headline(report),
        most=MOST,
        failing=group_by_operation(failing),
        total=len(failing),
        accepted=accepted,
        suspect=suspect,
    )


def html(report: dict[str, Any], scripts: Mapping[str, str]) -> str:
    """The report as one page that needs no network and no other file."""
    laws = list(dict.fromkeys(one["law"] for one in report["laws"]))
    return render(
        "verify.html",
        report=report,
        headline=headline(report),
        laws=laws,
        symbols=SYMBOLS,
        colour=COLOURS[report["verdict"]],
        scripts=scripts,
        findings=group_by_operation(report["findings"]),
        most=MOST,
        unseen=_unseen(report),
        unjudged=_unjudged(report),
    )


def _unseen(report: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """What was never observed, by the reason why it need not be, and by operation; what has no reason comes first."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in sorted(report["never_observed"], key=lambda one: bool(one["reason"])):
        found.setdefault(row["reason"], {}).setdefault(row["operation"], []).append(row.get("answer") or row["code"])
    return found


def _unjudged(report: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in (*report["clauses"]["not_exercised"], *report["clauses"]["not_observable"]):
        found.setdefault(row["reason"], []).append(row["clause"])
    return found


FORMATS: Mapping[str, Callable[[dict[str, Any], Mapping[str, str]], str]] = {
    "report.html": html,
    "report.json": lambda report, _: as_json(report),
    "junit.xml": lambda report, _: junit(report),
    "report.sarif": lambda report, _: as_json(sarif(report)),
    "report.md": lambda report, _: markdown(report),
    "badge.svg": lambda report, _: badge(report),
}
"""By file name what makes its text from a report and the scripts of its findings."""


class ReportFolder:
    """Writes every format into a folder when a run has finished, and the evidence of each finding under ``evidence/``.

    If the folder cannot be written, the report of the event says so to those that read it after.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, event: Event) -> None:
        if not isinstance(event, RunFinished):
            return
        try:
            write(self._folder, event.report, event.causes, event.mask)
        except OSError as error:
            event.report["run"]["unfinished"].append(f"the report could not be written: {error}")
            event.report["exit_code"] = event.report["exit_code"] or 2


def write(folder: Path, report: dict[str, Any], causes: Iterable[Cause], mask: TargetMask) -> None:
    """Write every format, and the evidence of each finding under ``evidence/``."""
    evidence = folder / "evidence"
    evidence.mkdir(parents=True, exist_ok=True)
    for old in (*evidence.glob("*.sh"), *evidence.glob("*.har"), *evidence.glob("test_*.py")):
        old.unlink()
    scripts = {}
    for cause in causes:
        name = short_id(cause.key)
        scripts[name] = curl_script(cause, mask)
        (evidence / f"{name}.sh").write_text(scripts[name], encoding="utf-8")
        test = pytest_file(cause, mask)
        if test is not None:
            (evidence / f"test_{name}.py").write_text(test, encoding="utf-8")
        (evidence / f"{name}.har").write_text(
            as_json(har(cause.finding.exchanges, mask, report["run"]["started"], report["tool"]["version"])), encoding="utf-8"
        )
    for name, make in FORMATS.items():
        (folder / name).write_text(make(report, scripts), encoding="utf-8", errors="backslashreplace")
