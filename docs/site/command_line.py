"""The page about the command line, from its commands."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from mockserver.bundled import load_bundled
from mockserver.cli import cli

INTRODUCTION = """# Command line

Written from the commands of `mockserver`. `mockserver COMMAND --help` shows the same in a terminal.
"""
VERIFY = "contract_tests.suite.verify.command"
"""The module with the options of `mockserver verify`, which hands its arguments on to it."""


def write_page() -> str:
    """A section for each command, with its arguments and options."""
    context = click.Context(cli, info_name="mockserver")
    return "\n".join([INTRODUCTION, *(_write_command(command, path) for path, command in _walk(cli, context))])


def get_command(group: click.Group, context: click.Context, name: str) -> click.Command | None:
    """The command of a group; that of the suite for `verify`."""
    if name == "verify":
        found: click.Command = load_bundled(VERIFY).verify
        return found
    return group.get_command(context, name)


def _walk(group: click.Group, context: click.Context) -> Iterator[tuple[click.Context, click.Command]]:
    for name in group.list_commands(context):
        command = get_command(group, context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        yield inner, command
        if isinstance(command, click.Group):
            yield from _walk(command, inner)


def _write_command(command: click.Command, context: click.Context) -> str:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    described = inspect.cleandoc(command.help or "").replace("\b\n", "").replace("\f", "")
    rows = [row for parameter in command.get_params(context) if (row := parameter.get_help_record(context)) and "--help" not in row[0]]
    table = ["| option | |", "|---|---|", *(f"| `{_cell(name)}` | {_cell(text)} |" for name, text in rows)] if rows else []
    level = "##" if context.command_path.count(" ") == 1 else "###"
    return "\n".join([f"{level} {context.command_path}", "", f"```text\n{usage}\n```", "", _escape(described), "", *table, ""])


def _cell(text: str) -> str:
    return _escape(" ".join(text.split())).replace("|", "\\|")


def _escape(text: str) -> str:
    """A text of a terminal as Markdown: placeholders in angle brackets are no elements."""
    return text.replace("<", "&lt;") if "`" not in text else text
