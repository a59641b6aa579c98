"""What the commands for a running server share: options for server and world, and the printing of results."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

import click

from mockserver.testing import Mock, Refused

HERE = "http://127.0.0.1:8000"

_TARGET = (
    click.option("--url", envvar="MOCKSERVER_URL", default=HERE, show_default=True, help="Address of the server. [MOCKSERVER_URL]"),
    click.option("--world", envvar="MOCKSERVER_WORLD", default="default", show_default=True, help="Name of the world. [MOCKSERVER_WORLD]"),
    click.option("--token", envvar="MOCKSERVER_TOKEN", help="Token of the control plane. [MOCKSERVER_TOKEN]"),
)
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def control_command(function: Callable[..., None]) -> Callable[..., None]:
    """Call a function with a client of the world that the options name. A refusal of the control plane is printed, with exit code 1."""

    @wraps(function)
    def command(*arguments: Any, url: str, world: str, token: str | None, **options: Any) -> None:
        try:
            with Mock(url, world, token) as mock:
                function(mock, *arguments, **options)
        except Refused as error:
            raise click.ClickException(str(error)) from None

    return target_options(command)


def target_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for server, world and token to a command."""
    for option in reversed(_TARGET):
        command = option(command)
    return command


class DefaultGroup(click.Group):
    """A group of commands that runs its default command if none is named."""

    default = "list"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert the default command if there are options only."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = [self.default, *args]
        return super().parse_args(ctx, args)


def print_json(data: Any) -> None:
    """Print data as JSON."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=False))


def print_table(rows: Iterable[Mapping[str, Any]], *columns: str) -> None:
    """Print columns of rows below their names."""
    shown = [columns, *([str(row[name]) for name in columns] for row in rows)]
    widths = [max(len(row[number]) for row in shown) for number in range(len(columns))]
    for row in shown:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
