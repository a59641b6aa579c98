"""The report for a pull request, and its headline for the terminal."""

from __future__ import annotations

from typing import Any

VERDICTS = {"conforms": "conforms", "broken": "does not conform", "could not run": "could not be judged"}
MOST = 50
"""Findings that are shown; if there are more, the first of each operation, and the number of the others."""


def headline(report: dict[str, Any]) -> str:
    """The outcome of a run in one sentence."""
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
    """Findings by their operation."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in findings:
        found.setdefault(one["operation"], []).append(one)
    return found


def markdown(report: dict[str, Any]) -> str:
    """Markdown for a pull request: verdict, what changed, findings, and the matrix folded away."""
    lines = [f"## Contract of {report['api']['title']}", "", headline(report), ""]
    if report["run"]["unfinished"]:
        lines += ["**Not everything was done:**", "", *(f"- {_cell(text)}" for text in report["run"]["unfinished"]), ""]
    changes = report["comparison"]
    if changes is not None:
        lines += [
            f"Since `{changes['against']}`: {len(changes['new'])} new, {len(changes['fixed'])} fixed, {len(changes['unchanged'])} unchanged.",
            "",
        ]
        lines += (
            [f"- new: {_cell(one['sentence'])}" for one in changes["new"][:MOST]]
            + [f"- fixed: {_cell(one['sentence'])}" for one in changes["fixed"][:MOST]]
            + [""]
        )
    failing = [one for one in report["findings"] if one["accepted"] is None or one["accepted"]["expired"]]
    if failing:
        lines += ["| operation | finding | clause | evidence |", "|---|---|---|---|"]
        for operation, found in group_by_operation(failing).items():
            shown = found if len(failing) <= MOST else found[:1]
            lines += [f"| `{operation}` | {_cell(one['sentence'])} | {one['clause'] or ''} | `evidence/{one['id']}.sh` |" for one in shown]
            lines += [f"| | and {len(found) - len(shown)} more | | |"] if len(found) > len(shown) else []
        lines += [""]
    accepted = [one for one in report["findings"] if one not in failing]
    if accepted:
        lines += ["<details><summary>Accepted deviations</summary>", "", "| finding | reason | owner | until |", "|---|---|---|---|"]
        lines += [
            f"| {_cell(one['sentence'])} | {_cell(one['accepted']['reason'])} | {_cell(one['accepted']['owner'])} | {one['accepted']['expires']} |"
            for one in accepted
        ]
        lines += ["", "</details>", ""]
    lines += [
        "<details><summary>Operations and answers</summary>",
        "",
        "| operation | answers seen | documented, never seen (in brackets: need not be) | clauses held |",
        "|---|---|---|---|",
    ]
    for one in report["operations"]:
        seen = ", ".join(f"{row['status']}{'' if row['documented'] else ' (undocumented)'}" for row in one["answers"] if row["seen"])
        missing = [row for row in one["answers"] if row["documented"] and not row["seen"]]
        unseen = ", ".join(f"({row['status']})" if row["unseen"] else row["status"] for row in missing)
        held = sum(row["outcome"] == "held" for row in one["clauses"])
        lines += [f"| `{one['method']} {one['path']}` | {seen} | {unseen} | {held}/{len(one['clauses'])} |"]
    lines += ["", "</details>", ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """A text that fits a cell of a table: one line, without markup, at most 400 characters."""
    flat = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return flat if len(flat) <= 400 else flat[:399] + "…"
