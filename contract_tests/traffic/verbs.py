"""The commands ``audit``, ``proxy``, ``compare`` and ``replay``.

Exit codes: 0 nothing wrong, 1 something found, 2 it could not be done, be it for an error of the caller or of our own code.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets  # noqa: TID251 - a token against other machines must not follow from a seed
import socket
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from mockserver.openapi.foreign.options import take_reading

from ..crashes import describe_error, report_crashes
from ..named_document import read_document
from ..printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockserver.openapi.documents import Document
    from mockserver.openapi.foreign.sources import SourceOptions

    from .steps import Step

_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
_NEW = click.Path(dir_okay=False, path_type=Path)
_OUTPUT = click.option("--output", "-o", type=_NEW, help="File to write to, instead of standard output.")
FOUND = 1
IMPOSSIBLE = 2


class CommandError(click.ClickException):
    """A command cannot run. The text says what to do; what it repeats of a file or a target is made printable."""

    exit_code = IMPOSSIBLE

    def __init__(self, text: str) -> None:
        super().__init__(printable(text))


def _document(named: str, reading: SourceOptions, bases: tuple[str, ...] = ()) -> Document:
    from mockserver.openapi.errors import SetupError  # noqa: PLC0415 - the command line answers before the documents are read

    try:
        return replace(read_document(named, reading).document, bases=bases)
    except SetupError as error:
        raise CommandError(f"{error}; `mockserver operations` lists the bundled APIs") from None


def _print(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{output} cannot be written: {error.strerror}") from None
    click.echo(f"written to {output}", err=True)


def _headers(said: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in said:
        name, colon, value = text.partition(":")
        if not colon or not name.strip():
            raise click.BadParameter(f"{text!r} is no header; write it as 'Name: value'")
        found[name.strip()] = value.strip()
    return found


def _address(_context: click.Context, parameter: click.Parameter, said: str) -> str:
    """An address that an option names. Raises CommandError."""
    try:
        parts = urlsplit(said)
        _ = parts.port
    except ValueError as error:
        raise CommandError(f"--{parameter.name}: {said!r} is no address: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CommandError(f"--{parameter.name}: {said!r} is no address of a server; write http://host:port or https://host")
    return said


@click.command()
@click.argument("file", type=_FILE)
@click.option("--api", "named", required=True, metavar="DOCUMENT", help="The document that judges: a bundled API, a file, an address or a folder.")
@take_reading
@click.option("--base", "bases", multiple=True, help="Path or URL below which the API was called, besides those that the document names.")
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True, help="Form of the report.")
@_OUTPUT
@report_crashes("audit")
def audit(file: Path, named: str, reading: SourceOptions, bases: tuple[str, ...], form: str, output: Path | None) -> None:
    """Judge recorded traffic: a HAR file, or JSON Lines with one HAR entry each."""
    from .audit import Audit  # noqa: PLC0415
    from .recording import RecordingBroken  # noqa: PLC0415
    from .reports import FORMATS  # noqa: PLC0415

    found = Audit(_document(named, reading, bases))
    with ExitStack() as opened:
        source = sys.stdin.buffer if str(file) == "-" else opened.enter_context(file.open("rb"))
        try:
            found.read(source)
        except Exception as error:
            found.stopped = str(error) if isinstance(error, RecordingBroken) else describe_error(error)
            if found.total or found.unreadable:
                _print(FORMATS[form](found), output)
            if isinstance(error, RecordingBroken):
                raise CommandError(f"{file}: {error}") from None
            raise
    _print(FORMATS[form](found), output)
    if found.total == 0 and found.unreadable:
        raise CommandError(f"{file} holds no HAR entry that can be read; {next(iter(found.unreadable))}")
    if found.total == 0:
        raise CommandError(f"{file} holds no exchange")
    if found.total == found.kinds["foreign"]:
        raise CommandError(f"no exchange in {file} is below {' or '.join(found.document.base_paths)}; --base names another base path")
    sys.exit(FOUND if found.violations else 0)


@click.command()
@click.argument("named", metavar="DOCUMENT")
@take_reading
@click.option(
    "--upstream",
    required=True,
    callback=_address,
    help="Origin that everything is passed on to, such as https://staging.example.com; the only one that is ever called.",
)
@click.option("--mode", type=click.Choice(["report", "enforce"]), default="report", show_default=True, help="Tell violations, or refuse them too.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes any free one.")
@click.option("--base", "bases", multiple=True, help="Path below which the API is called, besides those that the document names.")
@click.option("--record", type=_NEW, help="HAR file into which every call is written, without secrets.")
@click.option(
    "--limit", default=1024, show_default=True, type=click.IntRange(1), help="KiB of a body up to which it is judged; longer ones pass unjudged."
)
@click.option(
    "--timeout", default=60.0, show_default=True, type=click.FloatRange(0.1), help="Seconds of silence after which the upstream is given up."
)
@click.option("--preserve-host", is_flag=True, help="Pass the client's Host on, instead of naming the upstream.")
@click.option("--http2", is_flag=True, help="Speak HTTP/2 to an upstream without TLS; with TLS it is agreed on by itself.")
@click.option("--insecure", is_flag=True, help="Take any certificate of the upstream.")
@click.option("--token", envvar="MOCKSERVER_TOKEN", help="Token that /_proxy demands; drawn for an address that others reach. [MOCKSERVER_TOKEN]")
@click.option("--quiet", is_flag=True, help="Do not print each call.")
@report_crashes("proxy")
def proxy(
    named: str,
    reading: SourceOptions,
    upstream: str,
    mode: str,
    host: str,
    port: int,
    bases: tuple[str, ...],
    record: Path | None,
    limit: int,
    timeout: float,
    preserve_host: bool,  # noqa: FBT001 - a flag
    http2: bool,  # noqa: FBT001 - likewise
    insecure: bool,  # noqa: FBT001 - likewise
    token: str | None,
    quiet: bool,  # noqa: FBT001 - likewise
) -> None:
    """Run a proxy in front of an implementation and judge its traffic by a DOCUMENT: a bundled API, a file, an address or a folder.

    Bytes pass unchanged. The header X-Contract-Violations of each response lists findings; http://HOST:PORT/_proxy shows every call live. A call
    with X-Contract-Check: request, response or none is judged on that side only, or not at all.
    """
    from .proxy.app import ProxySettings  # noqa: PLC0415
    from .proxy.server import serve  # noqa: PLC0415
    from .proxy.upstream import Timeouts  # noqa: PLC0415
    from .reports import as_text  # noqa: PLC0415

    document = _document(named, reading, bases)
    settings = ProxySettings(enforce=mode == "enforce", limit=limit * 1024, preserve_host=preserve_host)
    bound = _listening(host, port)
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"Judging {document.title} in front of {upstream} on http://{shown}:{bound.getsockname()[1]}; console at /_proxy")
    if token is None and not ipaddress.ip_address(bound.getsockname()[0].partition("%")[0]).is_loopback:
        token = secrets.token_urlsafe(24)
        click.echo(f"Other machines can reach this address: open /_proxy?token={token} in a browser, or send the header X-Mock-Token")
    sys.stdout.flush()
    with bound:
        try:
            work = serve(
                document,
                upstream,
                bound,
                settings,
                timeouts=Timeouts(read=timeout),
                http2=True if http2 else None,
                verify=not insecure,
                record=record,
                tell=None if quiet else click.echo,
                token=token,
            )
            found, error_of_ours = _runner()(work)
        except ValueError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{error.filename or upstream}: {error.strerror}") from None
    click.echo(as_text(found))
    if error_of_ours is not None:
        raise error_of_ours
    sys.exit(FOUND if found.violations else 0)


def _runner() -> Any:
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        return asyncio.run
    return uvloop.run


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(1024)
    except OSError as error:
        raise CommandError(f"cannot listen on {host} port {port}: {error.strerror}; choose another with --port") from None
    return bound


def _steps(document: Document, scenario_file: Path | None, har: Path | None, stack: ExitStack) -> list[Step] | Iterator[Step]:
    from .recording import exchanges  # noqa: PLC0415
    from .steps import recorded, scenario  # noqa: PLC0415

    if (scenario_file is None) == (har is None):
        raise click.UsageError("give either --scenario or --har")
    if scenario_file is not None:
        return scenario(scenario_file, document)
    assert har is not None
    return recorded(exchanges(stack.enter_context(har.open("rb"))), document)


@click.command()
@click.argument("named", metavar="DOCUMENT")
@take_reading
@click.option("--left", required=True, callback=_address, help="URL of one implementation; for a mock that of the server will do.")
@click.option("--right", required=True, callback=_address, help="URL of the other.")
@click.option("--scenario", "scenario_file", type=_FILE, help="YAML file with the steps to play.")
@click.option("--har", type=_FILE, help="Recording to play, instead of a scenario.")
@click.option("--left-header", multiple=True, help="Header that the left side is sent with every call, such as 'apikey: …'.")
@click.option("--right-header", multiple=True, help="The same for the right side.")
@click.option("--world", help="World to play in where a side is a mock; a fresh one where none is named.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown", "html"]), default="text", show_default=True, help="Form of the summary."
)
@_OUTPUT
@report_crashes("compare")
def compare(
    named: str,
    reading: SourceOptions,
    left: str,
    right: str,
    scenario_file: Path | None,
    har: Path | None,
    left_header: tuple[str, ...],
    right_header: tuple[str, ...],
    world: str | None,
    form: str,
    output: Path | None,
) -> None:
    """Send the same calls to two implementations of a DOCUMENT and report where their answers differ."""
    from .compare import compare as compared  # noqa: PLC0415
    from .player import Player, Side, fresh_world  # noqa: PLC0415
    from .recording import RecordingBroken  # noqa: PLC0415
    from .steps import ScenarioBroken  # noqa: PLC0415
    from .summaries import FORMATS  # noqa: PLC0415

    document = _document(named, reading)
    world = world or fresh_world()
    with ExitStack() as stack:
        players = []
        for name, url, said in (("left", left, left_header), ("right", right, right_header)):
            players.append(Player(Side.discover(name, url, document, world=f"{world}-{name}", headers=_headers(said)), document))
            stack.callback(players[-1].close)
        try:
            found = compared(_steps(document, scenario_file, har, stack), document, *players)
        except (ScenarioBroken, RecordingBroken) as error:
            raise CommandError(str(error)) from None
    if not found.played:
        raise CommandError("there was nothing to play")
    if all(played.left.broken and played.right.broken for played in found.played):
        raise CommandError(f"neither side answered: {found.played[0].left.broken}")
    _print(FORMATS[form](found), output)
    sys.exit(FOUND if found.differences else 0)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--api", "named", required=True, metavar="DOCUMENT", help="The API that was called: a bundled one, a file, an address or a folder.")
@take_reading
@click.option(
    "--url",
    envvar="MOCKSERVER_URL",
    callback=_address,
    default="http://127.0.0.1:8000",
    show_default=True,
    help="Address of the mock. [MOCKSERVER_URL]",
)
@click.option("--world", envvar="MOCKSERVER_WORLD", default="default", show_default=True, help="World to rebuild. [MOCKSERVER_WORLD]")
@click.option("--token", envvar="MOCKSERVER_TOKEN", help="Token that the control plane demands. [MOCKSERVER_TOKEN]")
@click.option(
    "--recorded-times", is_flag=True, help="Set the world's clock to the moment of each call before it is made, and leave it frozen at the last."
)
@click.option(
    "--answers",
    is_flag=True,
    help="Make the calls that were refused too, and compare whole answers, but for what changes between two runs by its nature.",
)
@report_crashes("replay")
def replay(
    file: Path,
    named: str,
    reading: SourceOptions,
    url: str,
    world: str,
    token: str | None,
    recorded_times: bool,  # noqa: FBT001 - a flag
    answers: bool,  # noqa: FBT001 - likewise
) -> None:
    """Rebuild a world from recorded calls: every documented one that succeeded is made again, with this world's ids and credentials."""
    from .compare import replayed_difference  # noqa: PLC0415
    from .player import Player, Side  # noqa: PLC0415
    from .recording import RecordingBroken, exchanges  # noqa: PLC0415
    from .steps import ScenarioBroken, recorded  # noqa: PLC0415

    document = _document(named, reading)
    headers = {"X-Mock-Token": token} if token else {}
    side = Side.discover("mock", url, document, world=world, headers=headers)
    if side.world is None:
        raise CommandError(f"no mock of {document.slug} answers at {url}")
    player, played, wrong = Player(side, document), 0, 0
    with file.open("rb") as source:
        try:
            for step in recorded(exchanges(source), document, only_successes=not answers):
                if recorded_times and step.recorded is not None and step.recorded.started:
                    player.freeze(step.recorded.started)
                found = replayed_difference(step, player.play(step), whole=answers)
                played += 1
                if found is not None:
                    wrong += 1
                    click.echo(printable(f"entry {step.number} {step.operation.id}: {found.path} was {found.left}, is {found.right}"))
        except (RecordingBroken, ScenarioBroken) as error:
            raise CommandError(f"{file}: {error}") from None
        finally:
            player.close()
    click.echo(f"{played} calls made in the world {world}, {wrong} answered otherwise than recorded")
    if not played:
        raise CommandError(f"{file} holds no {'' if answers else 'successful '}call of {document.slug}")
    sys.exit(FOUND if wrong else 0)


VERBS = (audit, proxy, compare, replay)
