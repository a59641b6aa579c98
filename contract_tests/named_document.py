"""The document that a command names, with its defects listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .printable import printable

if TYPE_CHECKING:
    from mockserver.openapi.foreign.read import ForeignDocument
    from mockserver.openapi.foreign.sources import SourceOptions

LISTED = 5
"""Defects of a document that a command lists."""


def read_document(named: str, reading: SourceOptions) -> ForeignDocument:
    """The document that a command names, its defects listed on standard error. Raises SetupError."""
    from mockserver.openapi.foreign.sources import choose_source  # noqa: PLC0415 - the command line answers before the reader is loaded

    found = choose_source(named, reading)
    for line in found.describe_defects(LISTED):
        click.echo(printable(line), err=True)
    return found
