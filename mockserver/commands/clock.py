"""The command ``clock``: the time of a world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from mockserver.commands.target import DefaultGroup, control_command
from mockserver.testing import Mock


class _ClockGroup(DefaultGroup):
    default = "show"


@click.group(cls=_ClockGroup)
def clock() -> None:
    """Show, freeze, advance or resume the world's time."""


def _add_move(name: str, argument: str, text: str, make_body: Callable[[str], Mapping[str, Any]]) -> None:
    """Add a command that moves the clock; ``make_body`` makes the request's body from its argument."""

    @clock.command(name, help=text)
    @click.argument(argument)
    @control_command
    def move(mock: Mock, **arguments: str) -> None:
        _print_clock(mock.call("PATCH", "/clock", make_body(arguments[argument])))


def _print_clock(found: Mapping[str, Any]) -> None:
    click.echo(f"{found['now']} {found['mode']}")


@clock.command("show")
@control_command
def show_clock(mock: Mock) -> None:
    """Show the time and the timers."""
    _print_clock(mock.call("GET", "/clock"))
    for timer in mock.clock.timers:
        click.echo(f"  {timer.due.isoformat()} {timer.action} {timer.subject if timer.subject is not None else ''}".rstrip())


_add_move("freeze", "moment", "Freeze the clock at a moment such as 2026-01-01T00:00:00Z.", lambda moment: {"freeze": moment})
_add_move("advance", "duration", "Advance the clock by an ISO 8601 duration such as P31D.", lambda duration: {"advance": duration})
_add_move("run-from", "moment", "Set the clock to a moment and let it run.", lambda moment: {"run_from": moment})


@clock.command("next")
@control_command
def next_timer(mock: Mock) -> None:
    """Move the clock to the moment at which the next timer is due."""
    _print_clock(mock.call("PATCH", "/clock", {"to": "next_timer"}))


@clock.command("resume")
@control_command
def resume(mock: Mock) -> None:
    """Return to real time."""
    _print_clock(mock.call("PATCH", "/clock", {"resume": True}))
