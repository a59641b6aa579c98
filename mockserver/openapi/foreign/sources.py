"""The documents that a command names: files, addresses and folders, each with a slug of its own, its overlays and its base path."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mockserver.openapi.documents import list_slugs, load_document
from mockserver.openapi.errors import DocumentBroken, SetupError
from mockserver.openapi.foreign.defects import Defects
from mockserver.openapi.foreign.files import is_address
from mockserver.openapi.foreign.names import UniqueNames
from mockserver.openapi.foreign.parsing import parse_document
from mockserver.openapi.foreign.read import ForeignDocument, read_foreign, slugify

SUFFIXES = (".yaml", ".yml", ".json")
"""The ends of the names of files that may hold a document."""
OVERLAY = ".overlay"
"""What the name of an overlay has before its suffix, behind the name of its document."""

_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]*)=(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How documents are read.

    ``overlays`` belong to the document that they extend, or to the only one. ``base_paths`` are written ``NAME=/path``, or as a path alone if there
    is one document. The others are those of :func:`~mockserver.openapi.foreign.read.read_foreign`.
    """

    overlays: tuple[Path, ...] = ()
    base_paths: tuple[str, ...] = ()
    ref_root: Path | None = None
    allow_remote_refs: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True)
class _Source:
    """A file or an address. ``name`` is the slug that the command gives it, empty if it gives none.

    ``is_folder`` is set if the command named the folder, and the file is its only document.
    """

    place: str | Path
    name: str = ""
    is_folder: bool = False


def read_sources(named: Sequence[str], options: SourceOptions | None = None, taken: Collection[str] = ()) -> tuple[ForeignDocument, ...]:
    """Read every document that a command names. Slugs differ from one another and from those that are ``taken``. Raises SetupError."""
    options = options or SourceOptions()
    sources = [source for text in named for source in _find(text)]
    overlays = _assign_overlays(sources, options.overlays)
    names = UniqueNames({*taken, *(source.name for source in sources)})
    found = [_read(source, [*_beside(source.place), *overlays.get(index, ())], options) for index, source in enumerate(sources)]
    slugs = [_choose_slug(source, document, names, taken) for source, document in zip(sources, found, strict=True)]
    if len(set(slugs)) < len(slugs):
        raise SetupError(f"the name {next(slug for slug in slugs if slugs.count(slug) > 1)} is given to two documents; give each its own, NAME=FILE")
    base_paths = _read_base_paths(options.base_paths, slugs)
    return tuple(_renamed(document, slug, base_paths.get(slug)) for document, slug in zip(found, slugs, strict=True))


def choose_source(named: str, options: SourceOptions | None = None) -> ForeignDocument:
    """The one document that an argument names: the slug of a bundled vendor, or a file, an address or a folder, with or without ``NAME=``.

    Raises:
        SetupError: it names none or several, or options are given that a bundled vendor does not take.
    """
    options = options or SourceOptions()
    if named in list_slugs():
        if options != SourceOptions():
            raise SetupError(f"{named} is a bundled vendor, whose document is read as it is; --overlay and --base-path need a file or an address")
        return ForeignDocument(load_document(named))
    if not _NAMED.fullmatch(named) and not is_address(named) and not Path(named).exists():
        raise SetupError(f"there is no document {named!r}; name a file, a folder, an address, or one of the bundled {', '.join(list_slugs())}")
    found = read_sources([named], options)
    if len(found) != 1:
        raise SetupError(f"{named} holds {len(found)} documents ({', '.join(one.document.slug for one in found)}); name one of them")
    return found[0]


# Which files


def _find(text: str) -> Iterator[_Source]:
    """The documents that one argument names."""
    name, place = "", text
    match = _NAMED.fullmatch(text)
    if match is not None and not Path(text).exists() and not is_address(text):
        name, place = slugify(match[1]), match[2]
    if is_address(place):
        yield _Source(place, name)
        return
    path = Path(place)
    if not path.is_dir():
        yield _Source(path, name)
        return
    documents = [file for file in sorted(path.iterdir()) if _is_document(file)]
    if not documents:
        raise SetupError(f"{path}: the folder holds no OpenAPI document; name a file, or put one that ends with {' or '.join(SUFFIXES)} into it")
    if name and len(documents) > 1:
        raise SetupError(f"{path}: the folder holds {len(documents)} documents, so they cannot all be named {name}; name each, NAME=FILE")
    yield from (_Source(file, name, len(documents) == 1) for file in documents)


