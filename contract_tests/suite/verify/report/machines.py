"""Reports for programs: JUnit XML, SARIF 2.1.0 and a badge."""

from __future__ import annotations

import json
import re
from typing import Any

from ....reporting.rendering import render
from ..severity import BREAKS, COSMETIC, LEAKS, LOSES

LEVELS = {LEAKS: "error", LOSES: "error", BREAKS: "error", COSMETIC: "warning"}
COLOURS = {"conforms": "#2e7d32", "conforms as far as seen": "#9e7b00", "broken": "#c62828", "could not run": "#616161"}


def junit(report: dict[str, Any]) -> str:
    """JUnit XML: a suite for each operation, a case for each clause, check and finding."""
    reasons = {(one["law"], one["operation"]): one["reason"] for one in report["laws"]}
    told = {(one["law"], one["operation"]) for one in report["findings"]}
    told |= {tuple(key.split(" | ")[:2]) for one in report["findings"] for key in one["also"]}
    suites: dict[str, list[dict[str, str]]] = {one["id"]: [] for one in report["operations"]}
    for operation in report["operations"]:
        name = operation["id"]
        for one in operation["clauses"]:
            suites[name].append(_case(one["clause"], one["outcome"], one["reason"], _about(report, one["clause"])))
        for law, outcome in operation["laws"].items():
            if outcome not in ("broken", "suspect: inferred") or (law, name) not in told:  # a finding is a case of its own
                suites[name].append(_case(law, outcome, reasons.get((law, name), ""), []))
    for finding in report["findings"]:
        name, outcome = f"finding {finding['key']}", finding["class"]
        told_by = f"{finding['sentence']} ({finding['inferred']['because']})" if outcome != "broken" else ""
        suites.setdefault(finding["operation"], []).append(_case(name, outcome, told_by, [finding]))
    return render("verify.xml", report=report, suites=suites)


def _about(report: dict[str, Any], clause: str) -> list[dict[str, Any]]:
    return [one for one in report["findings"] if clause in one["clauses"]]


def _is_accepted(finding: dict[str, Any]) -> bool:
    return finding["accepted"] is not None and not finding["accepted"]["expired"]


def _case(name: str, outcome: str, reason: str, findings: list[dict[str, Any]]) -> dict[str, str]:
    """A test case with what all of its findings say; ``kind`` is empty if it passed."""
    failing = [one for one in findings if not _is_accepted(one)]
    if outcome == "broken" and (failing or not findings):
        message = "; ".join(one["sentence"] for one in failing) or reason or name
        return {"name": name, "kind": "failure", "message": message, "text": "\n".join(map(_describe, failing))}
    if outcome == "broken":
        return {"name": name, "kind": "skipped", "message": f"accepted: {'; '.join(one['accepted']['reason'] for one in findings)}"}
    if outcome == "held":
        return {"name": name, "kind": ""}
    return {"name": name, "kind": "skipped", "message": f"{outcome}: {reason}" if reason else outcome}


def _describe(finding: dict[str, Any]) -> str:
    """What the text of a failure says of one finding."""
    lines = [
        finding["sentence"],
        f"severity: {finding['severity']}",
        *([f"the page says: {finding['statement']}"] if finding["statement"] else []),
        *([f"page: {finding['page']}"] if finding["page"] else []),
        f"expected: {json.dumps(finding['expected'], ensure_ascii=False)[:400]}",
        f"got: {json.dumps(finding['got'], ensure_ascii=False)[:400]}",
        f"key: {finding['key']}",
        f"again: evidence/{finding['id']}.sh, evidence/test_{finding['id']}.py",
    ]
    return "\n".join(lines)


def sarif(report: dict[str, Any]) -> dict[str, Any]:
    """SARIF 2.1.0: a rule for each check, a result for each finding, located at its operation in the document."""
    rules = sorted({one["law"] for one in report["findings"]})
    places = {one["id"]: f"{one['method']} {one['path']}" for one in report["operations"]}
    slug, file = report["api"]["slug"], report["api"]["file"]
    lines = {one["id"]: one["source"] or {"file": file, "line": 1} for one in report["operations"]}
    results = []
    for one in report["findings"]:
        place = lines.get(one["operation"], {"file": file, "line": 1})
        result: dict[str, Any] = {
            "ruleId": _rule_id(one["law"]),
            "ruleIndex": rules.index(one["law"]),
            "level": LEVELS[one["severity"]] if one["class"] == "broken" else "note",
            "message": {"text": one["sentence"]},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": place["file"]},
                        "region": {"startLine": place["line"]},
                    },
                    "logicalLocations": [
                        {"name": one["operation"], "fullyQualifiedName": places.get(one["operation"], one["operation"]), "kind": "member"}
                    ],
                }
            ],
            "partialFingerprints": {"findingKey/v1": one["id"]},
            "properties": {
                "clauses": one["clauses"],
                "pointer": one["pointer"],
                "key": one["key"],
                "severity": one["severity"],
                "class": one["class"],
            },
        }
        if one["inferred"] is not None:
            result["properties"]["inferred"] = one["inferred"]
        if one["accepted"] is not None and not one["accepted"]["expired"]:
            result["suppressions"] = [{"kind": "external", "justification": f"{one['accepted']['reason']} ({one['accepted']['owner']})"}]
        results.append(result)
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": report["tool"]["name"],
                        "version": report["tool"]["version"],
                        "rules": [{"id": _rule_id(law), "shortDescription": {"text": law}} for law in rules],
                    }
                },
                "automationDetails": {"id": f"contract/{slug}/"},
                "invocations": [
                    {
                        "executionSuccessful": not report["run"]["unfinished"],
                        "toolExecutionNotifications": [{"level": "warning", "message": {"text": text}} for text in report["run"]["unfinished"]],
                    }
                ],
                "results": results,
            }
        ],
    }


def _rule_id(law: str) -> str:
    return re.sub(r"\W+", "-", law.lower()).strip("-")


def badge(report: dict[str, Any]) -> str:
    """A badge: the API, and how many of its observable clauses hold."""
    counts = report["summary"]["clauses"]
    judged = counts["held"] + counts["broken"]
    value = f"{counts['held']}/{judged} clauses" if judged else report["verdict"]
    if report["verdict"] == "conforms as far as seen":
        value = f"{counts['held']}/{report['coverage']['clauses_observable']} clauses seen"
    if report["verdict"] == "broken":
        value += f", {report['summary']['findings']} broken"
    return render("badge.svg", label=f"{report['api']['slug']} contract", value=value, colour=COLOURS[report["verdict"]])
