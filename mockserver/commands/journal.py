"""The commands ``journal`` and ``outbox``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TextIO

import click

from mockserver.commands.target import DefaultGroup, as_json_option, control_command, print_json
from mockserver.testing import Exchange, Mock


@click.group(cls=DefaultGroup)
def journal() -> None:
    """Show calls and their answers."""


_FILTERS = ("api", "operation", "method", "path", "status")


def _add_filters(command: Any) -> Any:
    for name in reversed(_FILTERS):
        command = click.option(f"--{name}", help=f"Only this {name}.")(command)
    return command


@journal.command("list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="Number of calls at most, the latest ones.")
@_add_filters
@as_json_option
@control_command
def list_exchanges(mock: Mock, limit: int, as_json: bool, **filters: str | None) -> None:  # noqa: FBT001 - a flag
    """List the latest calls, oldest first."""
    found = mock.call("GET", "/journal", params={"limit": limit, **filters})
    if as_json:
        print_json(found)
        return
    for exchange in found["exchanges"]:
        click.echo(str(Exchange.read(exchange)))
    if found["dropped"]:
        click.echo(f"{found['dropped']} older calls were dropped, because the journal is bounded", err=True)


@journal.command("show")
@click.argument("number", type=int)
@control_command
def show_exchange(mock: Mock, number: int) -> None:
    """Show one call with headers, bodies and findings."""
    print_json(mock.journal.exchange(number))


@journal.command("follow")
@control_command
def follow(mock: Mock) -> None:
    """Show each call when it ends, until interrupted."""
    for exchange in mock.journal.follow():
        click.echo(str(exchange))


@journal.command("har")
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True), default="-")
@_add_filters
@control_command
def export_har(mock: Mock, file: TextIO, **filters: str | None) -> None:
    """Write the calls as a HAR file."""
    file.write(json.dumps(mock.journal.har(**filters), indent=1, ensure_ascii=False) + "\n")


@journal.command("rewind")
@click.argument("number", type=click.IntRange(1))
@control_command
def rewind(mock: Mock, number: int) -> None:
    """Go back to the state of the world before a call. The journal is kept."""
    mock.rewind(number)


@journal.command("clear")
@control_command
def clear_journal(mock: Mock) -> None:
    """Delete every call from the journal."""
    mock.journal.clear()


@click.group(cls=DefaultGroup)
def outbox() -> None:
    """Show the messages that vendors would have sent."""


@outbox.command("list")
@as_json_option
@control_command
def list_messages(mock: Mock, as_json: bool) -> None:  # noqa: FBT001 - a flag
    """List the messages, oldest first."""
    found = mock.call("GET", "/outbox")
    if as_json:
        print_json(found)
    for message in () if as_json else found["messages"]:
        _print_message(message)


@outbox.command("show")
@click.argument("number", type=click.IntRange(1))
@as_json_option
@control_command
def show_message(mock: Mock, number: int, as_json: bool) -> None:  # noqa: FBT001 - a flag
    """Show one message; a webhook with each attempt to send it."""
    _show_message(mock.call("GET", f"/outbox/{number}"), as_json=as_json)


@outbox.command("resend")
@click.argument("number", type=click.IntRange(1))
@as_json_option
@control_command
def resend_message(mock: Mock, number: int, as_json: bool) -> None:  # noqa: FBT001 - a flag
    """Send a webhook again now, and show what came of it."""
    mock.outbox.resend(number)
    _show_message(mock.call("GET", f"/outbox/{number}"), as_json=as_json)


@outbox.command("wait")
@click.option("--to", help="Only to this address or number.")
@click.option("--subject", help="A text that the subject contains.")
@click.option("--body", help="A text that the body contains.")
@click.option("--timeout", default=5.0, show_default=True, type=click.FloatRange(0, 60), help="Seconds to wait at most.")
@control_command
def wait_message(mock: Mock, to: str | None, subject: str | None, body: str | None, timeout: float) -> None:
    """Wait for a message and show it."""
    found = mock.outbox.wait(to, subject=subject, body=body, timeout=timeout)
    _print_message(mock.call("GET", f"/outbox/{found.id}"))


@outbox.command("clear")
@control_command
def clear_outbox(mock: Mock) -> None:
    """Delete every message."""
    mock.outbox.clear()


def _show_message(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        _print_message(found)


def _print_message(message: Mapping[str, Any]) -> None:
    click.echo(f"{message['id']}  {message['channel']} to {message['to']}  {message['subject']}".rstrip())
    click.echo(f"    {message['body']}")
    for name in ("codes", "links"):
        if message[name]:
            click.echo(f"    {name}: {' '.join(message[name])}")
    if message["channel"] == "webhook":
        _print_delivery(message.get("delivery"))


def _print_delivery(delivery: Mapping[str, Any] | None) -> None:
    if delivery is None:
        click.echo("    not sent: it has no subscriber, or no address of an HTTP server")
        return
    planned = f", next at {delivery['next_at']}" if delivery["next_at"] else ""
    click.echo(f"    {delivery['state']} after {delivery['made']} attempts{planned}")
    for attempt in delivery["attempts"]:
        answered = attempt["status"] if attempt["status"] is not None else attempt["note"]
        click.echo(f"    {attempt['at']}  {answered}  {attempt['milliseconds']} ms{'  by hand' if attempt['by_hand'] else ''}")
    if delivery["note"] and not delivery["attempts"]:
        click.echo(f"    {delivery['note']}")
