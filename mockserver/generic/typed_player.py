"""Operations of a hand-written vendor that its document declares (``x-role``), played on the vendor's own tables.

An operation without a handler is answered by the engine alone. A handler that takes ``infer`` decides what differs, and lets the engine do the rest:
``infer()`` answers as the declaration says, ``infer(status="approved")`` sets fields besides. Of a list,
``infer(id={"not": ids})`` adds to the conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockserver.core.base.faults import Conflict, Malformed, NotFound, VendorFault
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.operation.api import Api, Sent
from mockserver.core.operation.binding import takes_infer
from mockserver.core.state.world import Transaction
from mockserver.generic.answers import Answers
from mockserver.generic.declared import Declaration, find_key, read_declarations, read_list
from mockserver.generic.lists import cut, select
from mockserver.generic.plans import find_success
from mockserver.generic.records import Item
from mockserver.generic.typed import PlayedCall, Requirements, Shown, TypedTables, all_equal
from mockserver.generic.values import ValueMaker
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import SetupError
from mockserver.openapi.inference.model import Confidence, Filter, Kind, Role
from mockserver.openapi.inference.shapes import Shapes, body_schema
from mockserver.openapi.operations import OperationSpec


class TypedPlayer:
    """Answers one operation from a table of its vendor. Raises NotFound, Conflict, Malformed and the vendor's own errors."""

    def __init__(self, spec: OperationSpec, declaration: Declaration, tables: TypedTables, values: ValueMaker, draw_id: Callable[..., Any]) -> None:
        self.spec = spec
        self.declaration = declaration
        self.tables = tables
        self.view = tables.view(declaration.of, declaration.shown)
        self.table = self.view.table
        self.listed = read_list(spec)
        self.key = find_key(spec, declaration)
        self.role = self._make_role()
        self.answers = Answers(spec, find_success(spec, self.role), values)
        self._draw_id = draw_id
        self._act = _ACTS[declaration.kind]

    def _make_role(self) -> Role:
        properties = {name for name, _ in self.spec.document.properties(self.spec.document.schemas.get(self.declaration.shown, {}))}
        named = {str(one["name"]) for one in self.spec.parameters if one["in"] == "query"} & properties
        filters = {**{name: name for name in named}, **self.declaration.filters}
        return Role(
            self.spec.id,
            self.declaration.kind,
            self.declaration.of,
            Confidence.DECLARED,
            "x-role",
            key=self.key,
            answer=self.listed.at if self.declaration.kind is Kind.LIST else self.declaration.at,
            paging=self.listed.paging,
            filters={name: Filter(f"/{target}") for name, target in filters.items()},
            text=self.declaration.text,
        )

    def __call__(self, world: Transaction, request: Request, sent: Sent, caller: object, **given: Any) -> Reply:
        """Answer a call. ``given`` are fields that a handler sets on the record; of a list, conditions that its records satisfy besides."""
        call = PlayedCall(world, sent, caller, given)
        above = {name: self.tables.parent(call, name, declared) for name, declared in self.declaration.below.items()}
        parents = {declared.field: above[name].id for name, declared in self.declaration.below.items() if declared.field}
        return self._act(self, replace(call, above=above), request, parents)

    def find_misfits(self) -> Iterator[str]:
        """What of an operation without a handler cannot be stored: properties without a field, fields without a value."""
        declaration, body = self.declaration, body_schema(self.spec)
        sent = {name for name, _ in self.spec.document.properties(body)} if body is not None else set()
        for name in sorted(sent - {*declaration.ignores, declaration.many}):
            if self.view.field_of(name) is None:
                yield f"{self.spec.id} is sent {name}, and {declaration.of} has no field for it; map it in the record mapping, or name it in ignores"
        if declaration.kind is Kind.CREATE:
            stored = {self.view.field_of(name) for name in sent} | {parent.field for parent in declaration.below.values()}
            known = {*stored, *declaration.set, *self.view.defaults, *self.view.created, *self.view.updated, "id"}
            for name in self.view.fields:
                if name not in known and not self.view.optional(name):
                    yield f"{self.spec.id} makes a record of {declaration.of} without {name}; give it in `set`, or a default in the record"

    # Finding records

    def _requirements(self, call: PlayedCall, above: Mapping[str, Any]) -> list[Requirements]:
        """What is required of a record, one after the other: it has to satisfy one of them."""
        return [{**all_equal(above), **call.read(condition)} for condition in self.declaration.conditions]

    def _visible(self, call: PlayedCall, above: Mapping[str, Any]) -> list[Any]:
        """The records that the operation is about, oldest first. ``above`` are the ids of the records that the path leads through, by field."""
        requirements = self._requirements(call, above)
        if len(requirements) == 1:
            return list(self.tables.candidates(call.world, self.table, requirements[0]))
        return [one for one in call.world.table(self.table).all() if self._is_visible(call, one, requirements)]

    def _is_visible(self, call: PlayedCall, record: Any, requirements: Sequence[Requirements]) -> bool:
        return any(self.tables.holds(call.world, self.table, record, one) for one in requirements)

    def _record(self, call: PlayedCall, parents: Mapping[str, Any]) -> Any:
        """The record that the path names, or the only one that the caller has. Raises NotFound."""
        if not self.key:
            found = next(iter(self._visible(call, parents)), None)
        else:
            found = self.tables.find(call, self.table, self.declaration.keys, call.sent.path.get(self.key, ""))
            if found is not None and not self._is_visible(call, found, self._requirements(call, parents)):
                found = None
        if found is None:
            raise NotFound(self.table.short_name, call.sent.path.get(self.key, ""))
        return found

    def _item(self, call: PlayedCall, record: Any, *, whole: bool) -> Item:
        shown = Shown(self.view, call, record)
        return Item(str(record.id), str(record.id), "", {}, dict(shown) if whole else shown)

    def _show(self, call: PlayedCall, request: Request, record: Any) -> Reply:
        known = dict(Shown(self.view, call, record)) if self.declaration.shown else {}
        return self.answers.stateful(call.world, request, known, self.declaration.at)

    # Writing

    def _need_unique(self, call: PlayedCall, values: Mapping[str, Any], own: Any = None) -> None:
        for code, names in self.declaration.unique.items():
            for found in self.tables.candidates(call.world, self.table, all_equal({name: values[name] for name in names})):
                if found.id != own:
                    raise VendorFault(code)

    def _need_start(self, record: Any) -> None:
        for name, allowed in self.declaration.start.items():
            if getattr(record, name) not in allowed:
                raise VendorFault(self.declaration.otherwise) if self.declaration.otherwise else Conflict(f"{name} is {getattr(record, name)}")

    def _read(self, call: PlayedCall) -> dict[str, Any]:
        """The fields that the body and the declaration set."""
        body = call.sent.body if isinstance(call.sent.body, Mapping) else {}
        ignored = {*self.declaration.ignores, self.declaration.many}
        values = self.view.read({name: value for name, value in body.items() if name not in ignored})
        values |= {name: self.view.set_value(call, name, said) for name, said in self.declaration.set.items()}
        return {**values, **call.given}

    def _store(self, call: PlayedCall, record: Any, values: Mapping[str, Any]) -> Any:
        changes = {name: value for name, value in values.items() if getattr(record, name) != value}
        if not changes:
            return record
        moments = {name: self.view.set_value(call, name, "now") for name in self.view.updated if name not in values}
        return call.world.table(self.table).change(record, **changes, **moments)

    def create(self, call: PlayedCall, request: Request, parents: Mapping[str, Any]) -> Reply:
        """Store a new record."""
        moments = {name: self.view.set_value(call, name, "now") for name in (*self.view.created, *self.view.updated)}
        values = {**moments, **parents, **self._read(call)}
        self.tables.need_references(call, self.table, values)
        empty = {name: None for name in self.view.fields if name not in values and name not in self.view.defaults and self.view.optional(name)}
        self._need_unique(call, {**empty, **values})
        record = call.world.table(self.table).add(self.table.record(id=self._draw_id(call.world, self.table), **empty, **values))
        return self._show(call, request, record)

    def read(self, call: PlayedCall, request: Request, parents: Mapping[str, Any]) -> Reply:
        """Show a record."""
        return self._show(call, request, self._record(call, parents))

    def update(self, call: PlayedCall, request: Request, parents: Mapping[str, Any]) -> Reply:
        """Change what was sent of a record; the rest stays."""
        record = self._record(call, parents)
        self._need_start(record)
        values = self._read(call)
        self.tables.need_references(call, self.table, values)
        whole = {name: getattr(record, name) for name in self.view.fields}
        self._need_unique(call, {**whole, **values}, record.id)
        return self._show(call, request, self._store(call, record, values))

    def act(self, call: PlayedCall, request: Request, parents: Mapping[str, Any]) -> Reply:
        """Change a record, or all that the request names together."""
        if not self.declaration.many:
            return self.update(call, request, parents)
        for record in self._named(call, parents):
            self._store(call, record, {name: self.view.set_value(call, name, said) for name, said in self.declaration.set.items()})
        return self.answers.stateful(call.world, request, {}, self.declaration.at)

    def _named(self, call: PlayedCall, parents: Mapping[str, Any]) -> list[Any]:
        """The records whose ids the request lists; all that the caller may see if it lists none."""
        body = call.sent.body if isinstance(call.sent.body, Mapping) else {}
        ids = body.get(self.declaration.many, call.sent.query.get(self.declaration.many))
        found = self._visible(call, parents)
        if ids is None:
            return found
        wanted = {str(one).lower() for one in (ids if isinstance(ids, list) else [ids])}
        return [record for record in found if str(record.id).lower() in wanted]

    def delete(self, call: PlayedCall, request: Request, parents: Mapping[str, Any]) -> Reply:
        """Remove a record with those that go along; refused if others refer to it."""
        record = self._record(call, parents)
        self._need_start(record)
        holders = list(self.tables.holders(call, self.table, record))
        kept = [table for table, _ in holders if table.short_name not in self.declaration.along]
        if kept:
            raise VendorFault(self.declaration.otherwise) if self.declaration.otherwise else Conflict(f"{kept[0].short_name} refer to it")
        reply = self._show(call, request, record)
        for table, held in holders:
            if held.id in call.world.table(table):
                call.world.table(table).remove(held.id)
        call.world.table(self.table).remove(record.id)
        return reply

    def clear(self, call: PlayedCall, request: Request, parents: Mapping[str, Any]) -> Reply:
        """Remove every record that the operation is about, or those that the request names."""
        for record in self._named(call, parents):
            call.world.table(self.table).remove(record.id)
        return self.answers.stateful(call.world, request, {}, self.declaration.at)

    # Many records

    def show_list(self, call: PlayedCall, request: Request, parents: Mapping[str, Any]) -> Reply:
        """Show a page of the records."""
        is_selected = any(call.sent.query.get(name) is not None for name in (*self.role.filters, self.role.text))
        besides = call.read(call.given)
        wanted = [record for record in self._visible(call, parents) if self.tables.holds(call.world, self.table, record, besides)]
        items = [self._item(call, record, whole=is_selected) for record in self._sorted(call, wanted)]
        found = select(self.role, items, call.sent.query)
        cursor = call.sent.query.get(self.role.paging.cursor)
        page = cut(self.role, found, call.sent.query, call.world.base_url + request.path)
        if cursor and not page.offset:
            raise Malformed(f"no page begins after {cursor}")
        return self.answers.stateful(call.world, request, [dict(item.data) for item in page.items], self.listed.at, page=page)

    def _sorted(self, call: PlayedCall, records: list[Any]) -> list[Any]:
        name, descending = self.listed.order_field
        if descending:
            records.reverse()  # of equal ones, the newest first
        field = self.view.field_of(name) or (name if name in self.view.fields else None)

        def key(record: Any) -> Any:
            return getattr(record, field) if field is not None else Shown(self.view, call, record)[name]

        return sorted(records, key=key, reverse=descending) if name else records

    def count(self, call: PlayedCall, request: Request, parents: Mapping[str, Any]) -> Reply:
        """Show how many records there are."""
        return self.answers.stateful(call.world, request, len(self._visible(call, parents)), self.declaration.at)


