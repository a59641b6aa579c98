"""The role of an operation by its declaration; what the declaration does not say stays as it was inferred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockserver.openapi.declarations.lists import read_list
from mockserver.openapi.declarations.places import Places
from mockserver.openapi.declarations.reading import Declared
from mockserver.openapi.declarations.vocabulary import AT_RECORD, CHECKED, LIST, LIST_KEYS, LISTS, PLACES, ROLE_KEYS
from mockserver.openapi.inference.body_places import BodyPlaces
from mockserver.openapi.inference.envelopes import find_list
from mockserver.openapi.inference.model import Confidence, Family, Kind, Role, Scope
from mockserver.openapi.inference.paging import list_parameters, query_parameters, read_list_parameters
from mockserver.openapi.inference.routes import PLACEHOLDER, read_template
from mockserver.openapi.inference.shapes import Shapes, body_schema, success_schema
from mockserver.openapi.operations import OperationSpec

_SENDING = frozenset({Kind.CREATE, Kind.BULK, Kind.UPDATE, Kind.REPLACE, Kind.UPSERT, Kind.ACTION, Kind.SET})
_SHOWN = frozenset({Kind.ANSWER, Kind.COUNT, Kind.CLEAR, Kind.UNSET})
"""Roles whose answer shows no record of the family."""
_REFUSED = range(400, 500)


class RoleReader:
    """Reads the roles that a document declares."""

    def __init__(self, shapes: Shapes, families: Mapping[str, Family]) -> None:
        self._families = families
        self._shapes = shapes
        self._places = Places(shapes)
        self._bodies = BodyPlaces(shapes)

    def turn_off(self, spec: OperationSpec, before: Role, declared: Declared) -> Role:
        """The role of an operation that is answered by an example, or by data that fit its schema."""
        return Role(spec.id, Kind.ANSWER, confidence=Confidence.DECLARED, because=declared.because, scopes=before.scopes)

    def read_part(self, spec: OperationSpec, before: Role, kind: Kind, family: str, declared: Declared) -> Role:
        """The role of an operation that a resource names as one of its parts."""
        role = self._of(spec, before, kind, self._families[family], declared)
        at = declared.part("at") if isinstance(declared.value, dict) else None
        return role if at is None else replace(role, answer=self._places.shown(at, spec, is_list=kind in LISTS))

    def read_role(self, spec: OperationSpec, before: Role, declared: Declared) -> Role:
        """The role by ``x-role``. An operation of which nothing but an effect is known is an action."""
        declared.check_keys(*ROLE_KEYS)
        is_effect = before.kind is Kind.ANSWER and {"set", "from"} & declared.mapping.keys()
        role = self._common(spec, self._begin(spec, before, Kind.ACTION if is_effect else before.kind, declared), declared)
        if role.kind is Kind.ACTION:
            return self._read_effect(role, declared)
        for key in ("set", "from", "otherwise"):
            if (inner := declared.part(key)) is not None:
                raise inner.refuse(f"only an action has {key}; write kind: action, or leave it out")
        return role

    def read_list(self, spec: OperationSpec, before: Role, declared: Declared) -> Role:
        """The role by ``x-list``."""
        declared.check_keys(*LIST_KEYS, *CHECKED[LIST])
        if not before.family and declared.part("of") is None:
            return before  # the list of no resource is read by the behaviour checks only
        role = self._begin(spec, before, before.kind if before.kind in LISTS else Kind.LIST, declared)
        if role.kind not in LISTS:
            raise declared.refuse(f"the kind of a list is {' or '.join(LISTS)}, not {role.kind}")
        return read_list(self._places, self._families[role.family], spec, self._common(spec, role, declared), declared)

    def _read_effect(self, role: Role, declared: Declared) -> Role:
        """The role of an action with what it sets, and what the record has to be before."""
        family = self._families[role.family]
        if (changes := declared.part("set")) is not None:
            values = {name: self._set(family, name, inner) for name, inner in changes.parts()}
            role = replace(role, changes=values)
        if (needs := declared.part("from")) is not None:
            role = replace(role, needs=self._needs(family, role, needs))
        if (status := declared.part("otherwise")) is not None:
            if status.whole() not in _REFUSED:
                raise status.refuse("write a status from 400 to 499")
            role = replace(role, otherwise=status.whole())
        return role

    def _set(self, family: Family, name: str, declared: Declared) -> Any:
        self._places.property_of(family, declared, name)
        return declared.value if declared.value == "now" else self._places.value_of(family, name, declared)

    def _needs(self, family: Family, role: Role, declared: Declared) -> dict[str, tuple[Any, ...]]:
        """The values that properties of the record must have: by property, or a list for the first property that the action sets."""
        if isinstance(declared.value, list):
            name = next((name for name, value in role.changes.items() if value != "now"), "")
            if not name:
                raise declared.refuse("say of which property: write {property: [values]}, or let the action set one")
            return {name: tuple(self._places.value_of(family, name, one) for one in declared.entries())}
        found = {}
        for name, inner in declared.parts():
            self._places.property_of(family, inner, name)
            found[name] = tuple(self._places.value_of(family, name, one) for one in inner.entries())
        return found

    # What all declarations of an operation have

    def _begin(self, spec: OperationSpec, before: Role, kind: Kind, declared: Declared) -> Role:
        """The role with the family and the kind that a declaration gives it."""
        if (named := declared.part("kind")) is not None:
            kind = Kind(named.one_of([str(one) for one in Kind], "kind of role"))
        of = declared.part("of")
        if kind is Kind.ANSWER:
            off = self.turn_off(spec, before, declared)
            return off if of is None else replace(off, family=of.one_of(self._families, "resource"))
        name = before.family if of is None else of.one_of(self._families, "resource")
        if name not in self._families:
            raise declared.refuse(f"say of which resource, as of: {' or '.join(list(self._families)[:5]) or 'one that x-resource declares'}")
        return self._of(spec, before, kind, self._families[name], declared)

    def _of(self, spec: OperationSpec, before: Role, kind: Kind, family: Family, declared: Declared) -> Role:
        """A role of a kind in a family, with what can be inferred of it."""
        if before.kind is kind and before.family == family.name:
            return replace(before, confidence=Confidence.DECLARED, because=declared.because)
        template = read_template(spec.path)
        key = self._key(spec, family) if kind in AT_RECORD else ""
        parents = {scope.placeholder: scope.parent for scope in (*family.scopes, *before.scopes)}
        scopes = tuple(Scope(name, parents.get(name, "")) for name in template.placeholders if name != key)
        role = Role(spec.id, kind, family.name, Confidence.DECLARED, declared.because, scopes=scopes, key=key)
        if kind in LISTS:
            return self._list(spec, family, role)
        if kind not in _SHOWN and (shown := self._bodies.find_shown(spec, family)) is not None:
            role = replace(role, answer=shown.pointer, wrapped=shown.wrapped and kind in AT_RECORD | {Kind.CREATE, Kind.BULK})
        if kind in _SENDING and (sent := self._bodies.find_sent(spec, family)) is not None:
            role = replace(role, sent=sent.pointer, sent_wrapped=sent.wrapped and kind is not Kind.SET)
        return role

    @staticmethod
    def _key(spec: OperationSpec, family: Family) -> str:
        """The placeholder that names the record: that at the place of the family's own, else the last one; empty without placeholders."""
        template, item = read_template(spec.path), read_template(family.item)
        if family.item and template.shape[: len(item.shape)] == item.shape:
            return next(reversed(PLACEHOLDER.findall(template.segments[len(item.shape) - 1])), "")
        return template.placeholders[-1] if template.placeholders else ""

    def _list(self, spec: OperationSpec, family: Family, role: Role) -> Role:
        place = find_list(self._shapes, success_schema(spec), family.noun, self._shapes.component(family.schema))
        parameters = list_parameters(self._shapes, spec) if role.kind is Kind.SEARCH else query_parameters(spec)
        return replace(
            role,
            answer=None if place is None else place.pointer,
            **read_list_parameters(self._shapes, family.schema, parameters),
            bare_keys=place is not None and self._shapes.of(place.schema).is_scalar,
        )

    def _common(self, spec: OperationSpec, role: Role, declared: Declared) -> Role:
        """A role with the places that a declaration gives it."""
        changed: dict[str, Any] = {}
        placeholders = read_template(spec.path).placeholders
        if (place := declared.part("key-in")) is not None:
            changed["key_place"] = place.one_of(PLACES, "part of a request")
        where = changed.get("key_place", role.key_place)
        if (key := declared.part("key")) is not None and where != "path":
            changed["key"] = key.one_of(self._named(spec, where), f"name in the {where}") if key.value else ""
        elif key is not None:
            changed["key"] = key.one_of(placeholders, "placeholder") if key.value else ""
            changed["scopes"] = tuple(Scope(name, self._parent(role, name)) for name in placeholders if name != changed["key"])
        if (at := declared.part("at")) is not None:
            changed["answer"] = self._places.shown(at, spec, is_list=role.kind in LISTS)
        if (sent := declared.part("sent")) is not None:
            changed["sent"] = self._places.sent(sent, spec)
        for key_name, field in (("in-list", "wrapped"), ("sent-in-list", "sent_wrapped")):
            if (flag := declared.part(key_name)) is not None:
                changed[field] = flag.is_true()
        if (below := declared.part("below")) is not None:
            changed["scopes"] = self.read_scopes(below, placeholders)
        return replace(role, **changed)

    def _named(self, spec: OperationSpec, where: str) -> list[str]:
        """What a request can name a record by in its query, or in its body."""
        schema = body_schema(spec)
        fields = self._shapes.of(schema).properties if schema is not None else {}
        return list(query_parameters(spec) if where == "query" else fields)

    @staticmethod
    def _parent(role: Role, placeholder: str) -> str:
        return next((scope.parent for scope in role.scopes if scope.placeholder == placeholder), "")

    def read_scopes(self, declared: Declared, placeholders: tuple[str, ...]) -> tuple[Scope, ...]:
        """Placeholders with the families whose records they name, null for a placeholder that names none."""
        found = []
        for name, inner in declared.parts():
            if name not in placeholders:
                raise Declared(inner.origins, inner.path, name, inner.least).refuse(
                    f"the path has no placeholder {name}; it has {', '.join(placeholders) or 'none'}"
                )
            found.append(Scope(name, "" if inner.value is None else inner.one_of(self._families, "resource")))
        return tuple(found)
