"""The callbacks and webhooks that a document declares, and the changes of records that trigger a webhook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.openapi.documents import METHODS, Document
from mockserver.openapi.inference.model import Family, Model
from mockserver.openapi.inference.words import fold, singular, split
from mockserver.openapi.operations import OperationSpec

_CREATED = frozenset("new create created creates add added adds insert inserted register registered publish open opened start started".split())
_CHANGED = frozenset("update updated updates change changed changes edit edited modify modified".split())
_DELETED = frozenset("delete deleted deletes remove removed removes destroy destroyed".split())
_FILLERS = frozenset("event events webhook notification hook on has been was is the".split())


@dataclass(frozen=True, slots=True)
class EventSpec:
    """A message that a document describes. ``target`` is the template of its address, empty for a webhook, which goes to subscribers."""

    name: str
    method: str
    target: str
    schema: Any
    example: Any
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trigger:
    """What sends a webhook: a record of ``family`` is ``created``, ``changed`` or ``deleted``, or a field of it becomes ``change``."""

    event: EventSpec
    family: str
    change: str


def callbacks_of(spec: OperationSpec) -> tuple[EventSpec, ...]:
    """The callbacks of an operation."""
    found = spec.spec.get("callbacks")
    events: list[EventSpec] = []
    for name, callback in found.items() if isinstance(found, dict) else ():
        resolved = spec.document.resolve(callback)
        for template, item in resolved.items() if isinstance(resolved, dict) else ():
            events += _events(spec.document, str(name), str(template), item)
    return tuple(events)


def webhooks_of(document: Document) -> tuple[EventSpec, ...]:
    """The webhooks of a document."""
    found = document.raw.get("webhooks")
    items = found.items() if isinstance(found, dict) else ()
    return tuple(event for name, item in items for event in _events(document, str(name), "", item))


def _events(document: Document, name: str, target: str, item: Any) -> Iterator[EventSpec]:
    item = document.resolve(item)
    for method in METHODS if isinstance(item, dict) else ():
        operation = item.get(method)
        if not isinstance(operation, dict):
            continue
        media = _media(document, operation)
        headers = tuple(_headers(document, item, operation))
        yield EventSpec(name, method.upper(), target, media.get("schema"), _example(document, media), headers)


def _media(document: Document, operation: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the document says of the JSON body of a message."""
    body = document.resolve(operation.get("requestBody") or {})
    content = body.get("content") if isinstance(body, dict) else None
    found: Any = next((one for kind, one in content.items() if "json" in kind), {}) if isinstance(content, dict) else {}
    resolved = document.resolve(found)
    return resolved if isinstance(resolved, dict) else {}


def _example(document: Document, media: Mapping[str, Any]) -> Any:
    named = media.get("examples")
    listed = [document.resolve(one) for one in named.values()] if isinstance(named, dict) else []
    return media.get("example", next((one["value"] for one in listed if isinstance(one, dict) and "value" in one), None))


def _headers(document: Document, item: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
    for holder in (item, operation):
        for parameter in holder.get("parameters") or ():
            resolved = document.resolve(parameter)
            if isinstance(resolved, dict) and resolved.get("in") == "header":
                yield str(resolved.get("name"))


def triggers_of(document: Document, model: Model) -> tuple[Trigger, ...]:
    """The webhooks that a change of a record sends, by their names.

    ``order.created``, ``newOrder`` and ``orderPaid`` name a family and what happens to its records.
    """
    found = []
    for event in webhooks_of(document):
        words = [word for word in split(event.name) if word not in _FILLERS]
        family, rest = _find_family(model, words)
        if family is not None:
            found.append(Trigger(event, family.name, _find_change(rest)))
    return tuple(found)


def _find_family(model: Model, words: list[str]) -> tuple[Family | None, list[str]]:
    """The family that the longest run of words names, and the other words."""
    nouns = {fold(family.noun): family for family in reversed(list(model.families.values())) if family.noun and not family.is_singleton}
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length + 1):
            run = "".join(words[start : start + length])
            last = "".join([*words[start : start + length - 1], singular(words[start + length - 1])])
            for spelled in (run, last):
                if spelled in nouns:
                    return nouns[spelled], words[:start] + words[start + length :]
    return None, words


def _find_change(words: list[str]) -> str:
    for change, verbs in (("created", _CREATED), ("deleted", _DELETED), ("changed", _CHANGED)):
        if any(word in verbs for word in words):
            return change
    return "".join(words) or "changed"
