"""Accepted readings: where the vendor's page contradicts itself or is silent, which other answers of an implementation are right as well.

A discrepancy in ``components/x-discrepancies`` lists them under ``accepts``, as data; specs/README.md describes each form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.openapi.documents import Document
from mockserver.openapi.pointers import find_value, split_pointer

ANY = "any"
"""Stands for every code, text, field or order."""
REFUSALS, CREDENTIALS, INPUTS = KINDS_OF_REFUSAL = ("refusals", "credentials", "inputs")
"""Kinds of refusal: all of them, those for a credential, those for an input that breaks its schema."""
_OF_REFUSALS = frozenset({"status", "code", "message", "field"})
"""Forms that are about refusals only."""
KINDS = ("text", "number", "whole", "bit", "null", ANY)
"""Ways to write a value other than the schema says."""

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?")


class Readings:
    """The accepted readings of a document. ``none`` is the same without any, for what is judged strictly; it is false."""

    def __init__(self, document: Document, *, none: bool = False) -> None:
        self._none = none
        self._document = document
        declared = {} if none else document.raw.get("components", {}).get("x-discrepancies", {})
        self._named: list[tuple[str, Mapping[str, Any]]] = [(name, entry) for name, texts in declared.items() for entry in texts.get("accepts", ())]
        self._entries = [entry for _, entry in self._named]

    def __bool__(self) -> bool:
        return not self._none

    def find(self, form: str, operation: str, *subjects: str) -> Iterator[Any]:
        """What the entries of one form accept at an operation. An entry with ``of`` has to name one of the subjects."""
        for entry in self._entries:
            if form in entry and operation in entry.get("on", (operation,)) and ("of" not in entry or not set(subjects).isdisjoint(entry["of"])):
                yield entry[form]

    def discrepancies(self, operation: str, *subjects: str) -> list[str]:
        """The discrepancies that accept another refusal of an operation: about one of the subjects, or any other status, code or text of all."""
        here = [(name, entry) for name, entry in self._named if operation in entry.get("on", (operation,))]
        found = [name for name, entry in here if not set(subjects).isdisjoint(entry.get("of", () if _OF_REFUSALS.isdisjoint(entry) else subjects))]
        return list(dict.fromkeys(found))

    # Refusals

    def allows_status(self, operation: str, status: int, *subjects: str) -> bool:
        """Whether a refusal may have a status; subjects are the row of ``x-errors`` and the kinds of refusal."""
        found = [str(one) for statuses in self.find("status", operation, *subjects) for one in statuses]
        return str(status) in found or f"{status // 100}xx" in found

    def knows_status(self, operation: str, status: int) -> bool:
        """Whether some answer of an operation may have a status, whatever the answer is about."""
        entries = [entry for entry in self._entries if operation in entry.get("on", (operation,))]
        found = [str(one) for entry in entries for one in entry.get("status", ())]
        return str(status) in found or f"{status // 100}xx" in found

    def allows(self, form: str, operation: str, value: object, *subjects: str) -> bool:
        """Whether a ``code``, a ``message`` or the ``field`` at fault may be this one."""
        return any(said == ANY or value in said for said in self.find(form, operation, *subjects))

    def is_open(self, operation: str, *subjects: str) -> bool:
        """Whether a call may succeed as well as be refused: by row, recipe, rule, clause, or by field and keyword of an input."""
        return any(True for _ in self.find("outcome", operation, *subjects))

    # Requests

    def needed(self, operation: str) -> set[str]:
        """Optional fields that an implementation may demand."""
        return {field for fields in self.find("needs", operation) for field in fields}

    def taken(self, operation: str) -> dict[str, dict[str, Any]]:
        """By field the schema of the values that every implementation takes, where one may take less than the schema allows."""
        return {field: schema for fields in self.find("takes", operation) for field, schema in fields.items()}

    def references(self, operation: str) -> dict[str, str]:
        """By field the name under which a target may know a record that the field has to refer to."""
        return {field: name for fields in self.find("refers", operation) for field, name in fields.items()}

    # Answers

    def orders(self, operation: str) -> set[str]:
        """Further orders of a list: ``ascending``, ``descending``, ``any``."""
        return set(self.find("order", operation))

    def kinds(self, operation: str) -> dict[str, set[str]]:
        """By field of an answer the further ways in which its value may be written."""
        found: dict[str, set[str]] = {}
        for fields in self.find("value", operation):
            for field, kinds in fields.items():
                found.setdefault(field, set()).update([kinds] if isinstance(kinds, str) else kinds)
        return found

    def may_lack(self, operation: str, pointer: str) -> bool:
        """Whether an answer may have nothing at a JSON pointer."""
        return any(_matches(one, pointer) for pointers in self.find("absent", operation) for one in pointers)

    def is_free(self, operation: str, pointer: str, value: object) -> bool:
        """Whether the value at a JSON pointer is not judged: it may be anything, or it is null and may be."""
        kinds = self.kinds(operation).get(_last_name(pointer), set())
        return ANY in kinds or (value is None and "null" in kinds) or self._is_of_refusal(operation, pointer, value)

    def _is_of_refusal(self, operation: str, pointer: str, value: object) -> bool:
        """Whether a code, a text or a field at fault stands at a JSON pointer, and some refusal of the operation may have this one."""
        envelope = self._document.raw.get("x-envelope", {})
        called = self._document.by_id.get(operation)
        rows = called.errors if called is not None else ()
        forms = [form for form in ("code", "message", "field") if envelope.get(form) == pointer]
        return any(self.allows(form, operation, value, *KINDS_OF_REFUSAL, *rows) for form in forms)

    def read(self, operation: str, body: Any) -> Any:
        """An answer as the document writes it: payload and values where it has them, in the kinds that it has. The body itself if nothing differs."""
        for moved in self.find("at", operation):
            for pointer, others in moved.items():
                for other in others:
                    body = _moved(body, pointer, other)
        kinds = self.kinds(operation)
        return _written(body, kinds) if kinds else body


def _matches(pattern: str, pointer: str) -> bool:
    expected, given = split_pointer(pattern), split_pointer(pointer)
    return len(expected) == len(given) and all(one in ("*", other) for one, other in zip(expected, given, strict=True))


def _last_name(pointer: str) -> str:
    return next((part for part in reversed(split_pointer(pointer)) if not part.isdigit()), "")


def _moved(body: Any, pointer: str, other: str) -> Any:
    """The body with what stands at another pointer moved to its own; unchanged if its own place is taken."""
    found = find_value(body, other)
    if found is None or not isinstance(body, dict):
        return body
    *above, last = split_pointer(other)
    if not pointer:  # the whole payload
        rest = {name: value for name, value in body.items() if name != split_pointer(other)[0]}
        return {**rest, **found} if isinstance(found, dict) else found
    if above or find_value(body, pointer) is not None or len(split_pointer(pointer)) != 1:
        return body if find_value(body, pointer) is not None else _put(body, pointer, found)
    return {split_pointer(pointer)[0] if name == last else name: value for name, value in body.items()}


def _put(body: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    first, *rest = split_pointer(pointer)
    inner = body.get(first)
    below = "".join(f"/{part}" for part in rest)
    return {**body, first: _put(inner if isinstance(inner, dict) else {}, below, value) if rest else value}


def _written(node: Any, kinds: Mapping[str, set[str]], name: str = "") -> Any:
    if isinstance(node, dict):
        return {key: _written(value, kinds, key) for key, value in node.items()}
    if isinstance(node, list):
        return [_written(item, kinds, name) for item in node]
    return _value(node, kinds[name]) if name in kinds else node


def _value(value: Any, kinds: set[str]) -> Any:
    """A value in the kind that the schema has."""
    if "bit" in kinds and value in (0, 1, "0", "1") and not isinstance(value, bool):
        return str(value) == "1"
    if "text" in kinds and isinstance(value, str):
        match = _NUMBER.fullmatch(value)
        if match is not None:
            return float(value) if match[1] else int(value)
        return {"true": True, "false": False}.get(value, value)
    if "number" in kinds and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value
