"""The report as a page that needs nothing else."""

from __future__ import annotations

import json
import shlex

from jinja2 import Environment, PackageLoader, StrictUndefined

from mockserver.explore.report.matrix import make_matrix
from mockserver.explore.result import Result, describe_schedule

SHOWN = 200
"""Schedules that were not tried and are listed."""
_PAGES = Environment(loader=PackageLoader("mockserver.explore.report", "."), autoescape=True, undefined=StrictUndefined)


def make_page(result: Result) -> str:
    """The report as HTML."""
    command = shlex.join(result.command)
    findings = [
        {
            **finding.to_json(),
            "words": describe_schedule(finding.schedule),
            "shown": json.dumps(finding.difference, indent=2, ensure_ascii=False),
            "again": f"mockserver explore --replay finding-{number}.json -- {command}",
        }
        for number, finding in enumerate(result.findings, 1)
    ]
    return _PAGES.get_template("page.html").render(
        command=command,
        reason=result.reason,
        complete=result.complete,
        figures=result.to_json()["figures"],
        findings=findings,
        matrix=make_matrix(result),
        untried=[describe_schedule(schedule) for schedule in result.untried[:SHOWN]],
    )
