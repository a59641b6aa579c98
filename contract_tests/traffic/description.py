"""A vendor's document, prepared for judging: its operations, where requests belong, and what it says at a place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from ..suite.harness.documents import document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
MAX_REFERENCES = 20
"""References that may lead from one to the next."""
_PLACEHOLDER = re.compile(r"\{[^}]*\}")
_DOUBLED = re.compile(r"(?<=[^/])/{2,}")
_WORLD = re.compile(r"^/~[A-Za-z0-9][A-Za-z0-9._-]{0,63}(?=/|$)")


def escaped(part: str | int) -> str:
    """A part of a JSON pointer as it is written."""
    return str(part).replace("~", "~0").replace("/", "~1")


def pointer(parts: Sequence[str | int]) -> str:
    """A JSON pointer."""
    return "".join("/" + escaped(part) for part in parts)


@dataclass(frozen=True)
class Place:
    """A schema and where it stands in the document, written as a reference."""

    reference: str
    node: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class RoutedOperation:
    """One operation of a document. ``aliases`` are other spellings of its path; parameters are resolved, those of the path included."""

    id: str
    method: str
    path: str
    aliases: tuple[str, ...]
    reference: str
    spec: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]
    description: TrafficContract

    @property
    def clauses(self) -> Mapping[str, str]:
        """The sentences of the vendor's page that belong to the operation, by id."""
        found: Mapping[str, str] = self.spec.get("x-clauses", {})
        return found

    @cached_property
    def errors(self) -> Mapping[str, Mapping[str, Any]]:
        """The rows of the vendor's error table, by code."""
        shared = self.description.resolve(self.description.raw.get("x-errors", {}))
        return {**shared, **self.description.resolve(self.spec.get("x-errors", {}))}

    @cached_property
    def statuses(self) -> tuple[str, ...]:
        """The documented statuses."""
        return tuple(map(str, self.spec["responses"]))

    @property
    def section(self) -> str:
        """Where the vendor's page describes the operation."""
        return str(self.spec.get("externalDocs", {}).get("description", ""))

    @cached_property
    def inputs(self) -> tuple[tuple[str, str], ...]:
        """Place and name of everything that can be sent: parameters, and the members of the body."""
        found = {(parameter["in"], parameter["name"]): None for parameter in self.parameters}
        for media in self.description.resolve(self.spec.get("requestBody", {})).get("content", {}).values():
            found |= {("body", name): None for name in self.description.members(media.get("schema", {}))}
        return tuple(found)

    @cached_property
    def has_query(self) -> bool:
        """Whether anything in the query means something: a parameter, or a credential of the API."""
        schemes = map(self.description.resolve, self.description.raw.get("components", {}).get("securitySchemes", {}).values())
        return any(found.get("in") == "query" for found in (*self.parameters, *schemes))

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """The documented name of each query parameter that has other names, by any of its names in lower case."""
        aliased = [parameter for parameter in self.parameters if parameter["in"] == "query" and "x-aliases" in parameter]
        return {name.casefold(): parameter["name"] for parameter in aliased for name in (parameter["name"], *parameter["x-aliases"])}

    @cached_property
    def emptiable(self) -> frozenset[tuple[str, str]]:
        """Place and name of the parameters that count as not sent where they are sent without a value."""
        return frozenset((parameter["in"], parameter["name"]) for parameter in self.parameters if parameter.get("x-empty-is-missing"))

    def clause_of(self, code: str) -> str | None:
        """The clause of a row of the error table, or None."""
        clause = self.errors.get(code, {}).get("clause")
        return None if clause is None else str(clause)


@dataclass(frozen=True)
class Route:
    """The operation that a path belongs to, and the values of its template."""

    operation: RoutedOperation
    values: Mapping[str, str]


