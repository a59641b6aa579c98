"""Forms of records: a field of each column by its schema, and the values that a person filled in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mockserver.console.shown import dated, plain
from mockserver.core.base.faults import Malformed
from mockserver.core.operation.bodies import parse_json

LONG = 60
"""Letters beyond which a text gets more than a line."""
ROWS = 12
"""Lines of a text field, at most."""
EMPTY = "empty:"
"""What stands before the name of a field in the name of the choice of what an empty one means."""
SECRET = "secret:"  # noqa: S105 - a part of the names of fields
"""What stands before the name of a field that no page shows."""
_MEANINGS = {"text": "the empty text", "null": "null", "absent": "not there"}
_SHAPES = {"date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01", "time": "12:30:00"}


class _Absent:
    """The value of a field that is not there."""


ABSENT = _Absent()


@dataclass
class FormField:
    """One field: ``kind`` is fixed, select, area or line. ``empties`` are the meanings that an empty field may have, if there are several."""

    name: str
    label: str
    kind: str
    text: str
    column: Mapping[str, Any]
    value: Any = None
    readable: str = ""
    options: Sequence[tuple[str, str]] = ()
    empties: Sequence[tuple[str, str]] = ()
    emptied: str = ""
    is_required: bool = False
    wrong: str = ""

    @property
    def id(self) -> str:
        return self.name.replace("/", "-").replace(":", "-")

    @property
    def rows(self) -> int:
        return min(ROWS, max(2, self.text.count("\n") + 1, 1 + len(self.text) // LONG))

    @property
    def mode(self) -> str:
        """The keyboard that a telephone shows."""
        return {"integer": "numeric", "number": "decimal"}.get(str(self.column["schema"].get("type")), "")

    @property
    def shape(self) -> str:
        """An example of a value whose form is not free."""
        return _SHAPES.get(str(self.column["schema"].get("format")), "")

    @property
    def is_code(self) -> bool:
        return self.kind == "area" and not _takes_text(self.column)


@dataclass
class FieldGroup:
    """Fields that stand together, below a title unless it is empty."""

    title: str
    fields: list[FormField] = field(default_factory=list)


def make_form(
    columns: Sequence[Mapping[str, Any]],
    record: Mapping[str, Any],
    filled: Mapping[str, str],
    wrong: Mapping[str, str],
    *,
    is_new: bool,
) -> list[FieldGroup]:
    """The fields of a record: its own first, then those within each field that has known members.

    ``filled`` has what was typed before a refusal, ``wrong`` the violations by field. Of a new record ``record`` is the model.
    """
    own = FieldGroup("")
    groups = [own]
    for column in columns:
        name = column["name"]
        if column["members"] is None:
            if not is_new or column["given"] != "never":
                own.fields.append(_make_field(name, name, column, record.get(name, ABSENT), filled, wrong, is_new=is_new, is_member=False))
            continue
        within = record.get(name) if isinstance(record.get(name), dict) else {}
        group = FieldGroup(name)
        for member in list_members(column, {} if is_new else within or {}):
            if not is_new or member["given"] != "never":
                value = (within or {}).get(member["name"], ABSENT)
                group.fields.append(
                    _make_field(f"{name}/{member['name']}", member["name"], member, value, filled, wrong, is_new=is_new, is_member=True)
                )
        if group.fields:
            groups.append(group)
    if is_new:
        secret = {**dict.fromkeys(wrong, ""), **dict.fromkeys(name.removeprefix(SECRET) for name in filled if name.startswith(SECRET))}
        known = {column["name"] for column in columns}
        names = [name for name in secret if name not in known and "/" not in name]
        groups.append(FieldGroup("not shown", [_make_secret(name, filled, wrong) for name in names]))
    return [group for group in groups if group.fields]


def _make_secret(name: str, filled: Mapping[str, str], wrong: Mapping[str, str]) -> FormField:
    """A field that no page shows, such as the digest of a password, and that a new record was refused for."""
    column: dict[str, Any] = {"name": name, "schema": {}, "expects": "a text; no page shows it", "refers_to": None, "text": True}
    return FormField(
        SECRET + name, name, "line", filled.get(SECRET + name, ""), column, "", wrong=wrong.get(name, ""), emptied="text", is_required=True
    )


def list_members(column: Mapping[str, Any], within: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The members of a field: those that are known, then those that a record has besides."""
    known = {member["name"]: member for member in column["members"]}
    for member in known.values():
        yield {**member, "given": column["given"]} if column["given"] != "always" else member
    for name in within:
        if name not in known:
            yield {
                "name": name, "text": False, "nullable": True, "refers_to": None, "required": False, "given": column["given"],
                "expects": "any value as JSON, because the document does not name it", "schema": {}, "members": None,
            }  # fmt: skip


