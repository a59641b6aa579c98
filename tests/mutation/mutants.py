"""Planted violations, read from ``<slug>.yaml`` in this folder. Each changes a copy of the mock and has a witness: calls that prove that it acts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec
import yaml
from msgspec import UNSET, Struct, UnsetType

FOLDER = Path(__file__).parent
Category = Literal["shape", "http", "access", "input", "errors", "persistence", "workflow", "arithmetic", "paging", "tenants", "time", "notification"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
Operator = Literal[
    "drop_field",
    "add_field",
    "rename_field",
    "change_type",
    "change_value",
    "reverse_list",
    "replace_body",
    "wrap_body",
    "change_status",
    "change_media_type",
    "share_answer",
]


class CopyFailed(Exception):
    """The mock cannot be copied, a text to be changed is not in it, or the copy does not start."""


class SourceEdit(Struct, frozen=True, forbid_unknown_fields=True):
    """Text of a source file that is replaced. ``file`` is relative to the copy, such as ``specs/serpi.yaml``.

    ``old`` must occur exactly once. With ``after``, its first occurrence behind that text is replaced.
    """

    file: str
    old: str
    new: str
    after: str = ""

    def apply(self, text: str) -> str:
        """The text with the edit made. Raises CopyFailed if ``after`` or ``old`` is not found as required."""
        head, anchor, tail = text.partition(self.after) if self.after else ("", "", text)
        if self.after and not anchor:
            raise CopyFailed(f"{self.file} does not hold {self.after!r}")
        count = tail.count(self.old)
        if count == 0 or (count > 1 and not self.after):
            raise CopyFailed(f"{self.file} holds {self.old!r} {count} times")
        return head + anchor + tail.replace(self.old, self.new, 1)


class AnswerChange(Struct, frozen=True, forbid_unknown_fields=True):
    """A change of every answer of an operation with a status, made after the mock has checked it.

    ``at`` is a JSON pointer; an index may be negative, ``*`` is every item. ``to`` is the new name, value, status or media type. For ``change_type``
    it is ``text``, ``number``, ``list`` or ``first item``; left out, it is chosen so that the document does not allow the result. With ``when``,
    pointer to value, only the answers that hold these values are changed. ``share_answer`` makes the first of several calls at once and gives its
    answer to all of them.
    """

    operation: str
    status: int
    operator: Operator
    at: str = ""
    to: Any = None
    when: dict[str, Any] = {}


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """A call of a witness, and what its answer must be.

    ``call`` is the mutant's operation if left out. ``send`` changes fields of the vendor's working call: null leaves a field out, ``$name`` is what
    the target knows under that name. ``role`` null sends no credentials. ``body`` maps JSON pointers to values.
    """

    call: str = ""
    send: dict[str, Any] = {}
    headers: dict[str, str] = {}
    role: str | UnsetType | None = UNSET
    status: int | None = None
    body: dict[str, Any] = {}
    contains: str = ""
    lacks: str = ""


class Mutant(Struct, frozen=True, forbid_unknown_fields=True):
    """A planted violation. A good finding names ``operation``, or one of ``also``, and one of ``clauses``, if there are any.

    ``witness`` is empty if a function of that name in ``witnesses/<slug>.py`` is the witness, or if it follows from the changed answers.
    """

    id: str
    category: Category
    operation: str
    also: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    edits: tuple[SourceEdit, ...] = ()
    answers: tuple[AnswerChange, ...] = ()
    witness: tuple[Step, ...] = ()

    @property
    def slug(self) -> str:
        """The vendor."""
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        """The id without the vendor."""
        return self.id.partition(".")[2]

    @property
    def operations(self) -> tuple[str, ...]:
        """Every operation that a good finding may name."""
        return (self.operation, *self.also)

    @property
    def changes(self) -> tuple[SourceEdit | AnswerChange, ...]:
        """All that is changed in a copy of the mock."""
        return (*self.edits, *self.answers)


@cache
def mutants(slug: str) -> tuple[Mutant, ...]:
    """The planted violations of a vendor; none if the vendor has no file."""
    file = FOLDER / f"{slug}.yaml"
    return msgspec.convert(yaml.safe_load(file.read_text(encoding="utf-8")), tuple[Mutant, ...]) if file.is_file() else ()


def mutant(name: str) -> Mutant:
    """One planted violation by its id, such as ``serpi.creation_lost``."""
    return next(one for one in mutants(name.partition(".")[0]) if one.id == name)
