"""The command: ``python -m contract_tests SLUG --url BASE_URL``, also ``mockserver verify``. Exit code 0 conforms, 1 broken, 2 could not run."""

from __future__ import annotations

import importlib
import os
import sys
import threading
import time
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click

from mockserver.openapi.documents import list_slugs

from .contract import Contract
from .target_file import BadTargetFile, TargetFile, read_target_file, template

if TYPE_CHECKING:
    from .run import Outcomes

BUDGETS = {"quick": 120.0, "standard": 600.0, "deep": 3_600.0}
DEFAULT_FILE = Path("contract.toml")
_PACKAGE = __name__.rsplit(".", 3)[0]  # `contract_tests`, or `mockserver.contract_tests` in the wheel


class CannotRun(Exception):
    """Why nothing could be judged, and what to do about it."""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    slug: str
    url: str | None
    seed: int
    report: Path | None
    level: str
    workers: int
    read_only: bool
    dry_run: bool
    target: Path | None
    compare: Path | None
    budget: float | None
    any_implementation: bool


def _known(slug: str) -> str:
    if slug not in list_slugs():
        raise CannotRun(f"there is no document of {slug!r}; known are {', '.join(list_slugs())}")
    return slug


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("slug", metavar="SLUG")
@click.option("--url", metavar="BASE_URL", help="Base URL of the implementation, such as http://127.0.0.1:8000/acme/v1.")
@click.option("--level", type=click.Choice(["quick", "standard", "deep"]), default="standard", show_default=True, help="How much is tried.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of every generated value.")
@click.option(
    "--report", type=click.Path(path_type=Path, file_okay=False), help="Folder for report.html, report.json, JUnit, SARIF, Markdown, badge, evidence."
)
@click.option("--workers", type=click.IntRange(1, 16), default=1, show_default=True, help="Parts of the run that go on at the same time.")
@click.option("--read-only", is_flag=True, help="Send GET, HEAD and OPTIONS only, and to the target only.")
@click.option("--dry-run", is_flag=True, help="Send nothing; list what would be sent.")
@click.option("--target", type=click.Path(path_type=Path, dir_okay=False), help="Target file; contract.toml of this folder where there is one.")
@click.option("--compare", type=click.Path(path_type=Path, dir_okay=False), help="report.json of an earlier run: says what is new, fixed, unchanged.")
@click.option(
    "--time-budget", "budget", type=click.FloatRange(min=1), metavar="SECONDS", help="Time that the whole run may take; 120, 600, 3600 by level."
)
@click.option("--any-implementation", is_flag=True, help="Judge a mock by what the document allows, not by what the mock has promised as well.")
@click.option("--init", is_flag=True, help="Write a commented target file and stop.")
@click.option(
    "--self-test",
    is_flag=True,
    help="Plant violations in copies of the mock, judge each, and print which were found; needs no target, but a checkout.",
)
def verify(slug: str, *, init: bool, self_test: bool, **options: Any) -> NoReturn:
    """Judge an implementation of the API SLUG by its document: clause tests, documented examples, laws, generated requests.

    Exit code 0: it conforms. 1: it is broken, each finding with its evidence. 2: it could not be judged, with the reason and what to do.
    """
    started = time.monotonic() - time.process_time()  # what loading Python took counts as well
    try:
        _known(slug)
        if init:
            sys.exit(_init(slug, options["url"], options["target"] or DEFAULT_FILE))
        if self_test:
            sys.exit(_self_test(slug, options["workers"], options["seed"]))
        sys.exit(_run(Options(slug, **options), started))
    except (CannotRun, BadTargetFile) as error:
        click.echo(f"could not run: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo("could not run to its end: interrupted", err=True)
        sys.exit(2)


def _self_test(slug: str, workers: int, seed: int) -> int:
    """Print which planted violations the suite finds; 0 if it finds all. They are edits of the mock's source, so only a checkout has them."""
    root = next(folder for folder in Path(__file__).resolve().parents if folder.name == "contract_tests").parent
    if not (root / "tests" / "mutation" / "run.py").is_file():
        raise CannotRun("--self-test needs a checkout of the repository; the planted violations, in its folder tests/mutation, are not installed")
    sys.path.insert(0, str(root))
    try:
        mutation = importlib.import_module("tests.mutation.run")  # not an import statement: the suite does not depend on the tests
    except ModuleNotFoundError as error:
        raise CannotRun(f"the package {error.name} is missing; install the checkout with its development dependencies") from None
    text, all_found = mutation.self_test(slug, workers=max(2, workers), seed=seed, say=partial(click.echo, err=True))
    click.echo(text)
    return 0 if all_found else 1


def _run(options: Options, started: float) -> int:
    contract = Contract(options.slug)
    file = _file(options, contract)
    url = (options.url or file.base_url or "").rstrip("/")
    if not url:
        raise CannotRun("no target: give --url BASE_URL, or base_url in a target file (`--init` writes one)")
    if not url.startswith(("http://", "https://")):
        raise CannotRun(f"{url} is no URL of HTTP; write for example http://127.0.0.1:8000/acme/v1")
    from .report.compare import BadReport, read_report  # noqa: PLC0415 - the command line answers before the suite is loaded

    try:
        old = read_report(options.compare, options.slug) if options.compare else None
    except BadReport as error:
        raise CannotRun(str(error)) from None
    try:
        from .run import Failed, run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise CannotRun(
            f"the package {error.name} is missing; install mockserver with the extra `verify`, in a checkout by: pip install -e '.[verify]'"
        ) from None

    budget = options.budget or float(file.limits.get("budget", BUDGETS[options.level]))
    outcomes: list[Outcomes] = []
    watch = threading.Timer(max(0.5, started + budget * 0.9 - 1 - time.monotonic()), _too_late, (outcomes, options, budget, sys.stdout))
    watch.daemon = True
    watch.start()
    try:
        outcome = run(contract, file, url, options, budget=budget, started=started, version=_version(), handed=outcomes)
    except Failed as error:
        raise CannotRun(str(error)) from None
    finally:
        watch.cancel()
    if options.dry_run:
        return _listed(outcome)
    report = outcome.finish(options.report, old, str(options.compare or ""))
    _told(report, options)
    return int(report["exit_code"])


def _too_late(outcomes: list[Outcomes], options: Options, budget: float, stream: TextIO) -> None:
    """The last resort against a target that holds the run in a call: say what is known and end the process."""
    code = 2
    sys.stdout = stream  # pytest may hold it at this moment
    try:
        for outcome in outcomes:
            outcome.give_up("the time budget was spent before it could be confirmed")
            outcome.unfinished.append(f"the time budget of {budget:g} s was spent in a call that did not end")
            report = outcome.finish(options.report, None, "")
            _told(report, options)
            code = int(report["exit_code"])
        if not outcomes:
            click.echo(f"could not run: the target did not answer within the time budget of {budget:g} s", err=True)
    finally:
        stream.flush()
        os._exit(code)


def _file(options: Options, contract: Contract) -> TargetFile:
    """The target file, where one is named or lies in this folder."""
    path = options.target
    if path is None:
        if not DEFAULT_FILE.is_file():
            return TargetFile()
        path = DEFAULT_FILE
    file = read_target_file(path, contract.operations)
    if file.api not in (None, contract.slug):
        if options.target is None:
            return TargetFile()
        raise CannotRun(f"{path} is a target file of {file.api}, not of {contract.slug}")
    return file


def _init(slug: str, url: str | None, path: Path) -> int:
    from .asked import asked_for, roles_of  # noqa: PLC0415

    if path.exists():
        raise CannotRun(f"{path} is there already; move it away, or name another with --target")
    contract = Contract(slug)
    known, logins = asked_for(slug)
    path.write_text(template(slug, contract.document.title, url or "https://api.example.com", roles_of(contract), logins, known), encoding="utf-8")
    command = f"mockserver verify {slug} --target {path}"
    click.echo(f"Wrote {path}. Fill in base_url, credentials and known ids, then look at what would be sent, read, and judge:")
    click.echo(f"  {command} --dry-run\n  {command} --read-only --level quick\n  {command} --report reports/{slug}")
    return 0


def _listed(outcome: Outcomes) -> int:
    """Print what a dry run would have sent."""
    rows: dict[tuple[str, str, str], int] = {}
    for one in outcome.session.policy.listed:
        row = (one.operation or "(no operation)", one.method, outcome.mask.url(one.url))
        rows[row] = rows.get(row, 0) + 1
    for (name, method, url), count in sorted(rows.items()):
        click.echo(f"{name:32} {method:7} {url[:200]}" + (f"  ({count} times)" if count > 1 else ""))
    click.echo(f"{sum(rows.values())} requests to {len({name for name, _, _ in rows})} operations would be sent first; nothing was sent.")
    click.echo("What follows depends on the answers: a test that reads an id in one answer sends it in its next request.")
    return 0


def _told(report: dict[str, Any], options: Options) -> None:
    """The end of a run, on standard output."""
    from .report.markdown import headline  # noqa: PLC0415

    for one in report["findings"]:
        accepted = one["accepted"]
        word = "accepted" if accepted and not accepted["expired"] else "EXPIRED" if accepted else "broken"
        click.echo(f"{word}: {one['sentence']}")
        click.echo(f"    key: {one['key']}" + (f"   clauses: {', '.join(one['clauses'])}" if one["clauses"] else ""))
    for text in report["run"]["unfinished"]:
        click.echo(f"not done: {text}")
    stale = [one["finding"] for one in report["deviations"] if one["state"] == "unused"]
    for text in stale:
        click.echo(f"note: the accepted deviation {text!r} was not met; if it is fixed, take it out of the target file")
    changes = report["comparison"]
    if changes is not None:
        click.echo(f"since {changes['against']}: {len(changes['new'])} new, {len(changes['fixed'])} fixed, {len(changes['unchanged'])} unchanged")
        for word in ("new", "fixed"):
            for one in changes[word]:
                click.echo(f"    {word}: {one['sentence']}")
    click.echo(headline(report))
    if report["exit_code"] == 2:
        click.echo(
            "It could not be judged in full. Mend what is named above and run again; "
            "--time-budget and the [limits] of the target file say what a run may cost."
        )
    reasons = {row["reason"] for row in report["clauses"]["not_observable"]}
    if reasons:
        click.echo("not observable here, because: " + "; ".join(sorted(reasons)[:8]) + ("; …" if len(reasons) > 8 else ""))
    if options.report:
        click.echo(f"report: {options.report / 'report.html'}")


def _version() -> str:
    try:
        return version("mockserver")
    except PackageNotFoundError:
        return "0"


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command."""
    verify.main(args=arguments, prog_name=f"python -m {_PACKAGE}" if arguments is None else "mockserver verify")
    raise SystemExit(0)
