"""Reading the OpenAPI documents: the file as data, its operations, and the schema that stands behind a reference."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.overlays import Overlay, apply_overlays, is_overlay, parse_overlay

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAX_REFERENCES = 20
"""References that may lead from one to the next."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_VERSION = re.compile(r"3\.0\.\d")
_PLACEHOLDER = re.compile(r"\{[^}]*\}")


class _Loader(yaml.CSafeLoader):
    """YAML as JSON understands it: only ``true`` and ``false`` are booleans, dates stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


@dataclass(frozen=True)
class OperationSpec:
    """One operation as the document describes it, with its parameters resolved and those of its path included."""

    id: str
    method: str
    path: str
    spec: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Document:
    """One vendor's OpenAPI document, with its overlays applied.

    ``parts`` are the files that were merged into it, if it is split by tag; ``overlays`` are the files of its overlays, in the order of application.
    """

    slug: str
    source: str
    raw: dict[str, Any]
    parts: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The title of the API."""
        return str(self.raw["info"]["title"])

    @cached_property
    def base_path(self) -> str:
        """The path of the first server, under which the mock serves the API; no slash at its end."""
        return urlsplit(str(self.raw["servers"][0]["url"])).path.rstrip("/")

    @property
    def schemas(self) -> Mapping[str, Any]:
        """The schemas under ``components``."""
        found: Mapping[str, Any] = self.raw.get("components", {}).get("schemas", {})
        return found

    def resolve(self, node: Any) -> Any:
        """The node itself, or what its ``$ref`` points at."""
        seen = 0
        while isinstance(node, dict) and "$ref" in node:
            reference = str(node["$ref"])
            if not reference.startswith("#/") or (seen := seen + 1) > MAX_REFERENCES:
                raise DocumentBroken(f"{self.source}: the reference {reference} cannot be followed")
            node = self.raw
            for part in reference[2:].split("/"):
                key = part.replace("~1", "/").replace("~0", "~")
                if not isinstance(node, dict) or key not in node:
                    raise DocumentBroken(f"{self.source}: the reference {reference} points at nothing")
                node = node[key]
        return node

    @cached_property
    def operations(self) -> tuple[OperationSpec, ...]:
        """Every operation, in the order of the document."""
        return tuple(self._operations())

    def _operations(self) -> Iterator[OperationSpec]:
        for path, item in self.raw["paths"].items():
            for method in METHODS:
                if method not in item:
                    continue
                spec = item[method]
                if "operationId" not in spec:
                    raise DocumentBroken(f"{self.source}: {method.upper()} {path} has no operationId")
                own = [self.resolve(parameter) for parameter in spec.get("parameters", ())]
                named = {(parameter["name"], parameter["in"]) for parameter in own}
                shared = [self.resolve(parameter) for parameter in item.get("parameters", ())]
                inherited = [parameter for parameter in shared if (parameter["name"], parameter["in"]) not in named]
                yield OperationSpec(spec["operationId"], method.upper(), path, spec, (*own, *inherited))

    def raw_for_router(self) -> dict[str, Any]:
        """The document as the router reads it: aliases are paths."""
        reachable: dict[str, dict[str, Any]] = {path: dict(item) for path, item in self.raw["paths"].items()}
        for alias, method, path in self.aliases:
            item = self.raw["paths"][path]
            reachable.setdefault(alias, {"parameters": item.get("parameters", [])})[method] = item[method]
        return {**self.raw, "paths": reachable}

    @cached_property
    def aliases(self) -> tuple[tuple[str, str, str], ...]:
        """Every other path that leads to an operation, with the method and the path that the operation has."""
        return tuple(
            (alias, method, path)
            for path, item in self.raw["paths"].items()
            for method in METHODS
            for alias in item.get(method, {}).get("x-aliases", ())
        )


