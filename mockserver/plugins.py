"""Vendors that other packages install: entry points of the group ``mockserver.apis``, each named by a slug.

An entry point leads to a module with ``DOCUMENT``, the file of the document. With ``API`` and ``FIXTURE`` it is a vendor with typed tables, as the
bundled ones are; without them the document is played as any other, with the functions of the module that :func:`mockserver.on` marks.
"""

from __future__ import annotations

from collections.abc import Collection
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from mockserver.core.engine.fixtures import Fixture
from mockserver.core.operation.api import Api
from mockserver.openapi.documents import Document, read_document
from mockserver.openapi.errors import SetupError

GROUP = "mockserver.apis"


def discover_plugins(taken: Collection[str]) -> dict[str, tuple[Api, Document, Fixture]]:
    """The installed vendors by slug. Raises SetupError if one cannot be loaded, or has the slug of another."""
    found: dict[str, tuple[Api, Document, Fixture]] = {}
    for point in entry_points(group=GROUP):
        parts = _load(point)
        twice = parts.keys() & {*taken, *found}
        if twice:
            raise SetupError(f"the installed {point.value} has the name {min(twice)} of another API; give its entry point in {GROUP} another one")
        found |= parts
    return found


def _load(point: EntryPoint) -> dict[str, tuple[Api, Document, Fixture]]:
    place = f"the installed {point.name} ({point.value})"
    try:
        module: Any = point.load()
    except Exception as error:
        raise SetupError(f"{place} cannot be loaded: {type(error).__name__}: {error}; repair or uninstall it") from error
    document = getattr(module, "DOCUMENT", None)
    if not isinstance(document, str | Path):
        raise SetupError(f"{place} names no document; set DOCUMENT to its file")
    api, fixture = getattr(module, "API", None), getattr(module, "FIXTURE", None)
    if api is None:
        return _play(point.name, document, module)
    if fixture is None:
        raise SetupError(f"{place} has an API, and no fixture; set FIXTURE to the module that seeds it")
    return {point.name: (api, read_document(point.name, Path(document)), fixture)}


def _play(slug: str, document: str | Path, module: Any) -> dict[str, tuple[Api, Document, Fixture]]:
    from mockserver.generic.vendor import make_vendor  # noqa: PLC0415 - few installations have such a package
    from mockserver.openapi.foreign.sources import choose_source  # noqa: PLC0415 - likewise

    return make_vendor(choose_source(f"{slug}={document}"), code=module).parts
