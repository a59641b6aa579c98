"""What was understood of a document, as data, as text, as a graph, and what differs from what was understood before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.openapi.documents import Document
from mockserver.openapi.inference.model import Family, Model, Role

FORMAT = 1
"""The version of the data's layout, in its member ``explanation``."""


def explain(document: Document, model: Model) -> dict[str, Any]:
    """A model as JSON data: families by name, and operations by method and path, each with its reason and its confidence."""
    return {
        "explanation": FORMAT,
        "document": {"title": document.title, "version": document.version, "openapi": str(document.raw.get("openapi", ""))},
        "families": {name: _explain_family(family) for name, family in model.families.items()},
        "operations": {document.by_id[name].label: _explain_role(role) for name, role in model.roles.items()},
    }


def _explain_family(family: Family) -> dict[str, Any]:
    return {
        "item": family.item,
        "collection": family.collection,
        "identity": family.identity,
        "key": "client" if family.chosen_by_client else "server",
        "below": [scope.parent or f"{{{scope.placeholder}}}" for scope in family.scopes],
        "refers": dict(family.references),
        "singleton": family.is_singleton,
        "confidence": str(family.confidence),
        "because": family.because,
    }


def _explain_role(role: Role) -> dict[str, Any]:
    paging = {name: value for name, value in vars(role.paging).items() if isinstance(value, str) and value}
    more: dict[str, Any] = {
        "at": role.answer,
        "sent": role.sent or None,
        "paging": paging or None,
        "filters": {name: f"{one.operator} {one.pointer}" for name, one in role.filters.items()} or None,
        "order": role.order or None,
        "sets": dict(role.changes) or None,
        "needs": {name: list(values) for name, values in role.needs.items()} or None,
    }
    return {
        "role": str(role.kind),
        "family": role.family or None,
        "stateful": role.is_stateful,
        "confidence": str(role.confidence),
        "because": role.because,
        **{name: value for name, value in more.items() if value is not None},
    }


def as_text(data: Mapping[str, Any], only: str = "", corrections: Mapping[str, str] | None = None, counts: str = "") -> str:
    """An explanation for people. ``only`` is a part of the method and path of the operations that are shown.

    ``corrections`` are lines to print below operations, by method and path; ``counts`` says how many operations have state and how many have not.
    """
    operations: Mapping[str, Mapping[str, Any]] = data["operations"]
    told = data["document"]
    lines = [f"{told['title']} {told['version']} · OpenAPI {told['openapi']} · {counts or f'{len(operations)} operations'}"]
    shown = {label: one for label, one in operations.items() if only.lower() in label.lower()}
    for name, family in data["families"].items():
        mine = {label: one for label, one in shown.items() if one["family"] == name}
        if mine:
            lines += ["", _family_line(name, family), *_operation_lines(mine, corrections or {})]
    others = {label: one for label, one in shown.items() if one["family"] is None}
    if others:
        lines += ["", "in no family", *_operation_lines(others, corrections or {})]
    return "\n".join(lines)


def _operation_lines(operations: Mapping[str, Mapping[str, Any]], corrections: Mapping[str, str]) -> Iterator[str]:
    for label, one in operations.items():
        yield _operation_line(label, one)
        if label in corrections:
            yield f"             {corrections[label]}"


def _family_line(name: str, family: Mapping[str, Any]) -> str:
    paths = ", ".join(path for path in (family["collection"], family["item"]) if path)
    key = "one record" if family["singleton"] else f"key {family['identity'] or 'in the path only'}, by the {family['key']}"
    below = f"; below {' / '.join(family['below'])}" if family["below"] else ""
    refers = f"; refers to {', '.join(sorted(set(family['refers'].values())))}" if family["refers"] else ""
    return f"{name}  {paths}  {key}{below}{refers}  ({family['confidence']}: {family['because']})"


def _operation_line(label: str, one: Mapping[str, Any]) -> str:
    where = f" at {one['at']}" if one.get("at") else ""
    paging = f" · pages by {', '.join(one['paging'].values())}" if "paging" in one else ""
    filters = f" · filters {', '.join(one['filters'])}" if "filters" in one else ""
    sets = f" · sets {', '.join(one['sets'])}" if "sets" in one else ""
    kind = one["role"] if one["stateful"] else "by example or generated"
    return f"  {kind:10} {label}{where}{paging}{filters}{sets}  {one['confidence']}: {one['because']}"


def as_graph(data: Mapping[str, Any]) -> str:
    """The families as a graph in the language of Mermaid: what is below what, and what refers to what."""
    lines = ["graph TD"]
    for name, family in data["families"].items():
        lines.append(f"  {name}")
        if family["below"] and not family["below"][-1].startswith("{"):
            lines.append(f"  {family['below'][-1]} --> {name}")
        lines += [f"  {name} -. {field} .-> {other}" for field, other in family["refers"].items()]
    return "\n".join(lines)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """A line for each family and operation that is new, gone, or understood in another way."""
    return [*_differ("family", before["families"], after["families"]), *_differ("operation", before["operations"], after["operations"])]


def _differ(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*before, *after}):
        if name not in after:
            yield f"{what} {name}: gone"
        elif name not in before:
            yield f"{what} {name}: new"
        else:
            fields = [one for one in sorted({*before[name], *after[name]}) if one != "because" and before[name].get(one) != after[name].get(one)]
            for field in fields:
                yield f"{what} {name}: {field} was {before[name].get(field)!r}, is {after[name].get(field)!r}"
