"""The world of a document before the first call: its own examples, then records made from its schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from mockserver.core.base.faults import Conflict
from mockserver.core.state.world import Transaction
from mockserver.generic.engine import Engine
from mockserver.generic.given_seeds import GivenRecord, add_given
from mockserver.generic.plans import Success, examples_of, is_json
from mockserver.generic.records import ANY, Records, label
from mockserver.generic.values import MISSING, at, type_key
from mockserver.openapi.inference.model import Family, Kind, Role
from mockserver.openapi.inference.words import fold
from mockserver.openapi.operations import OperationSpec
from mockserver.openapi.pointers import split_pointer

ROOTS, BELOW, PARENTS = 5, 2, 3
"""Records of a family, records below each of the first parents, and how many parents have some."""
_READS = (Kind.LIST, Kind.READ, Kind.CREATE, Kind.UPDATE, Kind.REPLACE, Kind.SEARCH)


class Seeder:
    """Fills the tables of an engine. The records of a family that ``given`` names are those alone."""

    def __init__(
        self, engine: Engine, roles: Mapping[str, tuple[OperationSpec, Role, Success]], given: Mapping[str, Sequence[GivenRecord]] | None = None
    ) -> None:
        self._engine = engine
        self._given = given or {}
        self._examples: dict[str, list[Any]] = {}
        self._keys: dict[str, list[str]] = {}
        for spec, role, success in roles.values():
            if role.is_stateful and role.family:
                self._collect(spec, role, success)
                self._see(role, success)
            for placeholder, named in (*((scope.placeholder, scope.parent) for scope in role.scopes), (role.key, role.family)):
                if placeholder and named:
                    self._keys.setdefault(named, []).extend(_key_examples(spec, placeholder))
        for name, family in engine.model.families.items():
            shown = engine.values.shapes.resolve(family.schema)
            examples = shown.get("examples")
            found = [shown.get("example"), *(examples if isinstance(examples, list) else [])]
            kept = engine.singletons if family.is_singleton else self._examples
            kept.setdefault(name, []).extend(one for one in found if isinstance(one, dict))

    def _see(self, role: Role, success: Success) -> None:
        """Let records be made so that the lists that show them can show them as they are."""
        shapes = self._engine.values.shapes
        for name, media in success.contents.items():
            if role.kind is not Kind.LIST or role.answer is None or not is_json(name):
                continue
            schema = media.get("schema", {})
            for part in split_pointer(role.answer):
                schema = shapes.of(schema).properties.get(part, {})
            self._engine.makers[role.family].see(shapes.of(schema).items or {})

    def _collect(self, spec: OperationSpec, role: Role, success: Success) -> None:
        """Keep the records in the examples of one operation, those of reads first, and the keys in examples of its path."""
        found = self._examples.setdefault(role.family, [])
        if role.kind is Kind.SHOW:
            self._engine.singletons.setdefault(role.family, []).extend(_bodies(spec, success))
        chosen = role.kind is Kind.CREATE and self._engine.model.families[role.family].chosen_by_client  # the example of the call shall work
        if role.kind not in _READS or role.answer is None or chosen:
            return
        for body in _bodies(spec, success):
            value = at(body, role.answer)
            found += [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]

    def seed(self, world: Transaction) -> None:
        """Add the records, parents before what is below them."""
        done: set[str] = set()
        for name in self._engine.model.families:
            self._seed_family(world, name, done)

    def _seed_family(self, world: Transaction, name: str, done: set[str]) -> None:
        if name in done:
            return
        done.add(name)
        family = self._engine.model.families[name]
        for needed in (*(scope.parent for scope in family.scopes), *family.references.values(), family.mirrors):
            if needed and needed != name:
                self._seed_family(world, needed, done)
        if name in self._given:
            add_given(world, self._engine, family, self._given[name])
        if name in self._given or family.is_singleton:
            return
        records = self._engine.shelves[name]
        places = list(self._places(world, family))
        for number, parents in enumerate(places):
            if family.mirrors:
                for other in islice(self._engine.shelves[family.mirrors].opened(world).all(), BELOW):
                    self._add(world, records, parents, other.key, other.data)
                continue
            count = BELOW if len(places) > 1 else ROOTS
            if number == 0:
                self._seed_examples(world, records, parents)
            with suppress(Conflict):  # a key with a list of values has few
                for _ in range(count - sum(1 for _ in records.all(world, parents))):
                    self._make(world, records, parents)

    def _places(self, world: Transaction, family: Family) -> Iterator[dict[str, str]]:
        """Below what the records of a family are seeded: each of the first records above it."""
        last = next((scope for scope in reversed(family.scopes) if scope.parent), None)
        if last is None:
            yield {label(scope): ANY for scope in family.scopes}
            return
        above = self._engine.shelves[last.parent]
        for number, parent in enumerate(above.opened(world).all()):
            if number >= PARENTS:
                return
            yield {label(scope): ANY for scope in family.scopes if not scope.parent} | dict(parent.parents) | {last.parent: parent.key}

    def _seed_examples(self, world: Transaction, records: Records, parents: Mapping[str, str]) -> None:
        """Add the records of examples with their own keys, repaired if they do not fit their schema."""
        family, values = records.family, self._engine.values
        for example in self._examples.get(family.name, ())[: ROOTS * 2]:
            values.seed(world.seed, records.table.name, "example")
            fitted = self._engine.makers[family.name].fit(self._related(world, records, example, parents), example)
            key = fitted.get(family.identity) if family.identity is not None else None
            if (
                isinstance(key, str | int)
                and key != ""
                and values.is_valid(dict(family.key), key if "integer" in values.shapes.of(family.key).kinds else str(key))
            ):
                self._add(world, records, parents, str(key), fitted)
        for key in self._keys.get(family.name, ()):
            self._make(world, records, parents, key)

    def _add(self, world: Transaction, records: Records, parents: Mapping[str, str], key: str, data: Mapping[str, Any]) -> None:
        if records.find(world, parents, key) is None:
            records.add(world, parents, key, data)

    def _make(self, world: Transaction, records: Records, parents: Mapping[str, str], key: str | None = None) -> None:
        """Add a record that is made from the schema of its family."""
        maker = self._engine.makers[records.family.name]
        if key is not None and records.find(world, parents, key) is not None:
            return
        typed = maker.draw_key(world, parents) if key is None else maker.type_key(key)
        data = self._related(world, records, maker.draft(world, parents, typed), parents)
        records.add(world, parents, str(typed), maker.fit(data))

    def _related(self, world: Transaction, records: Records, data: Mapping[str, Any], parents: Mapping[str, str]) -> dict[str, Any]:
        """The data of a record whose references lead to records that exist."""
        related = dict(data)
        values = self._engine.values
        for name, family in records.family.references.items():
            if name not in related:
                continue
            known = (
                [parents[family]]
                if family in parents and parents[family] != ANY
                else [item.key for item in self._engine.shelves[family].opened(world).all()]
            )
            if not known:
                continue
            shape = values.shapes.of(self._engine.makers[records.family.name].shape.properties[name])
            kinds = values.shapes.of(shape.items).kinds if shape.is_list else shape.kinds
            typed = [type_key(kinds, key) for key in known]
            if shape.is_list:
                related[name] = typed[:2]
            elif related[name] is not None and str(related[name]) not in known:
                related[name] = values.fake.random_element(typed)
        return self._with_relationships(world, related)

    def _with_relationships(self, world: Transaction, data: dict[str, Any]) -> dict[str, Any]:
        """A record in the form of JSON:API whose relationships lead to records that exist."""
        every = data.get("relationships")
        for name, one in every.items() if isinstance(every, dict) else ():
            keys = [
                item.key
                for family in self._engine.model.families.values()
                if fold(family.noun) == fold(name) and family.identity is not None
                for item in islice(self._engine.shelves[family.name].opened(world).all(), ROOTS)
            ]
            inner = one.get("data") if isinstance(one, dict) else None
            if keys and isinstance(inner, dict) and str(inner.get("id")) not in keys:
                data = put_within(data, ("relationships", name, "data", "id"), self._engine.values.fake.random_element(keys))
        return data


def put_within(node: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """An object with another value at a path that leads through objects."""
    inner = value if len(path) == 1 else put_within(node[path[0]], path[1:], value)
    return {**node, path[0]: inner}


def _bodies(spec: OperationSpec, success: Success) -> Iterator[Any]:
    for name, media in success.contents.items():
        if is_json(name):
            yield from examples_of(spec.document, media)


def _key_examples(spec: OperationSpec, placeholder: str) -> Iterator[str]:
    """The values that the document gives as examples of a placeholder."""
    for parameter in spec.parameters:
        if parameter.get("in") != "path" or parameter.get("name") != placeholder:
            continue
        schema = spec.document.resolve(parameter.get("schema") or {})
        examples = parameter.get("examples")
        named = [one.get("value", MISSING) for one in examples.values() if isinstance(one, dict)] if isinstance(examples, dict) else []
        for value in (parameter.get("example", MISSING), *named, schema.get("example", MISSING)):
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                yield str(value)
