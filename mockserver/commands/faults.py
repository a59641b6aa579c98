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


@faults.command("add")
@click.argument("api")
@click.argument("operation", required=False)
@click.option("--status", type=click.IntRange(100, 599), help="Answer this documented status.")
@click.option("--code", help="Answer this documented code of the vendor.")
@click.option("--delay", type=click.FloatRange(0, 60), help="Delay the call by so many seconds.")
@click.option("--damage", type=click.Choice(["reset", "truncated", "malformed", "drip"]), help="Damage the answer on the wire.")
@click.option("--seconds", type=click.FloatRange(0, 60), help="Seconds over which a body is dripped.")
@click.option("--when", type=click.Choice(["before", "after"]), help="Before the call is handled, or after its changes are committed.")
@click.option("--first", type=click.IntRange(1), help="Only the first n calls.")
@click.option("--every", type=click.IntRange(1), help="Only every n-th call.")
@click.option("--probability", type=click.FloatRange(0, 1), help="Only this share of the calls.")
@click.option("--method", help="Only operations with this method.")
@click.option("--path", help="Only paths that match this pattern, with * for any text.")
@click.option("--caller", help="Only calls with this published credential.")
@control_command
def add_fault(mock: Mock, api: str, operation: str | None, **parts: Any) -> None:
    """Add a rule for the operations of an API, or for one of them."""
    rule = mock.faults.add(api, operation, **parts)
    click.echo(f"rule {rule.id} for {', '.join(rule.operations)}")


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
