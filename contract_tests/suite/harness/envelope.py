"""Read answers through the envelope of the vendor: whether a call was refused, and how a refusal differs from the documented one.

Checks, contract tests and generated calls read answers here only, so that all of them accept the same readings of the vendor's page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from mockserver.openapi.documents import Document
from mockserver.openapi.provenance import NOT_DESCRIBED, is_assumed
from mockserver.openapi.readings import REFUSALS, Readings

from .sameness import same

REFUSED = 400
"""The lowest status of a refusal."""


class Answer:
    """An answer, with its body parsed if it is JSON."""

    def __init__(self, operation: str, response: httpx.Response, envelope: Mapping[str, Any], sent: Mapping[str, Any]) -> None:
        self.operation = operation
        self.response = response
        self.status = response.status_code
        self.sent = sent
        self.body: Any = None
        try:
            self.body = json.loads(response.content) if response.content else None
        except ValueError:
            self.body = None
        inner = envelope.get("unwrap")
        if inner and isinstance(self.body, dict) and self.body.keys() == {inner}:
            self.body = self.body[inner]
        refused = envelope.get("refused", {})
        says_no = bool(refused) and all(same(at(self.body, pointer), value) for pointer, value in refused.items())
        by_status = self.status >= REFUSED and self.status not in envelope.get("accepted", ())
        self.is_refusal = by_status or self.status in envelope.get("refused-status", ()) or says_no

    @property
    def names(self) -> dict[str, Any]:
        """What formulas may name of it."""
        return {"answer": self.body, "sent": self.sent, "status": self.status}

    def __str__(self) -> str:
        return f"{self.status} {self.response.text[:200]}"


def at(body: Any, pointer: str) -> Any:
    """The value at a JSON pointer, or None; ``*`` stands for every item of a list, ``**`` for a tree of them."""
    found = body
    parts = pointer.split("/")[1:] if pointer else []
    for number, part in enumerate(parts):
        rest = "".join(f"/{inner}" for inner in parts[number + 1 :])
        if part == "*":
            return [at(item, rest) for item in found] if isinstance(found, list) else None
        if isinstance(found, list):
            position = int(part) if part.lstrip("-").isdigit() else len(found)
            found = found[position] if -len(found) <= position < len(found) else None
        else:
            found = found.get(part) if isinstance(found, dict) else None
    return found


def records(body: Any, pointer: str, children: str | None = None) -> list[dict[str, Any]]:
    """The records at a pointer; ``children`` names the list of records below each if they form a tree."""
    found = at(body, pointer)
    items = found if isinstance(found, list) else [] if found is None else [found]
    return [record for item in items for record in _below(item, children)] if children else items


def _below(item: Any, children: str) -> Iterator[dict[str, Any]]:
    yield item
    for inner in item.get(children, ()):
        yield from _below(inner, children)


@dataclass(frozen=True)
class RefusalFault:
    """How a refusal differs from the documented one; ``assumed`` if the vendor's page does not say what the document says there."""

    text: str
    assumed: bool


def are_assumed(differences: Sequence[RefusalFault]) -> bool:
    """Whether none of the differences breaks the vendor's page."""
    return all(one.assumed for one in differences)


def in_words(differences: Sequence[RefusalFault]) -> str:
    """The differences that break the vendor's page; if none does, those from what was assumed."""
    return "; ".join(one.text for one in differences if not one.assumed or are_assumed(differences))


