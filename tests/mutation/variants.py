"""Conforming implementations that differ from the mock, read from ``variants.yaml``. The suite must find nothing in any of them."""

from __future__ import annotations

from functools import cache

import msgspec
import yaml
from msgspec import Struct

from tests.mutation.mutants import FOLDER, AnswerChange, SourceEdit

EVERY_VENDOR = "every vendor"


class Variant(Struct, frozen=True, forbid_unknown_fields=True):
    """A conforming difference: changes like those of a violation, equivalent ways to deliver answers, options of the server."""

    name: str
    edits: tuple[SourceEdit, ...] = ()
    answers: tuple[AnswerChange, ...] = ()
    delivery: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[SourceEdit | AnswerChange, ...]:
        """All that is changed in a copy of the mock."""
        return (*self.edits, *self.answers)


@cache
def _read() -> dict[str, tuple[Variant, ...]]:
    text = (FOLDER / "variants.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), dict[str, tuple[Variant, ...]])


def variants(slug: str) -> tuple[Variant, ...]:
    """The conforming variants of a vendor: those that any vendor may show, then its own."""
    return (*_read()[EVERY_VENDOR], *_read().get(slug, ()))
