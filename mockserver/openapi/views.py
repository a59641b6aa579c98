"""Views of a document for tools that read plain OpenAPI: what the mock sends, and what the vendor describes, both without extensions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from mockserver.openapi.documents import METHODS, Document
from mockserver.openapi.flattening import DATA, NAMED, flatten
from mockserver.openapi.pointers import escape_part, find_value, split_pointer

View = Literal["emitted", "accepted", "vendor"]
VIEWS: tuple[View, ...] = ("emitted", "accepted", "vendor")
VERSIONS = ("3.0", "3.1")
WORLD = "MockWorld"
"""The component of the parameter by which a call names its world."""

_OWN = "Error"
"""A name of a schema that languages have for something of their own."""


def make_view(document: Document, view: View, version: str = "") -> dict[str, Any]:
    """A document as a tool shall read it. ``accepted`` is the document itself; ``version`` 3.1 converts the others."""
    if view == "accepted":
        return document.raw
    raw = _Emitted(document).make() if view == "emitted" else {**document.raw, "paths": _drop_assumed(document.raw["paths"])}
    made: dict[str, Any] = _strip(raw)
    if view == "emitted":
        made = _rename(made)
    made = _keep_used(made)
    return _raise_version(made) if version == "3.1" and str(made["openapi"]).startswith("3.0") else made


class _Emitted:
    """Puts what the mock sends in the place of what any implementation may send."""

    def __init__(self, document: Document) -> None:
        self._document = document
        code = document.raw.get("x-envelope", {}).get("code", "")
        self._code = split_pointer(code) if isinstance(code, str) and code else []

    def make(self) -> dict[str, Any]:
        raw = {**self._document.raw, "paths": {path: self._item(item) for path, item in self._document.raw["paths"].items()}}
        raw["paths"] = {path: item for path, item in raw["paths"].items() if any(method in item for method in METHODS)}
        components = dict(raw.get("components", {}))
        world = {
            "name": "X-Mock-World",
            "in": "header",
            "required": False,
            "description": "The world of the mock that the call means; by default the world `default`.",
            "schema": {"type": "string"},
        }
        components["parameters"] = {**components.get("parameters", {}), WORLD: world}
        made: dict[str, Any] = flatten({**raw, "components": components}, self._document.resolve)
        return made

    def _item(self, item: Any) -> Any:
        item = self._document.resolve(item)
        kept = {name: value for name, value in item.items() if name not in METHODS}
        if not any(self._is_page(item[method]) for method in METHODS if method in item):
            kept |= {method: self._operation(item[method]) for method in METHODS if method in item}
        return kept

    def _is_page(self, operation: Mapping[str, Any]) -> bool:
        """Whether people read the successful answers of an operation in a browser."""
        answers = [response for status, response in operation.get("responses", {}).items() if str(status).startswith("2")]
        media = [name for response in answers for name in self._document.resolve(response).get("content", {})]
        return bool(media) and all(name == "text/html" for name in media)

    def _operation(self, operation: Mapping[str, Any]) -> dict[str, Any]:
        by_status: dict[str, set[str]] = {}
        for name, row in self._document.resolve(operation.get("x-errors", {})).items():
            by_status.setdefault(str(row.get("status", "")), set()).add(row.get("code", name))
        responses = {status: self._response(response, by_status.get(str(status), ())) for status, response in operation.get("responses", {}).items()}
        parameters = [*operation.get("parameters", ()), {"$ref": f"#/components/parameters/{WORLD}"}]
        return {**operation, "parameters": parameters, "responses": responses}

    def _response(self, response: Any, codes: Any) -> dict[str, Any]:
        found = dict(self._document.resolve(response))
        found.pop("links", None)  # widely used generators refuse bodies in links
        if "content" in found:
            found["content"] = {name: self._media(media, codes) for name, media in found["content"].items()}
        return found

    def _media(self, media: Mapping[str, Any], codes: Any) -> dict[str, Any]:
        made = {**media, "schema": media["x-emits"]} if "x-emits" in media else dict(media)
        if codes and self._code and "schema" in made:
            narrowed: dict[str, Any] = {"type": "string", "enum": sorted(codes)}
            for name in reversed(self._code):
                narrowed = {"type": "object", "required": [name], "properties": {name: narrowed}}
            made["schema"] = {"allOf": [made["schema"], narrowed]}
            made = self._drop_examples(made, codes)
        return made

    def _drop_examples(self, media: dict[str, Any], codes: Any) -> dict[str, Any]:
        """A refusal without the examples of other operations, whose codes this one does not have."""
        pointer = "/" + "/".join(map(escape_part, self._code))
        examples = {name: example for name, example in media.get("examples", {}).items() if self._has_code(example, pointer, codes)}
        rest = {name: value for name, value in media.items() if name != "examples"}
        if "example" in rest and find_value(rest["example"], pointer) not in codes:
            rest.pop("example")
        return {**rest, "examples": examples} if examples else rest

    def _has_code(self, example: Any, pointer: str, codes: Any) -> bool:
        return find_value(self._document.resolve(example).get("value"), pointer) in codes


def _drop_assumed(paths: Mapping[str, Any]) -> dict[str, Any]:
    """The operations that the vendor's page has."""
    kept = {
        path: {name: value for name, value in item.items() if name not in METHODS or value.get("x-provenance") != "assumed"}
        for path, item in paths.items()
    }
    return {path: item for path, item in kept.items() if any(method in item for method in METHODS)}


