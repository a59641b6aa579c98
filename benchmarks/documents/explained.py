"""Why a failure of Schemathesis at a mock cannot be avoided, from the document and the exchange alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from mockserver.openapi.foreign.defects import Defects
from mockserver.openapi.foreign.parsing import parse_document
from mockserver.openapi.foreign.read import read_foreign
from mockserver.openapi.inference.shapes import Shapes

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_LONG = re.compile(r"\d{19,}|e\+(?:19|[2-9]\d)|\d{3,}e\+")
_LONG_SENT = re.compile(r"(?<=[\s:\[,])-?\d{19,}(?=[\s,\]}])")
_PART = re.compile(r'name="([^"]*)"')
_FORM, _PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
_NO_CONTENT, _UPGRADE = 204, 426
_STATUS_OR_TYPE = frozenset({"UndefinedStatusCode", "UndefinedContentType", "MissingContentType"})
_OF_PATHS = frozenset({"AllowHeaderMismatch", "UnsupportedMethodResponse", "UndefinedStatusCode"})


class Judge:
    """Explains failures at the mock of one document."""

    def __init__(self, file: Path) -> None:
        self._document = read_foreign(file).document
        self._shapes = Shapes(self._document)
        self._operations = {operation.label: operation for operation in self._document.operations}
        written = parse_document(file.read_bytes(), file.name, Defects(file.name))
        self._is_2 = "swagger" in written
        self._doubled = _doubled_paths(written)

    def explain(self, failure: Mapping[str, Any]) -> str:
        """Why a kept failure cannot be avoided; empty if it can."""
        label, kind, text, status = failure["operation"], failure["kind"], failure["text"], failure["status"]
        media_type = failure["sent"].get("content-type", "").partition(";")[0]
        is_text = media_type in (_FORM, _PARTS) or media_type.endswith("xml")
        bodiless = status == _NO_CONTENT or not self._has_content(label, status)
        refused = kind == "RejectedPositiveData"
        reasons = (
            (
                kind in _STATUS_OR_TYPE and "x-mock-undocumented" in failure["headers"],
                f"the operation documents no {status}, which is the answer to what was sent",
            ),
            (
                kind in _OF_PATHS and _PLACEHOLDER.sub("{}", label.partition(" ")[2].rstrip("/")) in self._doubled,
                "two paths of the document differ in the names of their placeholders only",
            ),
            (kind == "MissingContentType" and bodiless, "the document names a media type for an answer that it describes without a body"),
            (
                kind == "AcceptedNegativeData" and is_text and "type" in text,
                "a form, or XML, writes every value as text: another type is the same bytes",
            ),
            (
                refused and is_text and ("required" in failure["answer"] or self._lacks_a_list(label, media_type, failure["body"])),
                "a form, or XML, cannot hold an empty list",
            ),
            (
                kind == "AcceptedNegativeData" and media_type == _PARTS and self._is_2 and "unexpected properties" in text,
                "a document of 2.0 names the parts of a form, and cannot say that there are no others",
            ),
            (status == _UPGRADE, "the operation documents 101 only, a switch of protocols, which no answer to such a call can be"),
            (kind == "JsonSchemaError" and "SSE event" in text, "an example of the document is a whole stream, which is judged event by event"),
            (
                refused and bool(_LONG.search(failure["answer"]) or (not failure["answer"] and _LONG_SENT.search(failure["body"]))),
                "a whole number of more than 64 bits, which the mock does not take",
            ),
        )
        return next((reason for holds, reason in reasons if holds), "")

    def _has_content(self, label: str, status: int) -> bool:
        operation = self._operations.get(label)
        response: Mapping[str, Any] = {} if operation is None else self._document.resolve(operation.spec["responses"].get(str(status), {}))
        return bool(response.get("content"))

    def _lacks_a_list(self, label: str, media_type: str, body: str) -> bool:
        """Whether a form was sent without a list that its schema requires: the empty list is written as nothing."""
        operation = self._operations.get(label)
        if operation is None or media_type not in operation.content:
            return False
        named = {name for name, _ in parse_qsl(body, keep_blank_values=True)} if media_type == _FORM else set(_PART.findall(body))
        shape = self._shapes.of(operation.content[media_type].get("schema") or {})
        lists = {name for name in shape.required if self._shapes.of(shape.properties.get(name, {})).is_list}
        return bool(lists - named)


def _doubled_paths(written: Mapping[str, Any]) -> Collection[str]:
    """The paths, with empty placeholders, that a document has under several names."""
    paths = written.get("paths")
    shapes = Counter(_PLACEHOLDER.sub("{}", str(path).rstrip("/")) for path in (paths if isinstance(paths, dict) else ()))
    return {shape for shape, number in shapes.items() if number > 1}
