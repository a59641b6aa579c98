"""Commands for worlds, snapshots, and the variables that point an app at one."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from mockserver.commands.target import Verb, as_json_option, print_json, print_table, steering

if TYPE_CHECKING:
    from mockserver.testing import Mock


@click.group(cls=Verb)
def worlds() -> None:
    """List, make, export, import and delete worlds."""


@worlds.command("list")
@click.option("--prefix", help="Only worlds whose names begin so.")
@as_json_option
@steering
def list_worlds(mock: Mock, prefix: str | None, as_json: bool) -> None:  # noqa: FBT001 - a flag
    """List the worlds, the one unused for longest first."""
    found = mock.call("GET", "/worlds", params={"prefix": prefix, "limit": 10_000})
    if as_json:
        print_json(found)
    else:
        print_table(found["worlds"], "name", "mode", "now", "records", "messages", "rules", "exchanges", "snapshots", "idle_seconds")


@worlds.command("create")
@click.argument("name")
@click.option("--scenario", help="Start from a scenario, such as monedero.used-up; `mockserver worlds scenarios` lists them.")
@click.option("--seed", type=click.IntRange(0), help="Start from another seed.")
@click.option("--fork", help="Start as this world is now.")
@click.option("--snapshot", help="Start from a snapshot, of the world that --fork names or --world.")
@click.option("--anew", is_flag=True, help="Let a world of this name that is there start anew.")
@steering
def create_world(mock: Mock, name: str, scenario: str | None, seed: int | None, fork: str | None, snapshot: str | None, anew: bool) -> None:  # noqa: FBT001 - a flag
    """Make a world."""
    said = {"scenario": scenario, "seed": seed, "world": fork or (mock.world if snapshot else None), "snapshot": snapshot}
    source = {key: value for key, value in said.items() if value is not None}
    made = mock.call("POST", "/worlds", {"name": name, "from": source, "anew": anew})
    click.echo(f"{made['name']}: {made['records']} records, {made['now']}" + (f"; dropped {', '.join(made['dropped'])}" if made["dropped"] else ""))


@worlds.command("delete")
@click.argument("names", nargs=-1, required=True)
@steering
def delete_worlds(mock: Mock, names: tuple[str, ...]) -> None:
    """Forget worlds with their journals and snapshots."""
    for name in names:
        mock.call("DELETE", f"/worlds/{name}")


@worlds.command("scenarios")
@as_json_option
@steering
def scenarios(mock: Mock, as_json: bool) -> None:  # noqa: FBT001 - a flag
    """List the named starting points."""
    found = mock.call("GET", "/scenarios")
    if as_json:
        print_json(found)
    for scenario in () if as_json else found["scenarios"]:
        click.echo(f"{scenario['name']}\n    {scenario['description']}")


@worlds.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True), default="-")
@steering
def export_world(mock: Mock, file: TextIO) -> None:
    """Write the world to a file from which `mockserver serve --world FILE` starts."""
    file.write(json.dumps(mock.export(), indent=2, ensure_ascii=False) + "\n")


@worlds.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@steering
def import_world(mock: Mock, file: Path) -> None:
    """Let the world start from an exported file."""
    try:
        mock.load(json.loads(file.read_text(encoding="utf-8")))
    except ValueError as error:
        raise click.ClickException(f"{file} is no JSON: {error}") from None


@worlds.command("diff")
@click.argument("before", required=False)
@click.argument("after", required=False)
@steering
def diff(mock: Mock, before: str | None, after: str | None) -> None:
    """List what changed since the start or a snapshot, up to now or to another snapshot."""
    for change in mock.call("GET", "/diff", params={"before": before, "after": after})["changes"]:
        click.echo(f"{change['kind']:8} {change['table']} {change['id']}")
        for field in change["fields"]:
            click.echo(f"         {field['pointer']}: {json.dumps(field['before'])} → {json.dumps(field['after'])}")


@click.command()
@click.option("--seed", type=click.IntRange(0), help="Start with another crowd.")
@steering
def reset(mock: Mock, seed: int | None) -> None:
    """Put the world back to its start."""
    mock.reset(seed)


@click.group(cls=Verb)
def snapshot() -> None:
    """Keep the world under a name and go back to it."""


@snapshot.command("list")
@steering
def list_snapshots(mock: Mock) -> None:
    """List the snapshots, oldest first."""
    print_table(mock.call("GET", "/snapshots")["snapshots"], "name", "taken_at", "records", "messages")


@snapshot.command("save")
@click.argument("name")
@steering
def save_snapshot(mock: Mock, name: str) -> None:
    """Keep the world as it is now."""
    mock.snapshot(name)


@snapshot.command("restore")
@click.argument("name")
@steering
def restore_snapshot(mock: Mock, name: str) -> None:
    """Put the world back."""
    mock.call("POST", f"/snapshots/{name}/restore")


@snapshot.command("delete")
@click.argument("name")
@steering
def delete_snapshot(mock: Mock, name: str) -> None:
    """Forget a snapshot."""
    mock.call("DELETE", f"/snapshots/{name}")


@click.command()
@click.option("--format", "kind", type=click.Choice(["shell", "dotenv", "json"]), default="shell", show_default=True, help="How it is printed.")
@steering
def env(mock: Mock, kind: str) -> None:
    """Print the variables that point an app at the mock, for `eval`."""
    variables = {"MOCKSERVER_URL": mock.url, "MOCKSERVER_WORLD": mock.world}
    for slug, api in mock.apis.items():
        name = slug.upper().replace("-", "_")
        variables[f"{name}_BASE_URL"] = api.base_url
        for header, value in api.headers.items():
            variables[f"{name}_{header.upper().replace('-', '_')}"] = value
    if kind == "json":
        print_json(variables)
    for name, value in () if kind == "json" else variables.items():
        click.echo(f"{'export ' if kind == 'shell' else ''}{name}={shlex.quote(value)}")