def _strip(node: Any, *, is_named: bool = False) -> Any:
    """A part of a document without extensions, and in words that tools understand.

    Every array has items, ``nullable`` stands beside a type only, and null alone, which 3.0 has no type for, is an object without properties or null.
    """
    if isinstance(node, list):
        return [_strip(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept: dict[str, Any] = {}
    for name, value in node.items():
        if not is_named and isinstance(name, str) and name.startswith("x-"):
            continue
        kept[name] = value if not is_named and name in DATA else _strip(value, is_named=not is_named and name in NAMED)
    if is_named:
        return kept
    if kept.get("type") == "array" and "items" not in kept:
        kept["items"] = {}
    if kept.get("nullable") is True and "type" not in kept:
        kept.pop("nullable")
    if kept.get("enum") == [None] and kept.get("type") == "object":
        kept = {name: value for name, value in kept.items() if name != "enum"} | {"maxProperties": 0}
    return kept


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of a document, outermost first."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _walk(value)
    elif isinstance(node, list):
        for item in node:
            yield from _walk(item)


def _replace(node: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """A copy of a document in which every object is changed, innermost first."""
    if isinstance(node, list):
        return [_replace(item, change) for item in node]
    if isinstance(node, dict):
        return change({name: _replace(value, change) for name, value in node.items()})
    return node


def _rename(raw: dict[str, Any]) -> dict[str, Any]:
    """The document with another name for a schema that languages have for something of their own."""
    schemas = raw.get("components", {}).get("schemas", {})
    if _OWN not in schemas:
        return raw
    new = next(name for name in ("ErrorBody", "ErrorAnswer", "ErrorDocument") if name not in schemas)
    old_reference, reference = f"#/components/schemas/{_OWN}", f"#/components/schemas/{new}"
    renamed: dict[str, Any] = _replace(raw, lambda node: {**node, "$ref": reference} if node.get("$ref") == old_reference else node)
    found = renamed["components"]["schemas"]
    renamed["components"]["schemas"] = {new if name == _OWN else name: schema for name, schema in found.items()}
    return renamed


def _keep_used(raw: dict[str, Any]) -> dict[str, Any]:
    """The document without the components to which nothing leads."""
    components: dict[str, dict[str, Any]] = raw.get("components", {})
    waiting: list[Any] = [{name: value for name, value in raw.items() if name != "components"}]
    used: set[tuple[str, str]] = {
        ("securitySchemes", scheme)
        for node in _walk(waiting)
        for requirement in _listed(node.get("security"))
        if isinstance(requirement, dict)
        for scheme in requirement
    }
    while waiting:
        for node in _walk(waiting.pop()):
            reference = node.get("$ref")
            parts = split_pointer(reference[1:]) if isinstance(reference, str) and reference.startswith("#/components/") else []
            if len(parts) > 2 and (parts[1], parts[2]) not in used:  # noqa: PLR2004 - components, kind and name
                used.add((parts[1], parts[2]))
                waiting.append(components.get(parts[1], {}).get(parts[2]))
    kept = {kind: {name: value for name, value in named.items() if (kind, name) in used} for kind, named in components.items()}
    kept = {kind: named for kind, named in kept.items() if named}
    rest = {name: value for name, value in raw.items() if name != "components"}
    return {**rest, "components": kept} if kept else rest


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _raise_version(raw: dict[str, Any]) -> dict[str, Any]:
    """A document of version 3.0 as one of 3.1."""
    raised: dict[str, Any] = _replace(raw, _raise_schema)
    return {**raised, "openapi": "3.1.0"}


def _raise_schema(node: dict[str, Any]) -> dict[str, Any]:
    """An object of a document in the words of 3.1; only schemas have these."""
    made = dict(node)
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if made.get(exclusive) is True and bound in made:
            made[exclusive] = made.pop(bound)
        elif made.get(exclusive) is False:
            made.pop(exclusive)
    if made.get("nullable") is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
        if isinstance(made.get("enum"), list) and None not in made["enum"]:
            made["enum"] = [*made["enum"], None]
    if isinstance(made.get("nullable"), bool):
        made.pop("nullable")
    return made
