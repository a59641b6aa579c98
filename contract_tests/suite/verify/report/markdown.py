"""The report for a pull request, and its headline for the terminal."""

from __future__ import annotations

from typing import Any

from ....reporting.rendering import render

VERDICTS = {"conforms": "conforms", "broken": "does not conform", "could not run": "could not be judged"}
MOST = 50
"""Findings that are shown; if there are more, the first of each operation, and the number of the others."""


def headline(report: dict[str, Any]) -> str:
    counts = report["summary"]["clauses"]
    judged = counts["held"] + counts["broken"]
    text = f"{report['api']['title']} at {report['target']['base_url']} {VERDICTS[report['verdict']]}: "
    text += f"{counts['held']} of {judged} clauses that could be observed hold"
    if report["summary"]["findings"]:
        text += f", {report['summary']['findings']} findings"
    if report["summary"]["accepted"]:
        text += f", {report['summary']['accepted']} accepted deviations"
    if counts["not_observable"] + counts["not_exercised"]:
        text += f"; {counts['not_observable']} clauses are not observable here, {counts['not_exercised']} were not exercised"
    return text + "."


def group_by_operation(findings: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in findings:
        found.setdefault(one["operation"], []).append(one)
    return found


def markdown(report: dict[str, Any]) -> str:
    """Markdown for a pull request: verdict, what changed, findings, and the matrix folded away."""
    accepted = [one for one in report["findings"] if one["accepted"] is not None and not one["accepted"]["expired"]]
    failing = [one for one in report["findings"] if one not in accepted]
    return render(
        "verify.md",
        report=report,
        headline=headline(report),
        most=MOST,
        failing=group_by_operation(failing),
        total=len(failing),
        accepted=accepted,
    )
