"""The command ``faults``: fault rules, and services that are switched off."""

from __future__ import annotations

import json
from typing import Any

import click

from mockserver.commands.target import DefaultGroup, control_command
from mockserver.testing import Mock


@click.group(cls=DefaultGroup)
def faults() -> None:
    """Make calls fail on purpose."""


@faults.command("list")
@control_command
def list_faults(mock: Mock) -> None:
    """List the rules, and the services with their state."""
    for rule in mock.faults.rules:
        parts = {
            name: value
            for name, value in rule.said.items()
            if name not in ("id", "operations", "matched", "struck", "headers") or (name == "headers" and value)
        }
        click.echo(f"{rule.id}  {json.dumps(parts)}  for {', '.join(rule.operations)}  applied to {rule.struck} of {rule.matched} calls")
    for name, down in mock.services.all.items():
        click.echo(f"{name}  {'down' if down else 'up'}")


def _read_headers(_context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> dict[str, str] | None:
    if any(":" not in text for text in value):
        raise click.BadParameter("write a header as NAME:VALUE")
    return {name.strip(): text.strip() for name, _, text in (header.partition(":") for header in value)} or None


def _read_rate(_context: click.Context, _parameter: click.Parameter, value: tuple[int, float] | None) -> dict[str, float] | None:
    return None if value is None else {"calls": value[0], "seconds": value[1]}


@faults.command("add")
@click.argument("api", required=False)
@click.argument("operation", required=False)
@click.option("--preset", help="A failure by name; `mockserver faults presets` lists them. Other options override its parts.")
@click.option("--status", type=click.IntRange(100, 599), help="Answer this documented status.")
@click.option("--code", help="Answer this documented code of the vendor.")
@click.option("--body", help="Body of an answer of your own, also at a status that the document does not have.")
@click.option("--media-type", help="Media type of --body.")
@click.option(
    "--answer-header", "answer_headers", multiple=True, callback=_read_headers, metavar="NAME:VALUE", help="A header of the answer. Repeatable."
)
@click.option("--undocumented", is_flag=True, help="Send --status also where the document does not have it.")
@click.option("--delay", type=click.FloatRange(0, 60), help="Delay the call by so many seconds.")
@click.option("--damage", type=click.Choice(["reset", "timeout", "truncated", "malformed", "drip"]), help="Damage the answer on the wire.")
@click.option("--seconds", type=click.FloatRange(0, 60), help="Seconds over which a body is dripped, or for which a connection is held.")
@click.option("--when", type=click.Choice(["before", "after"]), help="Before the call is handled, or after its changes are committed.")
@click.option("--first", type=click.IntRange(1), help="Only the first n calls.")
@click.option("--nth", type=click.IntRange(1), help="Only the n-th call.")
@click.option("--since", type=click.IntRange(1), help="The n-th call and all after it.")
@click.option("--list", type=click.Choice(["empty", "halved"]), help="Send a list without records, or half of it for a second page.")
@click.option("--deliveries", type=click.IntRange(1, 10), help="Carry the call out so many times.")
@click.option(
    "--rate",
    type=(int, float),
    metavar="CALLS SECONDS",
    callback=_read_rate,
    help="Only calls beyond so many in so many seconds of the world's clock.",
)
@click.option("--concurrent", type=click.IntRange(0), help="Only calls that come while so many others are under way.")
@click.option("--lasts", type=click.FloatRange(0.001), help="Seconds of the world's clock for which the rule holds after its first effect.")
@click.option("--every", type=click.IntRange(1), help="Only every n-th call.")
@click.option("--probability", type=click.FloatRange(0, 1), help="Only this share of the calls.")
@click.option("--method", help="Only operations with this method.")
@click.option("--path", help="Only paths that match this pattern, with * for any text.")
@click.option("--caller", help="Only calls with this published credential.")
@control_command
def add_fault(mock: Mock, api: str | None, operation: str | None, **parts: Any) -> None:
    """Add a rule for the operations of every API, of one, or for one operation."""
    rule = mock.faults.add(api, operation, **parts)
    click.echo(f"rule {rule.id} for {', '.join(rule.operations)}")


@faults.command("presets")
@control_command
def list_presets(mock: Mock) -> None:
    """List the failures that --preset can name."""
    for name, description in mock.faults.presets.items():
        click.echo(f"{name:18} {description}")


@faults.command("remove")
@click.argument("rule", type=int)
@control_command
def remove_fault(mock: Mock, rule: int) -> None:
    """Remove a rule by its number."""
    mock.call("DELETE", f"/faults/{rule}")


@faults.command("clear")
@control_command
def clear_faults(mock: Mock) -> None:
    """Remove every rule."""
    mock.faults.clear()


@faults.command("down")
@click.argument("service")
@control_command
def service_down(mock: Mock, service: str) -> None:
    """Switch a service off, for example serpi.erp."""
    mock.services.down(service)


@faults.command("up")
@click.argument("service")
@control_command
def service_up(mock: Mock, service: str) -> None:
    """Switch a service on again."""
    mock.services.up(service)
