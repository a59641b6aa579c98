"""JUnit, for servers that run builds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, tostring

from mockserver.explore.model import Schedule
from mockserver.explore.result import Result, RunVerdict, describe_schedule

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")
"""Letters that XML 1.0 cannot have."""


def make_junit(result: Result) -> str:
    """The report as JUnit: one test case for each schedule; findings fail, what was not tried or cannot be is skipped."""
    cases = list(_list_cases(result))
    suite = Element("testsuite", name="mockserver explore", tests=str(len(cases)), failures=str(len(result.findings)), time=f"{result.seconds:.3f}")
    shown = {finding.schedule: finding for finding in result.findings}
    for schedule, verdict in cases:
        names = ", ".join(dict.fromkeys(step.place.operation for step in schedule))
        case = SubElement(suite, "testcase", classname=_clean(names), name=_clean(describe_schedule(schedule)))
        finding = shown.get(schedule)
        if finding is not None:
            failure = SubElement(case, "failure", type=finding.oracle, message=_clean(finding.sentence))
            failure.text = _clean(f"{finding.run.exited.stdout}\n{finding.run.exited.stderr}")
        elif verdict in (RunVerdict.NOT_APPLICABLE, RunVerdict.NOT_TRIED):
            SubElement(case, "skipped", message=str(verdict))
    if result.reason:
        SubElement(suite, "system-err").text = _clean(result.reason)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suite, encoding="unicode") + "\n"


def _list_cases(result: Result) -> Iterator[tuple[Schedule, RunVerdict]]:
    shown = {finding.schedule for finding in result.findings}
    yield from ((schedule, verdict) for schedule, verdict in result.verdicts.items())
    yield from ((schedule, RunVerdict.FINDING) for schedule in shown if schedule not in result.verdicts)
    yield from ((schedule, RunVerdict.NOT_TRIED) for schedule in result.untried)


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("�", text)
