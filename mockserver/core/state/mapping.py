"""Record mappings: how fields of records correspond to a vendor's document, and the validation of records written by hand.

A handler writes records that the vendor could have; a person may write anything. A value that the document forbids in an answer is therefore refused
when it is written, not when it is read. Only records written by hand are validated, never those of a handler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any

import orjson

from mockserver.core.state.codec import encode_value
from mockserver.core.state.tables import Table
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import DocumentBroken, Violation
from mockserver.openapi.schemas import SchemaCompiler, Validator

_LONGEST = 80
"""Letters of a written value that a refusal repeats."""
_TOLD = ("enum", "format", "description", "pattern", "minLength", "maxLength", "minimum", "maximum")
"""What is shown of the schema of a field."""
_CHOICES = 20
"""Values of an enumeration that a refusal lists."""


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """How a field becomes a property of the document.

    ``name`` is the property, by default that of the field's own name. ``write`` makes of the field's value what goes over the wire; without it, the
    field's JSON is what is sent. Where it raises, the value cannot be shown. With ``or_nothing``, an empty text and None stand for a property that is
    not sent, and are not judged.
    """

    name: str = ""
    write: Callable[[Any], Any] | None = None
    or_nothing: bool = False


@dataclass(frozen=True, slots=True)
class SchemaMapping:
    """One component schema of the document as the shape in which records are sent or shown.

    Every field that has the name of a property is judged by that property; ``fields`` says of which property the others are, or how they are
    written, and None that a field only happens to have the name. Without ``whole``, nothing but ``fields`` is judged.
    """

    schema: str
    fields: Mapping[str, str | FieldMapping | None] = field(default_factory=dict)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class RecordMapping:
    """What holds of the fields of a table: the shapes in which the document shows them, and what it takes besides.

    ``limits`` are schemas, in the language of the document, of fields that no shape has or that bear less than the document allows; they judge the
    field's own JSON. ``unique`` names indexes of the table whose key no two records share. ``because`` says why the document shows no such record,
    where no shape is given.
    """

    shown: tuple[SchemaMapping, ...] = ()
    limits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unique: tuple[str, ...] = ()
    because: str = ""


NO_MAPPING = RecordMapping()


@dataclass(frozen=True, slots=True)
class _Check:
    """One schema by which a field is judged; ``place`` names it for people, ``declared`` is the schema itself."""

    validator: Validator
    place: str
    rule: FieldMapping
    declared: Mapping[str, Any] = field(default_factory=dict)

    @property
    def choices(self) -> Sequence[Any]:
        found: Sequence[Any] = self.declared.get("enum", ())
        return found

    def violations(self, name: str, value: Any, encoded: Any) -> Iterator[Violation]:
        if self.rule.or_nothing and value in (None, ""):
            return
        shown, says = encoded, ""
        if self.rule.write is not None:
            try:
                shown = self.rule.write(value)
            except (ValueError, TypeError, LookupError, ArithmeticError) as error:
                yield Violation("body", f"/{name}", "format", f"cannot be written: {error}")
                return
            says = f"is written as {_json(shown)}: "
        if self.validator.is_valid(shown):
            return
        for found in self.validator.violations(shown, "body"):
            listed = found.keyword == "enum" and not found.pointer and 0 < len(self.choices) <= _CHOICES
            text = f"{_json(shown)} is none of {', '.join(map(_json, self.choices))}" if listed else found.text
            yield Violation("body", f"/{name}{found.pointer}", found.keyword, says + text)


def _json(value: Any) -> str:
    """A value as people read it, cut where it is long."""
    text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"


class RecordValidator:
    """Judges the fields of one table's records by the document. Raises DocumentBroken where the description does not fit table or document."""

    def __init__(self, table: Table[Any], description: RecordMapping, document: Document, compiler: SchemaCompiler) -> None:
        self.unique = description.unique
        self._table = table
        self._fields = table.codec.fields
        self._checks: dict[str, list[_Check]] = {}
        for shown in description.shown:
            for name, check in self._of(shown, document, compiler):
                self._checks.setdefault(name, []).append(check)
        for name, schema in description.limits.items():
            self._need(name in self._fields, f"has no field {name}")
            self._checks.setdefault(name, []).append(_Check(compiler.compile(schema), f"{table.name}.{name}", FieldMapping(), schema))
        for index in description.unique:
            self._need(index in table.indexes, f"has no index {index}")

    @property
    def judged(self) -> frozenset[str]:
        """The fields of which something is known."""
        return frozenset(self._checks)

    def tell(self, name: str) -> dict[str, Any]:
        """What the document says of a field: its values and bounds, if it is sent in the form in which the record has it, and its description."""
        told: dict[str, Any] = {}
        for check in self._checks.get(name, ()):
            for word in _TOLD if check.rule.write is None else ("description",):
                if word in check.declared:
                    told.setdefault(word, check.declared[word])
            if check.rule.write is None and "enum" in told and check.declared.get("enum"):
                told["enum"] = [value for value in told["enum"] if value in check.declared["enum"]]
        if "enum" in told:
            may_be_empty = any(check.rule.or_nothing for check in self._checks[name])
            told["enum"] = [value for value in told["enum"] if value is not None] + ([""] if may_be_empty and "" not in told["enum"] else [])
        return told

    def violations(self, values: Mapping[str, Any]) -> list[Violation]:
        """What is wrong with the fields of a record, by name; fields that are not there are not judged.

        Each text names the property at which it was found, the first where several say the same.
        """
        found: dict[Violation, str] = {}
        for name, value in values.items():
            if isinstance(value, datetime) and not MINYEAR < value.year < MAXYEAR:
                found[Violation("body", f"/{name}", "format", "is a moment that another offset cannot tell")] = f"{self._table.name}.{name}"
                continue
            checks = self._checks.get(name, ())
            encoded = encode_value(value) if checks else None
            for check in checks:
                for violation in check.violations(name, value, encoded):
                    found.setdefault(violation, check.place)
        return [replace(violation, text=f"{violation.text} ({place})") for violation, place in found.items()]

    def of_record(self, record: Any) -> list[Violation]:
        """What is wrong with a record."""
        return self.violations({name: getattr(record, name) for name in self._fields})

    def _of(self, shown: SchemaMapping, document: Document, compiler: SchemaCompiler) -> Iterator[tuple[str, _Check]]:
        self._need(shown.schema in document.schemas, f"is shown as {shown.schema}, which {document.source} does not have")
        schema = document.schemas[shown.schema]
        for name in shown.fields:
            self._need(name in self._fields, f"has no field {name}")
        for name in self._fields:
            said = shown.fields.get(name, FieldMapping() if shown.whole or name in shown.fields else None)
            if said is None:
                continue
            rule = FieldMapping(said) if isinstance(said, str) else said
            wanted = rule.name or name
            properties = list(_properties(document, schema, wanted))
            self._need(
                bool(properties) or name not in shown.fields, f"shows {name} as {shown.schema}/{wanted}, which {document.source} does not have"
            )
            for declared in properties:
                yield name, _Check(compiler.compile(declared), f"{shown.schema}/{wanted}", rule, document.resolve(declared))

    def _need(self, fits: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
        if not fits:
            raise DocumentBroken(f"the description of {self._table.name} does not fit: it {otherwise}")


def _properties(document: Document, schema: Any, name: str) -> Iterator[Any]:
    """The schemas that a property has in a component, in each part of which it is put together."""
    here = document.resolve(schema)
    if name in here.get("properties", {}):
        yield here["properties"][name]
    for part in here.get("allOf", ()):
        yield from _properties(document, part, name)


def record_validators(tables: Sequence[Table[Any]], described: Mapping[str, RecordMapping], document: Document) -> dict[str, RecordValidator]:
    """The judge of each table of a vendor, by its full name; ``described`` is by the short one. Raises DocumentBroken."""
    compiler = SchemaCompiler(document)
    unknown = described.keys() - {table.short_name for table in tables}
    if unknown:
        raise DocumentBroken(f"{document.slug} describes the records of {', '.join(sorted(unknown))}, but has no such table")
    return {table.name: RecordValidator(table, described.get(table.short_name, NO_MAPPING), document, compiler) for table in tables}
