"""The end of a run on standard output: findings, what is left, the headline; of a dry run, the requests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from ....reporting.rendering import render
from ..events import DryRunFinished, Event, RunFinished
from .write import headline


class Summary:
    """Prints the last event of a run. ``folder`` is the one that the report was written into, None if none was."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def __call__(self, event: Event) -> None:
        match event:
            case RunFinished(report):
                click.echo(render("verify.txt", report=report, headline=headline(report), folder=self._folder), nl=False)
            case DryRunFinished(requests):
                _print_requests(requests)


def _print_requests(requests: Mapping[tuple[str, str, str], int]) -> None:
    for (name, method, url), count in sorted(requests.items()):
        click.echo(f"{name:32} {method:7} {url[:200]}" + (f"  ({count} times)" if count > 1 else ""))
    operations = {name for name, _, _ in requests}
    click.echo(f"{sum(requests.values())} requests to {len(operations)} operations would be sent first; nothing was sent.")
    click.echo("What follows depends on the answers: a test that reads an id in one answer sends it in its next request.")
