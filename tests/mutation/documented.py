"""What the documents say of answers, as far as answer changes and their witnesses are generated from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.openapi.documents import load_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockserver.openapi.operations import OperationSpec
    from tests.mutation.mutants import AnswerChange

BRANCHES = ("allOf", "anyOf", "oneOf")


def operation(slug: str, name: str) -> OperationSpec:
    """An operation by its id."""
    return load_document(slug).by_id[name]


def media_types(slug: str, name: str, status: int) -> set[str]:
    """The documented media types of an answer."""
    return set(_response(slug, name, status).get("content", {}))


def types_at(slug: str, name: str, status: int, pointer: str) -> set[str]:
    """The JSON types that the document allows at a pointer into an answer. Raises LookupError if it says nothing of that place."""
    schemas: list[Any] = [media["schema"] for media in _response(slug, name, status)["content"].values()]
    for part in pointer.split("/")[1:]:
        schemas = [child for schema in schemas for option in _options(slug, schema) for child in _children(option, part)]
    found = {option["type"] for schema in schemas for option in _options(slug, schema) if "type" in option}
    if not found:
        raise LookupError(f"the document gives no type to {pointer} in the answer {status} of {name}; name the conversion in `to`")
    return found | {"integer"} if "number" in found else found


def conversion(slug: str, change: AnswerChange) -> str:
    """A conversion of the value at a pointer whose result the document does not allow."""
    allowed = types_at(slug, change.operation, change.status, change.at)
    if "array" in allowed:
        return "first item"
    if "string" not in allowed:
        return "text"
    return "number" if allowed == {"string"} else "list"


def json_type(value: Any) -> str:
    """The name of a value's type in a schema; a whole number is an integer."""
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _response(slug: str, name: str, status: int) -> Any:
    return load_document(slug).resolve(operation(slug, name).spec["responses"][str(status)])


def _options(slug: str, schema: Any) -> Iterator[Any]:
    """A schema and the schemas that it is composed of, with references resolved."""
    found = load_document(slug).resolve(schema)
    yield found
    for word in BRANCHES:
        for inner in found.get(word, ()):
            yield from _options(slug, inner)


def _children(schema: Any, part: str) -> Iterator[Any]:
    """The schemas of a member: an item of a list, or a field of an object."""
    if part in schema.get("properties", {}):
        yield schema["properties"][part]
    elif "items" in schema and part.lstrip("-").isdigit():
        yield schema["items"]
