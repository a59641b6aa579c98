"""The world of a document before the first call: its own examples, then records made from its schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from mockserver.core.base.faults import Conflict
from mockserver.core.state.world import Transaction
from mockserver.generic.handlers import Engine
from mockserver.generic.plans import Success, examples_of, is_json
from mockserver.generic.records import ANY, Records, label
from mockserver.generic.values import MISSING, at, type_key
from mockserver.openapi.inference.model import Family, Kind, Role
from mockserver.openapi.operations import OperationSpec

ROOTS, BELOW, PARENTS = 5, 2, 3
"""Records of a family, records below each of the first parents, and how many parents have some."""
_READS = (Kind.LIST, Kind.READ, Kind.CREATE, Kind.UPDATE, Kind.REPLACE, Kind.SEARCH)


class Seeder:
    """Fills the tables of an engine."""

    def __init__(self, engine: Engine, roles: Mapping[str, tuple[OperationSpec, Role, Success]]) -> None:
        self._engine = engine
        self._examples: dict[str, list[Any]] = {}
        self._keys: dict[str, list[str]] = {}
        for spec, role, success in roles.values():
            if role.is_stateful and role.family:
                self._collect(spec, role, success)
            for placeholder, named in (*((scope.placeholder, scope.parent) for scope in role.scopes), (role.key, role.family)):
                if placeholder and named:
                    self._keys.setdefault(named, []).extend(_key_examples(spec, placeholder))
        for name, family in engine.model.families.items():
            shown = engine.values.shapes.resolve(family.schema)
            examples = shown.get("examples")
            found = [shown.get("example"), *(examples if isinstance(examples, list) else [])]
            kept = engine.singletons if family.is_singleton else self._examples
            kept.setdefault(name, []).extend(one for one in found if isinstance(one, dict))

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
        for needed in (*(scope.parent for scope in family.scopes), *family.references.values()):
            if needed and needed != name:
                self._seed_family(world, needed, done)
        if family.is_singleton:
            return
        records = self._engine.shelves[name]
        places = list(self._places(world, family))
        for number, parents in enumerate(places):
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
            fitted = values.fit(family.schema, self._related(world, records, example, parents), noun=family.noun)
            key = fitted.get(family.identity) if family.identity is not None and isinstance(fitted, dict) else None
            if (
                isinstance(fitted, dict)
                and isinstance(key, str | int)
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
        family, maker, values = records.family, self._engine.makers[records.family.name], self._engine.values
        identity = family.identity
        if key is None:
            typed = maker.draw_key(world, parents)
        else:
            kinds = values.shapes.of(maker.shape.properties.get(identity or "", family.key)).kinds
            typed = type_key(kinds, key)
            if records.find(world, parents, key) is not None:
                return
        values.seed(world.seed, records.table.name, typed, *parents.values())
        made = values.make(family.schema, noun=family.noun)
        data = dict(made) if isinstance(made, dict) else {}
        if identity is not None:
            data[identity] = typed
        data = self._related(world, records, data, parents)
        fitted = values.fit(family.schema, data, noun=family.noun)
        records.add(world, parents, str(typed), fitted if isinstance(fitted, dict) else data)

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
        return related


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
