"""The end of a run on standard output: findings, what is left, the headline; of a dry run, the requests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ..events import DryRunFinished, Event, RunFinished
from .markdown import headline


class Summary:
    """Prints the last event of a run. ``folder`` is the one that the report was written into, None if none was."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def __call__(self, event: Event) -> None:
        """Print the summary if the run has finished."""
        match event:
            case RunFinished(report):
                _print_findings(report)
                _print_changes(report["comparison"])
                click.echo(headline(report))
                _print_limits(report)
                if self._folder is not None:
                    click.echo(f"report: {self._folder / 'report.html'}")
            case DryRunFinished(requests):
                _print_requests(requests)


def _print_findings(report: dict[str, Any]) -> None:
    for one in report["findings"]:
        accepted = one["accepted"]
        word = "accepted" if accepted and not accepted["expired"] else "EXPIRED" if accepted else "broken"
        click.echo(f"{word}: {one['sentence']}")
        click.echo(f"    key: {one['key']}" + (f"   clauses: {', '.join(one['clauses'])}" if one["clauses"] else ""))
    for text in report["run"]["unfinished"]:
        click.echo(f"not done: {text}")
    for one in report["deviations"]:
        if one["state"] == "unused":
            click.echo(f"note: the accepted deviation {one['finding']!r} was not met; if it is fixed, remove it from the target file")


def _print_changes(changes: dict[str, Any] | None) -> None:
    if changes is None:
        return
    click.echo(f"since {changes['against']}: {len(changes['new'])} new, {len(changes['fixed'])} fixed, {len(changes['unchanged'])} unchanged")
    for word in ("new", "fixed"):
        for one in changes[word]:
            click.echo(f"    {word}: {one['sentence']}")


def _print_limits(report: dict[str, Any]) -> None:
    """Why the target could not be judged in full, and what to do."""
    if report["exit_code"] == 2:
        click.echo(
            "It could not be judged in full. Correct what is named above and run again; "
            "--time-budget and the [limits] of the target file say what a run may cost."
        )
    reasons = sorted({row["reason"] for row in report["clauses"]["not_observable"]})
    if reasons:
        click.echo("not observable here, because: " + "; ".join(reasons[:8]) + ("; …" if len(reasons) > 8 else ""))


def _print_requests(requests: Mapping[tuple[str, str, str], int]) -> None:
    for (name, method, url), count in sorted(requests.items()):
        click.echo(f"{name:32} {method:7} {url[:200]}" + (f"  ({count} times)" if count > 1 else ""))
    operations = {name for name, _, _ in requests}
    click.echo(f"{sum(requests.values())} requests to {len(operations)} operations would be sent first; nothing was sent.")
    click.echo("What follows depends on the answers: a test that reads an id in one answer sends it in its next request.")
