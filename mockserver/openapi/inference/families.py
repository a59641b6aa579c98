"""Resource families: an item path, its collection, the schema and the key of its records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mockserver.openapi.documents import Document
from mockserver.openapi.inference.envelopes import BodyPlace, find_list, find_record
from mockserver.openapi.inference.identity import find_identity, key_schema
from mockserver.openapi.inference.model import Confidence, Family, Scope
from mockserver.openapi.inference.routes import PLACEHOLDER, Template, read_template, without_version
from mockserver.openapi.inference.shapes import Shapes, body_schema, success_schema, successes
from mockserver.openapi.inference.words import fold
from mockserver.openapi.operations import OperationSpec

Shape = tuple[str, ...]
SEARCHES = frozenset("search query filter find lookup list".split())
"""Last segments of paths that show a part of the list before them."""


def _succeeds(operation: OperationSpec) -> bool:
    return any(True for _ in successes(operation))


@dataclass
class Site:
    """One path of the document: its operations by method."""

    template: Template
    operations: dict[str, OperationSpec] = field(default_factory=dict)

    def get(self, *methods: str) -> OperationSpec | None:
        """The operation of the first of some methods that the path has."""
        return next((self.operations[method] for method in methods if method in self.operations), None)


class Survey:
    """The paths of a document, and the families that they form."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.shapes = Shapes(document)
        self.sites: dict[Shape, Site] = {}
        self.verbs: list[tuple[Template, OperationSpec]] = []
        for operation in document.operations:
            template = read_template(operation.path)
            if template.verb:
                self.verbs.append((template, operation))
                continue
            self.sites.setdefault(template.shape, Site(template)).operations.setdefault(operation.method, operation)
        self.families: dict[str, Family] = {}
        self.by_item: dict[Shape, Family] = {}
        self.by_collection: dict[Shape, Family] = {}
        self.by_component: dict[str, list[Family]] = {}
        self._unversioned: dict[Shape, Family] = {}
        self._prefixes = {shape[:count] for shape in self.sites for count in range(1, len(shape))}
        ordered = sorted(self.sites.values(), key=lambda one: len(one.template.segments))
        for site in ordered:
            if site.template.is_item and not self._selects(site):
                self._add_item(site)
        for site in sorted(ordered, key=lambda one: "GET" not in one.operations):  # lists before what only creates
            if not site.template.is_item or self._selects(site):
                self._add_collection(site)

    def replace(self, changed: Mapping[str, Family]) -> None:
        """Put other families in the place of those of the same names."""
        self.families |= changed
        for known in (self.by_item, self.by_collection, self._unversioned):
            known |= {shape: changed[family.name] for shape, family in known.items() if family.name in changed}
        self.by_component = {name: [changed.get(one.name, one) for one in found] for name, found in self.by_component.items()}

    def _selects(self, site: Site) -> bool:
        """Whether a path that ends in a placeholder is a list of which the placeholder selects a part: one more placeholder names a record of it."""
        template = site.template
        if not template.is_item or "GET" not in site.operations:
            return False
        schema = success_schema(site.operations["GET"])
        if schema is not None and self.shapes.of(schema).is_list and {"POST", "DELETE"} <= site.operations.keys():
            shown = find_record(self.shapes, schema, template.key, template.noun)
            return shown is not None and shown.identity is not None and not fold(template.key).endswith(fold(shown.identity))
        if self._shows_list(site, template):
            return True
        deeper = (*template.shape, "{}") in self.sites and not {"PUT", "PATCH", "DELETE"} & site.operations.keys()
        return deeper and self._shows_list(site, template, alone=False)

    # Families with an item path

    def _add_item(self, site: Site) -> None:
        template = site.template
        collection = self.collection_of(template)
        at_collection = self.sites.get(collection) if collection is not None else None
        shows_list = self._shows_list(site, template)
        if shows_list or (at_collection is None and len(site.operations) < 2 and "GET" not in site.operations):  # noqa: PLR2004 - a read and a write
            return
        place = self._record(site, at_collection, template)
        if place is None:
            read, made = site.get("GET"), at_collection is not None and "POST" in at_collection.operations
            if read is not None and (success_schema(read) is not None or not _succeeds(read) or (len(site.operations) == 1 and not made)):
                return
            place = BodyPlace("", {"type": "object"}, because="the document shows no record")
        self._add(template, collection, at_collection, place)

    def _add(self, template: Template, collection: Shape | None, at_collection: Site | None, place: BodyPlace) -> None:
        key = key_schema(self.shapes, self.sites[template.shape].operations.values(), template.key)
        identity = place.identity if self._may_be_key(place, key) else None
        create = at_collection.get("POST") if at_collection is not None else None
        family = Family(
            name=self._name(template),
            noun=template.noun,
            item=template.path,
            collection=at_collection.template.path if at_collection is not None else "",
            schema=place.schema,
            identity=identity,
            key=key,
            chosen_by_client=self._client_chooses(template, create, identity),
            scopes=self.scopes_of(template, but_last=True),
            confidence=place.confidence if identity is not None else Confidence.LIKELY,
            because=place.because,
        )
        self.families[family.name] = family
        self._set_item(template.shape, family)
        if collection is not None:
            self.by_collection[collection] = family
        self._remember_component(family)

    def _set_item(self, shape: Shape, family: Family) -> None:
        self.by_item[shape] = family
        self._unversioned.setdefault(without_version(shape), family)

    def _remember_component(self, family: Family) -> None:
        component = self.shapes.component(family.schema)
        if component:
            self.by_component.setdefault(component, []).append(family)

    def collection_of(self, template: Template) -> Shape | None:
        """The path before the placeholders that end an item path, if the document has it; else the path before the last one."""
        count = 1
        while count < len(template.segments) and PLACEHOLDER.search(template.segments[-count - 1]):
            count += 1
        for cut in (*range(1, count + 1),):
            if template.before(cut) in self.sites:
                return template.before(cut)
        return template.before(1) or None

    def _shows_list(self, site: Site, template: Template, *, alone: bool = True) -> bool:
        """Whether a path that ends in a placeholder shows a list: then it names no record, or the one that the records belong to."""
        read = site.get("GET")
        if read is None or (alone and len(site.operations) > 1):
            return False
        schema = success_schema(read)
        listed = None if schema is None else find_list(self.shapes, schema, template.noun)
        if listed is None or listed.confidence is not Confidence.CERTAIN:
            return False
        shown = find_record(self.shapes, schema, template.key, template.noun)
        is_above = shown is not None and shown.identity not in (None, "id") and "id" in self.shapes.of(shown.schema).properties
        return shown is None or shown.identity is None or (shown.wrapped and (is_above or not alone))

    def _record(self, site: Site, collection: Site | None, template: Template) -> BodyPlace | None:
        """The schema of a record and where it stands, from the read, else from what else shows one."""
        shown = [success_schema(one) for method in ("GET", "PUT", "PATCH", "POST") if (one := site.get(method)) is not None]
        if collection is not None and (create := collection.get("POST")) is not None:
            shown.append(success_schema(create))
        found = [place for schema in shown if (place := find_record(self.shapes, schema, template.key, template.noun)) is not None]
        clear = [place for place in found if place.identity is not None]
        if clear:
            return clear[0]
        if collection is not None and (read := collection.get("GET")) is not None:
            listed = find_list(self.shapes, success_schema(read), template.noun)
            if listed is not None and self.shapes.of(listed.schema).properties:
                identity = find_identity(self.shapes, listed.schema, template.key, template.noun)
                if identity is not None and not (found and self.shapes.of(found[0].schema).properties):
                    return BodyPlace("", listed.schema, identity=identity[0], confidence=identity[1], because=identity[2])
        if found:
            return self._with_listed_key(found[0], collection, template)
        sent = [body_schema(one) for one in (site.get("PUT"), site.get("PATCH"), collection.get("POST") if collection else None) if one is not None]
        for schema in sent:
            place = find_record(self.shapes, schema, template.key, template.noun)
            if place is not None:
                return place
        return None

    def _with_listed_key(self, place: BodyPlace, collection: Site | None, template: Template) -> BodyPlace:
        """A record whose key only the list shows."""
        read = collection.get("GET") if collection is not None else None
        listed = find_list(self.shapes, success_schema(read), template.noun) if read is not None else None
        if listed is None:
            return place
        identity = find_identity(self.shapes, listed.schema, template.key, template.noun)
        mine, other = self.shapes.of(place.schema).properties.keys(), self.shapes.of(listed.schema).properties.keys()
        if identity is None or identity[1] is not Confidence.CERTAIN or len(mine & other) * 2 < min(len(mine), len(other)):
            return place
        schema = {"allOf": [place.schema, {"properties": {identity[0]: self.shapes.of(listed.schema).properties[identity[0]]}}]}
        return replace(
            place, schema=schema, identity=identity[0], confidence=Confidence.LIKELY, because=f"the list shows {identity[0]}, which {identity[2]}"
        )

    def _may_be_key(self, place: BodyPlace, key: Mapping[str, Any]) -> bool:
        """Whether the property that was found can hold what the path holds: no text stands for a placeholder that is a whole number."""
        if place.identity is None:
            return False
        kinds = self.shapes.of(self.shapes.of(place.schema).properties.get(place.identity, {})).kinds
        return not (kinds == {"string"} and self.shapes.of(key).kinds == {"integer"} and place.confidence < Confidence.CERTAIN)

    def _client_chooses(self, template: Template, create: OperationSpec | None, identity: str | None) -> bool:
        if create is None:
            return "PUT" in self.sites[template.shape].operations
        schema = body_schema(create)
        if schema is None or identity is None:
            return False
        place = find_record(self.shapes, schema, template.key, template.noun)
        shape = self.shapes.of(place.schema if place is not None else schema)
        if identity not in shape.properties or identity not in shape.required:
            return False
        return not self.shapes.resolve(shape.properties[identity]).get("readOnly")

    # Families without an item path

    def _add_collection(self, site: Site) -> None:
        template = site.template
        if template.shape in self.by_collection:
            return
        read = site.get("GET")
        if read is None:
            self._add_created(site)
            return
        schema = success_schema(read)
        if schema is None:
            return
        listed = find_list(self.shapes, schema, template.noun)
        if listed is None or not self._is_own_list(site, listed) or self._joins_item(site, listed.schema):
            return
        identity = find_identity(self.shapes, listed.schema, "", template.noun)
        because = f"{read.label} shows a list; the document has no path for one record"
        self._add_without_items(template, listed.schema, identity[0] if identity is not None else None, because)

    def _add_created(self, site: Site) -> None:
        """A family of which the document only shows the creation: POST on a plural that answers 201 and a record with a key."""
        template, create = site.template, site.operations.get("POST")
        listed = self.by_collection.get((*template.shape, "{}"))
        if create is not None and listed is not None and not listed.item and self._shares_fields(body_schema(create), listed.schema):
            self.by_collection[template.shape] = listed  # what is created is listed one placeholder further down
            return
        if create is None or not template.is_plural or body_schema(create) is None or "201" not in create.statuses:
            return
        place = find_record(self.shapes, success_schema(create), "", template.noun)
        if place is None or place.identity is None or place.wrapped:
            return
        because = f"{create.label} answers 201 with a record; the document has no path that reads it"
        self._add_without_items(template, place.schema, place.identity, because)

    def _is_own_list(self, site: Site, listed: BodyPlace) -> bool:
        """Whether what a list shows belongs to no family that has paths of its own."""
        template, before = site.template, self.by_collection.get(site.template.before(1))
        if before is not None and self._is_same(before.schema, listed.schema):
            return False  # another list of the collection before it
        if "POST" in site.operations:
            return True
        others = [one for one in self.by_component.get(self.shapes.component(listed.schema), ()) if template.placeholders or not self._adds_keys(one)]
        is_part = bool(others) and (any(other.item for other in others) or not template.placeholders)
        if is_part or self._is_filtered(template, listed.schema) or (listed.confidence is not Confidence.CERTAIN and not template.is_plural):
            return False
        return bool(self.shapes.of(listed.schema).properties) or self._shows_keys(listed)

    def _adds_keys(self, family: Family) -> bool:
        """Whether what is created in a family is sent no field of its records: it is sent keys of records that stand elsewhere."""
        create = self.sites[read_template(family.collection).shape].get("POST") if family.collection else None
        sent = body_schema(create) if create is not None else None
        mine = self.shapes.of(family.schema).properties.keys() - {family.identity}
        return sent is not None and bool(self.shapes.of(sent).properties) and not mine & self.shapes.of(sent).properties.keys()

    def _shows_keys(self, listed: BodyPlace) -> bool:
        """Whether a list shows names or numbers instead of records."""
        inner = self.shapes.of(listed.schema)
        return inner.is_scalar and bool(inner.kinds & {"string", "integer"}) and listed.confidence is Confidence.CERTAIN

    def _shares_fields(self, sent: Any, record: Any) -> bool:
        return sent is not None and bool(self.shapes.of(sent).properties.keys() & self.shapes.of(record).properties.keys())

    def _is_filtered(self, template: Template, schema: Any) -> bool:
        """Whether the list at a path such as ``/pets/search`` shows records of the list before it."""
        before = self.by_collection.get(template.before(1))
        return before is not None and fold(template.last_word) in SEARCHES and self._look_alike(before.schema, schema)

    def _look_alike(self, first: Any, second: Any) -> bool:
        """Whether two schemas, written in place, have mostly the same properties."""
        mine, other = self.shapes.of(first).properties.keys(), self.shapes.of(second).properties.keys()
        return bool(mine and other) and len(mine & other) * 5 >= max(len(mine), len(other)) * 4

    def _is_same(self, first: Any, second: Any) -> bool:
        return self.shapes.component(first) == self.shapes.component(second) != ""

    def _joins_item(self, site: Site, schema: Any) -> bool:
        """Whether a list belongs to a family whose item path is further down, or in the singular, as ``/user/{id}`` beside ``/users``."""
        template = site.template
        for shape, family in self.by_item.items():
            deeper = shape[len(template.shape) :]
            if shape[: len(template.shape)] == template.shape and len(deeper) > 1 and set(deeper) == {"{}"} and self._is_same(family.schema, schema):
                self.by_collection[template.shape] = family  # a list of all, beside one for each value of the first placeholder
                return True
            same = shape[:-2] == template.shape[:-1] and not family.collection and family.noun == template.noun
            if same and family.item and self._look_alike(family.schema, schema):
                joined = replace(family, collection=template.path)
                self.replace({family.name: joined})
                self.by_collection[template.shape] = joined
                return True
        return False

    def _add_without_items(self, template: Template, schema: Any, identity: str | None, because: str) -> Family:
        """Add the family of a collection whose records have no path of their own."""
        bare = self.shapes.of(schema).is_scalar
        family = Family(
            name=self._name(template),
            noun=template.noun,
            item="",
            collection=template.path,
            schema=schema,
            identity=identity,
            key=self.shapes.resolve(self.shapes.of(schema).properties[identity] if identity is not None else schema if bare else {}),
            chosen_by_client=False,
            scopes=self.scopes_of(template, but_last=False),
            confidence=Confidence.LIKELY,
            because=because,
        )
        self.families[family.name] = family
        self.by_collection[template.shape] = family
        if identity is not None and (*template.shape, "{}") in self._prefixes:
            self._set_item((*template.shape, "{}"), family)
        self._remember_component(family)
        return family

    def add_called(self, template: Template, schema: Any, identity: str | None, key: Any, because: str) -> Family:
        """Add a family whose operations name its records in their query or body."""
        family = self._add_without_items(template, schema, identity, because)
        called = replace(family, key=self.shapes.resolve(key), collection="")
        self.replace({called.name: called})
        return called

    def add_singleton(self, site: Site, schema: Any) -> Family:
        """A family of one record in each scope, at a path that shows an object."""
        template = site.template
        family = Family(
            name=self._name(template),
            noun=template.noun,
            item=template.path,
            collection="",
            schema=schema,
            identity=None,
            key={},
            chosen_by_client=False,
            scopes=self.scopes_of(template, but_last=False),
            confidence=Confidence.LIKELY,
            because=f"{template.path} shows one object and names no record",
            is_singleton=True,
        )
        self.families[family.name] = family
        return family

    # What both have

    def scopes_of(self, template: Template, *, but_last: bool) -> tuple[Scope, ...]:
        """The placeholders of a path with the families whose records they name, the last placeholder left out if it is the record's own."""
        found: list[Scope] = []
        for number, segment in enumerate(template.segments[: len(template.segments) - but_last]):
            for name in PLACEHOLDER.findall(segment):
                parent = self._parent_at(template, number, name)
                found.append(Scope(name, parent.name if parent is not None else ""))
        return tuple(found)

    def _parent_at(self, template: Template, number: int, placeholder: str) -> Family | None:
        """The family whose record a placeholder names. Of two placeholders in a row the first may be half of a key: then its name decides."""
        above = template.shape[: number + 1]
        parent = self.by_item.get(above) or self._unversioned.get(without_version(above))
        in_a_row = number + 1 < len(template.segments) and PLACEHOLDER.search(template.segments[number + 1]) is not None
        if parent is None or parent.is_open:
            return None
        return None if in_a_row and fold(read_template(parent.item).key) != fold(placeholder) else parent

    def _name(self, template: Template) -> str:
        """A name that no other family has: the noun, else with the nouns before it."""
        words = [read_template("/" + segment).noun for segment in template.segments if not PLACEHOLDER.search(segment)]
        words = [word for word in words if word] or ["record"]
        for count in range(1, len(words) + 1):
            name = "_".join(words[-count:])
            if name not in self.families:
                return name
        name, number = "_".join(words), 2
        while f"{name}_{number}" in self.families:
            number += 1
        return f"{name}_{number}"

    def family_of_noun(self, name: str) -> Family | None:
        """The one family whose noun a name is, None if there are several or none."""
        wanted = fold(name)
        found = [one for one in self.families.values() if fold(one.noun) == wanted and not one.is_singleton and (one.item or one.collection)]
        return found[0] if len(found) == 1 else None

    def __iter__(self) -> Iterator[Site]:
        return iter(self.sites.values())
