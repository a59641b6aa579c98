"""Records of a document's families: one table each, found by key and by the records above them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import quote

from mockserver.core.state.tables import Table, TransactionTable
from mockserver.core.state.world import Transaction
from mockserver.openapi.inference.model import Family, Model, Scope

ANY = "*"
"""The value of a placeholder that names no record: what was seeded is there below each of its values."""


@dataclass(frozen=True, slots=True)
class Item:
    """A record. ``key`` is what stands for it in a path; ``parents`` are the keys of the records above it, by family, or by placeholder.

    ``data`` is what was stored of it, in the properties of its document. Neither mapping is ever changed in place.
    """

    id: str
    key: str
    scope: str
    parents: Mapping[str, str]
    data: Mapping[str, Any]


def label(scope: Scope) -> str:
    """The name under which records keep the value of a placeholder."""
    return scope.parent or f"{{{scope.placeholder}}}"


def _scope(values: Iterator[str]) -> str:
    return "/".join(quote(value, safe="") for value in values)


class Records:
    """The records of one family."""

    def __init__(self, slug: str, family: Family) -> None:
        self.family = family
        self.labels = tuple(dict.fromkeys(map(label, family.scopes)))
        self.free = frozenset(label(scope) for scope in family.scopes if not scope.parent)
        """Labels that name no record of the document."""
        self.table: Table[Item] = Table(f"{slug}.{family.name}", Item, {"key": "key", "scope": "scope"})

    def opened(self, world: Transaction) -> TransactionTable[Item]:
        return world.table(self.table)

    def find(self, world: Transaction, parents: Mapping[str, str], key: str) -> Item | None:
        """The record with a key below some others, None if there is none. Of ``parents``, what the family does not have does not matter."""
        for item in self.opened(world).select("key", key):
            if all(item.parents.get(name) in (ANY, parents.get(name, item.parents.get(name))) for name in self.labels):
                return item
        return None

    def all(self, world: Transaction, parents: Mapping[str, str]) -> Iterator[Item]:
        """The records below some others, oldest first; those of all values of a label that is not given."""
        opened = self.opened(world)
        if not self.labels:
            return opened.all()
        if not all(name in parents for name in self.labels):
            given = {name: parents[name] for name in self.labels if name in parents}
            return (item for item in opened.all() if all(item.parents.get(name) in (value, ANY) for name, value in given.items()))
        ways = [(ANY, parents[name]) if name in self.free and parents[name] != ANY else (parents[name],) for name in self.labels]
        return (item for values in product(*ways) for item in opened.select("scope", _scope(iter(values))))

    def add(self, world: Transaction, parents: Mapping[str, str], key: str, data: Mapping[str, Any]) -> Item:
        """Add a record. Raises KeyError if its key is taken."""
        return self.opened(world).add(self.new(parents, key, data))

    def new(self, parents: Mapping[str, str], key: str, data: Mapping[str, Any]) -> Item:
        """A record that is not stored yet."""
        own = {name: parents.get(name, ANY) for name in self.labels}
        scope = _scope(iter(own.values()))
        return Item(f"{scope}/{quote(key, safe='')}" if own else quote(key, safe=""), key, scope, own, data)

    def change(self, world: Transaction, item: Item, data: Mapping[str, Any]) -> Item:
        """Store other data of a record."""
        return item if data == item.data else self.opened(world).change(item, data=data)


class Shelves:
    """The records of all families of a document."""

    def __init__(self, slug: str, model: Model) -> None:
        self.model = model
        self.by_family = {name: Records(slug, family) for name, family in model.families.items()}

    def __getitem__(self, family: str) -> Records:
        return self.by_family[family]

    @property
    def tables(self) -> tuple[Table[Any], ...]:
        return tuple(records.table for records in self.by_family.values())

    def remove(self, world: Transaction, family: str, item: Item) -> None:
        """Remove a record with everything below it, and from the groups that it is a member of."""
        above = {**item.parents, family: item.key}
        for child in self.model.children.get(family, ()):
            for below in [one for one in self.by_family[child].all(world, above) if one.parents.get(family) == item.key]:
                self.remove(world, child, below)
        for pairs in (records for records in self.by_family.values() if records.family.mirrors == family):
            for pair in list(pairs.opened(world).select("key", item.key)):
                self.remove(world, pairs.family.name, pair)
        self.by_family[family].opened(world).remove(item.id)
