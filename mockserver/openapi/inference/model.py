"""What is understood of a document: resource families, and the role of each operation.

Pointers are JSON pointers; the empty pointer is the whole value. Nothing here is decided twice: the mock plays a model, ``explain`` prints it, an
overlay corrects it, and the suite asks of an implementation what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Any, Literal

Place = Literal["path", "query", "body"]
"""Where a request names a record."""


class Confidence(IntEnum):
    """How sure a finding is. What is only a guess is not played as state."""

    GUESS = 1
    LIKELY = 2
    CERTAIN = 3
    DECLARED = 4

    def __str__(self) -> str:
        return self.name.lower()


class Kind(StrEnum):
    """What an operation does with the records of its family."""

    LIST = "list"
    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    REPLACE = "replace"
    UPSERT = "upsert"
    DELETE = "delete"
    EXISTS = "exists"
    COUNT = "count"
    CLEAR = "clear"
    BULK = "bulk"
    SEARCH = "search"
    ACTION = "action"
    SHOW = "show"
    """Read the one record of a singleton."""
    SET = "set"
    """Change the one record of a singleton."""
    UNSET = "unset"
    """Remove the one record of a singleton, which is then as it was in the beginning."""
    ANSWER = "answer"
    """None of these: answered by an example, or by data that fit the schema."""


@dataclass(frozen=True)
class Scope:
    """A placeholder before the last: ``parent`` is the family of the record that it names, empty if the document has no such family."""

    placeholder: str
    parent: str = ""


@dataclass(frozen=True)
class Filter:
    """What a query parameter selects: the records whose field at ``pointer`` compares with the value by ``operator``."""

    pointer: str
    operator: str = "eq"


@dataclass(frozen=True)
class Paging:
    """Query parameters of a list, by what they say; empty if there is none."""

    size: str = ""
    page: str = ""
    offset: str = ""
    cursor: str = ""
    backwards: str = ""
    default: int = 20
    """Items of a page if the client does not say."""
    first: int = 1
    """The number of the first page."""


@dataclass(frozen=True)
class Family:
    """Records of one kind.

    ``schema`` describes a record as it is read. ``identity`` points to the record's key in it, None if no property holds the key. ``key`` is the
    schema of the placeholder that names a record. ``chosen_by_client`` says who chooses the key of a new record.
    """

    name: str
    noun: str
    item: str
    collection: str
    schema: Any
    identity: str | None
    key: Mapping[str, Any]
    chosen_by_client: bool
    scopes: tuple[Scope, ...]
    confidence: Confidence
    because: str
    references: Mapping[str, str] = field(default_factory=dict)
    """By property, the family whose key it holds."""
    is_singleton: bool = False
    server_set: tuple[str, ...] = ()
    """Properties that the server sets, besides those whose schema says ``readOnly``."""
    write_only: tuple[str, ...] = ()
    """Properties that no answer shows, besides those whose schema says ``writeOnly``."""
    immutable: tuple[str, ...] = ()
    """Properties that a client sets on creation only."""
    starts: Mapping[str, Any] = field(default_factory=dict)
    """By property, the value that a new record has if the client sends none."""
    aliases: tuple[str, ...] = ()
    """Other properties by which a path may name a record."""
    is_open: bool = False
    """Whether every key names a record: the document reads records, but nothing in it tells which keys there are."""
    mirrors: str = ""
    """The family whose records these stand for, as the members of a group stand for users; empty if they are records of their own."""


@dataclass(frozen=True)
class Role:
    """What one operation does.

    ``answer`` points to the record or the list in the success body, None if the body holds neither; ``wrapped`` says that the record stands in a
    list of one there. ``sent`` points to the record in the request body.
    """

    operation: str
    kind: Kind
    family: str = ""
    confidence: Confidence = Confidence.GUESS
    because: str = ""
    scopes: tuple[Scope, ...] = ()
    key: str = ""
    """The placeholder that names the record, or the property or parameter that does."""
    key_place: Place = "path"
    answer: str | None = None
    wrapped: bool = False
    sent: str = ""
    sent_wrapped: bool = False
    paging: Paging = Paging()
    filters: Mapping[str, Filter] = field(default_factory=dict)
    order: str = ""
    """The query parameter that names the order."""
    direction: str = ""
    text: str = ""
    """The query parameter that is looked for in any text."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """By property, what an action sets; ``now`` stands for the moment of the call."""
    needs: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """By property, the values of which the record has to have one before an action; else it is refused."""
    otherwise: int = 409
    """The status of that refusal."""
    bare_keys: bool = False
    """A list of keys instead of records."""

    @property
    def is_stateful(self) -> bool:
        return self.kind is not Kind.ANSWER and self.confidence > Confidence.GUESS


@dataclass(frozen=True)
class Model:
    """Families by name, and the role of each operation by its id."""

    families: Mapping[str, Family]
    roles: Mapping[str, Role]

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """By family, the families below it."""
        found: dict[str, list[str]] = {name: [] for name in self.families}
        for family in self.families.values():
            for scope in family.scopes[-1:]:
                if scope.parent:
                    found[scope.parent].append(family.name)
        return {name: tuple(below) for name, below in found.items()}