_ACTS: Mapping[Kind, Callable[[TypedPlayer, PlayedCall, Request, Mapping[str, Any]], Reply]] = {
    Kind.LIST: TypedPlayer.show_list,
    Kind.CREATE: TypedPlayer.create,
    Kind.READ: TypedPlayer.read,
    Kind.UPDATE: TypedPlayer.update,
    Kind.REPLACE: TypedPlayer.update,
    Kind.DELETE: TypedPlayer.delete,
    Kind.ACTION: TypedPlayer.act,
    Kind.COUNT: TypedPlayer.count,
    Kind.CLEAR: TypedPlayer.clear,
}


def play_declared(api: Api, document: Document) -> Api:
    """An Api in which the engine answers what the document declares and no handler does. Raises SetupError if a declaration cannot be played."""
    declarations = read_declarations(document, api.tables)
    if not declarations:
        return api
    tables, values = TypedTables(api, document), ValueMaker(document, Shapes(document))
    draw_id = api.draw_id or _draw_id
    players = {name: TypedPlayer(document.by_id[name], declaration, tables, values, draw_id) for name, declaration in declarations.items()}
    handled = {name: takes_infer(function) for name, function in api.functions()}
    problems = [text for name, player in players.items() if name not in handled for text in player.find_misfits()]
    problems += [f"{name} declares x-role, and its handler does not take infer" for name in players if handled.get(name) is False]
    if problems:
        raise SetupError(f"{document.source}: " + "; ".join(problems))
    played = {name: _handler(player) for name, player in players.items() if name not in handled}
    return replace(api, handlers=(*api.handlers, played), inferred=players)


def _handler(player: TypedPlayer) -> Callable[..., Reply]:
    def handle(world: Transaction, request: Request, caller: object, sent: Sent) -> Reply:
        return player(world, request, sent, caller)

    return handle


def _draw_id(world: Transaction, table: Any) -> int | str:
    """The id of a new record of a vendor that does not say how it draws them: the next free number, or an opaque text."""
    kind = table.ids or f"{table.name}.id"
    if table.codec.fields["id"] is not int:
        return world.token(kind)
    while (number := world.draw(kind)) in world.table(table):
        pass
    return number
