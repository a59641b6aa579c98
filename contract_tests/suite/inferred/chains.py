"""The calls that come before a call of a foreign document: they make the records that its path and its body name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mockserver.openapi.documents import Document
from mockserver.openapi.inference.model import Family, Kind, Model, Role
from mockserver.openapi.inference.shapes import body_schema
from mockserver.openapi.operations import OperationSpec

DEEPEST = 5
"""Records that one record may need, one behind the other."""
Step = dict[str, Any]


@dataclass(frozen=True)
class Chain:
    """Steps that come first, and what is sent afterwards by name."""

    steps: tuple[Step, ...]
    send: dict[str, Any]


class Chains:
    """Finds the chains of a document."""

    def __init__(self, document: Document, model: Model) -> None:
        self._document = document
        self._model = model
        self._by_family: dict[str, dict[Kind, Role]] = {}
        for role in model.roles.values():
            if role.is_stateful and role.family:
                self._by_family.setdefault(role.family, {}).setdefault(role.kind, role)

    def roles_of(self, family: str) -> dict[Kind, Role]:
        """The first role of each kind that a family has."""
        return self._by_family.get(family, {})

    def before(self, operation: OperationSpec, role: Role) -> Chain | None:
        """What a call of an operation needs first; None if a value of its path can be neither made nor named."""
        return self._of_path(operation, role, with_key=True, seen=())

    def around(self, operation: OperationSpec, role: Role) -> Chain | None:
        """The same without the record that the last placeholder names."""
        return self._of_path(operation, role, with_key=False, seen=())

    def references(self, operation: OperationSpec, family: Family, seen: tuple[str, ...] = ()) -> Chain | None:
        """The records to which the required fields of a creation refer."""
        steps: list[Step] = []
        send: dict[str, Any] = {}
        needed = sent_schema(self._document, operation, self._model.roles[operation.id]).get("required", ())
        for field, other in family.references.items():
            if field in needed:
                found = self._obtain(other, (*seen, family.name))
                if found is None:
                    return None
                steps += found
                send[field] = f"${name_of(other)}"
        return Chain(tuple(steps), send)

    def _of_path(self, operation: OperationSpec, role: Role, *, with_key: bool, seen: tuple[str, ...]) -> Chain | None:
        steps: list[Step] = []
        send: dict[str, Any] = {}
        parents = {scope.placeholder: scope.parent for scope in role.scopes}
        if role.key and role.family:
            parents[role.key] = role.family
        for parameter in operation.parameters:
            name = str(parameter.get("name"))
            if parameter.get("in") != "path" or (name == role.key and not with_key):
                continue
            fixed = _fixed(self._document, parameter)
            family = parents.get(name, "")
            if family and family in self._model.families and not self._model.families[family].is_singleton:
                found = self._obtain(family, seen)
                if found is None:
                    return None
                steps += [step for step in found if step not in steps]
                send[name] = f"${name_of(family)}"
            else:
                send[name] = fixed if fixed is not None else f"${name}"
        return Chain(tuple(steps), send)

    def _obtain(self, family: str, seen: tuple[str, ...]) -> list[Step] | None:
        """The steps that make, or find, a record of a family and keep its key under the family's name."""
        if family in seen or len(seen) >= DEEPEST:
            return None
        roles, seen = self.roles_of(family), (*seen, family)
        return self._create(family, roles, seen) or self._find(family, roles, seen)

    def _create(self, family: str, roles: dict[Kind, Role], seen: tuple[str, ...]) -> list[Step] | None:
        role, found = roles.get(Kind.CREATE), self._model.families[family]
        key = key_pointer(found, role)
        if role is None or key is None:
            return None
        operation = self._document.by_id[role.operation]
        chain = self._of_path(operation, role, with_key=True, seen=seen)
        others = self.references(operation, found, seen)
        if chain is None or others is None:
            return None
        step = {"call": role.operation, "after": [], "send": {**chain.send, **others.send}, "keep": {name_of(family): key}}
        return [*chain.steps, *others.steps, step]

    def _find(self, family: str, roles: dict[Kind, Role], seen: tuple[str, ...]) -> list[Step] | None:
        role, found = roles.get(Kind.LIST), self._model.families[family]
        if role is None or role.answer is None or role.bare_keys or found.identity is None:
            return None
        operation = self._document.by_id[role.operation]
        chain = self._of_path(operation, role, with_key=True, seen=seen)
        if chain is None:
            return None
        step = {"call": role.operation, "after": [], "send": chain.send, "at": role.answer, "keep": {name_of(family): f"/0/{found.identity}"}}
        return [*chain.steps, step]


def name_of(family: str) -> str:
    """The name under which the key of a family's record is kept."""
    return "".join(letter if letter.isalnum() else "_" for letter in family)


def key_pointer(family: Family, role: Role | None) -> str | None:
    """Where the answer to a creation shows the key of the new record; None if it does not."""
    if role is None or role.answer is None or family.identity is None:
        return None
    return f"{role.answer}{'/0' if role.wrapped else ''}/{family.identity}"


def sent_schema(document: Document, operation: OperationSpec, role: Role) -> dict[str, Any]:
    """The schema of the record in the body of an operation; empty if it takes none."""
    schema = document.merge_all_of(body_schema(operation) or {})
    for part in role.sent.split("/")[1:]:
        schema = document.merge_all_of(schema.get("properties", {}).get(part, {}))
    return schema


def _fixed(document: Document, parameter: Any) -> Any:
    """A value that a document gives for a parameter; None if it gives none."""
    schema = document.resolve(parameter.get("schema", {}))
    schema = schema if isinstance(schema, dict) else {}
    enum = schema.get("enum") or [None]
    named: Any = next(iter(parameter.get("examples", {}).values()), {}) if isinstance(parameter.get("examples"), dict) else {}
    example = document.resolve(named).get("value") if isinstance(named, dict) else None
    for value in (schema.get("const"), schema.get("default"), enum[0], parameter.get("example"), example, schema.get("example")):
        if value is not None:
            return value
    return None
