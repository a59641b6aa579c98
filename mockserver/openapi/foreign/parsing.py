"""The text of a document as data: JSON, and YAML with the types of JSON.

YAML is read from the events of its parser, without objects, tags or recursion. Keys stay the text that was written, so the status ``200`` is
``"200"``; dates, ``yes`` and ``no`` are text. An alias is copied out, and the copies count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson
import yaml

from mockserver.openapi import limits
from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.foreign.defects import Defects, describe
from mockserver.openapi.nesting import is_deeper

_INTEGER = re.compile(r"[-+]?[0-9]{1,300}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,200}")
_OCTAL = re.compile(r"0o[0-7]{1,300}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_STANDARD = "tag:yaml.org,2002:"
_MERGE = "<<"


def parse_document(data: bytes, name: str, defects: Defects) -> Any:
    """The value of a file of a document. Raises DocumentBroken, with line and column, if it can be read neither as JSON nor as YAML."""
    if len(data) > limits.DOCUMENT.value:
        raise DocumentBroken(f"{name}: the file has more than {limits.DOCUMENT.value} bytes; split it, or leave out what is not served")
    text = data.removeprefix(b"\xef\xbb\xbf")
    if text.lstrip()[:1] in (b"{", b"["):
        if is_deeper(text, limits.DOCUMENT_DEPTH.value):
            raise DocumentBroken(f"{name}: the file is nested deeper than {limits.DOCUMENT_DEPTH.value} levels; name its parts by references")
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            if name.lower().endswith(".json"):
                raise DocumentBroken(f"{name}: line {error.lineno} column {error.colno}: {error.msg}") from None
        else:
            _check_names(text, value, name, defects)
            return value
    return _YamlReader(name, defects).read(text)


def count_values(node: Any) -> int:
    """How many values a tree has."""
    count, waiting = 0, [node]
    while waiting:
        inner = waiting.pop()
        count += 1
        if isinstance(inner, dict):
            waiting.extend(inner.values())
        elif isinstance(inner, list):
            waiting.extend(inner)
    return count


def _check_names(text: bytes, value: Any, name: str, defects: Defects) -> None:
    """List the members that an object of a JSON text names twice; the last one is the one that counts."""
    if text.count(b":") == orjson.dumps(value).count(b":"):
        return

    def check(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [key for key, _ in pairs]
            for twice in sorted({key for key in names if names.count(key) > 1}):
                defects.add(name, f"an object names {describe(twice)} twice", "the last one counts; remove the other")
        return found

    json.loads(text, object_pairs_hook=check)


class _YamlReader:
    """Builds the value of one YAML file from the events of the parser."""

    def __init__(self, name: str, defects: Defects) -> None:
        self._name = name
        self._defects = defects
        self._anchors: dict[str, Any] = {}
        self._values = 0

    def read(self, data: bytes) -> Any:
        try:
            return self._build(self._clean(data))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = f" line {mark.line + 1} column {mark.column + 1}:" if mark else ""
            raise DocumentBroken(f"{self._name}:{place} {error.problem or error.context}") from None
        except (yaml.YAMLError, ValueError) as error:
            raise DocumentBroken(f"{self._name}: {' '.join(str(error).split())[:300]}") from None

    def _clean(self, data: bytes) -> str:
        """The text without control characters, which YAML does not allow."""
        coding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
        try:
            text = data.decode(coding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise DocumentBroken(f"{self._name}: line {line} is not {coding.upper()}; save the file in UTF-8") from None
        found = _CONTROL.search(text)
        if found is None:
            return text
        line, column = text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
        self._defects.add(f"{self._name} line {line} column {column}", "a control character, which YAML does not allow", "read as a space; remove it")
        return _CONTROL.sub(" ", text)

    def _build(self, text: str) -> Any:
        loader = yaml.CSafeLoader(text)
        try:
            return self._assemble(loader)
        finally:
            loader.dispose()

    def _assemble(self, loader: yaml.CSafeLoader) -> Any:
        """The value of the first document in a stream."""
        open_nodes: list[_Open] = []
        root: list[Any] = []
        for event in _events(loader):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                value, anchor = self._scalar(event, is_key=bool(open_nodes) and open_nodes[-1].wants_key), event.anchor
            elif kind is yaml.AliasEvent:
                value, anchor = self._copy(event), None
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if len(open_nodes) >= limits.DOCUMENT_DEPTH.value:
                    line, deepest = event.start_mark.line + 1, limits.DOCUMENT_DEPTH.value
                    raise DocumentBroken(f"{self._name}: line {line}: nested deeper than {deepest} levels; name its parts by references")
                self._check_tag(event)
                open_nodes.append(_Open({} if kind is yaml.MappingStartEvent else [], event.anchor, event.start_mark))
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                ended = open_nodes.pop()
                value, anchor = ended.finish(), ended.anchor
            elif kind is yaml.DocumentEndEvent:
                break
            else:
                continue
            self._count(1, event)
            if anchor is not None:
                self._anchors[anchor] = value
            if open_nodes:
                self._put(open_nodes[-1], value, event)
            else:
                root.append(value)
        return root[0] if root else None

    def _put(self, into: _Open, value: Any, event: Any) -> None:
        if isinstance(into.node, list):
            into.node.append(value)
        elif into.wants_key:
            if isinstance(value, dict | list):
                raise DocumentBroken(f"{self._name}: line {event.start_mark.line + 1} column {event.start_mark.column + 1}: a key is no plain text")
            into.key, into.wants_key = str(value), False
        else:
            into.wants_key = True
            if into.key == _MERGE and isinstance(value, dict | list):
                into.merged += [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
                return
            if into.key in into.node:
                place = f"{self._name} line {event.start_mark.line + 1} column {event.start_mark.column + 1}"
                self._defects.add(place, f"the key {describe(into.key)} stands twice", "the last one counts; remove the other")
            into.node[into.key] = value

    def _scalar(self, event: Any, *, is_key: bool) -> Any:
        text: str = event.value
        tag: str | None = event.tag
        if is_key or (tag is None and event.style not in (None, "")) or tag == "!":
            return text
        if tag is None:
            return _resolve(text)
        self._check_tag(event)
        return text if tag == _STANDARD + "str" or not tag.startswith(_STANDARD) else _resolve(text)

    def _check_tag(self, event: Any) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!" and tag.removeprefix(_STANDARD) not in ("str", "int", "float", "bool", "null", "map", "seq"):
            place = f"{self._name} line {event.start_mark.line + 1} column {event.start_mark.column + 1}"
            self._defects.add(place, f"the YAML tag {describe(tag)} has no meaning in a document", "read as plain data; remove the tag")

    def _copy(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            raise DocumentBroken(f"{self._name}: line {event.start_mark.line + 1}: the alias {describe(event.anchor)} names nothing before it")
        node = self._anchors[event.anchor]
        self._count(count_values(node), event)
        return copy_tree(node)

    def _count(self, values: int, event: Any) -> None:
        self._values += values
        if self._values > limits.DOCUMENT_VALUES.value:
            line, most = event.start_mark.line + 1, limits.DOCUMENT_VALUES.value
            raise DocumentBroken(f"{self._name}: line {line}: the document has more than {most} values, aliases copied out")


class _Open:
    """A mapping or a sequence whose end has not been read yet."""

    __slots__ = ("anchor", "key", "mark", "merged", "node", "wants_key")

    def __init__(self, node: dict[str, Any] | list[Any], anchor: str | None, mark: Any) -> None:
        self.node = node
        self.anchor = anchor
        self.mark = mark
        self.key = ""
        self.wants_key = isinstance(node, dict)
        self.merged: list[dict[str, Any]] = []

    def finish(self) -> Any:
        """The node, with the members of its merge keys that it does not have itself."""
        if isinstance(self.node, dict):
            for merged in self.merged:
                for key, value in merged.items():
                    self.node.setdefault(key, value)
        return self.node


def _events(loader: yaml.CSafeLoader) -> Iterator[Any]:
    while (event := loader.get_event()) is not None:
        yield event
        if type(event) is yaml.StreamEndEvent:
            return


def _resolve(text: str) -> Any:
    """The value of a plain scalar, by the core schema of YAML 1.2."""
    if text in _WORDS or text in _NULLS:
        return _WORDS.get(text)
    if text[0] not in "-+.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return _bounded(int(text))
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if abs(number) != float("inf") else text
    if _HEX.fullmatch(text):
        return _bounded(int(text, 16))
    return _bounded(int(text, 0)) if _OCTAL.fullmatch(text) else text


def _bounded(number: int) -> int | float:
    """A number as JSON readers keep it: beyond 64 bits as a float."""
    return number if -(2**63) <= number < 2**64 else float(number)


def copy_tree(node: Any) -> Any:
    """A copy of data that shares no object or list with it."""
    if isinstance(node, dict):
        return {key: copy_tree(value) for key, value in node.items()}
    return [copy_tree(item) for item in node] if isinstance(node, list) else node
