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


def compare(old: dict[str, Any], new: dict[str, Any], name: str) -> dict[str, Any]:
    """The findings that are new, fixed and unchanged. If the new run did not judge what was broken, the finding is not fixed but not judged."""
    before, after = ({one["key"]: one for one in report["findings"]} for report in (old, new))
    known, still = ({key for one in report["findings"] for key in (one["key"], *one.get("also", ()))} for report in (old, new))
    gone = [one for key, one in before.items() if key not in still]
    judged = {(one["law"], one["operation"]) for one in new["laws"] if one["outcome"] in ("held", "broken")}
    clauses = {*new["clauses"]["held"], *new["clauses"]["broken"]}
    fixed = [one for one in gone if (one["law"], one["operation"]) in judged or any(clause in clauses for clause in one["clauses"])]
    return {
        "against": name,
        "new": [one for key, one in _summarize(after).items() if key not in known],
        "fixed": list(_summarize({one["key"]: one for one in fixed}).values()),
        "unchanged": [one for key, one in _summarize(after).items() if key in known],
        "not_judged": list(_summarize({one["key"]: one for one in gone if one not in fixed}).values()),
        "clauses_newly_held": sorted(set(new["clauses"]["held"]) - set(old["clauses"]["held"])),
        "clauses_newly_broken": sorted(set(new["clauses"]["broken"]) - set(old["clauses"]["broken"])),
    }


def _summarize(findings: dict[str, dict[str, Any]]) -> dict[str, dict[str, str]]:
    return {key: {name: one[name] for name in ("id", "key", "sentence")} for key, one in findings.items()}
