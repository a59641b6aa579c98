"""The records of a world: read, create, change and delete them by hand.

A record that is written is checked by the types of its fields, by the vendor's document, and by the references that the tables declare.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

import orjson

from mockserver.control.columns import describe_columns
from mockserver.control.services import ControlServices
from mockserver.control.worlds import Unfit
from mockserver.core.base.faults import Conflict, NotFound
from mockserver.core.base.replies import Reply
from mockserver.core.state.codec import Misfits
from mockserver.core.state.tables import Table, TransactionTable
from mockserver.core.state.world import Transaction
from mockserver.openapi.digits import read_digits
from mockserver.openapi.errors import Violation

PAGE = 1_000
"""Records in a list without a limit."""
BY_HAND = 1_000_000_000
"""The first id of records written by hand, in tables that do not declare how the vendor draws ids."""
NAMED = 5
"""Records that a refusal names if they refer to the one to be deleted."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def get_tables(control: ControlServices, world: Transaction, slug: str) -> Reply:
    tables = control.vendor(slug).api.tables
    counts = {table.short_name: len(world.table(table)) for table in tables}
    return Reply(200, {"tables": counts, "columns": {table.short_name: describe_columns(control, table) for table in tables}})


def list_records(
    control: ControlServices,
    world: Transaction,
    slug: str,
    table: str,
    where: Sequence[str] | None,
    text: str | None,
    sort: str | None,
    order: str | None,
    offset: int | None,
    limit: int | None,
) -> Reply:
    declared = control.table(slug, table)
    records = world.table(declared)
    first, size = offset or 0, limit or PAGE
    wanted = dict(condition.split("=", 1) for condition in where or ())
    shown = [name for name in declared.codec.fields if name not in declared.secrets]
    by = sort.removeprefix("-") if sort else None
    for name in (*wanted, *([by] if by else ())):
        if name not in shown:
            raise NotFound("field", f"{name!r} in {slug}.{table}; there are {', '.join(shown)}")
    if wanted or text or by:
        candidates = records.newest() if order == "newest" else records.all()
        matching = [record for record in candidates if _matches(record, wanted) and (not text or _contains_text(record, shown, text.casefold()))]
        if by:
            matching = _sort(matching, by, backwards=str(sort).startswith("-"))
        total, page = len(matching), matching[first : first + size]
    elif order == "newest":
        total = len(records)
        page = records.slice(max(0, total - first - size), max(0, min(size, total - first)))[::-1]
    else:
        total, page = len(records), records.slice(first, size)
    return Reply(200, {"records": list(map(declared.to_json, page)), "total": total, "offset": first, "limit": size})


def get_record(control: ControlServices, world: Transaction, slug: str, table: str, record: str) -> Reply:
    declared = control.table(slug, table)
    return Reply(200, declared.to_json(_find(world.table(declared), declared, record)))


def create_record(control: ControlServices, world: Transaction, slug: str, table: str, body: Mapping[str, Any]) -> Reply:
    declared = control.table(slug, table)
    records = world.table(declared)
    misfits = Misfits()
    form = control.forms.get(declared.name)
    sent = {"id": _draw_id(world, declared, records), **body} if form is None else form.complete(world, body, misfits)
    values = declared.codec.decode(sent, "", misfits)
    _refuse(misfits, _judge(control, declared, None, values))
    made = declared.record(**values)
    _check_references(control, world, declared, made, misfits)
    _refuse(misfits)
    if made.id in records:
        raise Conflict(f"{slug}.{table} already has {made.id!r}; change it with PATCH")
    records.add(made)
    if declared.ids is not None and isinstance(made.id, int):
        world.reserve(declared.ids, made.id if world.drawn(declared.ids) is not None else _find_highest(records))
    return Reply(201, declared.to_json(made), {"Location": f"{world.base_url}/_mock/state/{slug}/{table}/{_write_id(made.id)}"})


def update_record(control: ControlServices, world: Transaction, slug: str, table: str, record: str, body: Mapping[str, Any]) -> Reply:
    declared = control.table(slug, table)
    records = world.table(declared)
    found = _find(records, declared, record)
    misfits = Misfits()
    values = declared.codec.decode(body, "", misfits, whole=False)
    if values.get("id", found.id) != found.id:
        misfits.add("/id", "cannot change")
    elif declared.name in control.forms:
        control.forms[declared.name].find_fixed(found, values, misfits)
    _refuse(misfits, _judge(control, declared, found, values))
    changed = records.change(found, **values)
    _check_references(control, world, declared, changed, misfits)
    _refuse(misfits)
    return Reply(200, declared.to_json(changed))


