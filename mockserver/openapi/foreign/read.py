"""The reading of any OpenAPI document: 2.0 and 3.x, JSON and YAML, one file or several, from a folder or an address."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mockserver.openapi.documents import Document
from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.foreign.bundle import bundle
from mockserver.openapi.foreign.defects import Defect, Defects
from mockserver.openapi.foreign.files import Files, is_address
from mockserver.openapi.foreign.parsing import parse_document
from mockserver.openapi.foreign.repair import repair
from mockserver.openapi.foreign.swagger2 import convert
from mockserver.openapi.foreign.unserved import set_aside_unserved
from mockserver.openapi.foreign.vocabulary import refuse_others
from mockserver.openapi.overlays import Action, Overlay, apply_overlays, apply_waiting, parse_overlay

_NO_SLUG = re.compile(r"[^a-z0-9]+")
_LISTED = 20
"""Defects that one message lists at most."""


@dataclass(frozen=True)
class ForeignDocument:
    """A document that was read and repaired.

    ``defects`` are the places that could not be used as they stand. ``unserved`` says by operationId why an operation cannot be served; it is
    answered 501. ``is_folder`` is set if the document is the only one of a folder that is served: then the code beside it needs no name of its own.
    """

    document: Document
    defects: tuple[Defect, ...] = ()
    unserved: Mapping[str, str] = field(default_factory=dict)
    is_folder: bool = False

    def describe_defects(self, most: int) -> list[str]:
        """Lines for a terminal about the defects, at most so many of them; empty if there is none."""
        if not self.defects:
            return []
        lines = [f"{self.document.slug}: {len(self.defects)} defects, each repaired or left out; --strict-document refuses them"]
        lines += [f"  {defect}" for defect in self.defects[:most]]
        return [*lines, f"  … and {len(self.defects) - most} more"] if len(self.defects) > most else lines


def read_foreign(
    source: str | Path,
    *,
    name: str = "",
    overlays: Sequence[Path] = (),
    ref_root: Path | None = None,
    allow_remote_refs: bool = False,
    strict: bool = False,
    base_path: str | None = None,
) -> ForeignDocument:
    """Read an OpenAPI document from a file or an address.

    ``name`` is the slug; by default the name of the file makes it. ``overlays`` are applied in order. References may lead to files below the folder
    of the document, the current directory and ``ref_root``, to other hosts only with ``allow_remote_refs``. ``base_path`` replaces the path of the
    first server. Raises DocumentBroken if no operation can be served, and with ``strict`` if there is any defect.
    """
    defects = Defects(str(source) if is_address(source) else Path(source).name)
    files = Files(source, defects, ref_root, allow_remote_refs=allow_remote_refs)
    waiting: list[Action] = []
    raw = _bring_together(files, [_read_overlay(file, defects) for file in overlays], waiting, defects)
    raw = repair(raw, defects)
    apply_waiting(raw, waiting)
    slug = name or derive_slug(source, str(raw["info"]["title"]))
    document = Document(slug, str(source), raw, tuple(files.names[1:]), tuple(map(str, overlays)), has_skeleton=True)
    if base_path is not None:
        document = document.moved_to(base_path)
    if not document.operations and not raw.get("webhooks"):
        raise DocumentBroken(_list_defects(f"{source}: no operation can be served: the document has no paths with methods", defects))
    document, unserved = set_aside_unserved(document, defects)
    if unserved and len(unserved) == len(document.operations):
        raise DocumentBroken(_list_defects(f"{source}: no operation can be served", defects))
    if strict and len(defects):
        raise DocumentBroken(_list_defects(f"{source}: {len(defects)} defects", defects))
    return ForeignDocument(document, tuple(defects), unserved)


def derive_slug(source: str | Path, title: str) -> str:
    """A short name for a document: from the name of its file, else of the folder around it, else from its title."""
    path = urlsplit(source).path if isinstance(source, str) and is_address(source) else str(Path(source).resolve())
    *folders, file = [part for part in path.split("/") if part] or [""]
    stem = re.sub(r"(\.(ya?ml|json))+$", "", file, flags=re.IGNORECASE)
    common = {"openapi", "swagger", "api", "spec", "index", "main", "schema", "api-docs", "apidocs", "docs", ""}
    for candidate in (stem, *folders[-1:], title):
        slug = slugify(candidate)
        if slug not in common:
            return slug
    return slugify(stem) or slugify(title) or "api"


def slugify(text: str) -> str:
    """A text as a slug: lower-case letters, digits and dashes, the first one a letter."""
    slug = _NO_SLUG.sub("-", text.lower()).strip("-")[:40].strip("-")
    return f"api-{slug}" if slug[:1].isdigit() else slug


def _bring_together(files: Files, overlays: Sequence[Overlay], waiting: list[Action], defects: Defects) -> dict[str, Any]:
    """The document as one tree of OpenAPI 3.x, with its overlays applied, but for actions that are added to ``waiting``."""
    root = files.content
    if isinstance(root, dict) and not {"openapi", "swagger", "paths", "webhooks"} & set(root):
        raise DocumentBroken(f"{defects.source}: is no OpenAPI document: it has none of openapi, swagger and paths")
    raw = bundle(files, defects)
    if overlays:
        files.replace_root(apply_overlays(raw, overlays, waiting))
        raw = bundle(files, defects)
    return convert(raw, defects) if "swagger" in raw else raw


def _read_overlay(file: Path, defects: Defects) -> Overlay:
    try:
        content = parse_document(file.read_bytes(), str(file), defects)
    except OSError as error:
        raise DocumentBroken(f"{file}: {error.strerror}") from None
    if not isinstance(content, dict):
        raise DocumentBroken(f"{file}: is no overlay: it holds no mapping")
    overlay = parse_overlay(content, str(file))
    refuse_others(overlay)
    return overlay


def _list_defects(head: str, defects: Defects) -> str:
    listed = list(defects)
    more = [f"and {len(listed) - _LISTED} more"] if len(listed) > _LISTED else []
    return "\n  ".join([head, *map(str, listed[:_LISTED]), *more])