class Envelope:
    """How a vendor's answers are read. ``strict`` accepts no reading but the one that the mock has chosen."""

    def __init__(self, document: Document, readings: Readings, *, strict: bool) -> None:
        self._operations = document.by_id
        self._declared: Mapping[str, Any] = document.raw.get("x-envelope", {})
        self._readings = readings
        self._strict = strict

    def answer(self, name: str, response: httpx.Response, sent: Mapping[str, Any] | None = None) -> Answer:
        """An answer of an operation to the fields that were sent."""
        answer = Answer(name, response, self._declared, sent or {})
        answer.is_refusal = answer.is_refusal or self._has_code_of_refusal(name, answer)
        return answer

    def _has_code_of_refusal(self, name: str, answer: Answer) -> bool:
        """Whether an answer has the code of a documented error, whatever its status is. A number may be the code of a success as well."""
        called = self._operations.get(name)
        got = at(answer.body, self._declared["code"]) if "code" in self._declared else None
        if called is None or not isinstance(got, str):
            return False
        return any(got == row.get("code", code) and row.get("status", 0) >= REFUSED for code, row in called.errors.items())

    def allows_status(self, name: str, answer: Answer, *subjects: str) -> bool:
        """Whether a refusal may have its status whatever its row says; subjects as in :meth:`differences`."""
        return answer.status in self._declared.get("any-status", ()) or self._readings.allows_status(name, answer.status, REFUSALS, *subjects)

    def wrong_with(self, name: str, code: str, answer: Answer, *subjects: str) -> list[str]:
        """How an answer breaks a documented error, without what was assumed."""
        return [one.text for one in self.differences(name, code, answer, *subjects) if not one.assumed]

    def differences(self, name: str, code: str, answer: Answer, *subjects: str) -> list[RefusalFault]:
        """How an answer differs from a documented error. Subjects are the kinds of refusal, or the field and keyword, that readings may name."""
        if not answer.is_refusal:
            return [RefusalFault(f"the call was not refused; the status is {answer.status}", assumed=False)]
        row = self._operations[name].errors[code]
        known = (code, str(row.get("code", code)), *subjects)
        found = [*self._status(name, row, answer, known), *self._code(name, code, row, answer, known)]
        found += [*self._message(name, row, answer, known), *self._field(name, row, answer, known)]
        is_listed = self._operations[name].provenance in NOT_DESCRIBED
        return [RefusalFault(text, not self._strict and (is_listed or is_assumed(row, key))) for key, text in found]

    def _status(self, name: str, row: Mapping[str, Any], answer: Answer, known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        if answer.status != row["status"] and not self.allows_status(name, answer, *known):
            yield "status", f"the status is {answer.status}"
        said = at(answer.body, self._declared["status"]) if "status" in self._declared else None
        others = () if self._strict else (answer.status,)
        accepted = isinstance(said, int) and self._readings.allows_status(name, said, REFUSALS, *known)
        if said is not None and not accepted and not any(same(said, one) for one in (row["status"], *others)):
            yield "status", f"the body says {said}"

    def _code(self, name: str, code: str, row: Mapping[str, Any], answer: Answer, known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        if "code" not in self._declared:
            return
        got = at(answer.body, self._declared["code"])
        if got in (row.get("code", code), *row.get("aliases", ())) or self._readings.allows("code", name, got, REFUSALS, *known):
            return
        if got is None and self._readings.may_lack(name, self._declared["code"]):
            return
        yield "code", "there is no code" if got is None else f"the code is {got}"

    def _message(self, name: str, row: Mapping[str, Any], answer: Answer, known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        message = self._message_of(name, row, answer, known)
        if not message:
            return
        if "code" in self._declared and "message" in self._declared:
            shown = at(answer.body, self._declared["message"])
            right = shown is None or str(shown).rstrip(".") == str(message).rstrip(".")
            if not right and not self._readings.allows("message", name, shown, REFUSALS, *known):
                yield "message", f"the message is {shown}"
        elif "code" not in self._declared:
            texts = [*_texts(answer.body)]
            allowed = any(self._readings.allows("message", name, text, REFUSALS, *known) for text in (None, *texts))
            if not allowed and not any(message in text for text in texts):
                yield "message", f"nowhere stands {message!r}"

    def _message_of(self, name: str, row: Mapping[str, Any], answer: Answer, known: tuple[str, ...]) -> Any:
        """The text of a row, or of the row whose code the answer has if a reading accepts that code instead; None if that code has no row."""
        got = at(answer.body, self._declared["code"]) if "code" in self._declared else None
        own = (known[0], known[1], *row.get("aliases", ()))
        if got is None or got in own or not self._readings.allows("code", name, got, REFUSALS, *known):
            return row.get("message")
        errors = self._operations[name].errors
        other: Mapping[str, Any] = next((one for code, one in errors.items() if got in (one.get("code", code), *one.get("aliases", ()))), {})
        return other.get("message")

    def _field(self, name: str, row: Mapping[str, Any], answer: Answer, known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        if "field" not in row or "field" not in self._declared:
            return
        named = at(answer.body, self._declared["field"])
        given = (named or [None]) if isinstance(named, list) else [named]  # an empty list names none
        if row["field"] in given or any(self._readings.allows("field", name, one, REFUSALS, *known) for one in given):
            return
        if named is None and self._readings.may_lack(name, self._declared["field"]):
            return
        yield "field", "no field is said to be at fault" if named is None else f"the field at fault is {named}"


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for inner in node.values():
            yield from _texts(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _texts(inner)
