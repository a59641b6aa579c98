"""Compare a report with an older one: findings that are new, fixed or unchanged, by their keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SCHEMA_VERSION = 1


class BadReport(Exception):
    """A file is no report of this command; the text says why."""


def read_report(path: Path, slug: str) -> dict[str, Any]:
    """An older report.json.

    Raises:
        BadReport: it cannot be read, or is of another API or schema version.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadReport(f"{path} cannot be read as a report ({error}); give the report.json of an earlier run") from None
    if not isinstance(found, dict) or found.get("schema_version") != SCHEMA_VERSION or "findings" not in found:
        raise BadReport(f"{path} is no report.json of schema version {SCHEMA_VERSION}; give one that this version of the command has written")
    if found["api"]["slug"] != slug:
        raise BadReport(f"{path} is a report of {found['api']['slug']}, not of {slug}; give one of the same API")
    return found


LEVELS = ("quick", "standard", "deep")


def compare(old: dict[str, Any], new: dict[str, Any], name: str) -> dict[str, Any]:
    """The findings that are new, fixed and unchanged, among what both runs exercised.

    A finding that the new run could not have made is *not judged*; one that the old run could not have made is *not judged before*. A finding that an
    earlier version reported under another key is unchanged, and *renamed*. If it was seen at a further place, that place is new.
    """
    before, after = ({one["key"]: one for one in report["findings"]} for report in (old, new))
    known, still = ({key for one in report["findings"] for key in _keys(one)} for report in (old, new))
    gone = [one for key, one in before.items() if key not in still]
    fixed = [one for one in gone if _has_exercised(new, old, one)]
    met = {key: not known.isdisjoint(_keys(one)) for key, one in after.items()}
    first = [one for key, one in after.items() if not met[key]]
    added = [
        {"id": one["id"], "key": place["key"], "sentence": f"{one['sentence']} (new: {place['operation']} {place['place']})".replace(" )", ")")}
        for key, one in after.items()
        if met[key] and key in known and one["accepted"] is None
        for place in one.get("places", ())
        if place["key"] not in known
    ]
    return {
        "against": name,
        "new": [*_summarize([one for one in first if _has_exercised(old, new, one)]), *added],
        "fixed": _summarize(fixed),
        "unchanged": _summarize([one for key, one in after.items() if met[key]]),
        "not_judged": _summarize([one for one in gone if one not in fixed]),
        "not_judged_before": _summarize([one for one in first if not _has_exercised(old, new, one)]),
        "renamed": [
            {"from": former, "to": key}
            for key, one in after.items()
            for former in one.get("former_keys", ())
            if former in before and key not in before
        ],
        "clauses_newly_held": sorted(set(new["clauses"]["held"]) - set(old["clauses"]["held"])),
        "clauses_newly_broken": sorted(set(new["clauses"]["broken"]) - set(old["clauses"]["broken"])),
    }


def _keys(finding: dict[str, Any]) -> list[str]:
    return [finding["key"], *finding.get("also", ()), *finding.get("former_keys", ())]


def _has_exercised(run: dict[str, Any], other: dict[str, Any], finding: dict[str, Any]) -> bool:
    """Whether a run could have made a finding of another run: it tried as much, might send the same requests, and came to a verdict of its own."""
    mine, theirs = run["run"], other["run"]
    stage, operation = finding.get("stage", ""), finding["operation"]
    if stage not in mine["stages"] or operation in mine["excluded"] or (mine["read_only"] and not theirs["read_only"] and _writes(finding)):
        return False
    if stage != "clauses" and LEVELS.index(mine["level"]) < LEVELS.index(theirs["level"]):
        return False
    judged = {*run["clauses"]["held"], *run["clauses"]["broken"]}
    if stage == "clauses" and finding["clauses"]:
        return any(clause in judged for clause in finding["clauses"])
    outcomes = [one["outcome"] for one in run["laws"] if (one["law"], one["operation"]) == (finding["law"], operation)]
    if outcomes:
        return "held" in outcomes or "broken" in outcomes
    answered: list[dict[str, Any]] = next((row["answers"] for row in run["operations"] if row["id"] == operation), [])
    return any(one["seen"] for one in answered) or not any(row["id"] == operation for row in run["operations"])


def _writes(finding: dict[str, Any]) -> bool:
    return any(one["method"] not in ("GET", "HEAD", "OPTIONS") for one in finding["exchanges"])


def _summarize(findings: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{name: one[name] for name in ("id", "key", "sentence")} for one in findings]
