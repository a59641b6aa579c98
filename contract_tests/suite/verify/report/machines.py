"""Reports for programs: JUnit XML, SARIF 2.1.0 and a badge."""

from __future__ import annotations

import re
from typing import Any

from ....reporting.rendering import render

COLOURS = {"conforms": "#2e7d32", "conforms as far as seen": "#9e7b00", "broken": "#c62828", "could not run": "#616161"}


def junit(report: dict[str, Any]) -> str:
    """JUnit XML: a suite for each operation, a case for each clause and check."""
    by_clause = {clause: one for one in report["findings"] for clause in one["clauses"]}
    by_law = {tuple(key.split(" | ")[:2]): one for one in report["findings"] for key in one["also"]}
    by_law |= {(one["law"], one["operation"]): one for one in report["findings"]}
    suites = {}
    for operation in report["operations"]:
        name = operation["id"]
        suites[name] = [_case(one["clause"], one["outcome"], one["reason"], by_clause.get(one["clause"])) for one in operation["clauses"]]
        suites[name] += [_case(law, outcome, "", by_law.get((law, name))) for law, outcome in operation["laws"].items()]
    return render("verify.xml", report=report, suites=suites)


def _case(name: str, outcome: str, reason: str, finding: dict[str, Any] | None) -> dict[str, str]:
    """A test case; ``kind`` is empty if it passed."""
    accepted = finding["accepted"] if finding is not None else None
    if accepted is not None and accepted["expired"]:
        accepted = None
    if outcome == "broken" and accepted is None:
        message, text = (finding["sentence"], finding["key"]) if finding is not None else (reason or name, "")
        return {"name": name, "kind": "failure", "message": message, "text": text}
    if outcome == "held":
        return {"name": name, "kind": ""}
    return {"name": name, "kind": "skipped", "message": f"accepted: {accepted['reason']}" if accepted is not None else f"{outcome}: {reason}"}


def sarif(report: dict[str, Any]) -> dict[str, Any]:
    """SARIF 2.1.0: a rule for each check, a result for each finding, located at its operation in the document."""
    rules = sorted({one["law"] for one in report["findings"]})
    places = {one["id"]: f"{one['method']} {one['path']}" for one in report["operations"]}
    slug = report["api"]["slug"]
    results = []
    for one in report["findings"]:
        result: dict[str, Any] = {
            "ruleId": _rule_id(one["law"]),
            "ruleIndex": rules.index(one["law"]),
            "level": "error",
            "message": {"text": one["sentence"]},
            "locations": [
                {
                    "physicalLocation": {"artifactLocation": {"uri": f"specs/{slug}.yaml"}, "region": {"startLine": 1}},
                    "logicalLocations": [
                        {"name": one["operation"], "fullyQualifiedName": places.get(one["operation"], one["operation"]), "kind": "member"}
                    ],
                }
            ],
            "partialFingerprints": {"findingKey/v1": one["id"]},
            "properties": {"clauses": one["clauses"], "pointer": one["pointer"], "key": one["key"]},
        }
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
