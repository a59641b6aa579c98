"""``explain``: what was understood of a document, before it is served."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import click

from mockserver.generic.plans import count_bases
from mockserver.generic.sign_in.service import addresses
from mockserver.openapi.declarations.writing import correct_role, write_overlay
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import SetupError
from mockserver.openapi.foreign.files import is_address
from mockserver.openapi.foreign.sources import SourceOptions, choose_source
from mockserver.openapi.inference.explanation import as_graph, as_text, differences, explain
from mockserver.openapi.inference.infer import infer
from mockserver.openapi.inference.model import Model


class _Understood(NamedTuple):
    document: Document
    model: Model
    counts: str

    @property
    def data(self) -> dict[str, Any]:
        return {**explain(self.document, self.model), "sign_in": addresses(self.document)}


@click.command("explain")
@click.argument("document")
@click.option("--overlay", "overlays", multiple=True, type=click.Path(path_type=Path, dir_okay=False), help="OpenAPI Overlay to apply. Repeatable.")
@click.option(
    "--operation", default="", metavar="TEXT", help="Show the operations whose method and path hold this text, with the lines that correct them."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, such as --check compares with.")
@click.option("--graph", is_flag=True, help="Print the families as a graph in the language of Mermaid.")
@click.option(
    "--overlay-out",
    "out",
    metavar="FILE",
    help="Write an overlay that declares all that was understood, to be corrected; - prints it. A file that exists is not overwritten.",
)
@click.option(
    "--check", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Compare with JSON that was kept; exit code 1 if they differ."
)
@click.option("--diff", metavar="OLD", help="Show what is understood in another way than in an older document; exit code 1 if anything is.")
def explain_command(
    document: str, overlays: tuple[Path, ...], operation: str, out: str | None, check: Path | None, diff: str | None, *, as_json: bool, graph: bool
) -> None:
    """Print the families of a DOCUMENT, the role of each operation, and why.

    DOCUMENT is a file, an address or a folder, as `mockserver serve` takes it.
    """
    understood = _understand(document, overlays)
    found = understood.data
    if check is not None or diff is not None:
        before = _read(check) if check is not None else _understand(str(diff)).data
        changed = differences(before, found)
        click.echo("\n".join(changed) if changed else "nothing is understood in another way")
        raise SystemExit(1 if changed else 0)
    if out is not None:
        _write(understood, out)
    elif as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    elif graph:
        click.echo(as_graph(found))
    else:
        click.echo(as_text(found, operation, _corrections(understood) if operation else None, understood.counts))
        for name, place in found["sign_in"].items():
            click.echo(f"sign-in: {name} at {place}")
        click.echo(f"\nto correct it: mockserver explain {document} --overlay-out {_beside(understood.document)}")


def _understand(document: str, overlays: tuple[Path, ...] = ()) -> _Understood:
    found = choose_source(document, SourceOptions(overlays))
    model = infer(found.document)
    return _Understood(found.document, model, count_bases(found.document, model.roles, found.unserved))


def _corrections(understood: _Understood) -> dict[str, str]:
    """By method and path, the line of an overlay that declares what an operation does."""
    specs = understood.document.by_id
    return {specs[name].label: correct_role(specs[name], role) for name, role in understood.model.roles.items()}


def _beside(document: Document) -> str:
    """The name of the overlay that is found by itself."""
    source = document.source
    return f"{document.slug}.overlay.yaml" if is_address(source) else str(Path(source).with_name(f"{Path(source).stem}.overlay.yaml"))


def _write(understood: _Understood, out: str) -> None:
    source = understood.document.source
    if out == "-":
        click.echo(write_overlay(understood.document, understood.model, source if is_address(source) else Path(source).name), nl=False)
        return
    file = Path(out)
    extends = source if is_address(source) else os.path.relpath(source, file.parent)
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(write_overlay(understood.document, understood.model, extends))
    except FileExistsError:
        raise SetupError(f"--overlay-out {file}: the file exists; name another one, or print the overlay with --overlay-out -") from None
    except OSError as error:
        raise SetupError(f"--overlay-out {file}: the file cannot be written: {error.strerror}") from None
    click.echo(f"{file} declares {len(understood.model.families)} resources and {len(understood.model.roles)} operations; what you change there wins")


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SetupError(f"{file}: cannot be read: {error}") from None
    if not isinstance(found, dict) or not {"families", "operations"} <= found.keys():
        raise SetupError(f"{file}: is no explanation; write one with `mockserver explain DOCUMENT --json`")
    return found
