"""Progress and result on a terminal."""

from __future__ import annotations

from typing import TextIO

import click

from mockserver.explore.report.matrix import make_matrix, print_matrix
from mockserver.explore.result import Result, RunVerdict, describe_schedule

_WIDTH = 30


class Terminal:
    """Shows a bar while the search runs, and the result at its end. The bar is left out if the stream is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._has_bar = stream.isatty()

    def show(self, result: Result, waiting: int) -> None:
        """Show how far the search is."""
        if not self._has_bar:
            return
        done = len(result.verdicts)
        filled = _WIDTH * done // max(1, done + waiting)
        text = f"\r[{'#' * filled}{'.' * (_WIDTH - filled)}] {done} tried, {waiting} wait, {len(result.findings)} findings"
        click.echo(text, file=self._stream, nl=False)

    def close(self, result: Result) -> None:
        """Show what was found."""
        if self._has_bar:
            click.echo("\r" + " " * 100 + "\r", file=self._stream, nl=False)
        if result.reason:
            click.echo(f"not explored: {result.reason}", err=True)
            return
        for number, finding in enumerate(result.findings, 1):
            click.echo(f"{number}. {finding.oracle}: {finding.sentence}\n   {describe_schedule(finding.schedule)}\n")
        for line in print_matrix(make_matrix(result)):
            click.echo(line)
        verdicts = ", ".join(f"{result.count(verdict)} {verdict}" for verdict in RunVerdict if verdict != RunVerdict.NOT_TRIED)
        shown = f"{len(result.verdicts)} schedules in {result.seconds:.0f} s: {verdicts}, {len(result.untried)} not tried"
        click.echo(f"{shown}; {len(result.findings)} findings")
