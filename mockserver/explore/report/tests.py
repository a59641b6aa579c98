"""Tests that fail as long as a finding is there, for pytest and for Playwright. They run the command again under the schedule of the finding."""

from __future__ import annotations

import json
import re
import textwrap

from mockserver.explore.options import ExploreOptions
from mockserver.explore.result import ClientFinding, describe_schedule

_PYTHON = ("python", "python3")
"""Names of the interpreter; a test takes the one that runs it."""
LINE = 110
"""Letters of a line of the texts."""


def name_finding(finding: ClientFinding) -> str:
    """A name for the files of a finding, such as ``wrong_end_create_order_lost_answer``."""
    parts = [finding.oracle, *(f"{step.place.operation.rpartition('.')[2]} {step.fault}" for step in finding.schedule)]
    return re.sub(r"\W+", "_", " ".join(parts)).strip("_").lower()[:120]


def write_pytest(finding: ClientFinding, options: ExploreOptions) -> str:
    """The text of a test for pytest, whose plugin starts a server if none is named."""
    lines = "\n".join(textwrap.wrap(f"{finding.sentence} ({describe_schedule(finding.schedule)})", LINE))
    start = f"scenario={json.dumps(options.scenario)}" if options.scenario else f"world={json.dumps(options.world)}"
    first, *others = options.command
    words = ["sys.executable" if first in _PYTHON else json.dumps(first), *(json.dumps(word, ensure_ascii=False) for word in others)]
    imports = "import sys\n\n" if first in _PYTHON else ""
    schedule = ", ".join(json.dumps(step.to_json()) for step in finding.schedule)
    quotes = '"""'
    return f"""{quotes}Found by `mockserver explore`.

{_escape(lines)}
{quotes}

{imports}from mockserver.explore import explore

COMMAND = [{", ".join(words)}]
SCHEDULE = [{schedule}]


def test_{name_finding(finding)}(mock_url: str) -> None:
    result = explore(COMMAND, url=mock_url, {start}, hang={options.hang!r}, schedules=[SCHEDULE])
    assert not result.findings, result.findings[0].sentence
"""


def write_playwright(finding: ClientFinding, options: ExploreOptions) -> str:
    """The text of a test for Playwright."""
    lines = "\n".join(f" * {line}" for line in textwrap.wrap(f"{finding.sentence} ({describe_schedule(finding.schedule)})", LINE))
    start = f"scenario: {json.dumps(options.scenario)}" if options.scenario else f"world: {json.dumps(options.world)}"
    schedule = ", ".join(json.dumps(step.to_json()) for step in finding.schedule)
    return f"""/**
 * Found by `mockserver explore`.
 *
{lines.replace("*/", "* /")}
 */
import {{ explore }} from "@mockserver-apis/client/explore";
import {{ expect, test }} from "@mockserver-apis/client/playwright";

const command = {json.dumps(list(options.command), ensure_ascii=False)};

test({json.dumps(name_finding(finding).replace("_", " "))}, async ({{ mockUrl }}) => {{
  test.setTimeout(600_000);
  const report = await explore(command, {{ baseUrl: mockUrl, {start}, hang: {options.hang:g}, schedules: [[{schedule}]] }});
  expect(report.findings.map((found) => found.sentence)).toEqual([]);
}});
"""


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', "'''")
