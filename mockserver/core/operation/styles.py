"""The styles in which a parameter spells lists and objects: ``a,b``, ``.a.b``, ``;name=a``, ``a|b``.

A value is taken apart into texts only; the coercer of its schema gives them their types. A parameter of one plain value needs nothing of this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.openapi.documents import Document

Splitter = Callable[[Any], Any]

_SEPARATORS = {"form": ",", "simple": ",", "spaceDelimited": " ", "pipeDelimited": "|", "label": ",", "matrix": ","}
_DEFAULTS = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


def find_shape(document: Document, schema: Any) -> str:
    """``array``, ``object``, or empty for a plain value; the first branch that has one decides if the schema has several."""
    waiting, seen = [schema], 0
    while waiting and seen < 20:  # noqa: PLR2004 - branches of branches
        node = document.resolve(waiting.pop(0))
        seen += 1
        kind = node.get("type")
        for shape in ("array", "object"):
            if kind == shape or (isinstance(kind, list) and shape in kind):
                return shape
        if kind is None and "properties" in node:
            return "object"
        for combined in ("allOf", "anyOf", "oneOf"):
            waiting.extend(node.get(combined, ()))
    return ""


def style_of(parameter: Mapping[str, Any]) -> tuple[str, bool]:
    """Style and ``explode`` of a parameter, with the defaults of its place."""
    style = str(parameter.get("style", _DEFAULTS[parameter["in"]]))
    return style, bool(parameter.get("explode", style in ("form", "deepObject")))


def compile_splitter(document: Document, parameter: Mapping[str, Any], schema: Any) -> Splitter | None:
    """A function that takes the values of a parameter apart; None if they are whole already."""
    shape = find_shape(document, schema)
    style, explode = style_of(parameter)
    if style == "matrix":
        return _split_matrix(str(parameter["name"]), shape, explode=explode)
    if style == "label":
        return _split_label(shape, explode=explode)
    if shape == "" or style == "deepObject" or (parameter["in"] == "query" and explode):
        return None
    separator = _SEPARATORS.get(style, ",")
    if shape == "array":
        return lambda value: _split_list(value, separator)
    if explode:
        return lambda value: _pairs_of(value.split(separator)) if isinstance(value, str) else value
    return lambda value: _alternating(value.split(separator)) if isinstance(value, str) else value


def _split_list(value: Any, separator: str) -> Any:
    if isinstance(value, str):
        return [part.strip() for part in value.split(separator)] if value else []
    return [part for one in value for part in _split_list(one, separator)] if isinstance(value, list) else value


def _alternating(parts: list[str]) -> dict[str, str]:
    """An object whose names and values take turns."""
    return dict(zip(parts[::2], parts[1::2], strict=False))


def _pairs_of(parts: list[str]) -> dict[str, str]:
    """An object of ``name=value`` pairs."""
    return {name: value for name, _, value in (part.partition("=") for part in parts) if name}


def _split_label(shape: str, *, explode: bool) -> Splitter:
    def split(value: Any) -> Any:
        if not isinstance(value, str) or not value.startswith("."):
            return value
        text = value[1:]
        parts = text.split("." if explode else ",")
        if shape == "array":
            return parts
        return text if shape == "" else _pairs_of(parts) if explode else _alternating(parts)

    return split


def _split_matrix(name: str, shape: str, *, explode: bool) -> Splitter:
    def split(value: Any) -> Any:
        if not isinstance(value, str) or not value.startswith(";"):
            return value
        parts = value[1:].split(";")
        if shape == "object" and explode:
            return _pairs_of(parts)
        values = [text for key, _, text in (part.partition("=") for part in parts) if key == name]
        if shape == "" or not values:
            return values[0] if values else value
        listed = values if explode else values[0].split(",")
        return listed if shape == "array" else _alternating(listed)

    return split
