"""Commands for the clock and for faults on purpose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from mockserver.commands.target import Verb, steering

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mockserver.testing import Mock


class _Clock(Verb):
    default = "show"


@click.group(cls=_Clock)
def clock() -> None:
    """Show, freeze, advance or resume the world's time."""


def _move(name: str, argument: str, text: str, body: Callable[[str], Mapping[str, Any]]) -> None:
    """A command that moves the clock by what is said."""

    @clock.command(name, help=text)
    @click.argument(argument)
    @steering
    def move(mock: Mock, **said: str) -> None:
        _told(mock.call("PATCH", "/clock", body(said[argument])))


def _told(found: Mapping[str, Any]) -> None:
    click.echo(f"{found['now']} {found['mode']}")


@clock.command("show")
@steering
def show_clock(mock: Mock) -> None:
    """Show the time and what is going to happen."""
    _told(mock.call("GET", "/clock"))
    for timer in mock.clock.timers:
        click.echo(f"  {timer.due.isoformat()} {timer.action} {timer.subject if timer.subject is not None else ''}".rstrip())


_move("freeze", "moment", "Stand still at a moment such as 2026-01-01T00:00:00Z.", lambda said: {"freeze": said})
_move("advance", "duration", "Move on by an ISO 8601 duration such as P31D.", lambda said: {"advance": said})
_move("run-from", "moment", "Run on from a moment.", lambda said: {"run_from": said})


@clock.command("next")
@steering
def next_timer(mock: Mock) -> None:
    """Move to the moment at which the next timer is due."""
    _told(mock.call("PATCH", "/clock", {"to": "next_timer"}))


@clock.command("resume")
@steering
def resume(mock: Mock) -> None:
    """Run in real time again."""
    _told(mock.call("PATCH", "/clock", {"resume": True}))


@click.group(cls=Verb)
def faults() -> None:
    """Let calls go wrong on purpose."""


@faults.command("list")
@steering
def list_faults(mock: Mock) -> None:
    """List the rules and the services that are down."""
    for rule in mock.faults.rules:
        said = {
            name: value
            for name, value in rule.said.items()
            if name not in ("id", "operations", "matched", "struck", "headers") or (name == "headers" and value)
        }
        click.echo(f"{rule.id}  {json.dumps(said)}  for {', '.join(rule.operations)}  struck {rule.struck} of {rule.matched}")
    for name, down in mock.services.all.items():
        click.echo(f"{name}  {'down' if down else 'up'}")


@faults.command("add")
@click.argument("api")
@click.argument("operation", required=False)
@click.option("--status", type=click.IntRange(100, 599), help="Answer this documented status.")
@click.option("--code", help="Answer this documented code of the vendor.")
@click.option("--delay", type=click.FloatRange(0, 60), help="Hold the call up for so many seconds.")
@click.option("--damage", type=click.Choice(["reset", "truncated", "malformed", "drip"]), help="Break the answer on its way.")
@click.option("--seconds", type=click.FloatRange(0, 60), help="Over how many seconds a body drips.")
@click.option("--when", type=click.Choice(["before", "after"]), help="Before anything is done, or after it was kept.")
@click.option("--first", type=click.IntRange(1), help="Only the first so many calls.")
@click.option("--every", type=click.IntRange(1), help="Only every n-th call.")
@click.option("--probability", type=click.FloatRange(0, 1), help="Only this share of the calls.")
@click.option("--method", help="Only operations with this method.")
@click.option("--path", help="Only paths that fit this pattern with *.")
@click.option("--caller", help="Only calls by the holder of this published credential.")
@steering
def add_fault(mock: Mock, api: str, operation: str | None, **said: Any) -> None:
    """Add a rule for the operations of an API, or for one of them."""
    rule = mock.faults.add(api, operation, **said)
    click.echo(f"rule {rule.id} for {', '.join(rule.operations)}")


@faults.command("remove")
@click.argument("rule", type=int)
@steering
def remove_fault(mock: Mock, rule: int) -> None:
    """Remove a rule by its number."""
    mock.call("DELETE", f"/faults/{rule}")


@faults.command("clear")
@steering
def clear_faults(mock: Mock) -> None:
    """Remove every rule."""
    mock.faults.clear()


@faults.command("down")
@click.argument("service")
@steering
def service_down(mock: Mock, service: str) -> None:
    """Switch a service off, such as serpi.erp."""
    mock.services.down(service)


@faults.command("up")
@click.argument("service")
@steering
def service_up(mock: Mock, service: str) -> None:
    """Switch a service on again."""
    mock.services.up(service)
