"""The role of each operation: list, create, read, update, … with where record and list stand in its bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.openapi.inference.actions import find_changes
from mockserver.openapi.inference.envelopes import find_list, find_record
from mockserver.openapi.inference.families import SEARCHES, Site, Survey
from mockserver.openapi.inference.model import Confidence, Family, Kind, Role
from mockserver.openapi.inference.paging import query_parameters
from mockserver.openapi.inference.role_makers import RoleMaker
from mockserver.openapi.inference.routes import PLACEHOLDER, Template, read_template
from mockserver.openapi.inference.shapes import body_schema, success_schema
from mockserver.openapi.inference.words import fold, split
from mockserver.openapi.operations import OperationSpec

_CREATES = frozenset("create add new".split())
_REMOVES = frozenset("delete remove destroy".split())
_UPDATES = frozenset("update edit modify change".split())
_BULKS = frozenset("bulk batch".split())
_COUNTS = frozenset("count total".split())
_LIKELY, _CERTAIN, _GUESS = Confidence.LIKELY, Confidence.CERTAIN, Confidence.GUESS


class RoleFinder(RoleMaker):
    """Finds the role of every operation of a survey. ``called`` are the roles that are known already."""

    def __init__(self, survey: Survey, called: Mapping[str, Role]) -> None:
        super().__init__(survey)
        self.called = called

    def find(self) -> dict[str, Role]:
        """The roles by operation id."""
        found: dict[str, Role] = {}
        for site in sorted(self.survey, key=lambda one: len(one.template.segments)):
            if site.template.shape in self.survey.by_item:
                roles = self._item_roles(site, self.survey.by_item[site.template.shape])
            elif site.template.shape in self.survey.by_collection:
                roles = self._collection_roles(site, self.survey.by_collection[site.template.shape])
            else:
                roles = self._other_roles(site)
            found |= {role.operation: role for role in roles}
        for template, operation in self.survey.verbs:
            found[operation.id] = self._verb_role(template, operation)
        for site in self.survey:
            for operation in site.operations.values():
                found.setdefault(
                    operation.id, Role(operation.id, Kind.ANSWER, because=f"{operation.label} fits no family", scopes=self._all_scopes(site.template))
                )
        found |= self.called
        return {operation.id: found[operation.id] for operation in self.survey.document.operations if operation.id in found}

    # An item path

    def _item_roles(self, site: Site, family: Family) -> list[Role]:
        found = []
        patches = {"PATCH", "PUT"} & site.operations.keys()
        for method, operation in site.operations.items():
            if family.mirrors and method in ("POST", "PUT", "PATCH"):
                kind = Kind.UPSERT
            elif method == "POST":
                kind = Kind.UPDATE if not patches else Kind.ACTION
            elif method == "PUT":
                kind = self._put_kind(family, operation)
            else:
                kind = {"GET": Kind.READ, "HEAD": Kind.EXISTS, "PATCH": Kind.UPDATE, "DELETE": Kind.DELETE}.get(method, Kind.ANSWER)
            found.append(self._at_record(operation, family, kind, f"{method} at the path of one {family.noun or 'record'}"))
        return found

    def _put_kind(self, family: Family, operation: OperationSpec) -> Kind:
        at_collection = self._at_collection(family)
        if (at_collection is None or "POST" not in at_collection.operations) and ("201" in operation.statuses or family.chosen_by_client):
            return Kind.UPSERT
        schema = body_schema(operation)
        if schema is None:
            return Kind.UPDATE
        place = find_record(self.shapes, schema, "", family.noun)
        needed = self.shapes.of(place.schema if place is not None else schema).required
        return Kind.REPLACE if needed else Kind.UPDATE

    def _at_collection(self, family: Family) -> Site | None:
        return self.survey.sites.get(read_template(family.collection).shape) if family.collection else None

    # A collection path

    def _collection_roles(self, site: Site, family: Family) -> list[Role]:
        found = []
        for method, operation in site.operations.items():
            role: Role | None = None
            if method in ("GET", "HEAD"):
                role = self._list_role(operation, family, Kind.LIST, _CERTAIN, f"{operation.label} shows a list")
                if role is None and method == "GET":
                    role = self._singleton_role(site, operation)
            elif method == "POST":
                role = self._create_role(site, operation, family)
            elif method == "PUT":
                role = self._write_at_collection(operation, family)
            elif method == "DELETE" and body_schema(operation) is None and not query_parameters(operation):
                role = Role(operation.id, Kind.CLEAR, family.name, _LIKELY, "DELETE of the whole list", scopes=self._all_scopes(site.template))
            if role is not None:
                found.append(role)
        return found

    def _create_role(self, site: Site, operation: OperationSpec, family: Family) -> Role | None:
        schema = body_schema(operation)
        shown = success_schema(operation)
        if shown is not None and "GET" in site.operations:
            listed = find_list(self.shapes, shown, family.noun, self.shapes.component(family.schema))
            place = self.places.find_shown(operation, family)
            shows_list = listed is not None and (place is None or place.identity is None) and not self._creates_many(schema)
            if shows_list and self._mentions(operation, SEARCHES):
                return self._list_role(operation, family, Kind.SEARCH, _LIKELY, "POST that answers a list")
        if schema is None and not any(operation.content):
            needs = _LIKELY if "201" in operation.statuses or self._mentions(operation, _CREATES) else _GUESS
            return self._made(operation, family, needs, "POST on the list, without a body")
        return self._made(operation, family, _CERTAIN, "POST on the list")

    def _creates_many(self, schema: Any) -> bool:
        return schema is not None and self.shapes.of(schema).is_list

    def _write_at_collection(self, operation: OperationSpec, family: Family) -> Role | None:
        """PUT on the list with the key in the body changes that record."""
        schema = body_schema(operation)
        if schema is None or family.identity is None:
            return None
        sent = self.places.find_sent(operation, family)
        if sent is None or sent.wrapped or family.identity not in self.shapes.of(sent.schema).properties:
            return None
        role = self._made(operation, family, _LIKELY, "PUT on the list, with the key in the body")
        creates = "POST" not in (self._at_collection(family) or Site(read_template(""))).operations
        return Role(**{**vars(role), "kind": Kind.UPSERT if creates else Kind.REPLACE})

    # Everything else

    def _other_roles(self, site: Site) -> list[Role]:
        template = site.template
        if template.is_item:
            return [role for role in self._below_placeholder(site) if role is not None]
        word = fold(template.last_word)
        parent = self._parent(template)
        found: list[Role | None] = []
        shown = site.get("GET")
        for method, operation in site.operations.items():
            if method in ("GET", "HEAD"):
                found.append(self._read_other(site, operation, word))
            elif shown is not None and (listed := self._listed_family(shown, template)) is not None:
                found.append(self._add_to_list(method, operation, listed))
            elif shown is not None and self.survey.by_item.get(template.shape) is None and self._is_singleton(shown) and word not in _COUNTS:
                found.append(self._write_singleton(site, method, operation))
            else:
                found.append(self._write_other(site, method, operation, word, parent))
        return [role for role in found if role is not None]

    def _add_to_list(self, method: str, operation: OperationSpec, family: Family) -> Role | None:
        """What writes where GET shows a list of another family: it adds the records that it is sent, if it is sent any."""
        schema = body_schema(operation) if method in ("POST", "PUT") else None
        place = None if schema is None else find_list(self.shapes, schema, family.noun, self.shapes.component(family.schema))
        if place is None or self.shapes.component(place.schema) != self.shapes.component(family.schema):
            return None
        role = self._made(operation, family, _LIKELY, f"{method} where GET shows records of {family.name}")
        return Role(**{**vars(role), "kind": Kind.BULK, "sent": place.pointer, "sent_wrapped": True})

    def _read_other(self, site: Site, operation: OperationSpec, word: str) -> Role | None:
        schema = success_schema(operation)
        if schema is None:
            return None
        if word in _COUNTS:
            family = self.survey.by_collection.get(site.template.before(1))
            if family is not None:
                return Role(operation.id, Kind.COUNT, family.name, _LIKELY, "counts the list before it", scopes=self._all_scopes(site.template))
        if split(site.template.last_word)[-1:] and split(site.template.last_word)[-1] in _COUNTS:
            return None  # nothing says what it counts
        family = self._listed_family(operation, site.template)
        if family is not None:
            return self._list_role(operation, family, Kind.LIST, _LIKELY, f"{operation.label} shows records of {family.name}")
        return self._singleton_role(site, operation)

    def _listed_family(self, operation: OperationSpec, template: Template) -> Family | None:
        """The family of which an operation shows a list, by the component of the items, else by the noun."""
        schema = success_schema(operation)
        place = None if schema is None else find_list(self.shapes, schema, template.noun)
        if place is None:
            return None
        families = self.survey.by_component.get(self.shapes.component(place.schema), [])
        before = [family for cut in range(1, len(template.segments)) if (family := self.survey.by_collection.get(template.before(cut))) is not None]
        if families:
            return next((family for family in before if family in families), families[0])
        if before and fold(template.last_word) in SEARCHES:
            return before[0]
        if not self.shapes.of(place.schema).properties:
            return None
        return self.survey.family_of_noun(template.noun)

    def _is_singleton(self, read: OperationSpec) -> bool:
        schema = success_schema(read)
        return schema is not None and self.shapes.of(schema).is_object

    def _singleton_role(self, site: Site, operation: OperationSpec) -> Role | None:
        schema = success_schema(operation)
        if schema is None or not self.shapes.of(schema).is_object:
            return None
        family = self._singleton_family(site, schema)
        return Role(operation.id, Kind.SHOW, family.name, _LIKELY, family.because, scopes=self._all_scopes(site.template), answer="")

    def _singleton_family(self, site: Site, schema: Any) -> Family:
        for family in self.survey.families.values():
            if family.is_singleton and read_template(family.item).shape == site.template.shape:
                return family
        return self.survey.add_singleton(site, schema)

    def _write_singleton(self, site: Site, method: str, operation: OperationSpec) -> Role | None:
        read = site.operations["GET"]
        family = self._singleton_family(site, success_schema(read))
        if method == "DELETE":
            if body_schema(operation) is not None or any(one.get("required") for one in query_parameters(operation).values()):
                return None  # it removes a part
            return Role(operation.id, Kind.UNSET, family.name, _LIKELY, "DELETE where GET shows one object", scopes=self._all_scopes(site.template))
        if method == "POST" and body_schema(operation) is None:
            return None
        shown = self.places.find_shown(operation, family)
        sent = self.places.find_sent(operation, family)
        return Role(
            operation.id,
            Kind.SET,
            family.name,
            _LIKELY,
            f"{method} where GET shows one object",
            scopes=self._all_scopes(site.template),
            answer=None if shown is None else shown.pointer,
            sent="" if sent is None else sent.pointer,
        )

    def _write_other(self, site: Site, method: str, operation: OperationSpec, word: str, parent: Family | None) -> Role | None:
        template = site.template
        collection = self.survey.by_collection.get(template.before(1))
        last = split(template.last_word)[:1]
        if collection is not None and parent is None and last:
            if _BULKS & set(split(template.last_word)) and self._sends_many(operation, collection):
                return self._made(operation, collection, _LIKELY, f"{method} of a list to {template.last_word}")
            if word in SEARCHES or (method == "POST" and self._answers_list_of(operation, collection)):
                role = self._list_role(operation, collection, Kind.SEARCH, _LIKELY, "POST that answers a list of the family before it")
                if role is not None:
                    return role
            if last[0] in _CREATES and (len(split(template.last_word)) == 1 or self._sends_many(operation, collection)):
                return self._made(operation, collection, _LIKELY, f"{method} to {template.last_word}")
        if parent is not None:
            return self._record_action(template, method, operation, parent)
        return None

    def _sends_many(self, operation: OperationSpec, family: Family) -> bool:
        """Whether the body is a list of records of a family."""
        schema = body_schema(operation)
        shape = None if schema is None else self.shapes.of(schema)
        return shape is not None and shape.is_list and self.shapes.component(shape.items) == self.shapes.component(family.schema) != ""

    def _answers_list_of(self, operation: OperationSpec, family: Family) -> bool:
        schema, component = success_schema(operation), self.shapes.component(family.schema)
        place = None if schema is None or not component else find_list(self.shapes, schema, family.noun, component)
        return place is not None and self.shapes.component(place.schema) == component

    def _record_action(self, template: Template, method: str, operation: OperationSpec, parent: Family) -> Role:
        word = split(template.last_word)[:1]
        if word and len(split(template.last_word)) == 1:
            if word[0] in _REMOVES:
                return self._at_record(operation, parent, Kind.DELETE, f"{method} to {template.last_word}", _LIKELY)
            if word[0] in _UPDATES:
                return self._at_record(operation, parent, Kind.UPDATE, f"{method} to {template.last_word}", _LIKELY)
        changes = find_changes(self.shapes, parent.schema, template.last_word, undo=method == "DELETE")
        shown = self.places.find_shown(operation, parent)
        shows_record = shown is not None and (
            shown.identity is not None and self.shapes.component(shown.schema) == self.shapes.component(parent.schema)
        )
        fields = self._changed_fields(operation, parent)
        if not changes and fields:
            return self._at_record(operation, parent, Kind.ACTION, f"the body of {operation.label} changes {', '.join(fields[:3])}", _LIKELY)
        if changes:
            return self._at_record(operation, parent, Kind.ACTION, f"{template.last_word} sets {', '.join(changes)}", _LIKELY, changes=changes)
        if shows_record and self.shapes.component(parent.schema):
            return self._at_record(operation, parent, Kind.ACTION, f"{operation.label} answers with the {parent.noun}", _LIKELY)
        role = self._at_record(operation, parent, Kind.ACTION, f"nothing of the record says what {template.last_word} does", _GUESS)
        return Role(**{**vars(role), "kind": Kind.ANSWER})

    def _changed_fields(self, operation: OperationSpec, parent: Family) -> list[str]:
        """The properties of a record that an action is sent, if they are most of what it is sent."""
        schema = body_schema(operation)
        sent = self.shapes.of(schema).properties if schema is not None and operation.method != "DELETE" else {}
        mine = self.shapes.of(parent.schema).properties
        fields = [name for name in sent if name in mine and name != parent.identity and not self.shapes.resolve(mine[name]).get("readOnly")]
        return fields if len(fields) * 2 > len(sent) else []

    def _verb_role(self, template: Template, operation: OperationSpec) -> Role:
        family = self.survey.by_item.get(template.shape)
        if family is not None:
            return self._record_action(Template(template.path, (*template.segments, template.verb)), operation.method, operation, family)
        collection = self.survey.by_collection.get(template.shape)
        if collection is not None and fold(template.verb) in SEARCHES:
            role = self._list_role(operation, collection, Kind.SEARCH, _LIKELY, f"{template.verb} of the list")
            if role is not None:
                return role
        return Role(operation.id, Kind.ANSWER, because=f"nothing says what {template.verb} does", scopes=self._all_scopes(template))

    def _below_placeholder(self, site: Site) -> list[Role | None]:
        """An item path that is no family: a list that the placeholder selects, or one object for each value of it."""
        template = site.template
        found: list[Role | None] = []
        for method, operation in site.operations.items():
            if method == "GET":
                family = self._listed_family(operation, template)
                if family is not None:
                    found.append(self._list_role(operation, family, Kind.LIST, _LIKELY, f"{operation.label} shows records of {family.name}"))
                else:
                    found.append(self._singleton_role(site, operation))
            elif "GET" in site.operations and self._is_singleton(site.operations["GET"]):
                found.append(self._write_singleton(site, method, operation))
        return found

    def _parent(self, template: Template) -> Family | None:
        """The family of the record that a path leads through, the last one; only if nothing but one fixed segment follows it."""
        segments = len(template.segments)
        fixed = next((number for number in range(segments - 1, -1, -1) if not PLACEHOLDER.search(template.segments[number])), None)
        if fixed is None:
            return None
        for number in range(fixed, 0, -1):
            family = self.survey.by_item.get(template.shape[:number])
            if family is not None:
                return family
        return None
