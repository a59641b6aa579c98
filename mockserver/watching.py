"""Reading documents again while they are served: on each save of a document, an overlay, or code or data beside it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import click
import watchfiles

from mockserver.app import App, ServerSettings, create_app
from mockserver.generic.beside import FIXTURES, HANDLERS
from mockserver.generic.misfits import find_misfits
from mockserver.generic.vendor import GenericVendor
from mockserver.openapi.foreign.files import is_address
from mockserver.openapi.foreign.read import ForeignDocument
from mockserver.openapi.foreign.sources import OVERLAY, SUFFIXES
from mockserver.selection import DocumentSelection, SelectedParts

_WAIT = 100
"""Milliseconds in which changes are taken for one, because an editor writes a file in several steps."""
_LONGEST = 400
"""Characters of a notice at most."""


class Watcher:
    """Reads a selection again when one of its files changes, and lets the application become what it then describes.

    Worlds and journal stay. If what was read cannot be served, the version before goes on, and every answer says why in ``X-Mock-Notice``.
    """

    def __init__(self, app: App, settings: ServerSettings, selection: DocumentSelection, played: SelectedParts) -> None:
        self._app = app
        self._settings = settings
        self._selection = selection
        self.files = frozenset(_find_files(played))

    async def run(self) -> None:
        """Watch until the task is cancelled."""
        while True:
            folders = {file.parent for file in self.files}
            async for _ in watchfiles.awatch(*folders, watch_filter=self._concerns, debounce=_WAIT, step=20, recursive=False):
                await self.reload()
                if {file.parent for file in self.files} != folders:
                    break

    def _concerns(self, _change: watchfiles.Change, path: str) -> bool:
        return Path(path) in self.files

    async def reload(self) -> None:
        """Read everything again."""
        try:
            played, other = await asyncio.to_thread(self._make)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a file that is being written, the version before goes on
            text = " ".join(str(error).split())[:_LONGEST]
            self._app.notice = f"not reloaded: {text}"
            click.echo(f"Not reloaded, the version before goes on: {error}")
            return
        self._app.become(other)
        self._app.notice = ""
        self.files = frozenset(_find_files(played))
        for slug, vendor in played.made.items():
            click.echo(f"Reloaded {slug}: {vendor.summary}")
            async for text in self._misfits(vendor):
                click.echo(f"    {text}")
        await asyncio.to_thread(gc.collect)  # the parts of the version before refer to one another

    def _make(self) -> tuple[SelectedParts, App]:
        played = self._selection.read(self._settings.specs)
        return played, create_app(self._settings, played.found, self._app)

    async def _misfits(self, vendor: GenericVendor) -> AsyncIterator[str]:
        """What no longer fits in the worlds that are kept."""
        store = self._app.control.store
        for stored in (await store.worlds()).worlds:
            found = await store.find(stored.name)
            for text in [] if found is None else find_misfits(vendor, found.world):
                yield f"world {stored.name}: {text}; they stay as they are until they are changed or the world is reset"


def _find_files(played: SelectedParts) -> Iterator[Path]:
    """The files of which the documents are made, and those that may come to stand beside them."""
    for found in played.foreign:
        document = found.document
        files = map(str, played.made[document.slug].files)
        for file in (document.source, *document.parts, *document.overlays, *files):
            if not is_address(file):
                yield Path(file).resolve()
        yield from _find_places(found)


def _find_places(found: ForeignDocument) -> Iterator[Path]:
    """Where an overlay and code of a document would be found."""
    if is_address(found.document.source):
        return
    source = Path(found.document.source).resolve()
    names = [f"{source.stem}{OVERLAY}{suffix}" for suffix in SUFFIXES]
    names += [f"{source.stem}.{kind}.py" for kind in (HANDLERS, FIXTURES)]
    names += [f"{kind}.py" for kind in (HANDLERS, FIXTURES) if found.is_folder]
    yield from (source.with_name(name) for name in names)
