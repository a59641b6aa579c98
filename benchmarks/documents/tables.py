"""What the probe of documents prints."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.documents.lives import CHECKS, LIFE
from benchmarks.report import machine, table

FAMILIES, SHARE = 5, 0.8
"""A document of so many families falls short below this share of whole lives."""
Row = Mapping[str, Any]


def print_document(row: Row) -> None:
    """One line for a document, and one for each life that is not whole and each check that failed."""
    lives = row["lives"]
    whole = sum(one["whole"] for one in lives.values())
    more = (
        row.get("why")
        or f"{row['basis'].get('stateful', 0)} of {row['operations']} stateful, {row['seconds']} s, {row['mebibytes']} MiB, {row['answers']}"
    )
    print(f"{row['document']:28} {'started' if row['started'] else 'REFUSED'}  {whole} of {len(lives)} lives  {more}", flush=True)
    for item, one in lives.items():
        if one["note"]:
            print(f"    {'' if one['whole'] else 'NOT WHOLE '}{item}: {one['note'][:230]}", flush=True)
    for wrong in row.get("wrong", ())[:5]:
        print(f"    INVALID {wrong}", flush=True)


def print_sums(rows: Sequence[Row]) -> None:
    """The sums of all documents."""
    for name, value in _figures(rows):
        print(f"  {name:32} {value}")


def _figures(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    lives = [one for row in rows for one in row["lives"].values()]
    started = [row for row in rows if row["started"]]
    yield "documents started", f"{len(started)} of {len(rows)}"
    yield "whole life", _share(sum(one["whole"] for one in lives), len(lives))
    for check in CHECKS:
        tried = [one["checks"][check] for one in lives if check in one["checks"]]
        yield f"{'' if check in LIFE else 'alone: '}{check}", _share(sum(tried), len(tried))
    answers: Counter[str] = sum((Counter(row["answers"]) for row in started), Counter())
    yield "valid answers", _share(answers["valid"], answers["all"])
    yield "undocumented, invalid, 5xx, 501", ", ".join(str(answers[name]) for name in ("undocumented", "invalid", "5xx", "501"))
    basis: Counter[str] = sum((Counter(row["basis"]) for row in started), Counter())
    if basis:
        yield "operations with state", _share(basis["stateful"], sum(basis.values()))
        yield "  of the median document", f"{statistics.median(_state(row) for row in started):.0%}"
    if started:
        yield "start, s: median, most", f"{statistics.median(row['seconds'] for row in started):.2f}, {max(row['seconds'] for row in started):.2f}"
        yield "first answer, ms: median, most", f"{statistics.median(row['first'] for row in started):.0f}, {max(row['first'] for row in started)}"
        yield "memory, MiB: median, most", f"{statistics.median(row['mebibytes'] for row in started):.0f}, {max(row['mebibytes'] for row in started)}"
    short = [
        row["document"]
        for row in rows
        if len(row["lives"]) >= FAMILIES and sum(one["whole"] for one in row["lives"].values()) < SHARE * len(row["lives"])
    ]
    yield f"of {FAMILIES} families or more, below {SHARE:.0%}", ", ".join(short) or "none"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole}, {part / whole:.1%}" if whole else "none"


def _state(row: Row) -> float:
    return float(row["basis"].get("stateful", 0) / max(1, sum(row["basis"].values())))


def print_tables(rows: Sequence[Row]) -> None:
    """The tables of the page, in Markdown."""
    print(f"\nMeasured on: {machine()}.\n")
    print(table(["what", "figure"], _figures(rows)))
    print()
    head = ["document", "operations", "state", "by example", "generated", "whole lives", "valid", "start, s", "MiB"]
    print(table(head, [_cells(row) for row in rows]))


def _cells(row: Row) -> list[str]:
    lives, basis, answers = row["lives"].values(), row.get("basis", {}), row.get("answers", {})
    lived = f"{sum(one['whole'] for one in lives)} of {len(lives)}" if lives else "-"
    counts = [str(basis.get(name, "-")) for name in ("stateful", "by example", "generated")]
    valid = f"{answers.get('valid', 0) / answers['all']:.0%}" if answers.get("all") else "-"
    return [row["document"], str(row["operations"]), *counts, lived, valid, str(row.get("seconds", "-")), str(row.get("mebibytes", "-"))]
