"""A world as one readable JSON document, and back: ``read(write(world)) == world``.

The document has an order that does not depend on how the world came about: members by name, records in the order of their table. It holds everything,
also the fields that lists of records hide. Nothing in it names a file or an address.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson
from rpds import HashTrieMap

from mockserver.core.base.clock import Clock
from mockserver.core.base.faults import Invalid
from mockserver.core.state.codec import Misfits, coder_for
from mockserver.core.state.outbox import Message
from mockserver.core.state.persistent import Ordered
from mockserver.core.state.rules import Faults
from mockserver.core.state.tables import Rows, rows_of
from mockserver.core.state.world import Timer, World
from mockserver.openapi.errors import Violation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mockserver.core.state.mapping import RecordValidator
    from mockserver.core.state.tables import Table

    Tables = Mapping[str, Table[Any]]
    """The declared tables of every vendor by full name."""
    Judges = Mapping[str, RecordValidator]
    """What holds their records to the vendor's document, by the same name."""

FORMAT = 1
"""The version of the layout, in the member ``mockserver``."""
LARGEST = 2**63 - 1


def write(world: World, tables: Tables) -> dict[str, Any]:
    """A world as JSON data."""
    return {
        "mockserver": FORMAT,
        "seed": world.seed,
        "clock": coder_for(Clock).encode(world.clock),
        "tables": {name: _written(tables[name], rows) for name, rows in sorted(world.tables.items())},
        "counters": dict(sorted(world.counters.items())),
        "timers": list(map(coder_for(Timer).encode, world.timers)),
        "outbox": list(map(coder_for(Message).encode, world.outbox.ascending())),
        "faults": coder_for(Faults).encode(world.faults),
    }


def _written(declared: Table[Any], rows: Rows[Any]) -> dict[str, Any]:
    written: dict[str, Any] = {"records": list(map(declared.coder.encode, rows.records.ascending()))}
    orders = rows.orders()
    return written | {"orders": orders} if orders else written


def digest(world: World, tables: Tables) -> str:
    """A hash of all that the vendors' calls can change: records, counters, timers, messages, clock. Fault rules count calls and are left out.

    Tables that were not written to since the last digest cost nothing.
    """
    hashed = blake2b(digest_size=16)
    for name, rows in sorted(world.tables.items()):
        if len(rows.records):
            hashed.update(name.encode() + b"\0" + rows.digest(tables[name]))
    rest = {
        "seed": world.seed,
        "clock": coder_for(Clock).encode(world.clock),
        "counters": dict(world.counters.items()),
        "timers": list(map(coder_for(Timer).encode, world.timers)),
        "outbox": list(map(coder_for(Message).encode, world.outbox.ascending())),
    }
    hashed.update(orjson.dumps(rest, option=orjson.OPT_SORT_KEYS))
    return hashed.hexdigest()


