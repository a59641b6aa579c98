"""The families of one document with their records: how a record is found, and what answers show of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from mockserver.core.base.faults import NotFound
from mockserver.core.operation.api import Sent
from mockserver.core.state.world import Transaction
from mockserver.generic.fields import FieldMaker
from mockserver.generic.records import Item, Records, Shelves, label
from mockserver.generic.values import ValueMaker, at
from mockserver.openapi.inference.model import Model, Role
from mockserver.openapi.inference.words import fold

SINGLE = "one"
"""The key of the record of a singleton."""
Unsure = Literal["answer", "refuse"]
"""What is done with a call of an operation that has no state: it is answered by an example or made data, or refused with 501."""


class Engine:
    """The families of one document with their records, and the makers of their fields."""

    def __init__(self, slug: str, model: Model, values: ValueMaker, unsure: Unsure = "answer") -> None:
        self.model = model
        self.unsure = unsure
        self.values = values
        self.shelves = Shelves(slug, model)
        self.makers = {name: FieldMaker(records, values) for name, records in self.shelves.by_family.items()}
        self.singletons: dict[str, list[Any]] = {}
        """Examples of the records of singletons, by family."""

    def find(self, world: Transaction, family: str, parents: Mapping[str, str], key: str) -> Item | None:
        """The record that a key names below some others, None if there is none."""
        records = self.shelves[family]
        found = records.find(world, parents, key)
        aliases = records.family.aliases
        if found is None and aliases:
            return next((item for item in records.all(world, parents) if any(str(item.data.get(name)) == key for name in aliases)), None)
        return found

    def show(self, world: Transaction, family: str, item: Item) -> dict[str, Any]:
        """What answers show of a record: of one that stands for another, that one."""
        mirrored = self.model.families[family].mirrors
        other = self.shelves[mirrored].find(world, item.parents, item.key) if mirrored else None
        return self.makers[family].shown(item if other is None else other)


class RecordFinder:
    """Finds the records that a request to one operation names."""

    def __init__(self, engine: Engine, role: Role) -> None:
        self.engine = engine
        self.role = role

    @property
    def records(self) -> Records:
        return self.engine.shelves[self.role.family]

    def parents(self, world: Transaction, sent: Sent) -> dict[str, str]:
        """The keys of the records that the path leads through. Raises NotFound if one of them does not exist."""
        found: dict[str, str] = {}
        for scope in self.role.scopes:
            value = str(sent.path.get(scope.placeholder, ""))
            if scope.parent:
                item = self.engine.find(world, scope.parent, found, value)
                if item is None:
                    raise NotFound(self.engine.model.families[scope.parent].noun or "record", value)
                value = item.key
            found[label(scope)] = value
        return found

    def key(self, sent: Sent) -> str:
        """The key that a request names, in its path, its query or its body."""
        if self.role.key_place == "body":
            found = at(sent.body, f"/{self.role.key}")
        else:
            found = (sent.path if self.role.key_place == "path" else sent.query).get(self.role.key, "")
        return str(found) if isinstance(found, str | int) else ""

    def item(self, world: Transaction, parents: Mapping[str, str], sent: Sent) -> Item:
        """The record that a request names. Raises NotFound."""
        key, family = self.key(sent), self.records.family
        found = self.engine.find(world, family.name, parents, key)
        if found is None and family.is_open and key:
            return self.records.new(parents, key, self.engine.makers[family.name].invent(world, parents, key))
        if found is None:
            raise NotFound(family.noun or "record", key)
        return found

    def below(self, world: Transaction, parents: Mapping[str, str]) -> list[Item]:
        """The records that a path leads to: those stored below it, else those that refer to the record that it leads through."""
        records = self.records
        found = list(records.all(world, parents))
        for name, value in parents.items():
            if name in records.labels:
                continue
            fields = [field for field, family in records.family.references.items() if family == name]
            if fields:
                found = [item for item in found if any(_holds(item.data.get(field), value) for field in fields)]
                continue
            noun = self.engine.model.families[name].noun if name in self.engine.model.families else ""
            if any(relationship(item.data, noun) is not None for item in found):
                found = [item for item in found if _holds((relationship(item.data, noun) or {}).get("id"), value)]
        return found


def relationship(data: Mapping[str, Any], noun: str) -> dict[str, Any] | None:
    """What a record in the form of JSON:API says of the one record of another family that it belongs to; None if it says nothing."""
    every = data.get("relationships")
    found = next((one for name, one in every.items() if fold(name) == fold(noun)), None) if isinstance(every, dict) else None
    inner = found.get("data") if isinstance(found, dict) else None
    return inner if isinstance(inner, dict) else None


def _holds(field: Any, value: str) -> bool:
    return any(_holds(one, value) for one in field) if isinstance(field, list) else str(field) == value
