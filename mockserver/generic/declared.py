"""What a document declares of an operation that the engine plays on a vendor's own tables (``x-role``).

The words are those of inference: ``kind`` is a :class:`Kind`, and a list is described by the same ``x-list`` that the behaviour checks read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from mockserver.core.state.tables import Table
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import SetupError
from mockserver.openapi.inference.model import Kind, Paging
from mockserver.openapi.nearest import nearest
from mockserver.openapi.operations import OperationSpec

_THERE = "there is"
Condition = dict[str, Any]
"""By field, the value that a record must have. A field may lead through references: ``service_id.owner_id``."""

PLAYED = (Kind.LIST, Kind.CREATE, Kind.READ, Kind.UPDATE, Kind.REPLACE, Kind.DELETE, Kind.ACTION, Kind.COUNT, Kind.CLEAR)
"""Kinds of operations that can be played on typed tables."""
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SIZE = 20
"""Records of a page if the client does not say."""


class Parent(Struct, frozen=True, forbid_unknown_fields=True):
    """The record that a placeholder names and that the records of an operation belong to: their ``field`` holds its id.

    Without ``field`` the record must only exist. ``keys`` are the fields that the placeholder may name it by.
    """

    of: str
    field: str = ""
    keys: tuple[str, ...] = ("id",)
    where: Condition | list[Condition] = {}

    @property
    def conditions(self) -> list[Condition]:
        """The alternatives of ``where``; one of them must hold."""
        return self.where if isinstance(self.where, list) else [self.where]


class Declaration(Struct, frozen=True, forbid_unknown_fields=True):
    """``x-role`` of an operation.

    ``of`` is the short name of the table, ``shown`` the component schema of a record in answers, ``at`` the pointer to it there. ``key`` is the
    placeholder that names the record, ``keys`` the fields that it may name it by. ``where`` says which records the caller may see: one condition, or
    several of which one must hold. ``set`` are fields that the server sets. ``from`` are the values from which an action or a change starts,
    ``unique`` the fields that no two records share, by the error that refuses it, and ``otherwise`` the error of ``from``, or of a record that others
    refer to.
    ``along`` are tables whose records go with a deleted one. ``filters`` are query parameters by the property that they select by, ``text`` is
    the one that is looked for in any text, ``many`` the field of the request that lists the ids of records to be changed or deleted together.
    ``ignores`` are properties of the body that are not stored.
    """

    kind: Kind
    of: str
    shown: str = ""
    at: str = ""
    key: str = ""
    keys: tuple[str, ...] = ("id",)
    below: dict[str, Parent] = {}
    where: Condition | list[Condition] = {}
    set: dict[str, Any] = {}
    start: dict[str, list[Any]] = msgspec.field(name="from", default_factory=dict)
    unique: dict[str, list[str]] = {}
    otherwise: str = ""
    along: tuple[str, ...] = ()
    filters: dict[str, str] = {}
    text: str = ""
    many: str = ""
    ignores: tuple[str, ...] = ()

    @property
    def conditions(self) -> list[Condition]:
        """The alternatives of ``where``; one of them must hold."""
        return self.where if isinstance(self.where, list) else [self.where]


class ListDeclaration(Struct, frozen=True):
    """What the engine takes of ``x-list``: where the records stand, their order, and how pages are asked for."""

    at: str
    order: str = ""
    page: dict[str, Any] = {}

    @property
    def order_field(self) -> tuple[str, bool]:
        """The property that the list is ordered by, and whether it descends; empty for the order in which the records were made."""
        name, _, direction = self.order.partition(" ")
        return name, direction == "descending"

    @property
    def paging(self) -> Paging:
        name = self.page.get("parameter", "")
        by_cursor = self.page.get("by") == "cursor"
        first = self.page.get("first")
        return Paging(
            size=self.page.get("size", ""),
            cursor=name if by_cursor else "",
            page="" if by_cursor else name,
            default=self.page.get("fixed", _SIZE),
            first=first if isinstance(first, int) else 1,
        )


def read_declarations(document: Document, tables: Iterable[Table[Any]]) -> dict[str, Declaration]:
    """The declarations of a hand-written document by operationId. Raises SetupError with every one that cannot be right.

    In any other document the same extension corrects what was inferred (:mod:`mockserver.openapi.declarations`).
    """
    by_name = {table.short_name: table for table in tables}
    found: dict[str, Declaration] = {}
    problems: list[str] = []
    for spec in document.operations:
        if "x-role" not in spec.spec or document.has_skeleton:
            continue
        try:
            declaration = msgspec.convert(spec.spec["x-role"], Declaration)
        except msgspec.ValidationError as error:
            problems.append(f"{spec.id}: {error}")
            continue
        problems += [f"{spec.id}: {text}" for text in _find_problems(spec, declaration, by_name, document)]
        found[spec.id] = declaration
    if problems:
        raise SetupError(f"{document.source}: x-role of " + "; x-role of ".join(problems))
    return found


def find_key(spec: OperationSpec, declaration: Declaration) -> str:
    """The placeholder that names the record; empty if the path names none."""
    if declaration.key or declaration.kind in (Kind.LIST, Kind.CREATE, Kind.COUNT, Kind.CLEAR):
        return declaration.key
    free = [name for name in _PLACEHOLDER.findall(spec.path) if name not in declaration.below]
    return free[-1] if free else ""


def read_list(spec: OperationSpec) -> ListDeclaration:
    """``x-list`` of an operation; a plain list of everything if it has none."""
    return msgspec.convert(spec.spec.get("x-list", {"at": ""}), ListDeclaration)


def _find_problems(spec: OperationSpec, declaration: Declaration, tables: Mapping[str, Table[Any]], document: Document) -> Iterator[str]:
    table = tables.get(declaration.of)
    if declaration.kind not in PLAYED:
        yield f"the kind {declaration.kind} is not played on tables; use one of {', '.join(PLAYED)}"
    if table is None:
        yield f"there is no table {declaration.of}; {nearest(declaration.of, tables, _THERE)}"
        return
    if declaration.shown and declaration.shown not in document.schemas:
        yield f"there is no schema {declaration.shown}; {nearest(declaration.shown, document.schemas, _THERE)}"
    placeholders = _PLACEHOLDER.findall(spec.path)
    for name in (*declaration.below, *([declaration.key] if declaration.key else ())):
        if name not in placeholders:
            yield f"the path has no placeholder {name}"
    for name in declaration.along:
        if name not in tables:
            yield f"there is no table {name}; {nearest(name, tables, _THERE)}"
    for code in (*declaration.unique, *([declaration.otherwise] if declaration.otherwise else ())):
        if code not in spec.errors:
            yield f"the operation has no error {code}; {nearest(code, spec.errors, _THERE)}"
    named = [*declaration.set, *declaration.start, *declaration.keys, *(name for names in declaration.unique.values() for name in names)]
    for condition in declaration.conditions:
        yield from _find_unknown(table, [*condition, *named], tables)
    for parent in declaration.below.values():
        if parent.of not in tables:
            yield f"there is no table {parent.of}; {nearest(parent.of, tables, _THERE)}"
            continue
        for condition in parent.conditions:
            yield from _find_unknown(tables[parent.of], [*condition, *parent.keys], tables)
        yield from _find_unknown(table, [parent.field] if parent.field else [], tables)


def _find_unknown(table: Table[Any], paths: Iterable[str], tables: Mapping[str, Table[Any]]) -> Iterator[str]:
    """The fields that do not exist, among paths that may lead through references."""
    by_full_name = {one.name: one for one in tables.values()}
    for path in paths:
        here: Table[Any] | None = table
        *through, last = path.split(".")
        for name in through:
            here = by_full_name.get(here.references.get(name, "")) if here is not None else None
        if here is None:
            yield f"{path} leads through a field of {table.short_name} that refers to no table"
        elif last not in here.codec.fields:
            yield f"{here.short_name} has no field {last}; {nearest(last, here.codec.fields, _THERE)}"
