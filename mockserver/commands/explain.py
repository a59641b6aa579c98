"""``explain``: what was understood of a document, before it is served."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from mockserver.openapi.errors import SetupError
from mockserver.openapi.inference.explanation import as_graph, as_text, differences, explain
from mockserver.openapi.inference.infer import infer
from mockserver.sources import read_sources


@click.command("explain")
@click.argument("document")
@click.option("--operation", default="", metavar="TEXT", help="Show the operations whose method and path hold this text.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, such as --check compares with.")
@click.option("--graph", is_flag=True, help="Print the families as a graph in the language of Mermaid.")
@click.option(
    "--check", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Compare with JSON that was kept; exit code 1 if they differ."
)
@click.option("--diff", metavar="OLD", help="Show what is understood in another way than in an older document; exit code 1 if anything is.")
def explain_command(document: str, operation: str, check: Path | None, diff: str | None, *, as_json: bool, graph: bool) -> None:
    """Print the families of a DOCUMENT, the role of each operation, and why.

    DOCUMENT is a file, an address or a folder, as `mockserver serve` takes it.
    """
    found = _explain(document)
    if check is not None or diff is not None:
        before = _read(check) if check is not None else _explain(str(diff))
        changed = differences(before, found)
        click.echo("\n".join(changed) if changed else "nothing is understood in another way")
        raise SystemExit(1 if changed else 0)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        click.echo(as_graph(found) if graph else as_text(found, operation))


def _explain(document: str) -> dict[str, Any]:
    found = read_sources([document])
    if len(found) != 1:
        raise SetupError(f"{document} holds {len(found)} documents; name one of them")
    return explain(found[0].document, infer(found[0].document))


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SetupError(f"{file}: cannot be read: {error}") from None
    if not isinstance(found, dict) or not {"families", "operations"} <= found.keys():
        raise SetupError(f"{file}: is no explanation; write one with `mockserver explain DOCUMENT --json`")
    return found
