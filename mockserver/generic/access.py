"""The records of a world for functions beside a document: read, added, changed and removed by family and key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.core.base.clock import iso
from mockserver.core.base.faults import NotFound
from mockserver.core.state.world import Transaction
from mockserver.generic.engine import Engine
from mockserver.generic.records import ANY, Item, Records, label
from mockserver.openapi.inference.model import Family
from mockserver.openapi.nearest import nearest


class NoPlace(ValueError):
    """A record that names no record above it, or one that does not exist."""


@dataclass(frozen=True)
class RecordAccess:
    """The records of a world. Families and keys are those that ``mockserver explain`` shows."""

    world: Transaction = field(repr=False)
    engine: Engine = field(repr=False)

    @property
    def now(self) -> str:
        """The world's time, ISO 8601."""
        return iso(self.world.now)

    def records(self, family: str) -> list[Mapping[str, Any]]:
        """The data of every record of a family, oldest first."""
        return [item.data for item in self._shelf(family).all(self.world, {})]

    def record(self, family: str, key: object) -> Mapping[str, Any]:
        """The data of a record. Raises NotFound."""
        return self._item(family, key).data

    def add(self, family: str, **data: Any) -> Mapping[str, Any]:
        """Store a new record, and return its data; the server sets what is not given. It stands below the record that one of its references names."""
        shelf, maker = self._shelf(family), self.engine.makers[family]
        parents = self._place(shelf.family, data)
        key = data.get(shelf.family.identity or "")
        typed = maker.draw_key(self.world, parents) if key is None else key
        made = maker.complete(self.world, maker.place(data), frozenset(data), parents, typed)
        return shelf.add(self.world, parents, str(typed), self.engine.values.fit(shelf.family.schema, made)).data

    def change(self, family: str, key: object, **data: Any) -> Mapping[str, Any]:
        """Store other values of a record's properties, and return its data. Raises NotFound."""
        shelf, item = self._shelf(family), self._item(family, key)
        fitted = self.engine.values.fit(shelf.family.schema, {**item.data, **data})
        return shelf.change(self.world, item, fitted).data

    def remove(self, family: str, key: object) -> None:
        """Remove a record with everything below it. Raises NotFound."""
        self.engine.shelves.remove(self.world, family, self._item(family, key))

    def clear(self, family: str) -> None:
        """Remove every record of a family, with everything below them."""
        for item in list(self._shelf(family).all(self.world, {})):
            self.engine.shelves.remove(self.world, family, item)

    def _place(self, family: Family, data: Mapping[str, Any]) -> dict[str, str]:
        return find_place(self.engine, self.world, family, data)

    def _shelf(self, family: str) -> Records:
        shelves = self.engine.shelves.by_family
        if family not in shelves:
            raise KeyError(f"the document has no family {family}; {nearest(family, shelves)}")
        return shelves[family]

    def _item(self, family: str, key: object) -> Item:
        found: Item | None = self._shelf(family).find(self.world, {}, str(key))
        if found is None:
            raise NotFound(family, key)
        return found


def find_place(engine: Engine, world: Transaction, family: Family, data: Mapping[str, Any], below: Mapping[str, Any] | None = None) -> dict[str, str]:
    """The keys of the records that a new record stands below, by family, or by placeholder for what names no record.

    ``below`` names them by family; what it does not name is read from the references of the data. Raises NoPlace.
    """
    given = below or {}
    found = {label(scope): str(given.get(scope.placeholder, ANY)) for scope in family.scopes if not scope.parent}
    last = next((scope.parent for scope in reversed(family.scopes) if scope.parent), None)
    if last is None:
        return found
    key = given.get(last)
    if key is None:
        key = next((data[name] for name, other in family.references.items() if other == last and data.get(name) is not None), None)
    above = engine.shelves[last]
    known = [item.key for item in above.opened(world).all()]
    if key is None:
        raise NoPlace(
            f"a record of {family.name} stands below one of {last}; say below which, with one of {', '.join(known[:5]) or 'none, add one first'}"
        )
    parent = next(iter(above.opened(world).select("key", str(key))), None)
    if parent is None:
        raise NoPlace(f"there is no {last} {key}; {nearest(str(key), known)}")
    return found | dict(parent.parents) | {last: parent.key}
