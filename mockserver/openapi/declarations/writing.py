"""A model as declarations: the overlay that says what was understood, to be kept and corrected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.openapi.declarations.flow import write_flow
from mockserver.openapi.declarations.vocabulary import AT_RECORD, CLIENT, LIST, LISTS, PAGES, RESOURCE, ROLE, SERVER
from mockserver.openapi.documents import Document
from mockserver.openapi.inference.model import Family, Kind, Model, Paging, Role, Scope
from mockserver.openapi.operations import OperationSpec

_WITHOUT_RECORD = frozenset({Kind.ANSWER, Kind.COUNT, Kind.CLEAR, Kind.UNSET})


def write_overlay(document: Document, model: Model, extends: str) -> str:
    """The overlay that declares all of a model, each entry below its reason. ``extends`` is the document as the overlay's file names it."""
    lines = [
        "overlay: 1.0.0",
        f"info: {write_flow({'title': f'What is understood of {document.title}', 'version': document.version})}",
        f"extends: {write_flow(extends)}",
        "actions:",
    ]
    if model.families:
        lines += ["  - target: $", "    update:", f"      {RESOURCE}:"]
    for name, family in model.families.items():
        lines += [f"        # {family.confidence}: {_line(family.because)}", f"        {write_flow(name)}: {write_flow(declare_family(family))}"]
    for name, role in model.roles.items():
        spec = document.by_id[name]
        lines += [
            f"  # {role.confidence}: {_line(role.because)}",
            f"  - target: {write_flow(target_of(spec))}",
            f"    update: {write_flow(declare_role(role))}",
        ]
    return "\n".join(lines) + "\n"


def correct_family(name: str, family: Family) -> str:
    """The line of an overlay that declares a family."""
    return write_flow({"target": "$", "update": {RESOURCE: {name: declare_family(family)}}})


def correct_role(spec: OperationSpec, role: Role) -> str:
    """The line of an overlay that declares the role of an operation."""
    return write_flow({"target": target_of(spec), "update": declare_role(role)})


def target_of(spec: OperationSpec) -> str:
    """The JSONPath query that selects an operation."""
    quote = '"' if "'" in spec.path and '"' not in spec.path else "'"
    escaped = spec.path.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return f"$.paths[{quote}{escaped}{quote}].{spec.method.lower()}"


def declare_family(family: Family) -> dict[str, Any]:
    """The entry of ``x-resource`` that says all of a family."""
    found: dict[str, Any] = {"collection": family.collection, "item": family.item}
    reference = family.schema.get("$ref") if isinstance(family.schema, dict) and len(family.schema) == 1 else None
    if isinstance(reference, str) and reference.startswith("#/components/schemas/") and reference.count("/") == 3:  # noqa: PLR2004 - a component
        found["schema"] = reference.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    found |= {"identity": family.identity, "key": CLIENT if family.chosen_by_client else SERVER}
    optional = {
        "singleton": family.is_singleton,
        "below": _below(family.scopes),
        "references": dict(family.references),
        "server-set": list(family.server_set),
        "write-only": list(family.write_only),
        "immutable": list(family.immutable),
        "starts": dict(family.starts),
        "aliases": list(family.aliases),
        "open": family.is_open,
        "mirrors": family.mirrors,
    }
    return found | {name: value for name, value in optional.items() if value}


def declare_role(role: Role) -> dict[str, Any]:
    """The extension of an operation that says all of its role. What is only a guess is declared as what it is played as: an example."""
    if not role.is_stateful:
        return {ROLE: {"kind": str(Kind.ANSWER)} | ({"of": role.family, "key": role.key} if role.family and role.key else {}) | _where(role)}
    if role.kind in LISTS:
        return {LIST: _declare_list(role)}
    found: dict[str, Any] = {"of": role.family, "kind": str(role.kind)}
    found |= {"key": role.key or None} if role.key or role.kind in AT_RECORD else {}
    found |= {"key-in": role.key_place} if role.key_place != "path" else {}
    found |= {} if role.kind in _WITHOUT_RECORD and role.answer is None else {"at": role.answer}
    optional = {"in-list": role.wrapped, "sent": role.sent, "sent-in-list": role.sent_wrapped}
    found |= {name: value for name, value in optional.items() if value} | _where(role)
    if role.kind is Kind.ACTION:
        found |= {"set": dict(role.changes)}
        found |= {"from": {name: list(one) for name, one in role.needs.items()}, "otherwise": role.otherwise} if role.needs else {}
    return {ROLE: found}


def _declare_list(role: Role) -> dict[str, Any]:
    found: dict[str, Any] = {"of": role.family, "kind": str(role.kind), "at": role.answer, **_where(role)}
    found["page"] = _declare_page(role.paging)
    optional = {
        "filters": [{"parameter": name, "field": one.pointer, "compares": one.operator} for name, one in role.filters.items()],
        "sort": {name: value for name, value in (("parameter", role.order), ("direction", role.direction)) if value},
        "text": role.text,
        "keys": role.bare_keys,
        "sent": role.sent,
    }
    return found | {name: value for name, value in optional.items() if value}


def _declare_page(paging: Paging) -> Any:
    ways = {word: getattr(paging, field) for word, field in PAGES.items() if getattr(paging, field)}
    first = next(iter(ways), None)
    found: dict[str, Any] = {} if first is None else {"by": first, "parameter": ways.pop(first)}
    found |= {"also": ways} if ways else {}
    found |= {name: value for name, value in (("size", paging.size), ("backwards", paging.backwards)) if value}
    if not found:
        return False
    return found | {"first": paging.first, "default": paging.default}


def _where(role: Role) -> dict[str, Any]:
    return {"below": _below(role.scopes)} if role.scopes else {}


def _below(scopes: tuple[Scope, ...]) -> Mapping[str, str | None]:
    return {scope.placeholder: scope.parent or None for scope in scopes}


def _line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
