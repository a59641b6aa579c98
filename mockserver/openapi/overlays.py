"""Overlays: changes to an OpenAPI document that stand in files beside it, by the Overlay Specification 1.0.

An overlay is a list of actions. Each action selects places of the document by a JSONPath query (RFC 9535), and merges a value into them or removes
them. ``overlay.schema.json`` beside this module is the schema of an overlay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import orjson

from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.lines import find_line, read_nodes
from mockserver.openapi.nearest import nearest

if TYPE_CHECKING:  # the library takes 50 ms to load, and few overlays need it
    from jsonpath import JSONPathEnvironment

Location = tuple[str | int, ...]

_STEP = re.compile(r"""\.([A-Za-z_]\w*)|\['([^'\\]*)'\]|\["([^"\\]*)"\]|\[(0|[1-9]\d*)\]""", re.ASCII)
_MISSING = object()


@dataclass(frozen=True)
class Action:
    """One change to a document: the ``number``-th one of a file. ``target`` is the JSONPath query."""

    source: str
    number: int
    target: str
    update: Any = None
    remove: bool = False

    @property
    def place(self) -> str:
        """File and number, for messages."""
        return f"{self.source}: action {self.number}"

    @property
    def only_extends(self) -> bool:
        """Whether the action adds nothing but extensions, which mean the same before and after the document is repaired."""
        return isinstance(self.update, dict) and all(str(key).startswith("x-") for key in self.update)


@dataclass(frozen=True)
class Overlay:
    """The changes of one file. ``extends`` is the document that they belong to, relative to the file, or None."""

    source: str
    extends: str | None
    actions: tuple[Action, ...]


def is_overlay(content: Mapping[str, Any]) -> bool:
    """Whether the content of a file is an overlay, and not a document or a part of one."""
    return "overlay" in content


def parse_overlay(content: Mapping[str, Any], source: str) -> Overlay:
    """The overlay that a file holds. Raises DocumentBroken, with the file and the action, if it is not a valid overlay."""
    try:
        error = next(iter(_validator().iter_errors(content)), None)
    except ValueError as problem:  # a key of the YAML that is no text, which JSON does not have
        raise DocumentBroken(f"{source}: is not a valid overlay: {problem}") from None
    if error is not None:
        raise DocumentBroken(f"{source}: {_described(list(error.instance_path))}: {error.message[:300]}")
    actions = enumerate(content["actions"], 1)
    return Overlay(source, content.get("extends"), tuple(_action(source, number, found) for number, found in actions))


def apply_overlays(document: Mapping[str, Any], overlays: Iterable[Overlay], waiting: list[Action] | None = None) -> dict[str, Any]:
    """A copy of a document with the actions of overlays applied in order; new keys stand behind those of the document.

    An action that only adds extensions, and whose target selects nothing, is added to ``waiting`` if that is given: :func:`apply_waiting` applies it
    when the document is repaired. Raises DocumentBroken, with file, line and target of the action, if a target selects nothing or an update does not
    fit what it selects.
    """
    # YAML aliases make one object appear at several places. In the copy each place has its own, so that an action changes only what it selects.
    merged: dict[str, Any] = _copy(document)
    for overlay in overlays:
        for action in overlay.actions:
            if not _apply(merged, action):
                if waiting is None or not action.only_extends:
                    raise _selects_nothing(merged, action)
                waiting.append(action)
    return merged


def apply_waiting(document: dict[str, Any], waiting: Iterable[Action]) -> None:
    """Apply actions to a repaired document, in place. Raises DocumentBroken as :func:`apply_overlays` does."""
    for action in waiting:
        if not _apply(document, action):
            raise _selects_nothing(document, action)


@cache
def _validator() -> jsonschema_rs.Validator:
    schema = resources.files(__package__).joinpath("overlay.schema.json").read_bytes()
    return jsonschema_rs.Draft202012Validator(orjson.loads(schema))


def _described(path: Sequence[str | int]) -> str:
    """A place in an overlay, in words."""
    if len(path) > 1 and path[0] == "actions":
        return " ".join((f"action {int(path[1]) + 1}", *map(str, path[2:])))
    return " ".join(map(str, path)) or "the overlay"


def _action(source: str, number: int, found: Mapping[str, Any]) -> Action:
    action = Action(source, number, found["target"], found.get("update"), found.get("remove", False))
    if steps_of(action.target) is None:
        _compiled(action.place, action.target)  # a query that cannot be read is reported now, whatever the document is
    return action