def read_document(slug: str, file: Path) -> Document:
    """The document of a vendor, with the parts and the overlays in the folder beside it. Raises DocumentBroken with file and place."""
    raw = _read(file)
    for key in ("openapi", "info", "servers", "paths"):
        if key not in raw or (not raw[key] and key != "paths"):
            raise DocumentBroken(f"{file}: the key {key} is missing or empty")
    if not _VERSION.fullmatch(str(raw["openapi"])):
        raise DocumentBroken(f"{file}: openapi is {raw['openapi']}, but documents are written in 3.0.3")
    beside = {found: _read(found) for found in sorted(file.with_suffix("").rglob("*.yaml"))}
    parts = {found: content for found, content in beside.items() if not is_overlay(content)}
    overlays = [_overlay(found, content, file) for found, content in beside.items() if found not in parts]
    _merge(raw, file, parts)
    if not raw["paths"]:
        raise DocumentBroken(f"{file}: the key paths is missing or empty")
    raw = apply_overlays(raw, overlays)
    document = Document(slug, str(file), raw, tuple(map(str, parts)), tuple(overlay.source for overlay in overlays))
    _check_operations(document)
    _check_aliases(document)
    return document


def _read(file: Path) -> dict[str, Any]:
    try:
        raw = yaml.load(file.read_bytes(), Loader=_Loader)  # noqa: S506 - a safe loader with fewer types
    except OSError as error:
        raise DocumentBroken(f"{file}: {error.strerror}") from None
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise DocumentBroken(f"{file}:{line} {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise DocumentBroken(f"{file}: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict):
        raise DocumentBroken(f"{file}: is no OpenAPI document")
    return raw


def _overlay(file: Path, content: Mapping[str, Any], document: Path) -> Overlay:
    overlay = parse_overlay(content, str(file))
    if overlay.extends is not None and (file.parent / overlay.extends).resolve() != document.resolve():
        raise DocumentBroken(f"{file}: extends {overlay.extends}, but stands in the folder of {document}")
    return overlay


def _merge(raw: dict[str, Any], file: Path, parts: Mapping[Path, dict[str, Any]]) -> None:
    """Add the paths and components of every part to those of the document. Raises DocumentBroken where two files give the same one."""
    owner: dict[tuple[str, ...], Path] = {}

    def add(kind: tuple[str, ...], into: dict[str, Any], found: Any, source: Path) -> None:
        if not isinstance(found, dict):
            raise DocumentBroken(f"{source}: {' '.join(kind)} is no mapping")
        for name, node in found.items():
            if (*kind, name) in owner:
                raise DocumentBroken(f"{source}: {' '.join((*kind, name))} stands in {owner[*kind, name]} already")
            owner[*kind, name] = source
            into[name] = node

    merged: dict[str, Any] = {}
    kinds: dict[str, dict[str, Any]] = {}
    for source, content in ((file, raw), *parts.items()):
        unknown = set() if source is file else set(content) - {"paths", "components"}
        if unknown:
            raise DocumentBroken(f"{source}: a part has paths and components only, not {', '.join(sorted(map(str, unknown)))}")
        add(("paths",), merged, content.get("paths") or {}, source)
        components = content.get("components") or {}
        if not isinstance(components, dict):
            raise DocumentBroken(f"{source}: components is no mapping")
        for kind, found in components.items():
            add(("components", kind), kinds.setdefault(kind, {}), found, source)
    raw["paths"] = merged
    if kinds:
        raw["components"] = kinds


def _check_operations(document: Document) -> None:
    try:
        operations = document.operations
    except (TypeError, KeyError, AttributeError) as error:
        raise DocumentBroken(f"{document.source}: paths cannot be read ({error!r})") from None
    seen: dict[str, str] = {}
    for operation in operations:
        where = f"{operation.method} {operation.path}"
        if operation.id in seen:
            raise DocumentBroken(f"{document.source}: operationId {operation.id} is used by {seen[operation.id]} and {where}")
        seen[operation.id] = where


def _check_aliases(document: Document) -> None:
    taken: dict[str, set[str]] = {}
    for path, item in document.raw["paths"].items():
        taken.setdefault(_PLACEHOLDER.sub("{}", path.rstrip("/")), set()).update(method for method in METHODS if method in item)
    for alias, method, path in document.aliases:
        shape = _PLACEHOLDER.sub("{}", alias.rstrip("/"))
        if method in taken.get(shape, ()):
            raise DocumentBroken(f"{document.source}: the alias {method.upper()} {alias} of {path} is a path of its own already")
        if set(_PLACEHOLDER.findall(path)) - set(_PLACEHOLDER.findall(alias)):
            raise DocumentBroken(f"{document.source}: the alias {alias} lacks a placeholder of {path}")
        taken.setdefault(shape, set()).add(method)