class TrafficContract:
    """One vendor's document. ``bases`` are further paths or URLs under which the API is reached, besides those of its servers."""

    def __init__(self, slug: str, raw: Mapping[str, Any], bases: Sequence[str] = ()) -> None:
        self.slug = slug
        self.raw = raw
        servers = [urlsplit(str(server["url"])) for server in raw["servers"]]
        given = {urlsplit(base).path.rstrip("/") for base in bases}
        self.bases = sorted(given | {path for server in servers if (path := server.path.rstrip("/"))}, key=len, reverse=True)
        self.hosts = frozenset(server.netloc for server in servers if server.netloc and not server.path.rstrip("/"))
        self.operations = tuple(self._operations())
        self._by_path: dict[str, dict[str, RoutedOperation]] = {}
        for operation in self.operations:
            for path in (operation.path, *operation.aliases):
                self._by_path.setdefault(path.rstrip("/") or "/", {})[operation.method] = operation
        templates = [path for path in self._by_path if "{" in path]
        self._templates = [
            (_template(path), self._by_path[path]) for path in sorted(templates, key=lambda path: _PLACEHOLDER.sub("\U0010ffff", path))
        ]

    @property
    def title(self) -> str:
        """The title of the API."""
        return str(self.raw["info"]["title"])

    def resolve(self, node: Any) -> Any:
        """The node itself, or what its ``$ref`` points at."""
        for _ in range(MAX_REFERENCES):
            if not isinstance(node, dict) or "$ref" not in node:
                return node
            node = self.at(str(node["$ref"]))
        raise ValueError(f"{self.slug}: references lead in a circle")

    def at(self, reference: str) -> Any:
        """What stands at a reference such as ``#/components/schemas/Branch``."""
        node: Any = self.raw
        for part in reference.removeprefix("#/").split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        return node

    def members(self, schema: Any) -> list[str]:
        """The documented members of an object, those of all its branches."""
        schema = self.resolve(schema)
        branches = [branch for combined in ("allOf", "anyOf", "oneOf") for branch in schema.get(combined, ())]
        return [*schema.get("properties", {}), *(name for branch in branches for name in self.members(branch))]

    def place(self, reference: str, node: Any) -> Place:
        """A node and where it really stands, behind its references."""
        for _ in range(MAX_REFERENCES):
            if not isinstance(node, dict) or "$ref" not in node:
                break
            reference = str(node["$ref"])
            node = self.at(reference)
        return Place(reference, node)

    def step(self, here: Place, *parts: str | int) -> Place:
        """The place some steps further down in the document."""
        for part in parts:
            node: Any = here.node
            if (isinstance(node, dict) and part in node) or (isinstance(node, list) and isinstance(part, int) and part < len(node)):
                inner: Any = cast("Any", node)[part]
            else:
                return here
            here = self.place(f"{here.reference}/{escaped(part)}", inner)
        return here

    def below_base(self, path: str, host: str = "") -> str | None:
        """A path without the world's prefix, doubled slashes, slash at the end, and base path; None where it is not under any base path.

        A server of the document that has no base path is known by its ``host`` only: every path would be its own.
        """
        path = _WORLD.sub("", path, count=1) or "/"
        path = _DOUBLED.sub("/", path)
        if len(path) > 1:
            path = path.rstrip("/")
        for base in self.bases:
            if path == base or path.startswith(base + "/"):
                return path[len(base) :] or "/"
        return path if host in self.hosts and host else None

    def route(self, method: str, path: str) -> Route | None:
        """The operation of a method and a path below the base path, or None."""
        operations, values = self._operations_at(path)
        operation = operations.get(method) or (operations.get("GET") if method == "HEAD" else None)
        return None if operation is None else Route(operation, values)

    def methods_at(self, path: str) -> tuple[str, ...]:
        """The methods that the document has at a path below the base path."""
        return tuple(self._operations_at(path)[0])

    def _operations_at(self, path: str) -> tuple[Mapping[str, RoutedOperation], Mapping[str, str]]:
        if path in self._by_path:
            return self._by_path[path], {}
        for template, operations in self._templates:
            found = template.fullmatch(path)
            if found:
                return operations, {name[1:]: unquote(value) for name, value in found.groupdict().items()}
        decoded = unquote(path)
        return self._by_path.get(decoded, {}), {}

    def _operations(self) -> Iterator[RoutedOperation]:
        for path, item in self.raw["paths"].items():
            shared = item.get("parameters", ())
            for method in METHODS:
                if method not in item:
                    continue
                spec = item[method]
                own = [self.resolve(parameter) for parameter in spec.get("parameters", ())]
                named = {(parameter["name"], parameter["in"]) for parameter in own}
                inherited = [found for found in map(self.resolve, shared) if (found["name"], found["in"]) not in named]
                aliases = tuple(spec.get("x-aliases", ()))
                reference = f"#/paths/{escaped(path)}/{method}"
                yield RoutedOperation(spec["operationId"], method.upper(), path, aliases, reference, spec, (*own, *inherited), self)


def _template(path: str) -> re.Pattern[str]:
    # names of groups must be identifiers; that of a parameter may be any word
    parts = re.split(r"\{([^}]*)\}", path)
    return re.compile("".join(re.escape(part) if index % 2 == 0 else f"(?P<_{part}>[^/]+)" for index, part in enumerate(parts)))


@cache
def describe(slug: str, bases: tuple[str, ...] = ()) -> TrafficContract:
    """The description of a vendor by its document on disk."""
    return TrafficContract(slug, document(slug), bases)
