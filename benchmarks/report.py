"""The pages of results, ``docs/benchmarks.md`` and ``docs/any-document.md``: each script replaces its own section."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
ANY_DOCUMENT = PAGE.with_name("any-document.md")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int = 1) -> str:
    """A table in Markdown; the first columns are texts, the others are figures."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * texts + "---:|" * (len(head) - texts)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def machine() -> str:
    """The machine of the measurement, without its name."""
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text(encoding="utf-8"))
        model = found.group(1).strip() if found else model
    memory = round(psutil.virtual_memory().total / 2**30)
    system = f"{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}"
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {memory} GiB; {system}; load average {busy} at the end; {datetime.now(UTC):%Y-%m-%d}"


def publish(section: str, text: str, *, write: bool, page: Path = PAGE) -> None:
    """Print a section; with ``write`` replace it on the page, too."""
    print(text)
    if not write:
        return
    held = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    before, _, rest = held.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{page} has no section {section}")
    page.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}", encoding="utf-8")
