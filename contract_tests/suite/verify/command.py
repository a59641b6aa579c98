"""The command: ``mockserver verify DOCUMENT --url BASE_URL``. Exit code 0 conforms, 1 broken, 2 could not run, 3 too little was seen."""

from __future__ import annotations

import importlib
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mockserver.openapi.documents import list_slugs
from mockserver.openapi.errors import SetupError
from mockserver.openapi.foreign.options import take_reading
from mockserver.openapi.foreign.sources import SourceOptions

from ...crashes import report_crashes
from ...named_document import read_document
from .contract import Contract
from .options import DEFAULT_FILE, CannotRun, Options, make_plan
from .report.compare import BadReport
from .target_file import BadTargetFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .events import Event
    from .run import VerifyRun


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("source", metavar="DOCUMENT")
@take_reading
@click.option("--url", metavar="BASE_URL", help="Base URL of the implementation, such as http://127.0.0.1:8000/acme/v1.")
@click.option("--level", type=click.Choice(["quick", "standard", "deep"]), default="standard", show_default=True, help="How much is tried.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of every generated value.")
@click.option(
    "--report", type=click.Path(path_type=Path, file_okay=False), help="Folder for report.html, report.json, JUnit, SARIF, Markdown, badge, evidence."
)
@click.option("--workers", type=click.IntRange(1, 16), default=1, show_default=True, help="Parts of the run that go on at the same time.")
@click.option("--read-only", is_flag=True, help="Send GET, HEAD and OPTIONS only, and to the target only.")
@click.option("--dry-run", is_flag=True, help="Send nothing; list what would be sent.")
@click.option("--target", type=click.Path(path_type=Path, dir_okay=False), help="Target file; contract.toml of this folder if there is one.")
@click.option("--compare", type=click.Path(path_type=Path, dir_okay=False), help="report.json of an earlier run: says what is new, fixed, unchanged.")
@click.option(
    "--time-budget",
    "budget",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    help="Time that the run may wait for the target, in all; 120, 600, 3600 by level.",
)
@click.option("--resolve", multiple=True, metavar="HOST:PORT:ADDRESS", help="Call this address when the host is named, as curl does. Repeatable.")
@click.option("--any-implementation", is_flag=True, help="Judge a mock by what the document allows, not by what the mock has promised as well.")
@click.option(
    "--assumptions",
    type=click.Choice(["apart", "strict"]),
    default="apart",
    show_default=True,
    help="What differs from what the document assumes where the vendor's page is silent: listed apart, or findings.",
)
@click.option(
    "--inferred",
    type=click.Choice(["apart", "strict"]),
    default="apart",
    show_default=True,
    help="What differs from what was inferred from a document, and declared by no overlay: a question, or a finding.",
)
@click.option("--require-coverage", is_flag=True, help="Exit with 3 if nothing is broken but too little was seen to say that the target conforms.")
@click.option(
    "--init", is_flag=True, help="Try the given credentials, propose known ids, write a commented target file with its JSON Schema, and stop."
)
@click.option(
    "--credential",
    "given",
    multiple=True,
    metavar="ROLE.HEADER=VALUE",
    help="With --init: a credential to try, such as owner.Authorization='Bearer …'. It is not written; the environment and a terminal are asked too.",
)
@click.option("--doctor", is_flag=True, help="Try the credentials, and say what the target file lacks, and which clauses need it; only reads.")
@click.option(
    "--self-test",
    is_flag=True,
    help="Plant violations in copies of the mock, judge each, and print which were found; needs no target, but a checkout.",
)
def verify(source: str, *, reading: SourceOptions, init: bool, given: tuple[str, ...], doctor: bool, self_test: bool, **options: Any) -> NoReturn:
    """Judge an implementation of an API by its DOCUMENT: clause tests, documented examples, behaviour checks, generated requests.

    DOCUMENT is a file, an address or a folder, as `mockserver serve` takes it, or the name of a bundled vendor.

    Exit code 0: it conforms, or conforms as far as the run has seen. 1: it is broken, each finding with its evidence. 2: it could not be judged, with
    the reason and what to do. 3: too little was seen, with --require-coverage.
    """
    started = time.monotonic() - time.process_time()  # what loading Python took counts as well
    with report_crashes("verify", options["report"]):
        try:
            if init:
                contract = Contract(read_document(source, reading).document)
                sys.exit(_init(source, contract, options["url"], options["target"] or DEFAULT_FILE, given))
            if self_test:
                sys.exit(_self_test(source, options["workers"], options["seed"]))
            chosen = Options(source, **options, reading=reading)
            sys.exit(_doctor(chosen, started) if doctor else _run(chosen, started))
        except (CannotRun, BadTargetFile, BadReport, SetupError) as error:
            click.echo(f"could not run: {error}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("could not run to its end: interrupted", err=True)
            sys.exit(2)
    raise AssertionError("every branch above ends the command")


def _self_test(slug: str, workers: int, seed: int) -> int:
    """Print which planted violations the suite finds; 0 if it finds all. They are edits of the mock's source, so only a checkout has them."""
    if slug not in list_slugs():
        raise CannotRun(f"--self-test plants violations in copies of a bundled vendor, not in {slug}; name one of {', '.join(list_slugs())}")
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
    plan = make_plan(options, started)
    with _needs_extra():
        from .events import RunFinished  # noqa: PLC0415 - the command line answers before the suite is loaded
        from .progress import Progress  # noqa: PLC0415
        from .report.terminal import Summary  # noqa: PLC0415
        from .report.write import ReportFolder  # noqa: PLC0415
        from .run import VerifyRun  # noqa: PLC0415

    run = VerifyRun(plan)
    subscribers: list[Callable[[Event], None]] = [Progress(run.store, hide=run.hide), Summary(options.report)]
    if options.report is not None:
        subscribers.insert(1, ReportFolder(options.report))
    event: Event | None = None
    with _interruptible(run):
        for event in run:
            for subscriber in subscribers:
                subscriber(event)
    return int(event.report["exit_code"]) if isinstance(event, RunFinished) else 0


@contextmanager
def _interruptible(run: VerifyRun) -> Iterator[None]:
    """Let Ctrl-C end the run with a report; pressed once more, it ends the command at once."""

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        run.interrupt()

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _init(source: str, contract: Contract, url: str | None, path: Path, given: tuple[str, ...]) -> int:
    with _needs_extra():
        from .setup import init  # noqa: PLC0415

    def ask(what: str) -> str:
        return str(click.prompt(f"{what} (empty to leave it out)", default="", show_default=False, hide_input=True, err=True))

    for line in init(source, contract, url, path, given, ask if sys.stdin.isatty() else None):
        click.echo(line)
    return 0


def _doctor(options: Options, started: float) -> int:
    plan = make_plan(replace(options, read_only=True), started)
    with _needs_extra():
        from .doctor import examine  # noqa: PLC0415

    for line in examine(plan):
        click.echo(line)
    return 0


@contextmanager
def _needs_extra() -> Iterator[None]:
    """Say which extra is missing if a package of the suite is."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise CannotRun(
            f"the package {error.name} is missing; install mockserver with the extra `verify`, in a checkout by: pip install -e '.[verify]'"
        ) from None


def main(arguments: list[str] | None = None) -> NoReturn:
    verify.main(args=arguments, prog_name="mockserver verify")
    raise SystemExit(0)
