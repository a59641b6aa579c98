"""The one reader of OpenAPI documents: the file as data, its operations, and what a reference or a path leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import yaml

from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.masking import Mask
from mockserver.openapi.operations import OperationSpec, Route
from mockserver.openapi.overlays import Overlay, apply_overlays, is_overlay, parse_overlay
from mockserver.openapi.paths import PathTree
from mockserver.openapi.pointers import escape_part, split_pointer

_PACKAGE = Path(__file__).resolve().parent.parent
SPECS = next((place for place in (_PACKAGE / "specs", _PACKAGE.parent / "specs") if place.is_dir()), _PACKAGE.parent / "specs")
"""The folder of the vendors' documents: inside the installed package, beside it in a checkout."""

EACH_CALL = "each-call"
"""The value of ``x-volatile`` for a field that differs even between two equal calls; ``true`` stands for one that differs between two runs."""

MAX_REFERENCES = 20
"""References that may lead from one to the next."""

SLUG = "x-mockserver-slug"
"""The key of a document that says to the router whose it is."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_BASE_PATH = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*/?")
_VERSION = re.compile(r"3\.0\.\d")
_PLACEHOLDER = re.compile(r"\{[^}]*\}")


class _Loader(yaml.CSafeLoader):
    """Loads YAML with the types of JSON: only ``true`` and ``false`` are booleans, dates stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def _join(one: Any, other: Any) -> Any:
    """A schema that demands what two demand. Equal ones are not doubled, because a schema that refers to itself would double at each level."""
    return one if one == other else {"allOf": [one, other]}


