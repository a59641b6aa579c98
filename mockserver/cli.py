"""The command ``mockserver``."""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.bundled import load_bundled
from mockserver.extras import name_extra
from mockserver.network import NetworkOptions, network_options
from mockserver.openapi.digits import read_digits
from mockserver.openapi.errors import SetupError
from mockserver.selection import DocumentSelection, SelectedParts, selection_options

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from datetime import datetime

    from mockserver.app import App, ServerSettings
    from mockserver.core.state.database import Durability

_SPECS = click.option("--specs", type=click.Path(path_type=Path, file_okay=False), help="Folder of the documents; by default the project's own.")


class _Commands(click.Group):
    """The commands of this module, and those for a running server, which are imported only when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._load_commands()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        return own if own is not None else self._load_commands().get(cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            refusal = name_extra(error, f"mockserver {ctx.invoked_subcommand}")
            if refusal is None:
                raise
            raise refusal from None

    @staticmethod
    def _load_commands() -> dict[str, click.Command]:
        from mockserver.commands import COMMANDS  # noqa: PLC0415 - `serve` needs no client

        return {command.name or "": command for command in COMMANDS}


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mockserver")
def cli() -> None:
    """Serve vendors' HTTP APIs from their OpenAPI documents, and test implementations against them."""


def _parse_moment(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    from mockserver.core.base.clock import parse_moment  # noqa: PLC0415 - the command line answers before the server is loaded

    try:
        return None if value is None else parse_moment(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}; write a moment such as 2026-01-01T00:00:00Z") from None


def _parse_born(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    from mockserver.core.base.clock import parse_born  # noqa: PLC0415 - likewise

    try:
        return None if value is None else parse_born(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}; write a moment such as 2026-01-01T00:00:00Z") from None


def _check_workers(_context: click.Context, _parameter: click.Parameter, value: str) -> int:
    """The number of processes, which has to be 1: a second process would answer from worlds of its own."""
    count = read_digits(value) or 0
    if count < 1:
        raise click.BadParameter(f"{value} is not a number of processes")
    if count > 1:
        raise click.BadParameter(
            "worlds live in the memory of one process, so several would give wrong answers; start several servers on ports of their own, and let a"
            " load balancer choose by the world's name: the header X-Mock-World, or the path's beginning /~name (see docs/benchmarks.md)"
        )
    return count


@cli.command()
@selection_options
@click.option("--watch", is_flag=True, help="Read a DOCUMENT and what stands beside it again when a file is saved; worlds stay.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on. Any but a loopback address requires a token for /_mock.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes any free one.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(min=0), help="Seed of the worlds: the same seed gives the same data.")
@click.option(
    "--born",
    callback=_parse_born,
    help="Birth date of the worlds, for example 2026-01-01T00:00:00Z, instead of the time of the start: equal seeds and birth dates give equal data.",
)
@click.option(
    "--freeze", "frozen_at", callback=_parse_moment, help="Start every world's clock frozen at this moment, for example 2026-01-01T00:00:00Z."
)
@click.option(
    "--token",
    envvar="MOCKSERVER_TOKEN",
    help="Token of the control plane; generated at start if the address requires one and none is given. [MOCKSERVER_TOKEN]",
)
@click.option("--world", type=click.Path(path_type=Path, dir_okay=False), help="File of an exported world from which every world starts.")
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    help="Directory in which worlds, snapshots and journal outlive the server; it is made if it is not there. Without it, a restart forgets them.",
)
@click.option(
    "--durability",
    type=click.Choice(["process", "power"]),
    default="process",
    show_default=True,
    help="What an answered call survives with --state: the end of the process in any way, or also a loss of power, which is slower.",
)
@click.option("--max-worlds", default=10_000, show_default=True, type=click.IntRange(2), help="Worlds kept.")
@click.option(
    "--idle",
    default=3600.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Seconds without use after which a changed world may leave for a new one of the client that holds most; 0 means never.",
)
@click.option(
    "--when-full",
    type=click.Choice(["refuse", "evict"]),
    default="refuse",
    show_default=True,
    help="If there are --max-worlds and none may leave: refuse a new world, or drop the one unused for longest.",
)
@click.option("--workers", default="1", callback=_check_workers, help="Processes; only 1, because a world lives in one.")
@click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    default="reports",
    show_default=True,
    help="Folder of the contract suite's reports.",
)
@click.option(
    "--allow-targets",
    multiple=True,
    metavar="PATTERN",
    help="Name, address or network, with :PORT if only one is meant, that the server may call if a client names it; by default none. Repeatable.",
)
@click.option(
    "--keep",
    default=1_000,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="Exchanges that the journal keeps of each world, within its bytes.",
)
@click.option(
    "--announce", type=click.Path(path_type=Path, dir_okay=False), help="File to which address and process id are written when the server answers."
)
@click.option("--while-alive", "companion", type=click.IntRange(1), help="Stop when the process with this id ends.")
@click.option("--record", type=click.Path(path_type=Path, dir_okay=False), help="File to which every call is appended: JSON Lines, without secrets.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the log on standard error; json also has one line for each call to a vendor's API.",
)
@click.option("--traces", is_flag=True, help="Send a span of each call by OTLP, as the variables OTEL_EXPORTER_OTLP_* say.")
@network_options
@_SPECS
def serve(
    selection: DocumentSelection,
    watch: bool,  # noqa: FBT001 - click passes it
    host: str,
    port: int,
    seed: int,
    born: datetime | None,
    frozen_at: datetime | None,
    token: str | None,
    world: Path | None,
    state: Path | None,
    durability: Durability,
    max_worlds: int,
    idle: float,
    when_full: str,
    workers: int,  # noqa: ARG001 - its callback checks it
    reports: Path,
    allow_targets: tuple[str, ...],
    keep: int,
    announce: Path | None,
    companion: int | None,
    record: Path | None,
    log_format: str,
    traces: bool,  # noqa: FBT001 - likewise
    specs: Path | None,
    network: Callable[[str], NetworkOptions],
) -> None:
    """Start the server, with the API of every DOCUMENT, or with those of the bundled vendors if there is none.

    A DOCUMENT is an OpenAPI document, 2.0 or 3.x, in a file, at an address, or in a folder. NAME=DOCUMENT gives it a name.
    """
    # Nearly every object of start-up stays, so collecting garbage before the server runs only takes time.
    gc.disable()
    from mockserver.app import ServerSettings, create_app  # noqa: PLC0415
    from mockserver.banner import describe_documents, describe_network, describe_server  # noqa: PLC0415
    from mockserver.core.base.ids import control_token  # noqa: PLC0415
    from mockserver.openapi.documents import SPECS  # noqa: PLC0415
    from mockserver.serving import is_loopback, listen, run  # noqa: PLC0415

    if token is None and not is_loopback(host):
        token = control_token()
    _check_folder("--record", record)
    _check_folder("--announce", announce)
    reached = network(host)
    bound = listen(host, port)
    with bound:
        settings = ServerSettings(
            seed=seed,
            born=born,
            frozen_at=frozen_at,
            token=token,
            specs=specs or SPECS,
            world=world,
            state=state,
            durability=durability,
            max_worlds=max_worlds,
            idle=idle,
            evicts=when_full == "evict",
            reports=reports,
            allow_targets=allow_targets,
            keep=keep,
            address=reached.address,
            trusted_origins=reached.trusted_origins,
            scheme="http" if reached.certificate is None else "https",
        )
        played = selection.read(settings.specs)
        app = create_app(settings, played.found)
        _observe(app, log_format, traces=traces)
        if record is not None:
            recorder = load_bundled("contract_tests.traffic.recorder")
            try:
                app.surround(lambda inner: recorder.Recorder(inner, record, list(app.vendors)))
            except OSError as error:
                raise SetupError(f"--record {record}: the file cannot be opened: {error.strerror}") from None
        url = _url(host, bound.getsockname()[1], settings.scheme)
        bound.listen()
        click.echo(describe_network(reached) + describe_server(app, url, token) + "\n" + describe_documents(played, url), nl=False)
        if announce is not None:
            try:
                _announce(announce, url)
            except OSError as error:
                raise SetupError(f"--announce {announce}: the file cannot be written: {error.strerror}") from None
        run(app, bound, companion, reached.certificate, _watch(app, settings, selection, played) if watch else None)


def _observe(app: App, log_format: str, *, traces: bool) -> None:
    """Have calls logged and traced."""
    if log_format == "json":
        from mockserver.logs import write_json_logs  # noqa: PLC0415 - only where it is asked for

        app.control.pipeline.observers += (write_json_logs(),)
    if traces:
        from mockserver.tracing import export_traces  # noqa: PLC0415 - needs an extra

        app.control.pipeline.observers += (export_traces(app.control.version),)


@cli.command()
@_SPECS
def operations(specs: Path | None) -> None:
    """List every operation with its method and path."""
    from mockserver.app import discover  # noqa: PLC0415
    from mockserver.openapi.documents import SPECS  # noqa: PLC0415

    for slug, (_, document, _) in discover(specs or SPECS).items():
        for operation in document.operations:
            click.echo(f"{slug}.{operation.id:24} {operation.method:7} {document.base_path}{operation.path}")


@cli.command()
@click.option("--url", envvar="MOCKSERVER_URL", default="http://127.0.0.1:8000", show_default=True, help="Address of the server. [MOCKSERVER_URL]")
@click.option("--world", envvar="MOCKSERVER_WORLD", default="default", show_default=True, help="Name of the world. [MOCKSERVER_WORLD]")
@click.option("--token", envvar="MOCKSERVER_TOKEN", help="Token of the control plane. [MOCKSERVER_TOKEN]")
@_SPECS
def doctor(url: str, world: str, token: str | None, specs: Path | None) -> None:
    """Check this set-up, and say what to do about each problem."""
    from mockserver.doctor import examine  # noqa: PLC0415

    problems = 0
    for diagnosis in examine(url, world, token, specs):
        problems += bool(diagnosis.advice)
        click.echo(f"{'!!' if diagnosis.advice else 'ok'}  {diagnosis.text}")
        if diagnosis.advice:
            click.echo(f"    → {diagnosis.advice}")
    sys.exit(1 if problems else 0)


@cli.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> None:
    """Test an implementation of a vendor's API against its document."""
    load_bundled("contract_tests.suite.verify.command").main(list(arguments))


def _watch(app: App, settings: ServerSettings, selection: DocumentSelection, played: SelectedParts) -> Callable[[], Coroutine[Any, Any, None]]:
    """What reads the documents again when a file changes, beside the requests. Raises SetupError if there are none."""
    from mockserver.watching import Watcher  # noqa: PLC0415 - few servers watch files

    if not played.foreign:
        raise SetupError("--watch reads documents again, and none is named; name one, as in mockserver serve api.yaml --watch")
    return Watcher(app, settings, selection, played).run


def _url(host: str, port: int, scheme: str) -> str:
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _check_folder(option: str, file: Path | None) -> None:
    """Check that the folder of a file exists. Raises SetupError."""
    if file is not None and not file.parent.is_dir():
        raise SetupError(f"{option} {file}: there is no folder {file.parent}; create it first")


def _announce(file: Path, url: str) -> None:
    """Write the server's URL and process id in one step, so that a reader never sees half of the file."""
    beside = file.with_name(file.name + ".new")
    beside.write_text(json.dumps({"url": url, "process": os.getpid()}), encoding="utf-8")
    beside.replace(file)


def main() -> None:
    """Run the command. An error of set-up is printed as one line on standard error, with exit code 2."""
    try:
        cli()
    except SetupError as error:
        click.echo(f"mockserver: {error}", err=True)
        sys.exit(2)
