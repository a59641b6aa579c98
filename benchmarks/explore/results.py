"""Keeps measured rows, and makes the tables of ``docs/explore.md`` of them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from benchmarks.explore.measure import Measured
from benchmarks.explore.planted import CLIENTS, Bug, Client
from benchmarks.report import machine, publish, table
from mockserver.explore import NotExplored

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "explore.md"
SECTION = "measured: planted bugs"
NOTHING = "not found"


@dataclass(frozen=True)
class Row:
    """One measurement: a variant (no bug: the correct one), the way, the seed of its world, and what came of it."""

    client: str
    bug: str
    way: str
    seed: int
    oracle: str
    sentence: str
    schedules: int
    seconds: float
    is_complete: bool
    budget: float

    @classmethod
    def of(cls, client: Client, bug: str, way: str, seed: int, found: Measured, budget: float) -> Self:
        """The row of a measurement that was given a budget in seconds."""
        return cls(client.name, bug, way, seed, found.oracle, found.sentence, found.schedules, round(found.seconds, 1), found.is_complete, budget)

    @property
    def shown(self) -> str:
        """Schedules and seconds until found; or that it was not."""
        return f"{self.schedules} in {self.seconds:.0f} s" if self.oracle else NOTHING


class Results:
    """The rows that are measured, the latest of each variant, way and seed; kept in a file if there is one."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._rows: dict[tuple[str, str, str, int], Row] = {}
        for data in json.loads(file.read_text(encoding="utf-8")) if file is not None and file.exists() else ():
            self._add(Row(**data))

    def _add(self, row: Row) -> None:
        self._rows[row.client, row.bug, row.way, row.seed] = row

    def keep(self, row: Row) -> None:
        """Keep a row, and print it."""
        self._add(row)
        print(
            f"{row.client} {row.bug or 'correct'} {row.way} seed {row.seed}: {row.oracle or 'nothing'}, {row.schedules} schedules, {row.seconds} s",
            flush=True,
        )
        if row.oracle:
            print(f"    {row.sentence}", flush=True)
        if self._file is not None:
            self._file.write_text(json.dumps([asdict(one) for one in self._rows.values()], indent=1), encoding="utf-8")

    @contextlib.contextmanager
    def printing_failures(self, client: Client, bug: str) -> Iterator[None]:
        """Print why a variant cannot be explored, and go on."""
        try:
            yield
        except NotExplored as error:
            print(f"{client.name} {bug or 'correct'}: not explored: {error}", flush=True)

    def _find(self, client: Client, bug: Bug, way: str) -> Row | None:
        return self._rows.get((client.name, bug.name, way, 1))

    def _bug_rows(self) -> Iterator[list[str]]:
        for client in CLIENTS:
            for bug in client.bugs:
                rows = [self._find(client, bug, way) for way in ("depth 1", "depth 2", "random", "fixed")]
                if any(rows):
                    found = next((row.oracle for row in rows[:2] if row is not None and row.oracle), NOTHING)
                    yield [client.name, bug.name, bug.sentence, bug.oracle, found, *("" if row is None else row.shown for row in rows)]

    def _correct_rows(self) -> Iterator[list[str]]:
        for client in CLIENTS:
            rows = [row for row in self._rows.values() if row.client == client.name and row.way == "correct"]
            if rows:
                false = sum(1 for row in rows if row.oracle)
                complete = sum(1 for row in rows if row.is_complete)
                defaults = "yes" if client.has_defaults else ""
                figures = (len(rows), round(max(row.budget for row in rows)), sum(row.schedules for row in rows), complete, false)
                yield [client.name, client.library, client.api, defaults, *map(str, figures)]

    def _summary(self) -> str:
        ways = {"depth 1": {"depth 1"}, "depth 2 at most": {"depth 1", "depth 2"}, "random faults": {"random"}, "fixed list": {"fixed"}}
        lines = []
        for name, counted in ways.items():
            rows = [row for row in self._rows.values() if row.way in counted]
            if rows:
                searched = {(row.client, row.bug) for row in rows}
                found = {(row.client, row.bug) for row in rows if row.oracle}
                lines.append([name, f"{max(row.budget for row in rows):.0f}", str(len(searched)), str(len(found))])
        return table(["way", "budget, s", "bugs searched", "found"], lines)

    def publish(self, *, write: bool) -> None:
        """Print the tables; with ``write`` replace their section of the page, too."""
        heads = ["client", "bug", "what is wrong", "expected", "found by", "depth 1", "depth 2", "random", "fixed"]
        correct = ["client", "library", "API", "library's defaults", "seeds", "budget, s", "schedules", "explored whole", "false findings"]
        parts = [f"On {machine()}", self._summary(), table(heads, self._bug_rows(), texts=5), table(correct, self._correct_rows(), texts=4)]
        publish(SECTION, "\n\n".join(parts), write=write, page=PAGE)
