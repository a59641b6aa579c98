"""XML bodies by the schema that describes them, with the keywords ``xml: {name, attribute, wrapped, prefix, namespace}``.

Elements are matched by their local names. A document type, an entity or an external reference is refused, and so is nesting beyond the limit
``json-depth``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from mockserver.core.base.faults import Malformed
from mockserver.core.operation.forms import Coercer, compile_coercer
from mockserver.openapi import limits
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import DocumentBroken

_DEPTH = limits.JSON_DEPTH.value
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_NAME = re.compile(r"[A-Za-z_][\w.\-]*", re.ASCII)
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold."""


def is_xml(media_type: str) -> bool:
    plain = media_type.partition(";")[0].strip().lower()
    return plain.endswith(("/xml", "+xml")) and plain != "image/svg+xml"


# Parsing


class _Builder:
    """Builds a tree of elements, to a depth."""

    def __init__(self) -> None:
        self._open: list[Element] = []
        self._root: Element | None = None
        self._last: Element | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> Element:
        if len(self._open) >= _DEPTH:
            raise Malformed(f"the body is nested deeper than {_DEPTH} levels; send it flatter")
        element = Element(tag, attributes)
        if self._open:
            self._open[-1].append(element)
        else:
            self._root = element
        self._open.append(element)
        self._last = None
        return element

    def end(self, _tag: str) -> Element:
        self._last = self._open.pop()
        return self._last

    def data(self, text: str) -> None:
        if self._last is None and self._open:
            self._open[-1].text = (self._open[-1].text or "") + text

    def close(self) -> Element | None:
        return self._root


def parse_xml(data: bytes, charset: str | None = None) -> Element:
    """The root element of an XML text. ``charset`` is the encoding that the headers name. Raises Malformed."""
    parser = DefusedXMLParser(target=_Builder(), encoding=charset, forbid_dtd=True)
    try:
        parser.feed(data)
        root: Element | None = parser.close()
    except DefusedXmlException:
        raise Malformed("the body has a document type or an entity, which is not read; send the values themselves") from None
    except (ParseError, ValueError, LookupError) as error:
        raise Malformed(f"the body is no XML: {error}") from None
    if root is None:
        raise Malformed("the body is no XML: it has no element")
    return root


# Reading by a schema


