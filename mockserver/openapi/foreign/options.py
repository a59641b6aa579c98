"""The options by which a command says how its documents are read, the same at every command."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

_Result = TypeVar("_Result")

_OPTIONS = (
    click.option(
        "--overlay",
        "overlays",
        multiple=True,
        type=click.Path(path_type=Path, dir_okay=False),
        help="OpenAPI Overlay that changes a DOCUMENT; of several the one that it extends. NAME.overlay.yaml beside NAME.yaml is found. Repeatable.",
    ),
    click.option(
        "--base-path", "base_paths", multiple=True, metavar="[NAME=]/PATH", help="Path of a DOCUMENT, instead of that of its server. Repeatable."
    ),
    click.option(
        "--ref-root",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder to whose files references may lead, besides those around a DOCUMENT.",
    ),
    click.option("--allow-remote-refs", is_flag=True, help="Let references lead to other hosts."),
    click.option("--strict-document", is_flag=True, help="Refuse a DOCUMENT with defects, instead of repairing it."),
)


def take_reading(function: Callable[..., _Result]) -> Callable[..., _Result]:
    """Give a command the options; its function gets them as ``reading``, which is a SourceOptions."""

    @wraps(function)
    def command(
        *arguments: Any,
        overlays: tuple[Path, ...],
        base_paths: tuple[str, ...],
        ref_root: Path | None,
        allow_remote_refs: bool,
        strict_document: bool,
        **options: Any,
    ) -> _Result:
        from mockserver.openapi.foreign.sources import SourceOptions  # noqa: PLC0415 - the command line answers before the reader is loaded

        return function(*arguments, reading=SourceOptions(overlays, base_paths, ref_root, allow_remote_refs, strict_document), **options)

    wrapped: Callable[..., _Result] = command
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped
