"""A world as one readable JSON document, and back: ``read(write(world)) == world``.

The document has an order that does not depend on how the world came about: members by name, records in the order of their table. It holds everything,
also the fields that lists of records hide. Nothing in it names a file or an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

import orjson
from rpds import HashTrieMap

from mockserver.core.base.clock import Clock, iso
from mockserver.core.base.faults import Invalid, LimitExceeded, StoreFailed
from mockserver.core.state.codec import Misfits, codec_for
from mockserver.core.state.mapping import RecordValidator
from mockserver.core.state.outbox import Message
from mockserver.core.state.persistent import Ordered
from mockserver.core.state.rules import NO_FAULTS, Faults, Rule
from mockserver.core.state.tables import Rows, Table, Unread, UnreadRows, rows_of
from mockserver.core.state.transitions import TransitionPolicy
from mockserver.core.state.world import Timer, World
from mockserver.openapi import limits
from mockserver.openapi.errors import Violation

Tables = Mapping[str, Table[Any]]
"""The declared tables of every vendor by full name."""
Judges = Mapping[str, RecordValidator]
"""What holds their records to the vendor's document, by the same name."""

FORMAT = 1
"""The version of the layout, in the member ``mockserver``."""
LARGEST = 2**63 - 1
_UNDECLARED: Table[Any] = Table("", Unread)


@dataclass(frozen=True, slots=True)
class _WorldFile:
    """The members of the document; what the tables hold is read by the codecs of their records."""

    mockserver: int
    seed: int
    clock: Clock
    tables: dict[str, Any]
    counters: dict[str, int]
    timers: tuple[Timer, ...]
    outbox: tuple[Message, ...]
    faults: Faults = NO_FAULTS
    born: datetime | None = None


def write(world: World, tables: Tables) -> dict[str, Any]:
    """A world as JSON data. Raises StoreFailed if it has a table that cannot be read."""
    for rows in world.tables.values():
        if isinstance(rows, UnreadRows):
            raise StoreFailed(f"{rows.why}; the world cannot be exported without them")
    return {
        "mockserver": FORMAT,
        "seed": world.seed,
        "clock": codec_for(Clock).encode(world.clock),
        "tables": {name: _written(tables[name], rows) for name, rows in sorted(world.tables.items())},
        "counters": dict(sorted(world.counters.items())),
        "timers": list(map(codec_for(Timer).encode, world.timers)),
        "outbox": list(map(codec_for(Message).encode, world.outbox.ascending())),
        "faults": codec_for(Faults).encode(world.faults),
    } | ({} if world.born is None else {"born": iso(world.born)})


def _written(declared: Table[Any], rows: Rows[Any]) -> dict[str, Any]:
    written: dict[str, Any] = {"records": list(map(declared.codec.encode, rows.records.ascending()))}
    orders = rows.orders()
    return written | {"orders": orders} if orders else written


_ADDRESS = re.compile(rb"https?://[^\s/\"\\]+(?:/~[A-Za-z0-9._-]+)?")
"""Scheme and host of a link, and the world to which it leads."""


def digest(world: World, tables: Tables) -> str:
    """A hash of all that the vendors' calls can change: records, counters, timers, messages, clock. Fault rules count calls and are left out.

    So are the addresses of servers and worlds in messages, because their links lead back into the world, and a fork has another name.

    Tables that were not written to since the last digest cost nothing.
    """
    hashed = blake2b(digest_size=16)
    for name, rows in sorted(world.tables.items()):
        if len(rows.records):
            hashed.update(name.encode() + b"\0" + rows.digest(tables.get(name, _UNDECLARED)))
    rest = {
        "seed": world.seed,
        "clock": codec_for(Clock).encode(world.clock),
        "counters": dict(world.counters.items()),
        "timers": list(map(codec_for(Timer).encode, world.timers)),
    }
    hashed.update(orjson.dumps(rest, option=orjson.OPT_SORT_KEYS))
    hashed.update(_ADDRESS.sub(b"", orjson.dumps(list(map(codec_for(Message).encode, world.outbox.ascending())))))
    return hashed.hexdigest()


