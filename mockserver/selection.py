"""What ``mockserver serve`` plays: the documents that are named, the code and data beside them, and the vendors that have packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from mockserver.openapi.errors import SetupError
from mockserver.openapi.foreign.options import take_reading

if TYPE_CHECKING:
    from mockserver.core.engine.fixtures import Fixture
    from mockserver.core.operation.api import Api
    from mockserver.generic.engine import Unsure
    from mockserver.generic.sign_in.tokens import AuthMode
    from mockserver.generic.vendor import GenericVendor
    from mockserver.openapi.documents import Document
    from mockserver.openapi.foreign.read import ForeignDocument
    from mockserver.openapi.foreign.sources import SourceOptions

    Found = Mapping[str, tuple[Api, Document, Fixture]]

_OPTIONS = (
    click.argument("documents", nargs=-1, metavar="[DOCUMENT]..."),
    click.option("--with-vendors", is_flag=True, help="Serve the bundled and the installed vendors besides each DOCUMENT."),
    click.option(
        "--seed-file",
        "seed_files",
        multiple=True,
        metavar="[NAME=]FILE",
        help="Records of a DOCUMENT in JSON or YAML, a list for each family, in place of made ones. Repeatable.",
    ),
    click.option(
        "--auth",
        type=click.Choice(["any", "strict"]),
        default="any",
        show_default=True,
        help="Credentials of a DOCUMENT: any that do not say that they are invalid, or the published and the issued ones only.",
    ),
    click.option(
        "--unsure",
        type=click.Choice(["answer", "refuse"]),
        default="answer",
        show_default=True,
        help="An operation of a DOCUMENT without state: answer it by an example or made data, or refuse it with 501 and the reason.",
    ),
)


class SelectedParts(NamedTuple):
    """What was read: the documents without a package, the vendors made of them by slug, and all that the server is to be handed."""

    foreign: Sequence[ForeignDocument]
    made: Mapping[str, GenericVendor]
    found: Found


@dataclass(frozen=True)
class DocumentSelection:
    """What a command asks to play. It can be read again when a file has changed."""

    documents: tuple[str, ...]
    reading: SourceOptions
    with_vendors: bool
    seed_files: tuple[str, ...]
    auth: AuthMode
    unsure: Unsure

    def read(self, specs: Path) -> SelectedParts:
        """Read all of it; ``specs`` is the folder of the bundled documents. Raises SetupError."""
        from mockserver.app import discover  # noqa: PLC0415 - the command line answers before the server is loaded
        from mockserver.openapi.foreign.sources import read_sources  # noqa: PLC0415 - likewise

        bundled = {} if self.documents and not self.with_vendors else discover(specs)
        foreign = read_sources(self.documents, self.reading, {*bundled, "mock"})
        made = self._make(foreign)
        return SelectedParts(foreign, made, {**bundled, **{slug: parts for vendor in made.values() for slug, parts in vendor.parts.items()}})

    def _make(self, foreign: Sequence[ForeignDocument]) -> dict[str, GenericVendor]:
        """A vendor for each document that no package was written for, by slug."""
        seeds = self._assign_seeds([found.document.slug for found in foreign])
        if not foreign:
            return {}
        from mockserver.generic.vendor import make_vendor  # noqa: PLC0415 - a server of the bundled vendors does without it

        return {
            found.document.slug: make_vendor(found, auth=self.auth, unsure=self.unsure, seed_files=seeds.get(found.document.slug, ()))
            for found in foreign
        }

    def _assign_seeds(self, slugs: Sequence[str]) -> dict[str, list[Path]]:
        """The files of records by document."""
        found: dict[str, list[Path]] = {}
        for text in self.seed_files:
            name, equals, file = text.partition("=")
            if equals and name in slugs:
                found.setdefault(name, []).append(Path(file))
            elif len(slugs) == 1:
                found.setdefault(slugs[0], []).append(Path(text))
            else:
                raise SetupError(f"--seed-file {text}: write NAME=FILE, with one of {', '.join(slugs) or 'the documents that you serve'} as NAME")
        return found


def selection_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of this module. Its function gets ``selection``."""

    @wraps(function)
    def command(
        *arguments: Any,
        documents: tuple[str, ...],
        reading: SourceOptions,
        with_vendors: bool,
        seed_files: tuple[str, ...],
        auth: AuthMode,
        unsure: Unsure,
        **options: Any,
    ) -> None:
        function(*arguments, selection=DocumentSelection(documents, reading, with_vendors, seed_files, auth, unsure), **options)

    wrapped: Callable[..., None] = take_reading(command)
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped
