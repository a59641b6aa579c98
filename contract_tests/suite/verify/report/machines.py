"""Reports for programs: JUnit XML, SARIF 2.1.0 and a badge."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
COLOURS = {"conforms": "#2e7d32", "broken": "#c62828", "could not run": "#616161"}


def _clean(text: str) -> str:
    """A text whose characters XML can hold."""
    return ILLEGAL.sub("\ufffd", text)


def junit(report: dict[str, Any]) -> str:
    """JUnit XML: a suite for each operation, a case for each clause and check."""
    slug = report["api"]["slug"]
    root = ET.Element("testsuites", name=f"contract of {slug}", time=str(report["run"]["seconds"]))
    by_clause = {clause: one for one in report["findings"] for clause in one["clauses"]}
    by_law = {tuple(key.split(" | ")[:2]): one for one in report["findings"] for key in one["also"]}
    by_law |= {(one["law"], one["operation"]): one for one in report["findings"]}
    totals = {"tests": 0, "failures": 0, "skipped": 0}
    for operation in report["operations"]:
        cases = [(one["clause"], one["outcome"], one["reason"], by_clause.get(one["clause"])) for one in operation["clauses"]]
        cases += [(law, outcome, "", by_law.get((law, operation["id"]))) for law, outcome in operation["laws"].items()]
        suite = ET.SubElement(root, "testsuite", name=f"{slug}.{operation['id']}")
        counts = {"tests": len(cases), "failures": 0, "skipped": 0}
        for name, outcome, reason, finding in cases:
            case = ET.SubElement(suite, "testcase", classname=f"{slug}.{operation['id']}", name=_clean(name))
            accepted = finding is not None and finding["accepted"] is not None and not finding["accepted"]["expired"]
            if outcome == "broken" and not accepted:
                counts["failures"] += 1
                failure = ET.SubElement(case, "failure", message=_clean(finding["sentence"] if finding else reason or name), type="broken")
                failure.text = _clean(finding["key"]) if finding else ""
            elif outcome != "held":
                counts["skipped"] += 1
                ET.SubElement(
                    case, "skipped", message=_clean(f"accepted: {finding['accepted']['reason']}" if accepted and finding else f"{outcome}: {reason}")
                )
        for key, value in counts.items():
            suite.set(key, str(value))
            totals[key] += value
        suite.set("errors", "0")
    for key, value in totals.items():
        root.set(key, str(value))
    unfinished = report["run"]["unfinished"]
    root.set("errors", str(len(unfinished)))
    if unfinished:
        suite = ET.SubElement(
            root, "testsuite", name=f"{slug}.run", tests=str(len(unfinished)), failures="0", errors=str(len(unfinished)), skipped="0"
        )
        for text in unfinished:
            ET.SubElement(ET.SubElement(suite, "testcase", classname=f"{slug}.run", name="the run is complete"), "error", message=_clean(text))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


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
    if report["verdict"] == "broken":
        value += f", {report['summary']['findings']} broken"
    label = f"{report['api']['slug']} contract"
    left, right = (round(6.6 * len(text)) + 12 for text in (label, value))
    colour, total = COLOURS[report["verdict"]], left + right
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="20" role="img" aria-label="{label}: {value}">'
        f"<title>{label}: {value}</title>"
        f'<rect width="{left}" height="20" fill="#444"/><rect x="{left}" width="{right}" height="20" fill="{colour}"/>'
        '<g fill="#fff" font-family="Verdana,Geneva,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2:g}" y="14">{label}</text><text x="{left + right / 2:g}" y="14">{value}</text></g></svg>\n'
    )