@dataclass(frozen=True)
class Document:
    """One vendor's OpenAPI document, with its overlays applied.

    ``parts`` are the files that were merged into it, if it is split by tag; ``overlays`` are the files of its overlays, in the order of application.
    ``bases`` are paths or URLs under which the API is reached, besides those of its servers. ``has_skeleton`` is set if the router reads no more than
    paths and methods of the document, because the document may have what the router does not know.
    """

    slug: str
    source: str
    raw: dict[str, Any]
    parts: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    has_skeleton: bool = False

    @property
    def allows_control_characters(self) -> bool:
        """Whether texts of parameters may hold control characters. Hand-written documents are of vendors that refuse them."""
        return self.has_skeleton

    @property
    def title(self) -> str:
        return str(self.raw["info"]["title"])

    @property
    def version(self) -> str:
        return str(self.raw["info"]["version"])

    @cached_property
    def is_2020(self) -> bool:
        """Whether schemas are of JSON Schema draft 2020-12, as since OpenAPI 3.1, and not of the older one of OpenAPI 3.0."""
        return not str(self.raw.get("openapi", "3.0")).startswith("3.0")

    @cached_property
    def base_path(self) -> str:
        """The path of the first server, under which the mock serves the API; no slash at its end."""
        return self._servers[0].path.rstrip("/")

    def moved_to(self, base_path: str) -> Document:
        """The document with another base path; its own servers come after it. Raises DocumentBroken if it is no path."""
        if not _BASE_PATH.fullmatch(base_path):
            raise DocumentBroken(f"{self.source}: {base_path} cannot be a base path; write one such as /v2")
        return replace(self, raw={**self.raw, "servers": [{"url": base_path.rstrip("/") or "/"}, *self.raw["servers"]]})

    @cached_property
    def _servers(self) -> list[SplitResult]:
        return [urlsplit(str(server["url"])) for server in self.raw["servers"]]

    @cached_property
    def base_paths(self) -> list[str]:
        """The paths under which the API is reached, the longest first; an empty path is none."""
        paths = {server.path.rstrip("/") for server in (*self._servers, *map(urlsplit, self.bases))}
        return sorted(paths - {""}, key=len, reverse=True)

    @cached_property
    def _hosts(self) -> frozenset[str]:
        """The hosts of servers without a base path, at which every path belongs to the API."""
        return frozenset(server.netloc for server in self._servers if not server.path.rstrip("/"))

    def below_base(self, path: str, host: str = "") -> str | None:
        """A path without base path and without a slash at its end; None if the API is reached neither by the path nor by the host."""
        path = path.rstrip("/") or "/"
        for base in self.base_paths:
            if path == base or path.startswith(base + "/"):
                return path[len(base) :] or "/"
        return path if host and host in self._hosts else None

    @property
    def schemas(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.raw.get("components", {}).get("schemas", {})
        return found

    @cached_property
    def security_schemes(self) -> Mapping[str, Mapping[str, Any]]:
        """The security schemes under ``components``, resolved."""
        return {name: self.resolve(scheme) for name, scheme in self.raw.get("components", {}).get("securitySchemes", {}).items()}

    @property
    def credential_headers(self) -> set[str]:
        schemes = self.security_schemes.values()
        named = {str(scheme["name"]) for scheme in schemes if scheme.get("in") == "header"}
        return named | ({"Authorization"} if any(scheme["type"] in ("http", "oauth2") for scheme in schemes) else set())

    @cached_property
    def mask(self) -> Mask:
        """Hides secrets of this API: beside what has a telling name, its API keys."""
        return Mask(str(scheme["name"]) for scheme in self.security_schemes.values() if scheme.get("type") == "apiKey")

    @cached_property
    def errors(self) -> Mapping[str, Any]:
        """The rows of the vendor's error table that belong to every operation, by code (``x-errors`` at the root)."""
        found: Mapping[str, Any] = self.resolve(self.raw.get("x-errors", {}))
        return found

    # What a reference leads to

    def resolve(self, node: Any) -> Any:
        """The node itself, or what its ``$ref`` leads to. Raises DocumentBroken."""
        seen = 0
        while isinstance(node, dict) and "$ref" in node:
            reference = str(node["$ref"])
            if (seen := seen + 1) > MAX_REFERENCES:
                raise DocumentBroken(f"{self.source}: the reference {reference} cannot be followed")
            node = self.at(reference)
        return node

    def at(self, reference: str) -> Any:
        """The node at a reference such as ``#/components/schemas/Branch``. Raises DocumentBroken."""
        if not reference.startswith("#/"):
            raise DocumentBroken(f"{self.source}: the reference {reference} cannot be followed")
        node: Any = self.raw
        for key in split_pointer(reference[1:]):
            if not isinstance(node, dict) or key not in node:
                raise DocumentBroken(f"{self.source}: the reference {reference} points at nothing")
            node = node[key]
        return node

    def merge_all_of(self, schema: Any) -> dict[str, Any]:
        """A schema, resolved, with the branches of its ``allOf`` in it. A property of two branches keeps both schemas, as an ``allOf``.

        A list of one type and ``null`` becomes that type and ``nullable``.
        """
        schema = self.resolve(schema)
        if not isinstance(schema, dict):  # true and false are schemas too, since 3.1
            return {}
        merged = {key: value for key, value in schema.items() if key != "allOf"}
        for branch in schema.get("allOf", ()):
            flat = self.merge_all_of(branch)
            ours, theirs = merged.get("properties", {}), flat.get("properties", {})
            both = {name: _join(theirs[name], ours[name]) for name in theirs if name in ours}
            properties = {**theirs, **ours, **both}
            required = list(dict.fromkeys([*flat.get("required", ()), *merged.get("required", ())]))
            items = _join(flat["items"], merged["items"]) if "items" in flat and "items" in merged else None
            merged = {**flat, **merged}
            if items is not None:
                merged["items"] = items
            if properties:
                merged["properties"] = properties
            if required:
                merged["required"] = required
        kinds = merged.get("type")
        if isinstance(kinds, list):
            others = [kind for kind in kinds if kind != "null"]
            merged = {**merged, "nullable": merged.get("nullable", len(others) < len(kinds))}
            if len(others) == 1:
                merged["type"] = others[0]
            else:
                del merged["type"]
        return merged

    def properties(self, schema: Any) -> Iterator[tuple[str, Any]]:
        """Name and schema of the properties of a schema, those of all its branches included; a name may come twice."""
        schema = self.resolve(schema)
        if not isinstance(schema, dict):
            return
        yield from schema.get("properties", {}).items()
        for combined in ("allOf", "anyOf", "oneOf"):
            for branch in schema.get(combined, ()):
                yield from self.properties(branch)

    # Operations, and what a path leads to

    @cached_property
    def operations(self) -> tuple[OperationSpec, ...]:
        return tuple(self._operations())

    @cached_property
    def by_id(self) -> Mapping[str, OperationSpec]:
        return {operation.id: operation for operation in self.operations}

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
                reference = f"#/paths/{escape_part(path)}/{method}"
                yield OperationSpec(self, spec["operationId"], method.upper(), path, reference, spec, (*own, *inherited))

    @cached_property
    def _paths(self) -> PathTree[dict[str, OperationSpec]]:
        tree: PathTree[dict[str, OperationSpec]] = PathTree()
        for operation in self.operations:
            for path in (operation.path, *operation.aliases):
                tree.get_or_make(path.rstrip("/") or "/", dict)[operation.method] = operation
        return tree

    def _operations_at(self, path: str) -> tuple[Mapping[str, OperationSpec], Mapping[str, str]]:
        path = path.rstrip("/") or "/"
        return self._paths.find(path) or self._paths.find(unquote(path)) or ({}, {})

    def methods_at(self, path: str) -> tuple[str, ...]:
        """The methods that the document has at a path below the base path."""
        return tuple(self._operations_at(path)[0])

    def route(self, method: str, path: str) -> Route | None:
        """The operation of a method at a path below the base path, None if there is none; a slash at the end does not matter.

        The path is found first, a fixed segment before a placeholder; a method that this path lacks is not looked for at another.
        """
        operations, values = self._operations_at(path)
        if method not in operations:
            return None
        return Route(operations[method], {name: unquote(value) for name, value in values.items()})

    def raw_for_router(self) -> dict[str, Any]:
        """The document as the router reads it: aliases are paths. With ``has_skeleton`` it has names and paths of the operations only."""
        if self.has_skeleton:
            return {"openapi": "3.0.3", "info": {"title": self.slug, "version": "0"}, "paths": self._skeleton(), SLUG: self.slug}
        reachable: dict[str, dict[str, Any]] = {path: dict(item) for path, item in self.raw["paths"].items()}
        for alias, method, path in self.aliases:
            item = self.raw["paths"][path]
            reachable.setdefault(alias, {"parameters": item.get("parameters", [])})[method] = item[method]
        return {**self.raw, "paths": reachable, SLUG: self.slug}

    def _skeleton(self) -> dict[str, dict[str, Any]]:
        paths: dict[str, dict[str, Any]] = {}
        for operation in self.operations:
            paths.setdefault(operation.path, {})[operation.method.lower()] = {
                "operationId": operation.id,
                "parameters": [
                    {"name": parameter["name"], "in": "path", "required": True, "schema": {"type": "string"}}
                    for parameter in operation.parameters
                    if parameter["in"] == "path"
                ],
                "responses": {"200": {"description": ""}},
            }
        return paths

    @cached_property
    def aliases(self) -> tuple[tuple[str, str, str], ...]:
        """Every other path that leads to an operation, with the method and the path that the operation has."""
        return tuple(
            (alias, method, path)
            for path, item in self.raw["paths"].items()
            for method in METHODS
            for alias in item.get(method, {}).get("x-aliases", ())
        )


def list_slugs() -> list[str]:
    """The vendors that have a document in the folder of documents."""
    return sorted(file.stem for file in SPECS.glob("*.yaml"))


def load_document(slug: str, bases: tuple[str, ...] = ()) -> Document:
    """The document of a vendor in the folder of documents, read once; ``bases`` as in Document. Raises DocumentBroken."""
    return replace(_load(slug), bases=bases) if bases else _load(slug)


@cache
def _load(slug: str) -> Document:
    return read_document(slug, SPECS / f"{slug}.yaml")


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
    """Add the paths and components of every part to those of the document. Raises DocumentBroken if two files define the same one."""
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
