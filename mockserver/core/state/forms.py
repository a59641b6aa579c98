"""How people write records of a table whose content stands in the properties of a document, within one field of the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from mockserver.core.state.codec import Misfits
from mockserver.core.state.world import Transaction
from mockserver.openapi.errors import Violation

Given = Literal["always", "once", "never"]
"""When a person gives a field: whenever, only when the record is made, or never because the server computes it."""


@dataclass(frozen=True, slots=True)
class Member:
    """One property within a field. ``schema`` says what it has to be, with references followed; ``refers_to`` is the table whose ``key`` it holds."""

    name: str
    schema: Mapping[str, Any]
    is_required: bool = False
    refers_to: str | None = None
    given: Given = "always"


class RecordForm(Protocol):
    """The form of one table's records."""

    given: Mapping[str, Given]
    """When the fields of the record are given, of those that are not given always."""

    def members(self) -> Mapping[str, Sequence[Member]]:
        """The known properties within the fields of the record that are objects, by field."""

    def complete(self, world: Transaction, sent: Mapping[str, Any], misfits: Misfits) -> Mapping[str, Any]:
        """The fields of a new record: those that were sent, and those that the server computes of them. What does not fit goes to ``misfits``."""

    def find_fixed(self, found: Any, values: Mapping[str, Any], misfits: Misfits) -> None:
        """Note each field among ``values`` that differs from that of a record and cannot change."""

    def violations(self, before: Any, values: Mapping[str, Any]) -> list[Violation]:
        """How fields break the document, except for what the record broke ``before``, which is None for a new one."""
