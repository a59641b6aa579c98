"""Reports as files."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from mockserver.explore.options import ExploreOptions
from mockserver.explore.report.machines import make_junit
from mockserver.explore.report.page import make_page
from mockserver.explore.report.tests import name_finding, write_playwright, write_pytest
from mockserver.explore.result import Result

INTERVAL = 2.0
"""Seconds between two writings of a report that is not complete."""


def write_whole(file: Path, text: str) -> None:
    """Write a file as a whole: a reader finds either the one before or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)


def write_json(file: Path, result: Result) -> None:
    """Write the report as JSON."""
    write_whole(file, json.dumps(result.to_json(), indent=2, ensure_ascii=False) + "\n")


class Reports:
    """The files of a run. The JSON is written again and again, so that it is there if the run is killed."""

    def __init__(self, options: ExploreOptions, json_file: Path | None, folder: Path | None) -> None:
        self._options = options
        self._files = [file for file in (json_file, None if folder is None else folder / "explore.json") if file is not None]
        self._folder = folder
        self._written = 0.0

    def note(self, result: Result) -> None:
        """Write the report so far, unless that was done a moment ago."""
        now = time.monotonic()
        if now - self._written >= INTERVAL:
            self._written = now
            for file in self._files:
                write_json(file, result)

    def close(self, result: Result) -> None:
        """Write all files of the result."""
        for file in self._files:
            write_json(file, result)
        folder = self._folder
        if folder is None:
            return
        write_whole(folder / "explore.html", make_page(result))
        write_whole(folder / "explore.xml", make_junit(result))
        for number, finding in enumerate(result.findings, 1):
            write_whole(folder / f"finding-{number}.json", json.dumps(finding.to_json(), indent=2, ensure_ascii=False) + "\n")
            name = name_finding(finding)
            write_whole(folder / f"test_{name}.py", write_pytest(finding, self._options))
            write_whole(folder / f"{name.replace('_', '-')}.spec.ts", write_playwright(finding, self._options))