def read(
    data: Any, tables: Tables, actions: Iterable[str] = (), operations: Iterable[str] = (), record_validators: Judges = MappingProxyType({})
) -> World:
    """The world of a document. Raises Invalid with everything that does not fit.

    ``actions`` are the timers' names and ``operations`` the full names of operations that there are; ``record_validators`` hold
    the records to their vendors'
    documents, because the file may have been changed by hand.
    """
    misfits = Misfits()
    reader = _Reader(data, misfits)
    if reader.member("mockserver", int) not in (FORMAT, None):
        misfits.add("/mockserver", f"is not {FORMAT}, the layout that this version reads")
    seed = reader.member("seed", int)
    if seed is not None and not 0 <= seed <= LARGEST:
        misfits.add("/seed", "must be 0 or more")
    clock = coder_for(Clock).read(reader.member("clock", dict) or {}, "/clock", misfits)
    counters: dict[str, Any] = reader.member("counters", dict) or {}
    for kind, number in counters.items():
        if type(number) is not int:
            misfits.add(f"/counters/{kind}", "must be a whole number")
    timers = reader.items("timers", Timer)
    for number, timer in enumerate(timers):
        if timer is not None and timer.action not in actions:
            misfits.add(f"/timers/{number}/action", f"is none of {', '.join(sorted(actions)) or 'those that there are: none'}")
    faults: Faults | None = coder_for(Faults).read(reader.member("faults", dict) or {}, "/faults", misfits)
    for number, rule in enumerate(faults.rules if faults is not None else ()):
        unknown = set(rule.operations) - set(operations)
        if unknown:
            misfits.add(f"/faults/rules/{number}/operations", f"names {', '.join(sorted(unknown))}, which there is not")
    messages = reader.items("outbox", Message)
    found: dict[str, Any] = reader.member("tables", dict) or {}
    rows = {name: _rows(name, content, tables, misfits) for name, content in found.items()}
    violations = [Violation("body", pointer, "type", text) for pointer, text in misfits.found]
    violations += [
        violation
        for name, content in rows.items()
        if content is not None and name in record_validators
        for violation in _judged(name, content, record_validators)
    ]
    if violations:
        raise Invalid(violations)
    outbox = Ordered[Message]()
    for message in messages:
        outbox = outbox.append(message)
    return World(
        seed=seed or 0,
        clock=clock,
        tables=HashTrieMap({name: content for name, content in rows.items() if content is not None}),
        counters=HashTrieMap(counters),
        timers=tuple(sorted(timers)),
        outbox=outbox,
        faults=faults or Faults(),
    )


def _judged(name: str, rows: Rows[Any], record_validators: Judges) -> Iterator[Violation]:
    """What the vendor's document forbids in the records of a table."""
    judge, where = record_validators[name], f"/tables/{name}/records"
    for number, record in enumerate(rows.records.ascending()):
        for found in judge.of_record(record):
            yield replace(found, pointer=f"{where}/{number}{found.pointer}")
    for (index, _), positions in rows.indexes.items():
        if index in judge.unique and len(positions) > 1:
            ids = ", ".join(repr(rows.records[position].id) for position in positions.ascending())
            yield Violation("body", where, "unique", f"{ids} have the same {index}")


class _Reader:
    """The members of the document."""

    def __init__(self, data: Any, misfits: Misfits) -> None:
        self._data: dict[str, Any] = data if isinstance(data, dict) else {}
        self._misfits = misfits
        known = {"mockserver", "seed", "clock", "tables", "counters", "timers", "outbox", "faults"}
        if not isinstance(data, dict):
            misfits.add("", "must be an object")
        for name in self._data.keys() - known:
            misfits.add(f"/{name}", "is not part of a world")
        for name in known - self._data.keys() - {"faults"}:
            misfits.add(f"/{name}", "is missing")

    def member(self, name: str, kind: type) -> Any:
        """A member of a type, or None."""
        value = self._data.get(name)
        if value is not None and type(value) is not kind:
            self._misfits.add(f"/{name}", f"must be {'an object' if kind is dict else 'a list' if kind is list else 'a whole number'}")
            return None
        return value

    def items(self, name: str, record: type) -> list[Any]:
        """The records of a list."""
        return [coder_for(record).read(item, f"/{name}/{number}", self._misfits) for number, item in enumerate(self.member(name, list) or [])]


def _rows(name: str, content: Any, tables: Tables, misfits: Misfits) -> Rows[Any] | None:
    where = f"/tables/{name}"
    if name not in tables:
        misfits.add(where, f"is no table; there are {', '.join(tables)}")
        return None
    if not isinstance(content, dict) or not isinstance(content.get("records"), list) or content.keys() - {"records", "orders"}:
        misfits.add(where, "must be an object with a list of records, and orders where they are not those of the table")
        return None
    declared = tables[name]
    before = len(misfits.found)
    records = [declared.coder.read(item, f"{where}/records/{number}", misfits) for number, item in enumerate(content["records"])]
    if len(misfits.found) > before:
        return None
    try:
        return rows_of(declared, records, content.get("orders", {}))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        misfits.add(where, f"cannot be put together: {error}")
        return None