def _make_field(
    name: str,
    label: str,
    column: Mapping[str, Any],
    value: Any,
    filled: Mapping[str, str],
    wrong: Mapping[str, str],
    *,
    is_new: bool,
    is_member: bool,
) -> FormField:
    options = _list_options(column)
    text = _write(value, column, options)
    is_fixed = not is_new and column["given"] != "always"
    shown = filled.get(name, text)
    is_long = len(shown) > LONG or "\n" in shown
    kind = "fixed" if is_fixed else "select" if options else "area" if _is_nested(column) or is_long else "line"
    meanings = _list_meanings(column, is_new=is_new, is_member=is_member)
    made = FormField(name, label, kind, shown, column, value, wrong=wrong.get(name, ""), is_required=column["required"] and not column["nullable"])
    made.emptied = filled.get(EMPTY + name, "null" if value is None else "absent" if value is ABSENT else "text")
    readable = dated(value, column["name"])
    if readable != value and value is not ABSENT:
        made.readable = f"{readable} UTC"
    if kind == "select":
        empty = [("", _MEANINGS["absent"])] if "absent" in meanings else []
        listed = [(_code(one), "null" if one is None else plain(one) or "the empty text") for one in options]
        if shown not in dict([*empty, *listed]):
            listed.insert(0, (shown, shown or "not chosen"))
        made.options = [*empty, *listed]
    elif len(meanings) > 1:
        made.empties = [(meaning, _MEANINGS[meaning]) for meaning in meanings]
    return made


def _list_options(column: Mapping[str, Any]) -> list[Any]:
    """The values of a field of which there are few; nothing for any other."""
    schema = column["schema"]
    listed = list(schema.get("enum") or ([True, False] if schema.get("type") == "boolean" else ()))
    return [*listed, None] if listed and column["nullable"] and None not in listed else listed


def _list_meanings(column: Mapping[str, Any], *, is_new: bool, is_member: bool) -> list[str]:
    """What an empty field may mean."""
    if is_new and column["given"] == "once":
        return ["absent"]  # the server draws it
    meanings = ["text"] if column["text"] else []
    if column["nullable"]:
        meanings.append("null")
    if (is_member or is_new) and not column["required"]:
        meanings.append("absent")
    return meanings


def _takes_text(column: Mapping[str, Any]) -> bool:
    return bool(column["text"]) or column["schema"].get("type") == "string"


def _is_nested(column: Mapping[str, Any]) -> bool:
    return column["schema"].get("type") in ("object", "array")


def _code(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _write(value: Any, column: Mapping[str, Any], options: Sequence[Any]) -> str:
    """A value as the text of its field."""
    if value is ABSENT:
        return ""
    if options:
        return _code(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, indent=2)
    if isinstance(value, str) and not _takes_text(column) and not column["schema"].get("type"):
        return _code(value)
    return plain(value)


def _read(text: str, column: Mapping[str, Any], chosen: str, *, is_new: bool, is_member: bool) -> Any:
    """The value that a text of a field stands for; the text itself if it stands for none, so that it is refused by its name."""
    meanings = _list_meanings(column, is_new=is_new, is_member=is_member)
    options = _list_options(column)
    for one in options:
        if text == _code(one) or (text and text == plain(one)):
            return one
    if text == "" and not (options and "absent" not in meanings):
        meaning = chosen if chosen in meanings else next((one for one in ("null", "text", "absent") if one in meanings), "text")
        meaning = "absent" if options else meaning
        return {"null": None, "absent": ABSENT}.get(meaning, "")
    if _takes_text(column) or options:
        return text
    try:
        return parse_json(text.encode())
    except Malformed:
        return text


def read_form(columns: Sequence[Mapping[str, Any]], form: Mapping[str, str], record: Mapping[str, Any] | None) -> dict[str, Any]:
    """The body of the call that a form asks for: the fields that differ from those of a record, or all of a new one (None)."""
    is_new = record is None
    found: Mapping[str, Any] = record or {}
    body: dict[str, Any] = {name.removeprefix(SECRET): text for name, text in form.items() if is_new and name.startswith(SECRET)}
    for column in columns:
        name = column["name"]
        if column["members"] is None:
            if name in form and column["given"] != "never" and (is_new or column["given"] == "always"):
                value = _read(form[name], column, form.get(EMPTY + name, ""), is_new=is_new, is_member=False)
                if value is not ABSENT and (is_new or _differ(value, found.get(name))):
                    body[name] = value
            continue
        within = found.get(name) if isinstance(found.get(name), dict) else {}
        made = dict(within or {})
        for member in list_members(column, within or {}):
            place = f"{name}/{member['name']}"
            if place in form and (member["given"] == "always" or (is_new and member["given"] == "once")):
                value = _read(form[place], member, form.get(EMPTY + place, ""), is_new=is_new, is_member=True)
                if value is ABSENT:
                    made.pop(member["name"], None)
                else:
                    made[member["name"]] = value
        if _differ(made, within) or (is_new and column["required"]):
            body[name] = made
    return body


def _differ(one: Any, other: Any) -> bool:
    """Whether two JSON values differ; true is no 1."""
    return _code(one) != _code(other)


def by_field(violations: Sequence[Mapping[str, Any]], columns: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The texts of violations by field, with the place within it."""
    nested = {column["name"] for column in columns if column["members"] is not None}
    said: dict[str, list[str]] = {}
    for violation in violations:
        parts = violation["pointer"].split("/")[1:]
        depth = 2 if parts and parts[0] in nested else 1
        if parts:
            inner = "/".join(parts[depth:])
            said.setdefault("/".join(parts[:depth]), []).append((f"/{inner}: " if inner else "") + violation["text"])
    return {name: "; ".join(texts) for name, texts in said.items()}
