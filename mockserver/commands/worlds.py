"""The commands ``worlds``, ``reset``, ``snapshot`` and ``env``."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any, TextIO

import click

from mockserver.commands.target import DefaultGroup, as_json_option, control_command, print_json, print_table
from mockserver.testing import Mock
from mockserver.testing.environment import list_variables


@click.group(cls=DefaultGroup)
def worlds() -> None:
    """List, create, pin, export, import and delete worlds."""


@worlds.command("list")
@click.option("--prefix", help="Only worlds whose names begin with this.")
@click.option("--differences", is_flag=True, help="Count what differs from the start of each world, too.")
@as_json_option
@control_command
def list_worlds(mock: Mock, prefix: str | None, differences: bool, as_json: bool) -> None:  # noqa: FBT001 - a flag
    """List the worlds, the least recently used first."""
    found = mock.call("GET", "/worlds", params={"prefix": prefix, "limit": 10_000} | ({"differences": True} if differences else {}))
    if as_json:
        print_json(found)
    else:
        counts = ("added", "changed", "removed") if differences else ()
        rows = [{**one, **(one.get("differences") or dict.fromkeys(counts, "?"))} for one in found["worlds"]]
        print_table(
            rows,
            "name",
            "mode",
            "now",
            "records",
            "messages",
            "rules",
            "exchanges",
            "snapshots",
            "pinned",
            "idle_seconds",
            *counts,
            "label",
        )


def _read_rules(_context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> list[Any]:
    try:
        return [json.loads(text) for text in value]
    except ValueError as error:
        raise click.BadParameter(f'write a rule as JSON, such as \'{{"preset": "lost-answer"}}\': {error}') from None


@worlds.command("create")
@click.argument("name")
@click.option("--scenario", help="Start from a scenario, such as monedero.used-up; `mockserver worlds scenarios` lists them.")
@click.option("--seed", type=click.IntRange(0), help="Start from another seed.")
@click.option("--fork", help="Start from the present state of this world.")
@click.option("--before", type=click.IntRange(1), help="Start from the state before this exchange of the world that --fork names, or else --world.")
@click.option("--snapshot", help="Start from a snapshot of the world that --fork names, or else --world.")
@click.option("--born", help="Birth date, such as 2026-01-01T00:00:00Z: records are seeded as of this moment.")
@click.option("--label", help="A text that lists show beside the name, such as a branch.")
@click.option("--freeze", metavar="MOMENT", help="Let its clock stand at this moment, such as 2026-01-01T00:00:00Z.")
@click.option(
    "--fault", "faults", multiple=True, metavar="JSON", callback=_read_rules, help="A fault rule as JSON, as POST /faults takes it. Repeatable."
)
@click.option("--anew", is_flag=True, help="Replace a world of this name.")
@control_command
def create_world(
    mock: Mock,
    name: str,
    scenario: str | None,
    seed: int | None,
    fork: str | None,
    before: int | None,
    snapshot: str | None,
    born: str | None,
    label: str | None,
    freeze: str | None,
    faults: list[Any],
    anew: bool,  # noqa: FBT001 - a flag
) -> None:
    """Create a world."""
    named = fork or (mock.world if snapshot or before else None)
    parts = {"scenario": scenario, "seed": seed, "world": named, "snapshot": snapshot, "before": before}
    source = {key: value for key, value in parts.items() if value is not None}
    options = {"born": born, "label": label, "faults": faults or None, "clock": None if freeze is None else {"freeze": freeze}}
    more = {key: value for key, value in options.items() if value is not None}
    made = mock.call("POST", "/worlds", {"name": name, "from": source, "anew": anew, **more})
    click.echo(f"{made['name']}: {made['records']} records, {made['now']}" + (f"; dropped {', '.join(made['dropped'])}" if made["dropped"] else ""))


@worlds.command("delete")
@click.argument("names", nargs=-1, required=True)
@control_command
def delete_worlds(mock: Mock, names: tuple[str, ...]) -> None:
    """Delete worlds with their journals and snapshots."""
    for name in names:
        mock.call("DELETE", f"/worlds/{name}")


@worlds.command("pin")
@click.argument("names", nargs=-1, required=True)
@control_command
def pin_worlds(mock: Mock, names: tuple[str, ...]) -> None:
    """Let worlds stay until they are deleted, however full the server is."""
    for name in names:
        mock.call("PUT", f"/worlds/{name}/pin")


@worlds.command("unpin")
@click.argument("names", nargs=-1, required=True)
@control_command
def unpin_worlds(mock: Mock, names: tuple[str, ...]) -> None:
    """Let pinned worlds leave for others again."""
    for name in names:
        mock.call("DELETE", f"/worlds/{name}/pin")


@worlds.command("scenarios")
@as_json_option
@control_command
def scenarios(mock: Mock, as_json: bool) -> None:  # noqa: FBT001 - a flag
    """List the scenarios, which are named starting points."""
    found = mock.call("GET", "/scenarios")
    if as_json:
        print_json(found)
    for scenario in () if as_json else found["scenarios"]:
        click.echo(f"{scenario['name']}\n    {scenario['description']}")


@worlds.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True), default="-")
@control_command
def export_world(mock: Mock, file: TextIO) -> None:
    """Write the world to a file from which `mockserver serve --world FILE` starts."""
    file.write(json.dumps(mock.export(), indent=2, ensure_ascii=False) + "\n")


@worlds.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@control_command
def import_world(mock: Mock, file: Path) -> None:
    """Replace the world by an exported one."""
    try:
        mock.load(json.loads(file.read_text(encoding="utf-8")))
    except ValueError as error:
        raise click.ClickException(f"{file} is not JSON: {error}") from None


@worlds.command("diff")
@click.argument("before", required=False)
@click.argument("after", required=False)
@click.option("--other", help="Compare from this world; BEFORE and --call are then a snapshot and an exchange of it.")
@click.option("--call", type=click.IntRange(1), help="Compare from the state before this exchange.")
@control_command
def diff(mock: Mock, before: str | None, after: str | None, other: str | None, call: int | None) -> None:
    """List what changed between two snapshots; without names from the start of the world until now."""
    for change in mock.call("GET", "/diff", params={"before": before, "after": after, "other": other, "call": call})["changes"]:
        click.echo(f"{change['kind']:8} {change['table']} {change['id']}")
        for field in change["fields"]:
            click.echo(f"         {field['pointer']}: {json.dumps(field['before'])} → {json.dumps(field['after'])}")


@click.command()
@click.option("--seed", type=click.IntRange(0), help="Generate other records.")
@control_command
def reset(mock: Mock, seed: int | None) -> None:
    """Reset the world to its start."""
    mock.reset(seed)


@click.group(cls=DefaultGroup)
def snapshot() -> None:
    """Save the world under a name, and restore it."""


@snapshot.command("list")
@control_command
def list_snapshots(mock: Mock) -> None:
    """List the snapshots, oldest first."""
    print_table(mock.call("GET", "/snapshots")["snapshots"], "name", "taken_at", "records", "messages")


@snapshot.command("save")
@click.argument("name")
@control_command
def save_snapshot(mock: Mock, name: str) -> None:
    """Save the world as it is now."""
    mock.snapshot(name)


@snapshot.command("restore")
@click.argument("name")
@control_command
def restore_snapshot(mock: Mock, name: str) -> None:
    """Restore the world from a snapshot."""
    mock.call("POST", f"/snapshots/{name}/restore")


@snapshot.command("delete")
@click.argument("name")
@control_command
def delete_snapshot(mock: Mock, name: str) -> None:
    """Delete a snapshot."""
    mock.call("DELETE", f"/snapshots/{name}")


@click.command()
@click.option("--format", "kind", type=click.Choice(["shell", "dotenv", "json"]), default="shell", show_default=True, help="Output format.")
@control_command
def env(mock: Mock, kind: str) -> None:
    """Print the variables that point an app at the mock, for `eval`."""
    variables = list_variables(mock.url, mock.world, mock.apis.values())
    if kind == "json":
        print_json(variables)
    for name, value in () if kind == "json" else variables.items():
        click.echo(f"{'export ' if kind == 'shell' else ''}{name}={shlex.quote(value)}")