def delete_record(control: ControlServices, world: Transaction, slug: str, table: str, record: str) -> Reply:
    declared = control.table(slug, table)
    found = _find(world.table(declared), declared, record)
    holders = []
    for other in control.vendor(slug).api.tables:
        names = [name for name, target in other.references.items() if target == declared.name]
        candidates = world.table(other).all() if names else ()
        holders += [f"{other.name} {held.id}" for held in candidates if held is not found and any(getattr(held, name) == found.id for name in names)]
    if holders:
        more = f" and {len(holders) - NAMED} more" if len(holders) > NAMED else ""
        raise Conflict(f"{declared.name} {found.id} is referred to by {', '.join(holders[:NAMED])}{more}; remove them first")
    world.table(declared).remove(found.id)
    return Reply(204)


def _judge(control: ControlServices, declared: Table[Any], before: Any, values: Mapping[str, Any]) -> list[Violation]:
    """How the fields that are written break the document."""
    form = control.forms.get(declared.name)
    return [*control.record_validators[declared.name].violations(values), *(() if form is None else form.violations(before, values))]


def _find(records: TransactionTable[Any], declared: Table[Any], text: str) -> Any:
    """The record with an id, given as text, in which a slash may be written as ``%2F``. Raises NotFound."""
    found = records.get(text)
    if found is None and "%2" in text:
        found = records.get(text.replace("%2F", "/").replace("%2f", "/"))
    number = read_digits(text.removeprefix("-")) if found is None else None
    if number is not None:
        found = records.get(-number if text.startswith("-") else number)
    if found is None:
        raise NotFound("record", f"{text[:80]!r} in {declared.name}")
    return found


def _matches(record: Any, wanted: Mapping[str, str]) -> bool:
    return all(_write_text(getattr(record, name)) == text for name, text in wanted.items())


def _contains_text(record: Any, shown: Sequence[str], text: str) -> bool:
    return any(text in _write_text(getattr(record, name)).casefold() for name in shown)


def _sort(records: list[Any], by: str, *, backwards: bool) -> list[Any]:
    """Records sorted by a field: numbers by value, anything else as case-folded text; those without a value last. The sort is stable."""
    with_value = [record for record in records if getattr(record, by) is not None]
    numbers = all(isinstance(getattr(record, by), int | float) for record in with_value)

    def key(record: Any) -> Any:
        value = getattr(record, by)
        return value if numbers else _write_text(value).casefold()

    return [*sorted(with_value, key=key, reverse=backwards), *(record for record in records if getattr(record, by) is None)]


def _write_id(record_id: int | str) -> str:
    """An id as a part of a path: encoded, a slash twice, because a path is decoded before its parts are separated."""
    return quote(str(record_id).replace("/", "%2F"), safe="")


def _write_text(value: Any) -> str:
    """A field as it is written in a query: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode().strip('"')


def _draw_id(world: Transaction, declared: Table[Any], records: TransactionTable[Any]) -> int | str:
    """A free id that the vendor does not assign later; a textual one has the form of the newest record's."""
    newest = next((record.id for record in records.newest()), 0)
    if isinstance(newest, str):
        return _draw_like(world, f"{declared.name} by hand", newest)
    if declared.ids is None:
        return world.draw(f"{declared.name} by hand", BY_HAND)
    drawn = world.drawn(declared.ids)
    number = (_find_highest(records) if drawn is None else drawn) + 1
    while number in records:
        number += 1
    return number


def _draw_like(world: Transaction, kind: str, model: str) -> str:
    """A new id in the form of ``model``: a UUID, or random characters after the same prefix."""
    if _UUID.fullmatch(model):
        return str(UUID(int=world.chance(kind).getrandbits(128), version=4))
    prefix, line, _ = model.rpartition("_")
    return prefix + line + world.token(kind, 16)


def _find_highest(records: TransactionTable[Any]) -> int:
    return max((record.id for record in records.all() if isinstance(record.id, int)), default=0)


def _check_references(control: ControlServices, world: Transaction, declared: Table[Any], record: Any, misfits: Misfits) -> None:
    """Add to ``misfits`` every reference to a missing record, every cycle, and every key that another record has."""
    for name, target in declared.references.items():
        value = getattr(record, name)
        if value is not None and value not in world.table(control.tables[target]):
            misfits.add(f"/{name}", f"refers to {value!r}, which {target} does not have")
        elif target == declared.name and _is_below_itself(world.table(declared), record, name):
            misfits.add(f"/{name}", f"leads from {value!r} back to {record.id!r}")
    for index in control.record_validators[declared.name].unique:
        key = declared.indexes[index](record)
        others = [other.id for other in world.table(declared).select(index, key) if other.id != record.id]
        if others:
            misfits.add("", f"has the same {index} as {declared.name} {others[0]}")


def _is_below_itself(records: TransactionTable[Any], record: Any, name: str) -> bool:
    """Whether following a reference within one table leads back to the record."""
    seen: set[int | str] = set()
    above = getattr(record, name)
    while above is not None and above != record.id and above not in seen:
        seen.add(above)
        above = getattr(records.get(above), name, None)
    return bool(above == record.id)


def _refuse(misfits: Misfits, violations: Sequence[Violation] = ()) -> None:
    found = [*(Violation("body", pointer, "type", text) for pointer, text in misfits.found), *violations]
    if found:
        raise Unfit(found)