def _is_document(file: Path) -> bool:
    """Whether a file holds a document, and not a part of one, an overlay or anything else. One that cannot be read counts, so that it is reported."""
    if file.suffix.lower() not in SUFFIXES or file.stem.lower().endswith(OVERLAY) or not file.is_file():
        return False
    try:
        content = parse_document(file.read_bytes(), str(file), Defects(str(file)))
    except (DocumentBroken, OSError):
        return True
    return isinstance(content, dict) and bool({"openapi", "swagger"} & set(content))


def _beside(place: str | Path) -> list[Path]:
    """The overlay beside a document that is named after it."""
    if not isinstance(place, Path):
        return []
    candidates = [place.with_name(f"{place.stem}{OVERLAY}{suffix}") for suffix in SUFFIXES]
    return [file for file in candidates if file.is_file()]


def _assign_overlays(sources: Sequence[_Source], overlays: Sequence[Path]) -> Mapping[int, list[Path]]:
    """The overlays of each document, by its number: the one that an overlay says it extends, or the only one."""
    assigned: dict[int, list[Path]] = {}
    for overlay in overlays:
        extended = _extended_by(overlay)
        places = {source.place.resolve() if isinstance(source.place, Path) else source.place: index for index, source in enumerate(sources)}
        index = 0 if len(sources) == 1 else places.get(extended) if extended is not None else None
        if index is None:
            raise SetupError(f"{overlay}: it is not clear which document this overlay changes; let its member extends name one of them")
        assigned.setdefault(index, []).append(overlay)
    return assigned


def _extended_by(overlay: Path) -> Path | str | None:
    """The document that an overlay says it extends, None if it says nothing."""
    try:
        content = parse_document(overlay.read_bytes(), str(overlay), Defects(str(overlay)))
    except OSError as error:
        raise SetupError(f"{overlay}: {error.strerror}") from None
    named = content.get("extends") if isinstance(content, dict) else None
    if not isinstance(named, str):
        return None
    return named if is_address(named) else (overlay.parent / named).resolve()


# What they are called and where they are


def _read(source: _Source, overlays: Sequence[Path], options: SourceOptions) -> ForeignDocument:
    found = read_foreign(
        source.place,
        name=source.name,
        overlays=overlays,
        ref_root=options.ref_root,
        allow_remote_refs=options.allow_remote_refs,
        strict=options.strict,
    )
    return replace(found, is_folder=source.is_folder)


def _choose_slug(source: _Source, found: ForeignDocument, names: UniqueNames, taken: Collection[str]) -> str:
    """The name that the command gives a document, else its own, else that with its folder in front, else with a number behind."""
    if source.name:
        if source.name in taken:
            raise SetupError(f"the name {source.name} belongs to another API of this server; give {source.place} another one, NAME=FILE")
        return source.name
    slug = found.document.slug
    if slug in names.taken and isinstance(source.place, Path):
        longer = slugify(f"{source.place.resolve().parent.name}-{slug}")
        return names.take(slug if longer == slug else longer)
    return names.take(slug)


def _read_base_paths(written: Sequence[str], slugs: Sequence[str]) -> dict[str, str]:
    """The base paths that the command sets, by slug."""
    found: dict[str, str] = {}
    for text in written:
        slug, equals, path = text.partition("=")
        if not equals and len(slugs) == 1:
            slug, path = slugs[0], text
        if slug not in slugs or not path.startswith("/"):
            raise SetupError(f"--base-path {text}: write NAME=/path, with one of {', '.join(slugs)} as NAME")
        found[slug] = path
    return found


def _renamed(found: ForeignDocument, slug: str, base_path: str | None) -> ForeignDocument:
    document = replace(found.document, slug=slug)
    if base_path is not None:
        document = document.moved_to(base_path)
    return replace(found, document=document)
