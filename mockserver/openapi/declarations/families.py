"""The families of a document by its declarations: changed, added, renamed, or taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockserver.openapi.declarations.places import Places
from mockserver.openapi.declarations.reading import Declared
from mockserver.openapi.declarations.vocabulary import CHECKED, CLIENT, PARTS, RESOURCE, RESOURCE_KEYS, SERVER
from mockserver.openapi.documents import Document
from mockserver.openapi.inference.envelopes import find_list, find_record
from mockserver.openapi.inference.identity import find_identity
from mockserver.openapi.inference.model import Confidence, Family, Model, Scope
from mockserver.openapi.inference.routes import PLACEHOLDER, read_template
from mockserver.openapi.inference.shapes import Shapes, body_schema, success_schema
from mockserver.openapi.operations import OperationSpec


class FamilyReader:
    """Reads the families that a document declares. ``families`` holds those of the model, with the declared ones once they are read."""

    def __init__(self, document: Document, shapes: Shapes, model: Model) -> None:
        self._document = document
        self._shapes = shapes
        self._places = Places(shapes)
        self._model = model
        self.families = dict(model.families)
        self.renamed: dict[str, str] = {}
        """By the name that inference gave a family, the declared one."""
        self._ids = {label: spec for spec in document.operations for label in (spec.label, spec.id)}

    def read(self, name: str, declared: Declared) -> None:
        """Read one entry of ``x-resource``; the families that it refers to are read by :meth:`relate`."""
        if declared.value is False:
            if name not in self.families:
                raise declared.refuse(f"there is no resource {name}; nothing has to be turned off")
            del self.families[name]
            return
        declared.check_keys(*RESOURCE_KEYS, *CHECKED[RESOURCE])
        if name not in self.families:
            self.families[name] = self._add(name, declared)
        family = replace(self.families[name], confidence=Confidence.DECLARED, because=declared.because)
        self.families[name] = self._change(family, declared)

    def parts_of(self, declared: Declared) -> Mapping[str, tuple[OperationSpec, Declared]]:
        """The operations that a resource names, by part."""
        found = {}
        for part in PARTS:
            inner = declared.part(part)
            if inner is not None:
                call = inner if isinstance(inner.value, str) else inner.part("call")
                if call is None:
                    raise inner.refuse("name the operation, as its operationId or as METHOD /path")
                found[part] = self._ids[call.one_of(self._ids, "operation")], inner
        return found

    # A family that inference has not found, or has found under another name

    def _add(self, name: str, declared: Declared) -> Family:
        parts = self.parts_of(declared)
        named = {self._model.roles[spec.id].family for spec, _ in parts.values()} & self.families.keys()
        if len(named) == 1:
            before = named.pop()
            self.renamed[before] = name
            family = self.families.pop(before)
            return replace(
                family,
                name=name,
                item=family.item or self._path_of(parts, is_item=True),
                collection=family.collection or self._path_of(parts, is_item=False),
            )
        item = self._path(declared, "item") or self._path_of(parts, is_item=True)
        collection = self._path(declared, "collection") or self._path_of(parts, is_item=False)
        if not item and not collection:
            raise declared.refuse("the document shows no such resource; name its operations, or its paths: item and collection")
        template = read_template(item or collection)
        schema = self._schema(name, item, collection)
        identity = find_identity(self._shapes, schema, template.key, template.noun)
        return Family(
            name=name,
            noun=template.noun or name,
            item=item,
            collection=collection,
            schema=schema,
            identity=None if identity is None else identity[0],
            key=self._key(item, template.key),
            chosen_by_client=False,
            scopes=tuple(Scope(one) for one in template.placeholders if one != template.key),
            confidence=Confidence.DECLARED,
            because=declared.because,
        )

    @staticmethod
    def _path_of(parts: Mapping[str, tuple[OperationSpec, Declared]], *, is_item: bool) -> str:
        """The path of the first part that ends in a placeholder, or of the first one that does not; empty if there is none."""
        return next((spec.path for spec, _ in parts.values() if read_template(spec.path).is_item is is_item), "")

    def _path(self, declared: Declared, key: str) -> str:
        found = declared.part(key)
        if found is None or found.value == "":
            return ""
        return found.one_of({spec.path: None for spec in self._document.operations}, "path")

    def _at(self, path: str, *methods: str) -> list[OperationSpec]:
        found = {spec.method: spec for spec in self._document.operations if spec.path == path}
        return [found[method] for method in methods if method in found]

    def _schema(self, name: str, item: str, collection: str) -> Any:
        """The schema of a record, from what the document shows at its paths; an open object if it shows none."""
        key = read_template(item).key if item else ""
        for spec in (*self._at(item, "GET", "PUT", "PATCH"), *self._at(collection, "POST")):
            place = find_record(self._shapes, success_schema(spec), key, name)
            if place is not None:
                return place.schema
        for spec in self._at(collection, "GET"):
            listed = find_list(self._shapes, success_schema(spec), name)
            if listed is not None and self._shapes.of(listed.schema).properties:
                return listed.schema
        sent = next((body_schema(spec) for spec in self._at(collection, "POST")), None)
        return {"type": "object"} if sent is None else sent

    def _schema_with(self, identity: str, declared: Declared) -> Any:
        """The schema of a record with a key, from what the parts of a resource show; None if none of them shows it."""
        for spec, inner in self.parts_of(declared).values():
            at = inner.part("at") if isinstance(inner.value, dict) else None
            schema = success_schema(spec) or {}
            if at is not None and isinstance(at.value, str):
                schema = self._places.schema_at(schema, at.value, at)
            shown = self._shapes.of(schema)
            places = [schema, shown.items, *((place.schema,) if (place := find_record(self._shapes, schema, identity, "")) is not None else ())]
            listed = find_list(self._shapes, schema, "")
            places += [listed.schema] if listed is not None else []
            found = next((one for one in places if one is not None and identity in self._shapes.of(one).properties), None)
            if found is not None:
                return found
        return None

    def _key(self, item: str, placeholder: str) -> Mapping[str, Any]:
        for spec in self._document.operations if item else ():
            for parameter in spec.parameters if spec.path == item else ():
                if parameter.get("in") == "path" and parameter.get("name") == placeholder:
                    found: Mapping[str, Any] = self._shapes.resolve(parameter.get("schema", {}))
                    return found
        return {}

    # What is declared of a family

    def _change(self, family: Family, declared: Declared) -> Family:
        changed: dict[str, Any] = {}
        for key in ("item", "collection"):
            if declared.part(key) is not None:
                changed[key] = self._path(declared, key)
        if "item" in changed and changed["item"] and changed["item"] != family.item:
            changed["key"] = self._key(changed["item"], read_template(changed["item"]).key)
        if (schema := declared.part("schema")) is not None:
            changed["schema"] = {"$ref": "#/components/schemas/" + schema.one_of(self._document.schemas, "schema")}
        family = replace(family, **changed)
        if (identity := declared.part("identity")) is not None and declared.part("find") is None:  # calls find a key that no property holds
            if isinstance(identity.value, str) and identity.value not in self._shapes.of(family.schema).properties:
                shown = self._schema_with(identity.value, declared)
                family = family if shown is None else replace(family, schema=shown)
            family = replace(family, identity=None if identity.value is None else self._places.property_of(family, identity))
        changed = {}
        if (chooser := declared.part("key")) is not None:
            family = replace(family, chosen_by_client=chooser.one_of((SERVER, CLIENT), "way of choosing keys") == CLIENT)
        if (single := declared.part("singleton")) is not None:
            family = replace(family, is_singleton=single.is_true())
        if (every := declared.part("open")) is not None:
            family = replace(family, is_open=every.is_true())
        for name, field in (("server-set", "server_set"), ("write-only", "write_only"), ("immutable", "immutable"), ("aliases", "aliases")):
            if (inner := declared.part(name)) is not None:
                changed[field] = self._places.properties_of(family, inner)
        family = replace(family, **changed)
        if (starts := declared.part("starts")) is not None:
            family = replace(family, starts=self._starts(family, starts))
        return family

    def _starts(self, family: Family, declared: Declared) -> dict[str, Any]:
        found = {}
        shown = self._shapes.of(family.schema).properties
        for name, inner in declared.parts():
            if not self._document.has_skeleton and name not in shown:
                continue  # the behaviour checks see the field of a hand-written document in another answer
            self._places.property_of(family, inner, name)
            found[name] = self._places.value_of(family, name, inner)
        return found

    # What leads to other families

    def relate(self, name: str, declared: Declared) -> None:
        """Read parents and references of a family, after all families are known."""
        family = self.families[name]
        if (references := declared.part("references")) is not None:
            found = dict(family.references)
            for field, inner in references.parts():
                self._places.property_of(family, inner, field)
                found.pop(field, None)
                if inner.value is not False:
                    found[field] = inner.one_of(self.families, "resource")
            family = replace(family, references=found)
        if (mirrors := declared.part("mirrors")) is not None:
            family = replace(family, mirrors=mirrors.one_of(self.families, "resource") if mirrors.value else "")
        if (below := declared.part("below")) is not None:
            family = replace(family, scopes=self._scopes(family, below))
        self.families[name] = family

    def _scopes(self, family: Family, declared: Declared) -> tuple[Scope, ...]:
        template = read_template(family.item or family.collection)
        own = template.key if family.item and not family.is_singleton else ""
        names = tuple(one for one in template.placeholders if one != own)
        found = []
        for placeholder, inner in declared.parts():
            if placeholder not in names:
                raise inner.refuse(f"the path {template.path} has no placeholder {placeholder} above the record; it has {', '.join(names) or 'none'}")
            parent = "" if inner.value is None else inner.one_of(self.families, "resource")
            if parent and family.name in self._above(parent):
                raise inner.refuse(f"{parent} is {family.name} or stands below it, so it cannot stand above it")
            found.append(Scope(placeholder, parent))
        return tuple(found)

    def _above(self, name: str) -> set[str]:
        """A family with all that it stands below."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            one = waiting.pop()
            if one and one not in found and one in self.families:
                found.add(one)
                waiting += [scope.parent for scope in self.families[one].scopes]
        return found

    def parents(self) -> dict[tuple[tuple[str, ...], str], str]:
        """The declared parents: by the beginning of a path and the placeholder at its end, the family of the record that it names."""
        found: dict[tuple[tuple[str, ...], str], str] = {}
        for family in self.families.values():
            template = read_template(family.item or family.collection)
            for number, segment in enumerate(template.segments):
                for placeholder in PLACEHOLDER.findall(segment):
                    for scope in family.scopes if family.confidence is Confidence.DECLARED else ():
                        if scope.placeholder == placeholder:
                            found[template.shape[: number + 1], placeholder] = scope.parent
        return found
