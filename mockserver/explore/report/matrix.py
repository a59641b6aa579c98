"""Calls of the baseline by faults: what came of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mockserver.explore.model import ONWARDS, CallPlace
from mockserver.explore.result import Result, RunVerdict

SIGNS = {
    RunVerdict.RECOVERED: "o",
    RunVerdict.FAILED_CLEANLY: "-",
    RunVerdict.FINDING: "X",
    RunVerdict.NOT_APPLICABLE: " ",
    RunVerdict.NOT_TRIED: "?",
}
"""How a terminal shows a verdict."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """``places`` are the calls of the baseline; ``rows`` have a fault in words and its verdict at each of them."""

    places: tuple[CallPlace, ...]
    rows: tuple[tuple[str, tuple[RunVerdict, ...]], ...]


def make_matrix(result: Result) -> Matrix:
    """The schedules of one fault as a matrix. Where a fault was not planned at a call, it is not applicable."""
    places = tuple(call.place for call in result.baseline.calls) if result.baseline is not None else ()
    cells = dict(_list_cells(result))
    faults = dict.fromkeys(fault for fault, _ in cells)
    rows = ((fault, tuple(cells.get((fault, place), RunVerdict.NOT_APPLICABLE) for place in places)) for fault in faults)
    return Matrix(places, tuple(rows))


def _list_cells(result: Result) -> Iterator[tuple[tuple[str, CallPlace], RunVerdict]]:
    for schedule, verdict in (*result.verdicts.items(), *((schedule, RunVerdict.NOT_TRIED) for schedule in result.untried)):
        if len(schedule) == 1:
            (step,) = schedule
            yield (step.fault + (" from there on" if step.times == ONWARDS else ""), step.place), verdict


def print_matrix(matrix: Matrix) -> Iterator[str]:
    """The lines of a matrix on a terminal."""
    if not matrix.rows:
        return
    width = max(len(fault) for fault, _ in matrix.rows)
    for number, place in enumerate(matrix.places, 1):
        yield f"  call {number}: {place}"
    yield f"  {'':{width}}  {' '.join(f'{number:>2}' for number in range(1, len(matrix.places) + 1))}"
    for fault, verdicts in matrix.rows:
        yield f"  {fault:{width}}  {' '.join(f'{SIGNS[verdict]:>2}' for verdict in verdicts)}".rstrip()
    yield f"  {', '.join(f'{sign} {verdict}' for verdict, sign in SIGNS.items() if sign.strip())}; empty: {RunVerdict.NOT_APPLICABLE}"
