"""Families whose operations are verbs and name a record in their query or body: ``POST /things/get`` or ``GET /things.info?id=7``.

So are collections that show one record for a required query parameter: ``GET /items?key=a``, with PUT and DELETE beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mockserver.openapi.inference.body_places import BodyPlaces
from mockserver.openapi.inference.envelopes import find_list, find_record
from mockserver.openapi.inference.families import Survey
from mockserver.openapi.inference.identity import find_identity
from mockserver.openapi.inference.model import Confidence, Family, Kind, Place, Role
from mockserver.openapi.inference.paging import list_parameters, query_parameters, read_list_parameters
from mockserver.openapi.inference.routes import Template, read_template
from mockserver.openapi.inference.shapes import body_schema, success_schema
from mockserver.openapi.inference.words import fold
from mockserver.openapi.operations import OperationSpec

_VERBS: Mapping[str, Kind] = {
    **dict.fromkeys(("create", "add", "new", "insert"), Kind.CREATE),
    **dict.fromkeys(("get", "read", "info", "retrieve", "fetch", "describe", "show"), Kind.READ),
    **dict.fromkeys(("list", "search", "query", "all"), Kind.SEARCH),
    **dict.fromkeys(("update", "edit", "modify", "set", "change"), Kind.UPDATE),
    **dict.fromkeys(("delete", "remove", "destroy"), Kind.DELETE),
}
_FEW = 3
_KEYED = (Kind.READ, Kind.UPDATE, Kind.DELETE, Kind.UPSERT)


@dataclass(frozen=True)
class VerbCall:
    """An operation that may be a verb of a family: what it does, and the path of the family."""

    operation: OperationSpec
    kind: Kind
    path: str


@dataclass(frozen=True)
class CallKey:
    """The property of a record that is its key, and the parameter that names it, with its schema and its place by kind of operation."""

    identity: str | None
    confidence: Confidence
    because: str
    name: str
    schema: Any


class CallFinder:
    """Finds families of verbs, and the roles of their operations."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.shapes = survey.shapes
        self.places = BodyPlaces(survey.shapes)
        self._common: set[str] = set()
        """What most of the calls send, such as the caller's id: it names no record."""

    def find(self) -> dict[str, Role]:
        """The roles by operation id; the families are added to the survey."""
        groups: dict[str, list[VerbCall]] = {}
        calls = [*self._verbs(), *self._by_query()]
        for call in calls:
            groups.setdefault(call.path, []).append(call)
        sent = Counter(name for call in calls for name, _, _ in self._named(call.operation))
        self._common = {name for name, count in sent.items() if len(groups) > _FEW and count * 2 > len(calls)}
        found: dict[str, Role] = {}
        for path, calls in groups.items():
            by_kind = {call.kind: call for call in reversed(calls)}
            if set(by_kind) == {Kind.SEARCH} or (len(by_kind) > 1 and {Kind.CREATE, Kind.READ, Kind.UPSERT} & by_kind.keys()):
                found |= self._roles(read_template(path), by_kind, calls)
        return found

    def _verbs(self) -> Iterator[VerbCall]:
        for operation in self.survey.document.operations:
            path, mark, verb = operation.path.rpartition("/")
            if "." in verb:
                noun, _, verb = verb.rpartition(".")
                path = f"{path}{mark}{noun}"
            template = read_template(path)
            if fold(verb) in _VERBS and template.shape and not template.placeholders and template.shape not in self.survey.by_collection:
                yield VerbCall(operation, self._kind(operation, _VERBS[fold(verb)], path), path)

    def _kind(self, operation: OperationSpec, kind: Kind, path: str) -> Kind:
        """What a verb does: one that reads a list searches."""
        noun = read_template(path).noun
        listed = find_list(self.shapes, success_schema(operation), noun) if kind is Kind.READ else None
        if (
            listed is None
            or listed.confidence is not Confidence.CERTAIN
            or listed.pointer.count("/") > 1
            or not self.shapes.of(listed.schema).properties
        ):
            return kind
        shown = find_record(self.shapes, success_schema(operation), "", noun)
        names = {fold(name) for name, _, _ in self._named(operation)}
        is_named = shown is not None and shown.identity is not None and not shown.wrapped and fold(shown.identity) in names
        return kind if is_named else Kind.SEARCH

    def _by_query(self) -> Iterator[VerbCall]:
        """The operations of collections that show one record for a required query parameter."""
        for site in self.survey:
            read = site.get("GET")
            if read is None or site.template.is_item or site.template.shape in self.survey.by_collection or "PUT" not in site.operations:
                continue
            needed = [name for name, parameter in query_parameters(read).items() if parameter.get("required")]
            place = find_record(self.shapes, success_schema(read), needed[0], site.template.noun) if needed else None
            if place is None or place.identity is None or fold(place.identity) != fold(needed[0]):
                continue
            kinds = {"GET": Kind.READ, "PUT": Kind.UPSERT, "POST": Kind.CREATE, "PATCH": Kind.UPDATE, "DELETE": Kind.DELETE}
            for method, operation in site.operations.items():
                if method in kinds:
                    yield VerbCall(operation, kinds[method], site.template.path)
            search = self.survey.sites.get((*site.template.shape, "search"))
            if search is not None and "POST" in search.operations:
                yield VerbCall(search.operations["POST"], Kind.SEARCH, site.template.path)

    def _roles(self, template: Template, by_kind: Mapping[Kind, VerbCall], calls: list[VerbCall]) -> dict[str, Role]:
        schema = self._record(template, by_kind)
        key = None if schema is None else self._key(template, schema, by_kind)
        if schema is None or key is None:
            return {}
        family = self.survey.add_called(template, schema, key.identity, key.schema, f"its operations are verbs: {', '.join(map(str, by_kind))}")
        family = replace(family, confidence=min(key.confidence, Confidence.LIKELY))
        self.survey.replace({family.name: family})
        made = {call.operation.id: self._role(call, family, key) for call in calls}
        return {name: role for name, role in made.items() if role is not None}

    def _record(self, template: Template, by_kind: Mapping[Kind, VerbCall]) -> Any:
        """The schema of a record, from the read, else from what else shows one."""
        for kind in (Kind.READ, Kind.CREATE, Kind.UPDATE):
            if kind in by_kind:
                operation = by_kind[kind].operation
                named = next(iter(self._named(operation)), ("", "", {}))[0]
                place = find_record(self.shapes, success_schema(operation), named, template.noun)
                if place is not None and place.identity is not None and not place.wrapped and place.confidence is Confidence.CERTAIN:
                    return place.schema
        search = by_kind.get(Kind.SEARCH)
        listed = find_list(self.shapes, success_schema(search.operation), template.noun) if search is not None else None
        return listed.schema if listed is not None and self.shapes.of(listed.schema).properties else None

    def _named(self, operation: OperationSpec) -> Iterator[tuple[str, Place, Any]]:
        """What a request may name a record by: name, place, schema; the required ones first."""
        shape = self.shapes.of(body_schema(operation)) if body_schema(operation) is not None else None
        in_body = [(name, "body", inner) for name, inner in shape.properties.items()] if shape is not None else []
        in_query = [(name, "query", one.get("schema", {})) for name, one in query_parameters(operation).items()]
        needed = {name for name, one in query_parameters(operation).items() if one.get("required")} | (shape.required if shape is not None else set())
        every: list[tuple[str, Place, Any]] = [*in_query, *in_body]  # type: ignore[list-item]
        usable = [one for one in every if self.shapes.of(one[2]).is_scalar and one[0] not in self._common]
        yield from sorted(usable, key=lambda one: one[0] not in needed)

    def _key(self, template: Template, schema: Any, by_kind: Mapping[Kind, VerbCall]) -> CallKey | None:
        for kind in _KEYED:
            for name, _, named in self._named(by_kind[kind].operation) if kind in by_kind else ():
                found = find_identity(self.shapes, schema, name, template.noun)
                if found is not None and found[1] is Confidence.CERTAIN and fold(name).endswith(fold(found[0])):
                    return CallKey(*found, name, named)
        found = find_identity(self.shapes, schema, "", template.noun)
        if set(_KEYED) & by_kind.keys():
            return None
        if found is None:
            return CallKey(None, Confidence.LIKELY, "no property is the key", "", {})
        return CallKey(*found, "", self.shapes.of(schema).properties[found[0]])

    def _role(self, call: VerbCall, family: Family, key: CallKey) -> Role | None:
        operation = call.operation
        because = f"{operation.label} is a verb of {family.name}"
        if call.kind is Kind.SEARCH:
            return self._search(operation, family, because)
        place: Place | None = next((where for name, where, _ in self._named(operation) if name == key.name), None)
        if call.kind in _KEYED and place is None:
            return None
        shown, sent = self.places.find_shown(operation, family), self.places.find_sent(operation, family)
        if call.kind is Kind.CREATE and shown is None and not (sent is not None and self._is_part(sent.schema, family)):
            return None  # nothing of what is sent would be seen again
        return Role(
            operation.id,
            call.kind,
            family.name,
            family.confidence,
            because,
            scopes=family.scopes,
            key=key.name if call.kind in _KEYED else "",
            key_place=place or "path",
            answer=None if shown is None else shown.pointer,
            wrapped=shown is not None and shown.wrapped,
            sent="" if sent is None else sent.pointer,
            sent_wrapped=sent is not None and sent.wrapped,
        )

    def _search(self, operation: OperationSpec, family: Family, because: str) -> Role | None:
        schema = success_schema(operation)
        place = None if schema is None else find_list(self.shapes, schema, family.noun, self.shapes.component(family.schema))
        if place is None or not self._lists(place.schema, family):
            return None
        asked = read_list_parameters(self.shapes, family.schema, list_parameters(self.shapes, operation))
        kind = Kind.SEARCH if body_schema(operation) is not None else Kind.LIST
        return Role(operation.id, kind, family.name, family.confidence, because, scopes=family.scopes, answer=place.pointer, **asked)

    def _is_part(self, schema: Any, family: Family) -> bool:
        return bool(self.shapes.of(schema).properties.keys() & self.shapes.of(family.schema).properties.keys())

    def _lists(self, schema: Any, family: Family) -> bool:
        """Whether the items of a list are records of a family: most of their properties are its own."""
        mine, shown = self.shapes.of(family.schema).properties.keys(), self.shapes.of(schema).properties.keys()
        return len(mine & shown) * 2 > len(shown)
