"""The command ``state``: looks at, checks, shortens and copies a state directory, without a server."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from mockserver.app import discover
from mockserver.commands.target import as_json_option, print_json
from mockserver.core.state.database import FILE, Database, NoState, open_state
from mockserver.core.state.state_check import check_state
from mockserver.openapi.documents import SPECS

FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@click.group()
def state() -> None:
    """Look at, check, shorten and copy the directory of `mockserver serve --state`."""


def _with_database(command: Callable[..., None]) -> Callable[..., None]:
    """Pass the database of a folder to a command, and close it afterwards."""

    @wraps(command)
    def run(folder: Path, **options: Any) -> None:
        database = open_state(folder, make=False)
        try:
            command(database, **options)
        except sqlite3.Error as error:
            raise NoState(f"{database.file} cannot be read: {error}; restore it from a backup") from None
        finally:
            database.close()

    return run


@state.command()
@FOLDER
@as_json_option
@_with_database
def info(database: Database, as_json: bool) -> None:  # noqa: FBT001 - a flag
    """Count what a state directory holds."""
    found = {name: database.execute(f"select count(*) from {name}").fetchone()[0] for name in ("worlds", "snapshots", "journal", "deltas")}  # noqa: S608
    shown = {
        "file": str(database.file),
        "bytes": sum(file.stat().st_size for file in database.file.parent.glob(f"{FILE}*")),
        "worlds": found["worlds"],
        "snapshots": found["snapshots"],
        "exchanges": found["journal"],
        "commits_since_images": found["deltas"],
        "born": database.read("born"),
    }
    if as_json:
        print_json(shown)
    for name, value in () if as_json else shown.items():
        click.echo(f"{name.replace('_', ' '):22}{value}")


@state.command()
@FOLDER
@_with_database
def check(database: Database) -> None:
    """Read every world and snapshot of a state directory; the exit code is 1 if one cannot be read.

    Records are read with the bundled vendors of this release; those of other documents are only counted.
    """
    tables = {table.name: table for api, _, _ in discover(SPECS).values() for table in api.tables}
    report = check_state(database, tables)
    for line in report.unread:
        click.echo(f"!!  {line}")
    for line in report.broken:
        click.echo(f"!!  {line}")
    click.echo(f"{report.worlds} worlds and {report.snapshots} snapshots read, {len(report.broken)} broken")
    if report.broken:
        raise SystemExit(1)


@state.command()
@FOLDER
@_with_database
def compact(database: Database) -> None:
    """Give unused room of a state directory back to the disk. Stop the servers that use it first."""
    before = database.file.stat().st_size
    database.execute("delete from gone")
    database.execute("pragma wal_checkpoint(truncate)")
    database.execute("vacuum")
    database.execute("pragma wal_checkpoint(truncate)")
    click.echo(f"{database.file}: {before:,} bytes before, {database.file.stat().st_size:,} now")


@state.command()
@FOLDER
@click.argument("target", type=click.Path(path_type=Path))
@_with_database
def backup(database: Database, target: Path) -> None:
    """Copy a state directory to TARGET, a new directory, as it is at one moment; servers may go on using it."""
    file = target / FILE
    if file.exists():
        raise click.ClickException(f"{file} is there already; name a directory without a state")
    target.mkdir(parents=True, exist_ok=True)
    copy = sqlite3.connect(file)
    try:
        database.connection.backup(copy)
        copy.execute("pragma journal_mode = wal")
    finally:
        copy.close()
    click.echo(f"{file}: {file.stat().st_size:,} bytes")
