"""What a planted violation is: a small edit of the mock's own text, a sentence that says what it breaks, and a witness that proves that it acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ..suite.harness import ApiClient

Kind = Literal["shape", "http", "access", "input", "errors", "persistence", "workflow", "arithmetic", "paging", "tenants", "time", "notification"]
KINDS: tuple[Kind, ...] = (
    "shape",
    "http",
    "access",
    "input",
    "errors",
    "persistence",
    "workflow",
    "arithmetic",
    "paging",
    "tenants",
    "time",
    "notification",
)
Witness = Callable[["ApiClient"], Any]
"""True of the mock as it is; false, or an exception, where the violation acts."""


@dataclass(frozen=True)
class Edit:
    """A text of the mock replaced by another, once, or the first time after ``after``. ``file`` is below the folder of the copy, such as ``specs/serpi.yaml``."""

    file: str
    old: str
    new: str
    after: str = ""


@dataclass(frozen=True)
class Spoil:
    """A statement on ``body``, ``headers``, ``status`` and ``media_type`` of the answers of an operation that have a status, once they were checked."""

    operation: str
    status: int
    statement: str


@dataclass(frozen=True)
class Mutant:
    """A planted violation. ``operation`` and ``clauses`` are what a good finding names; ``clauses`` is empty where no clause speaks of it."""

    id: str
    kind: Kind
    operation: str
    clauses: tuple[str, ...]
    changes: tuple[Edit | Spoil, ...]
    witness: Witness
    also: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """The vendor."""
        return self.id.partition(".")[0]

    @property
    def operations(self) -> tuple[str, ...]:
        """Every operation that a good finding may name."""
        return (self.operation, *self.also)


def mutants(slug: str) -> tuple[Mutant, ...]:
    """The planted violations of a vendor, none where none were written."""
    try:
        module = import_module(f"contract_tests.self_test.{slug}")
    except ModuleNotFoundError:
        return ()
    found: tuple[Mutant, ...] = module.MUTANTS
    return found
