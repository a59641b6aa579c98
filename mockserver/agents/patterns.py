"""Calls to an operation that its document shows or describes, from which a refused call can be repaired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random  # noqa: TID251 - a seed of its own, so that equal questions get equal answers
from typing import Any

from mockserver.agents.requests import AgentCall, Field, flatten_body
from mockserver.openapi.examples import invent
from mockserver.openapi.operations import OperationSpec


def _draw() -> Random:
    """A source of values that gives the same ones at each question."""
    return Random(7)  # noqa: S311 - nothing secret


def find_patterns(operation: OperationSpec, landmarks: Mapping[str, str], credential: str | None) -> Iterator[AgentCall]:
    """Calls that probably pass, the most likely first: the recipe that works, the documented examples, a call made from the schemas."""
    media_type = next(iter(operation.content), "")
    parameters = _example_parameters(operation, landmarks)
    recipe = operation.recipes.get("works")
    sent = recipe.get("send") if isinstance(recipe, Mapping) else None
    if isinstance(sent, Mapping):
        yield AgentCall(operation, {**parameters, **_place(operation, sent, landmarks)}, credential, media_type)
    for kind, media in operation.content.items():
        for example in _list_examples(operation, media):
            yield AgentCall(operation, {**parameters, **flatten_body(_fill(example, landmarks))}, credential, kind)
    if operation.content:
        schema = operation.content[media_type].get("schema", {})
        yield AgentCall(operation, {**parameters, **flatten_body(invent(operation.document, schema, _draw()))}, credential, media_type)
    elif not isinstance(sent, Mapping):
        yield AgentCall(operation, parameters, credential)


def _place(operation: OperationSpec, sent: Mapping[str, Any], landmarks: Mapping[str, str]) -> dict[Field, Any]:
    """The values of a recipe by their places. One that a landmark or an earlier call has to give, and none does, is left out."""
    places = {name: place for place, name in operation.inputs}
    found: dict[Field, Any] = {}
    for name, value in sent.items():
        filled = _fill(value, landmarks)
        if not _is_open(filled):
            place = places.get(str(name), "body" if operation.content else "query")
            found |= flatten_body(filled, (str(name),)) if place == "body" else {(place, (str(name),)): filled}
    return found


def _fill(value: Any, landmarks: Mapping[str, str]) -> Any:
    if isinstance(value, str) and value.startswith("$"):
        return landmarks.get(value[1:], value)
    if isinstance(value, Mapping):
        return {name: _fill(inner, landmarks) for name, inner in value.items()}
    return [_fill(inner, landmarks) for inner in value] if isinstance(value, list) else value


def _is_open(value: Any) -> bool:
    """Whether a value of a recipe depends on a call or on a formula."""
    return (isinstance(value, str) and value.startswith("$")) or (isinstance(value, Mapping) and "formula" in value)


def _example_parameters(operation: OperationSpec, landmarks: Mapping[str, str]) -> dict[Field, Any]:
    """The required parameters, with the values of their examples, of landmarks of their name, or made ones."""
    found: dict[Field, Any] = {}
    for parameter in operation.parameters:
        name, schema = str(parameter["name"]), operation.document.resolve(parameter.get("schema", {}))
        if parameter.get("required") or parameter["in"] == "path":
            known = parameter.get("example", schema.get("example", landmarks.get(name)))
            found[str(parameter["in"]), (name,)] = invent(operation.document, schema, _draw()) if known is None else known
    return found


def _list_examples(operation: OperationSpec, media: Mapping[str, Any]) -> Iterator[Any]:
    if "example" in media:
        yield media["example"]
    for example in media.get("examples", {}).values():
        resolved = operation.document.resolve(example)
        if "value" in resolved:
            yield resolved["value"]
