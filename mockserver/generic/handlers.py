"""What each kind of operation does with the records of its family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from mockserver.core.base.faults import Conflict, Malformed, NotFound
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.operation.api import Sent
from mockserver.core.state.world import Transaction
from mockserver.generic.answers import Answers
from mockserver.generic.engine import SINGLE, Engine, RecordFinder
from mockserver.generic.fields import FieldMaker
from mockserver.generic.lists import cut, select
from mockserver.generic.plans import find_success
from mockserver.generic.records import Item, Records
from mockserver.generic.refusals import Refused
from mockserver.generic.values import LEAST, MOST, at, has_long_number, type_key
from mockserver.openapi.inference.model import Confidence, Family, Kind, Role
from mockserver.openapi.inference.routes import read_template
from mockserver.openapi.inference.shapes import body_schema
from mockserver.openapi.operations import OperationSpec


class OperationPlayer:
    """Answers one operation from the records of its family."""

    def __init__(self, spec: OperationSpec, role: Role, engine: Engine) -> None:
        self.spec = spec
        self.role = role
        self.engine = engine
        self.finder = RecordFinder(engine, role)
        why = role.because if role.confidence is Confidence.DECLARED else ""
        self.answers = Answers(spec, find_success(spec, role), engine.values, why, refuses=engine.unsure == "refuse")
        self._family: Family | None = engine.model.families.get(role.family)
        schema = body_schema(spec)
        shape = engine.values.shapes.of(schema) if schema is not None else None
        for part in role.sent.split("/")[1:] if shape is not None else ():
            shape = engine.values.shapes.of(shape.properties.get(part, {})) if shape is not None else None
        if shape is not None and shape.is_list and shape.items is not None:
            shape = engine.values.shapes.of(shape.items)
        self.sendable = frozenset(shape.properties) if shape is not None else frozenset()
        self._act = _ACTS[role.kind] if role.is_stateful else OperationPlayer.answer

    def __call__(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        """Answer a call. Raises NotFound, Conflict, Malformed, NotServed."""
        if sent.body is not None and has_long_number(sent.body):
            raise Malformed("a number has more than 64 bits")
        if any(isinstance(value, int) and not LEAST <= value <= MOST for value in sent.query.values()):
            clamped = {name: min(max(value, LEAST), MOST) if isinstance(value, int) else value for name, value in sent.query.items()}
            sent = replace(sent, query=clamped)
        return self._act(self, world, request, sent)

    # What all need

    @property
    def records(self) -> Records:
        return self.finder.records

    @property
    def maker(self) -> FieldMaker:
        return self.engine.makers[self.role.family]

    def body(self, sent: Sent) -> dict[str, Any]:
        """The fields of the record in the body of the request."""
        found = at(sent.body, self.role.sent)
        if isinstance(found, list):
            found = found[0] if found else {}
        return dict(found) if isinstance(found, dict) else {}

    def show(self, world: Transaction, request: Request, item: Item, headers: Mapping[str, str] | None = None) -> Reply:
        """The answer that shows a record."""
        known: Any = self.engine.show(world, self.role.family, item)
        keys = dict.fromkeys(("id", self.records.family.identity or "id"), item.key)
        return self.answers.stateful(world, request, [known] if self.role.wrapped else known, self.role.answer, headers=headers, beside=keys)

    # One record

    def read(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        return self.show(world, request, self.finder.item(world, self.finder.parents(world, sent), sent))

    def create(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        parents = self.finder.parents(world, sent)
        bodies = at(sent.body, self.role.sent) if self.role.sent_wrapped else None
        made = [self._make(world, parents, one) for one in bodies if isinstance(one, dict)] if isinstance(bodies, list) else []
        if not made:
            made = [self._make(world, parents, self.body(sent))]
        if self.role.kind is Kind.BULK:
            return self.answers.stateful(world, request, [self.engine.show(world, self.role.family, item) for item in made], self.role.answer)
        return self.show(world, request, made[-1], self._location(world, made[-1], sent))

    def _location(self, world: Transaction, item: Item, sent: Sent) -> dict[str, str]:
        """The header that tells where a new record is read; nothing if the document has no path for it."""
        path = self.records.family.item
        if not path:
            return {}
        template = read_template(path)
        values = {**{name: str(value) for name, value in sent.path.items()}, template.key: item.key}
        if not set(template.placeholders) <= values.keys():
            return {}
        for name in template.placeholders:
            path = path.replace(f"{{{name}}}", quote(values[name], safe=""))
        return {"Location": world.base_url + self.spec.document.base_path + path}

    def _make(self, world: Transaction, parents: Mapping[str, str], body: Mapping[str, Any], key: str | None = None) -> Item:
        """Store a new record. Raises Conflict if its key is taken, NotFound if it stands for a record that does not exist."""
        family, maker = self.records.family, self.maker
        if family.mirrors:
            return self._make_member(world, parents, body, key)
        typed: Any = self._chosen_key(world, parents, body) if key is None else self._typed(key)
        placed = maker.place(body)
        stored = maker.fit(maker.complete(world, placed, self.sendable, parents, typed), placed)
        shown = stored.get(family.identity, typed) if family.identity is not None else typed
        if isinstance(shown, str | int) and str(shown) != str(typed) and self.records.find(world, parents, str(shown)) is None:
            typed = shown  # the schema of the record allows another form of the key only
        return self.records.add(world, parents, str(typed), stored)

    def _chosen_key(self, world: Transaction, parents: Mapping[str, str], body: Mapping[str, Any]) -> Any:
        """The key of a new record: the client's, if it sends a usable one that is free, else one of ours. Raises Conflict."""
        family, maker = self.records.family, self.maker
        may_choose = family.identity is not None and (family.chosen_by_client or family.identity not in maker.read_only)
        own = body.get(family.identity or "") if may_choose else None
        if isinstance(own, bool) or not isinstance(own, str | int) or own == "" or not maker.is_key(own):
            return maker.draw_key(world, parents)
        if self.records.find(world, parents, str(own)) is None:
            return own
        if family.chosen_by_client:
            raise Conflict(f"there is a {family.noun} {own} already")
        return maker.draw_key(world, parents)

    def _make_member(self, world: Transaction, parents: Mapping[str, str], body: Mapping[str, Any], key: str | None) -> Item:
        """Let a record belong to another. Raises NotFound if there is no such record."""
        family = self.records.family
        keys = [key] if key is not None else [str(one) for one in self.maker.named_keys(body)]
        made: Item | None = None
        for one in keys:
            other = self.engine.find(world, family.mirrors, parents, one)
            if other is None:
                raise NotFound(family.noun or "record", one)
            made = self.records.find(world, parents, other.key) or self.records.add(world, parents, other.key, other.data)
        if made is None:
            raise Malformed(f"the body names no {family.noun}")
        return made

    def _typed(self, key: str) -> Any:
        identity = self.records.family.identity
        kinds = self.engine.values.shapes.of(self.maker.shape.properties.get(identity or "", {})).kinds
        return type_key(kinds, key)

    def update(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        item = self.finder.item(world, self.finder.parents(world, sent), sent)
        changes = {
            **{name: value for name, value in sent.query.items() if value is not None and name in self.maker.shape.properties},
            **self.body(sent),
        }
        return self.show(world, request, self._store(world, item, self._settable(changes)))

    def replace(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        parents = self.finder.parents(world, sent)
        body = self.body(sent)
        if self.role.key:
            item = self.finder.item(world, parents, sent)
        else:
            key = str(body.get(self.records.family.identity or "", ""))
            named = self.records.find(world, parents, key)
            if named is None:
                raise NotFound(self.records.family.noun or "record", key)
            item = named
        kept = {name: value for name, value in item.data.items() if name not in self.sendable or name in {*self.maker.read_only, *self._fixed}}
        return self.show(world, request, self._store(world, item, self._settable(body), kept))

    def upsert(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        parents = self.finder.parents(world, sent)
        body = self.body(sent)
        key = self.finder.key(sent) if self.role.key else str(body.get(self.records.family.identity or "", ""))
        item = self.records.find(world, parents, key)
        if item is None:
            return self.show(world, request, self._make(world, parents, body, key or None))
        if self.records.family.mirrors:
            return self.show(world, request, item)
        return self.show(world, request, self._store(world, item, self._settable(body)))

    def _settable(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """What a client may change of a record: not its key, nothing that the server sets, nothing that the record does not have."""
        return {name: value for name, value in self.maker.place(changes).items() if name not in self._fixed}

    @property
    def _fixed(self) -> set[str | None]:
        """What no change of a record changes: its key, those of the records above it, what is set on creation only."""
        return {self.records.family.identity, *self.records.family.immutable, *self.maker.parent_fields}

    def _store(self, world: Transaction, item: Item, changes: Mapping[str, Any], kept: Mapping[str, Any] | None = None) -> Item:
        """Store a record with changes. ``kept`` is what stays of it, by default all."""
        data = _merge(item.data if kept is None else kept, changes)
        if data == item.data:
            return item
        return self.records.change(world, item, self.maker.fit(self.maker.touch(world, data, changes), data))

    def delete(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        item = self.finder.item(world, self.finder.parents(world, sent), sent)
        self.engine.shelves.remove(world, self.role.family, item)
        return self.show(world, request, item)

    def act(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        item = self.finder.item(world, self.finder.parents(world, sent), sent)
        for name, values in self.role.needs.items():
            if item.data.get(name) not in values:
                raise Refused(
                    self.role.otherwise, f"{name} of the {self.records.family.noun} is {item.data.get(name)}, not {' or '.join(map(str, values))}"
                )
        changes = {name: self.maker.moment(name, world.now) if value == "now" else value for name, value in self.role.changes.items()}
        return self.show(world, request, self._store(world, item, {**self._settable(self.body(sent)), **changes}))

    # Many records

    def show_list(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        parents = self.finder.parents(world, sent)
        asked = {**sent.query, **(self.body(sent) if self.role.kind is Kind.SEARCH else {})}
        found = select(self.role, self.finder.below(world, parents), asked)
        page = cut(self.role, found, asked, world.base_url + request.path)
        known = [item.key if self.role.bare_keys else self.engine.show(world, self.role.family, item) for item in page.items]
        headers = {}
        if "X-Total-Count" in self.answers.success.headers:
            headers["X-Total-Count"] = str(page.total)
        if "Link" in self.answers.success.headers and page.has_more:
            headers["Link"] = f'<{page.url(1)}>; rel="next"'
        return self.answers.stateful(world, request, known, self.role.answer, page=page, headers=headers)

    def count(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        number = len(self.finder.below(world, self.finder.parents(world, sent)))
        chosen = self.answers.success.media("")
        schema = chosen[1].get("schema", {}) if chosen is not None else {}
        shape = self.engine.values.shapes.of(schema)
        whole = next((name for name, inner in shape.properties.items() if "integer" in self.engine.values.shapes.of(inner).kinds), "count")
        return self.answers.stateful(world, request, {whole: number} if shape.is_object else number, "")

    def clear(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        for item in self.finder.below(world, self.finder.parents(world, sent)):
            self.engine.shelves.remove(world, self.role.family, item)
        return self.answers.generated(world, request, basis=self.answers.state)

    # The one record of a singleton

    def _single(self, world: Transaction, parents: Mapping[str, str]) -> Mapping[str, Any]:
        item = self.records.find(world, parents, SINGLE)
        if item is not None:
            return item.data
        values, family = self.engine.values, self.records.family
        values.seed(world.seed, self.records.table.name, *parents.values())
        for example in self.engine.singletons.get(family.name, ()):
            if isinstance(example, dict) and values.is_valid(family.schema, example):
                return example
        made = values.make(family.schema, noun=family.noun)
        return made if isinstance(made, dict) else {}

    def show_single(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        known = self.maker.hide(self._single(world, self.finder.parents(world, sent)))
        return self.answers.stateful(world, request, known, self.role.answer)

    def set_single(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        parents = self.finder.parents(world, sent)
        changes = self._settable(self.body(sent))
        data = _merge(self._single(world, parents), changes)
        stored = self.maker.fit(self.maker.touch(world, data, changes), data)
        item = self.records.find(world, parents, SINGLE)
        if item is None:
            self.records.add(world, parents, SINGLE, stored)
        else:
            self.records.change(world, item, stored)
        return self.answers.stateful(world, request, self.maker.hide(stored), self.role.answer)

    def unset_single(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        item = self.records.find(world, self.finder.parents(world, sent), SINGLE)
        if item is not None:
            self.records.opened(world).remove(item.id)
        return self.answers.generated(world, request, basis=self.answers.state)

    # What is none of these

    def answer(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        """An example or made data; only the records that the path leads through have to exist."""
        parents = self.finder.parents(world, sent)
        if self._family is not None and self.role.key:
            self.finder.item(world, parents, sent)
        return self.answers.generated(world, request, why=self.role.because, effect=self.spec.method in ("GET", "HEAD"))


def _merge(stored: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """What was stored with changes in it, as JSON Merge Patch does it; but null stays a value."""
    merged = dict(stored)
    for name, value in changes.items():
        before = merged.get(name)
        merged[name] = _merge(before, value) if isinstance(value, dict) and isinstance(before, dict) else value
    return merged


_ACTS: Mapping[Kind, Callable[[OperationPlayer, Transaction, Request, Sent], Reply]] = {
    Kind.LIST: OperationPlayer.show_list,
    Kind.SEARCH: OperationPlayer.show_list,
    Kind.CREATE: OperationPlayer.create,
    Kind.BULK: OperationPlayer.create,
    Kind.READ: OperationPlayer.read,
    Kind.EXISTS: OperationPlayer.read,
    Kind.UPDATE: OperationPlayer.update,
    Kind.REPLACE: OperationPlayer.replace,
    Kind.UPSERT: OperationPlayer.upsert,
    Kind.DELETE: OperationPlayer.delete,
    Kind.COUNT: OperationPlayer.count,
    Kind.CLEAR: OperationPlayer.clear,
    Kind.ACTION: OperationPlayer.act,
    Kind.SHOW: OperationPlayer.show_single,
    Kind.SET: OperationPlayer.set_single,
    Kind.UNSET: OperationPlayer.unset_single,
    Kind.ANSWER: OperationPlayer.answer,
}