def read(
    data: Any, tables: Tables, actions: Iterable[str] = (), operations: Iterable[str] = (), record_validators: Judges = MappingProxyType({})
) -> World:
    """The world of a document. Raises Invalid with everything that does not fit, and LimitExceeded if it holds too many records.

    ``actions`` are the timers' names and ``operations`` the full names of operations that there are; ``record_validators`` hold
    the records to their vendors'
    documents, because the file may have been changed by hand.
    """
    misfits = Misfits()
    found = codec_for(_WorldFile).decode(data, "", misfits)
    if sum(map(_count_records, found.get("tables", {}).values())) > limits.WORLD_RECORDS.value:
        raise LimitExceeded(limits.WORLD_RECORDS, 413, "import fewer")
    if found.get("mockserver", FORMAT) != FORMAT:
        misfits.add("/mockserver", f"is not {FORMAT}, the layout that this version reads")
    if not 0 <= found.get("seed", 0) <= LARGEST:
        misfits.add("/seed", "must be 0 or more")
    for number, timer in enumerate(found.get("timers", ())):
        if timer.action not in actions:
            misfits.add(f"/timers/{number}/action", f"is none of {', '.join(sorted(actions)) or 'those that there are: none'}")
    if len(found.get("outbox", ())) > limits.OUTBOX.value:
        misfits.add("/outbox", f"has more than {limits.OUTBOX.value} messages")
    _check_policies(found.get("faults", NO_FAULTS).transitions, misfits)
    rules = found.get("faults", NO_FAULTS).rules
    if len(rules) > limits.FAULT_RULES.value:
        misfits.add("/faults/rules", f"has more than {limits.FAULT_RULES.value} rules")
    for number, rule in enumerate(rules):
        if not _is_short(rule):
            misfits.add(f"/faults/rules/{number}", f"delays calls by less than 0 or more than {limits.DELAY.value} seconds")
        unknown = set(rule.operations) - set(operations)
        if unknown:
            misfits.add(f"/faults/rules/{number}/operations", f"names {', '.join(sorted(unknown))}, which there is not")
    rows = {name: _rows(name, content, tables, misfits) for name, content in found.get("tables", {}).items()}
    violations = [Violation("body", pointer, "type", text) for pointer, text in misfits.found]
    violations += [
        violation
        for name, content in rows.items()
        if content is not None and name in record_validators
        for violation in _judged(name, content, record_validators)
    ]
    if violations:
        raise Invalid(violations)
    file = _WorldFile(**found)
    outbox = Ordered[Message]()
    for message in file.outbox:
        outbox = outbox.append(message)
    return World(
        seed=file.seed,
        clock=file.clock,
        tables=HashTrieMap({name: content for name, content in rows.items() if content is not None}),
        counters=HashTrieMap(file.counters),
        timers=tuple(sorted(file.timers)),
        outbox=outbox,
        faults=file.faults,
        born=file.born,
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


def _without_retired(declared: Table[Any], item: Any) -> Any:
    return {name: value for name, value in item.items() if name not in declared.retired} if declared.retired and isinstance(item, dict) else item


def _count_records(content: Any) -> int:
    records = content.get("records") if isinstance(content, dict) else None
    return len(records) if isinstance(records, list) else 0


def _is_short(rule: Rule) -> bool:
    """Whether the delays of a rule are within the limit."""
    seconds = [] if rule.delay is None else [rule.delay.seconds, rule.delay.most]
    seconds += [] if rule.damage is None else [rule.damage.seconds]
    return all(0 <= value <= limits.DELAY.value for value in seconds)


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
    items = [_without_retired(declared, item) for item in content["records"]]
    records = [declared.codec.read(item, f"{where}/records/{number}", misfits) for number, item in enumerate(items)]
    if len(misfits.found) > before:
        return None
    try:
        return rows_of(declared, records, content.get("orders", {}))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        misfits.add(where, f"cannot be put together: {error}")
        return None


def _check_policies(policies: tuple[TransitionPolicy, ...], misfits: Misfits) -> None:
    if len(policies) > limits.FAULT_RULES.value:
        misfits.add("/faults/transitions", f"has more than {limits.FAULT_RULES.value} policies")
    for number, policy in enumerate(policies):
        if not policy.is_sound():
            misfits.add(f"/faults/transitions/{number}/after", "is no ISO 8601 duration")
