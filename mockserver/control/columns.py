"""The columns of a table: what each field of its records has to be, so that a form can be made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any

from mockserver.control.services import ControlServices
from mockserver.core.state.field_schemas import make_schema, say_schema
from mockserver.core.state.forms import Member
from mockserver.core.state.tables import Table


def describe_columns(control: ControlServices, declared: Table[Any]) -> list[dict[str, Any]]:
    """Name, kind, schema and reference of each field that is not secret."""
    validator, form = control.record_validators[declared.name], control.forms.get(declared.name)
    members: Mapping[str, Sequence[Member]] = {} if form is None else form.members()
    required = {field.name for field in fields(declared.record) if field.default is MISSING and field.default_factory is MISSING}
    columns = []
    for name, kind in declared.codec.fields.items():
        if name in declared.secrets:
            continue
        told = validator.tell(name)
        schema = {**make_schema(kind), **told}
        columns.append(
            {
                "name": name,
                "text": declared.codec.accepts(name, "any text at all"),
                "nullable": declared.codec.accepts(name, None),
                "refers_to": declared.references[name].partition(".")[2] if name in declared.references else None,
                "required": name in required and name != "id",
                "given": ("once" if name == "id" else "always") if form is None else form.given.get(name, "always"),
                "expects": say_schema(schema),
                "schema": schema,
                "members": list(map(_describe_member, members[name])) if name in members else None,
            }
        )
    return columns


def _describe_member(member: Member) -> dict[str, Any]:
    """A property within a field, as a column is described."""
    schema = member.schema
    return {
        "name": member.name,
        "text": not {"enum", "anyOf", "format", "pattern", "minLength"} & schema.keys() and schema.get("type") == "string",
        "nullable": bool(schema.get("nullable")),
        "refers_to": member.refers_to,
        "required": member.is_required,
        "given": member.given,
        "expects": say_schema(schema),
        "schema": dict(schema),
        "members": None,
    }
