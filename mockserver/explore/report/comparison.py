"""What has changed since an earlier run: findings that are new, that are gone, and that stay."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockserver.explore.result import Result


class UnreadableReport(ValueError):
    """A file is no report; the text says why."""


@dataclass(frozen=True, slots=True)
class ReportComparison:
    """The sentences of findings."""

    new: tuple[str, ...]
    gone: tuple[str, ...]
    same: tuple[str, ...]


def compare(file: Path, result: Result) -> ReportComparison:
    """Compare a result with the report in a file. Findings are the same if oracle and schedule are. Raises Unreadable."""
    try:
        earlier = _index(json.loads(file.read_text(encoding="utf-8"))["findings"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableReport(f"{file} is no report of `mockserver explore --json`: {error}") from None
    now = _index(result.to_json()["findings"])
    return ReportComparison(
        tuple(text for key, text in now.items() if key not in earlier),
        tuple(text for key, text in earlier.items() if key not in now),
        tuple(text for key, text in now.items() if key in earlier),
    )


def _index(findings: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {json.dumps([found["oracle"], found["schedule"]], sort_keys=True): f"{found['oracle']}: {found['sentence']}" for found in findings}


def print_comparison(comparison: ReportComparison) -> Iterable[str]:
    """The lines of a comparison on a terminal."""
    for title, sentences in (("new", comparison.new), ("gone", comparison.gone), ("as before", comparison.same)):
        yield f"{title}: {len(sentences)}"
        yield from (f"  {sentence[:200]}" for sentence in sentences)