def _copy(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _copy(value) for key, value in node.items()}
    return [_copy(item) for item in node] if isinstance(node, list) else node


def _apply(document: dict[str, Any], action: Action) -> bool:
    """Apply an action. False if its target selects nothing."""
    locations = list(dict.fromkeys(_locations(document, action)))
    if action.remove:
        for location in reversed(locations):  # from behind, so that the indexes of a list stay right
            _remove(document, location, action)
    else:
        for location in locations:
            _update(_at(document, location), action)
    return bool(locations)


def _selects_nothing(document: dict[str, Any], action: Action) -> DocumentBroken:
    """The error of a target that selects nothing, with the names nearest to the first one that leads nowhere."""
    text = "the target selects nothing; has the document changed?"
    steps = steps_of(action.target) or ()
    reached = next((count for count in range(len(steps)) if _at(document, steps[: count + 1]) is _MISSING), None)
    node = None if reached is None else _at(document, steps[:reached])
    if reached is not None and isinstance(node, dict):
        text = f"the target selects nothing: there is no {steps[reached]}; {nearest(str(steps[reached]), list(map(str, node)))}"
    return broken(action, text)


def _remove(document: dict[str, Any], location: Location, action: Action) -> None:
    if not location:
        raise broken(action, "the document as a whole cannot be removed")
    del _at(document, location[:-1])[location[-1]]


def _update(node: Any, action: Action) -> None:
    if isinstance(node, list):
        node.append(_copy(action.update))
    elif not isinstance(node, dict):
        raise broken(action, f"the target is {_kind(node)}; select the object that it stands in")
    elif not isinstance(action.update, dict):
        raise broken(action, f"the target is an object, but the update is {_kind(action.update)}")
    else:
        _merge(node, action.update, action)


def _merge(into: dict[str, Any], update: Mapping[str, Any], action: Action) -> None:
    for key, value in update.items():
        found = into.get(key, _MISSING)
        if isinstance(found, dict) and isinstance(value, dict):
            _merge(found, value, action)
        elif isinstance(found, list) and isinstance(value, list):
            found.extend(_copy(value))
        elif found is not _MISSING and isinstance(found, dict | list) != isinstance(value, dict | list):
            raise broken(action, f"the value of {key} is {_kind(found)}, but the update has {_kind(value)}")
        else:
            into[key] = _copy(value)


def _locations(document: dict[str, Any], action: Action) -> Iterator[Location]:
    """Keys and indexes that lead to each place that the target selects."""
    steps = steps_of(action.target)
    if steps is None:
        for match in _compiled(action.place, action.target).finditer(document):
            yield match.parts
    elif _at(document, steps) is not _MISSING:
        yield steps


def _at(document: Any, location: Location) -> Any:
    node = document
    for step in location:
        is_there = step in node if isinstance(node, dict) else isinstance(node, list) and isinstance(step, int) and step < len(node)
        if not is_there:
            return _MISSING
        node = node[step]
    return node


@cache
def steps_of(target: str) -> Location | None:
    """The steps of a query that names one place, such as ``$.paths['/a'].get``; None for any other query.

    Nearly all targets are of this kind, and the library would need longer for them than the rest of a start of the server allows.
    """
    steps, position = list[str | int](), 1
    while position < len(target):
        found = _STEP.match(target, position)
        if found is None:
            return None
        name, index = found[1] or found[2] or found[3], found[4]
        steps.append(int(index) if index is not None else name or "")
        position = found.end()
    return tuple(steps)


@cache
def _environment() -> JSONPathEnvironment:
    from jsonpath import JSONPathEnvironment  # noqa: PLC0415 - takes 50 ms, and few overlays need it

    return JSONPathEnvironment(strict=True)


def _compiled(place: str, target: str) -> Any:
    """A query that the library has read. Raises DocumentBroken if it is not JSONPath."""
    from jsonpath import JSONPathError  # noqa: PLC0415 - likewise

    try:
        return _environment().compile(target)
    except JSONPathError as error:
        raise DocumentBroken(f"{place} ({target}): is not a JSONPath query: {str(error).splitlines()[0]}") from None


def _kind(value: Any) -> str:
    return "an object" if isinstance(value, dict) else "an array" if isinstance(value, list) else "a plain value"


def broken(action: Action, text: str) -> DocumentBroken:
    """The error of an action, with file, number, line and target."""
    _, line = find_line(read_nodes(action.source), ("actions", action.number - 1))
    place = f"{action.place}, line {line}" if line else action.place
    return DocumentBroken(f"{place} ({action.target}): {text}")