class XmlReader:
    """Reads elements as values of the schemas of a document. What cannot be converted stays as text, so that the validator reports it."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._coercers: dict[int, tuple[Any, Coercer]] = {}

    def read(self, schema: Any, element: Element) -> Any:
        """The value of an element."""
        if element.get(_NIL) in ("true", "1"):
            return None
        schema = _merge(self._document, schema)
        kind = shape_of(self._document, schema)
        if kind == "object":
            return self._read_object(schema, element)
        if kind == "array":
            return [self.read(schema.get("items", {}), child) for child in element]
        if len(element):
            return _read_freely(element)
        return self._coerce(schema, element.text or "")

    def _coerce(self, schema: Any, text: str) -> Any:
        known = self._coercers.get(id(schema))
        if known is None or known[0] is not schema:
            known = self._coercers[id(schema)] = (schema, compile_coercer(self._document, schema))
        return known[1](text)

    def _read_object(self, schema: Any, element: Element) -> Any:
        if not len(element) and (element.text or "").strip():
            return element.text  # a text is no object
        found: dict[str, Any] = {}
        taken: set[str] = set()
        attributes = {_local(name): value for name, value in element.attrib.items()}
        for name, inner in self._document.properties(schema):
            declared = self._document.resolve(inner)
            spelled = _spelling(declared)
            wire = str(spelled.get("name", name))
            if spelled.get("attribute") is True:
                if wire in attributes:
                    found.setdefault(name, self._coerce(declared, attributes[wire]))
                continue
            if shape_of(self._document, declared) == "array":
                names, values = self._read_list(declared, spelled, name, element)
            else:
                names = {wire}
                values = next((self.read(inner, child) for child in element if _local(child.tag) == wire), _MISSING)
            taken |= names
            if values is not _MISSING:
                found.setdefault(name, values)
        for child in element:
            if _local(child.tag) not in taken:
                found.setdefault(_local(child.tag), _read_freely(child))
        return found

    def _read_list(self, schema: Any, spelled: Mapping[str, Any], name: str, element: Element) -> tuple[set[str], Any]:
        """The values of a list, and the names of the elements that hold it; MISSING if there is none of them."""
        items = schema.get("items", {})
        wire, item = str(spelled.get("name", name)), _spelling(self._document.resolve(items)).get("name")
        if spelled.get("wrapped") is True:
            around = next((child for child in element if _local(child.tag) == wire), None)
            return {wire}, _MISSING if around is None else [self.read(items, child) for child in around]
        names = {str(item)} if item is not None else {wire}
        children = [child for child in element if _local(child.tag) in names]
        return names, [self.read(items, child) for child in children] if children else _MISSING


_MISSING: Any = object()


def _read_freely(element: Element) -> Any:
    """The value of an element that no schema describes: its text, or an object of its children."""
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        name, value = _local(child.tag), _read_freely(child)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _spelling(schema: Any) -> Mapping[str, Any]:
    found = schema.get("xml") if isinstance(schema, dict) else None
    return found if isinstance(found, dict) else {}


def _merge(document: Document, schema: Any) -> Any:
    """A schema with the branches of its ``allOf``, or as it is if they cannot be merged."""
    schema = document.resolve(schema)
    if not isinstance(schema, dict):
        return {}
    try:
        return document.merge_all_of(schema) if "allOf" in schema else schema
    except (DocumentBroken, RecursionError, AttributeError, TypeError):
        return schema


def shape_of(document: Document, schema: Any) -> str:
    """``array``, ``object``, or empty for a plain value."""
    schema = _merge(document, schema)
    kind = schema.get("type")
    for shape in ("object", "array"):
        if kind == shape or (isinstance(kind, list) and shape in kind):
            return shape
    if kind is not None:
        return ""
    if "properties" in schema:
        return "object"
    branches = [branch for combined in ("oneOf", "anyOf") for branch in schema.get(combined) or ()]
    return next((found for branch in branches[:20] if (found := shape_of(document, branch))), "")


# Writing


def write_xml(document: Document, schema: Any, value: Any, name: str = "response") -> bytes:
    """A value as XML. The root has the name that the schema gives, else that of its component, else ``name``."""
    root = _Writer(document).write(schema, value, _root_name(document, schema, name))
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _root_name(document: Document, schema: Any, name: str) -> str:
    spelled = _spelling(document.resolve(schema)).get("name")
    reference = str(schema.get("$ref", "")) if isinstance(schema, dict) else ""
    return str(spelled or reference.rpartition("/")[2] or name)


class _Writer:
    def __init__(self, document: Document) -> None:
        self._document = document

    def write(self, schema: Any, value: Any, name: str, depth: int = 0) -> Element:
        schema = _merge(self._document, schema)
        element = Element(_tag(name, _spelling(schema)))
        self._mark(element, _spelling(schema))
        self._fill(element, schema, value, name, depth)
        return element

    @staticmethod
    def _mark(element: Element, spelled: Mapping[str, Any]) -> None:
        if isinstance(spelled.get("namespace"), str):
            prefix = _prefix(spelled)
            element.set(f"xmlns:{prefix}" if prefix else "xmlns", _clean(spelled["namespace"]))

    def _fill(self, element: Element, schema: Any, value: Any, name: str, depth: int) -> None:
        if isinstance(value, dict) and depth <= _DEPTH:
            self._fill_object(element, schema, value, depth)
        elif isinstance(value, list) and depth <= _DEPTH:
            items = schema.get("items", {})
            item = str(_spelling(self._document.resolve(items)).get("name") or name)
            for one in value:
                element.append(self.write(items, one, item, depth + 1))
        elif value is None:
            element.set("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
            element.set("xsi:nil", "true")
        else:
            element.text = _text(value)

    def _fill_object(self, element: Element, schema: Any, value: Mapping[str, Any], depth: int) -> None:
        declared = dict(reversed(list(self._document.properties(schema))))
        for name, inner in value.items():
            described = self._document.resolve(declared.get(name, {}))
            spelled = _spelling(described)
            wire = str(spelled.get("name", name))
            if spelled.get("attribute") is True and not isinstance(inner, dict | list) and inner is not None:
                self._mark(element, spelled)
                element.set(_tag(wire, spelled), _text(inner))
            elif isinstance(inner, list) and spelled.get("wrapped") is not True:
                items = described.get("items", {})
                item = str(_spelling(self._document.resolve(items)).get("name") or wire)
                for one in inner:
                    element.append(self.write(items, one, item, depth + 1))
            else:
                element.append(self.write(declared.get(name, {}), inner, wire, depth + 1))


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else _clean(str(value))


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _prefix(spelled: Mapping[str, Any]) -> str:
    found = spelled.get("prefix")
    return found if isinstance(found, str) and _NAME.fullmatch(found) and not found.lower().startswith("xml") else ""


def _tag(name: str, spelled: Mapping[str, Any]) -> str:
    """The name of an element or an attribute; what no name can hold becomes an underscore."""
    plain = name if _NAME.fullmatch(name) else re.sub(r"[^A-Za-z0-9_.\-]", "_", name, flags=re.ASCII)
    plain = plain if _NAME.fullmatch(plain) else f"_{plain}"
    prefix = _prefix(spelled) if isinstance(spelled.get("namespace"), str) else ""
    return f"{prefix}:{plain}" if prefix else plain
