"""The command ``explore``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mockserver.explore.api import run
from mockserver.explore.expectations import UnreadableExpectation, read_expectation
from mockserver.explore.model import FaultStep, Schedule
from mockserver.explore.options import ORACLES, ExploreOptions, count_jobs
from mockserver.explore.report.comparison import UnreadableReport, print_comparison
from mockserver.explore.report.comparison import compare as compare_results
from mockserver.explore.report.files import Reports
from mockserver.explore.report.terminal import Terminal
from mockserver.explore.result import Result


def _check_expectations(_context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    try:
        for text in value:
            read_expectation(text)
    except UnreadableExpectation as error:
        raise click.BadParameter(str(error)) from None
    return value


def _read_schedules(file: Path) -> tuple[Schedule, ...]:
    """The schedules of a file: those of a report's findings, or one. Raises ClickException."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        found = data.get("findings", [data])
        schedules = tuple(tuple(map(FaultStep.read, one["schedule"])) for one in found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise click.ClickException(f"{file} is no finding and no report of `mockserver explore --json`: {error}") from None
    if not schedules:
        raise click.ClickException(f"{file} has no finding to run again")
    return schedules


@click.command(context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False})
@click.option("--url", envvar="MOCKSERVER_URL", default="http://127.0.0.1:8000", show_default=True, help="Address of the server. [MOCKSERVER_URL]")
@click.option("--world", envvar="MOCKSERVER_WORLD", default="default", show_default=True, help="World from which each run starts. [MOCKSERVER_WORLD]")
@click.option("--token", envvar="MOCKSERVER_TOKEN", help="Token of the control plane. [MOCKSERVER_TOKEN]")
@click.option("--scenario", help="Start from a scenario instead, such as monedero.used-up.")
@click.option("--depth", default=1, show_default=True, type=click.IntRange(1, 4), help="Faults in one run.")
@click.option("--budget", default=300.0, show_default=True, type=click.FloatRange(min=1), help="Seconds after which the search ends.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Commands that run at once; by default 4 for each core.")
@click.option("--hang", default=15.0, show_default=True, type=click.FloatRange(min=0.5), help="Seconds without a call after which a command hangs.")
@click.option("--without", multiple=True, type=click.Choice([name.replace(" ", "-") for name in ORACLES]), help="Leave out an oracle. Repeatable.")
@click.option(
    "--expect",
    "expected",
    multiple=True,
    callback=_check_expectations,
    metavar="EXPR",
    help="What holds at the end of every run, such as 'serpi.branches(descripcion=NORTE) <= 1'. Repeatable.",
)
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="File for the report as JSON.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the page, JUnit, JSON, and the schedule and tests of each finding.",
)
@click.option("--compare", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="An earlier report as JSON: what is new, what is gone.")
@click.option("--replay", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Run only the schedules of a finding or of a report.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def explore(
    url: str,
    world: str,
    token: str | None,
    scenario: str | None,
    depth: int,
    budget: float,
    jobs: int | None,
    hang: float,
    without: tuple[str, ...],
    expected: tuple[str, ...],
    json_file: Path | None,
    report: Path | None,
    compare: Path | None,
    replay: Path | None,
    command: tuple[str, ...],
) -> None:
    """Run a client app again and again with faults, and report what it does wrong.

    COMMAND drives the app once and exits. It gets the address of its world by environment, as `mockserver env` prints it. The exit code is 0
    without a finding, 1 with findings, 2 if nothing could be explored.
    """
    options = ExploreOptions(
        command=command,
        url=url,
        world=world,
        token=token,
        scenario=scenario,
        depth=depth,
        budget=budget,
        jobs=jobs or count_jobs(),
        hang=hang,
        without=frozenset(name.replace("-", " ") for name in without),
        expected=expected,
        schedules=_read_schedules(replay) if replay is not None else (),
    )
    terminal, reports = Terminal(sys.stderr), Reports(options, json_file, report)

    def show(result: Result, waiting: int) -> None:
        terminal.show(result, waiting)
        reports.note(result)

    result = run(options, show)
    reports.close(result)
    terminal.close(result)
    if compare is not None:
        try:
            for line in print_comparison(compare_results(compare, result)):
                click.echo(line)
        except UnreadableReport as error:
            raise click.ClickException(str(error)) from None
    sys.exit(result.exit_code)
