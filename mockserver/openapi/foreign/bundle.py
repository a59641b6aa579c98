"""Brings the files of a document together: afterwards every reference leads to a component of the one document, and to nothing else.

A reference to any other place, in the document or in another file, makes that place a component with a name of its own. Path items have no section
of components that all versions know, so they are written where they are referred to.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote

from mockserver.openapi import limits
from mockserver.openapi.documents import MAX_REFERENCES
from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.foreign.defects import Defects, describe
from mockserver.openapi.foreign.files import Files, FileUnreadable
from mockserver.openapi.foreign.grammar import GRAMMAR, SECTIONS, Path, rule_of
from mockserver.openapi.foreign.identifiers import Identifiers
from mockserver.openapi.foreign.names import UniqueNames
from mockserver.openapi.foreign.parsing import copy_tree
from mockserver.openapi.pointers import join_pointer, split_pointer

DEPTH = 2 * limits.DOCUMENT_DEPTH.value
"""Levels at most of a document whose references are followed."""

_SECTIONS_2: dict[str, Path] = {"schema": ("definitions",), "parameter": ("parameters",), "response": ("responses",)}
_SECTIONS_3: dict[str, Path] = {kind: ("components", section) for kind, section in SECTIONS.items()}
_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_COMMON = frozenset(
    {"paths", "components", "schemas", "schema", "responses", "content", "parameters", "properties", "definitions", "application/json"}
)

Target = tuple[str, Path]
"""A file and the path to a part of it."""


class _Nothing(Exception):
    """A reference leads to nothing; the text says why."""


def bundle(files: Files, defects: Defects) -> dict[str, Any]:
    """The document with all its parts, as a tree of its own. Raises DocumentBroken if it is no OpenAPI document or too large."""
    root = files.content
    if not isinstance(root, dict):
        raise DocumentBroken(f"{defects.source}: is no OpenAPI document: it holds no mapping")
    return _Bundler(files, root, defects).run()


class _Bundler:
    def __init__(self, files: Files, root: dict[str, Any], defects: Defects) -> None:
        self._files = files
        self._root = root
        self._defects = defects
        self._identifiers = Identifiers()
        self._identifiers.add(files.root, root)
        self._sections = _SECTIONS_2 if "swagger" in root else _SECTIONS_3
        self._names: dict[tuple[str, Target], str] = {}
        self._taken = {kind: UniqueNames(self._section(kind)) for kind in self._sections}
        self._waiting: list[tuple[str, str, Target]] = []
        self._inside: list[tuple[str, Target]] = []
        self._values = 0
        self._depth = 0

    def run(self) -> dict[str, Any]:
        out: dict[str, Any] = self._rebuild(self._root, "document", self._files.root, ())
        while self._waiting:
            kind, name, target = self._waiting.pop(0)
            section = self._sections[kind]
            place: dict[Any, Any] = out
            for key in section:
                place = place.setdefault(key, {})
            self._defects.origins[*section, name] = f"{self._label(target[0])}#{join_pointer(target[1])}"
            place[name] = self._rebuild(self._find(target), kind, *target)
        return out

    def _section(self, kind: str) -> dict[str, Any]:
        node: Any = self._root
        for key in self._sections[kind]:
            node = node.get(key) if isinstance(node, dict) else None
        return node if isinstance(node, dict) else {}

    def _label(self, uri: str) -> str:
        """A file as messages name it."""
        return self._defects.source if uri == self._files.root else uri.rpartition("/")[2]

    def _find(self, target: Target) -> Any:
        node = self._files.get(target[0])
        for key in target[1]:
            node = node[key]
        return node

    # One part of the document

    def _rebuild(self, node: Any, kind: str, uri: str, path: Path) -> Any:
        """A copy of an object of the document, in which references lead to components."""
        self._values += 1
        if self._values > limits.DOCUMENT_VALUES.value:
            raise DocumentBroken(f"{self._defects.source}: the document has more than {limits.DOCUMENT_VALUES.value} values with all its references")
        if not isinstance(node, dict) or kind not in GRAMMAR:
            return copy_tree(node)
        self._depth += 1
        if self._depth > DEPTH:
            raise DocumentBroken(f"{self._defects.source}: the document is nested deeper than {DEPTH} levels with its references")
        node = self._fix_dynamic(node) if kind == "schema" else node
        try:
            return self._refer(node, kind, uri, path) if isinstance(node.get("$ref"), str) else self._rebuild_object(node, kind, uri, path)
        finally:
            self._depth -= 1

    def _fix_dynamic(self, node: dict[str, Any]) -> dict[str, Any]:
        """A schema whose dynamic reference is a plain one, if it leads to the same schema from everywhere."""
        reference = node.get("$dynamicRef")
        if not isinstance(reference, str) or "$ref" in node or not self._identifiers.is_unique(unquote(reference.partition("#")[2])):
            return node
        return {"$ref" if key == "$dynamicRef" else key: value for key, value in node.items()}

    def _rebuild_object(self, node: dict[str, Any], kind: str, uri: str, path: Path) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, value in node.items():
            if key == "$ref":
                self._defects.add(self._place(uri, (*path, key)), f"{describe(value)} is no reference", "read as if it were not there; write a text")
                continue
            rule = rule_of(kind, key)
            out[key] = copy_tree(value) if rule is None else self._rebuild_value(value, *rule, uri, (*path, key))
        if kind == "schema" and isinstance(out.get("discriminator"), dict):
            self._rename_mapping(out["discriminator"], uri, path)
        return out

    def _rebuild_value(self, value: Any, how: str, kind: str, uri: str, path: Path) -> Any:
        if isinstance(value, dict) and how != "one":
            if isinstance(value.get("$ref"), str):  # the map or the list as a whole stands elsewhere
                return self._bring(value["$ref"], how, kind, uri, path)
            if how == "list":
                return self._rebuild(value, kind, uri, path)
            return {name: self._rebuild(item, kind, uri, (*path, name)) for name, item in value.items()}
        if isinstance(value, list):
            return [self._rebuild(item, kind, uri, (*path, index)) for index, item in enumerate(value)]
        return self._rebuild(value, kind, uri, path) if how == "one" else copy_tree(value)

    def _bring(self, reference: str, how: str, kind: str, uri: str, path: Path) -> Any:
        """A map or a list that a reference leads to, written where it is referred to."""
        try:
            target = self._follow(reference, uri, path)
            with _Inside(self, kind, target):
                return self._rebuild_value(self._find(target), how, kind, *target)
        except _Nothing as error:
            self._report(uri, path, reference, error)
            return [] if how == "list" else {}

    def _refer(self, node: dict[str, Any], kind: str, uri: str, path: Path) -> Any:
        """What stands in place of an object with a reference."""
        reference = node["$ref"]
        rest = {key: value for key, value in node.items() if key != "$ref"}
        try:
            target = self._follow(reference, uri, path, kind)
            if kind in self._sections:
                beside = self._rebuild(rest, kind, uri, path) if rest else {}
                return {"$ref": f"#{join_pointer((*self._sections[kind], self._name(kind, target)))}", **beside}
            with _Inside(self, kind, target):
                brought = self._rebuild(self._find(target), kind, *target)
        except _Nothing as error:
            self._report(uri, path, reference, error)
            return self._rebuild(rest, kind, uri, path)
        return {**brought, **self._rebuild(rest, kind, uri, path)} if isinstance(brought, dict) and rest else brought

    def _place(self, uri: str, path: Path) -> str:
        return self._defects.place(path) if uri == self._files.root else f"{self._label(uri)}#{join_pointer(path)}"

    def _report(self, uri: str, path: Path, reference: str, error: _Nothing) -> None:
        self._defects.add(
            self._place(uri, path), f"the reference {describe(reference)} {error}", "read as if nothing were said there; correct or remove it"
        )

    def _rename_mapping(self, discriminator: dict[str, Any], uri: str, path: Path) -> None:
        """Let the values of a discriminator lead to components."""
        mapping = discriminator.get("mapping")
        if not isinstance(mapping, dict):
            return
        for value, reference in mapping.items():
            if isinstance(reference, str) and ("/" in reference or "." in reference) and reference not in self._section("schema"):
                try:
                    name = self._name("schema", self._follow(reference, uri, path, "schema"))
                except _Nothing as error:
                    self._report(uri, (*path, "discriminator", "mapping", value), reference, error)
                else:
                    mapping[value] = f"#{join_pointer((*self._sections['schema'], name))}"

    # What a reference leads to

    def _follow(self, reference: str, uri: str, path: Path, kind: str = "") -> Target:
        """The part that a reference leads to. ``path`` is the place of the reference in its file. Raises _Nothing."""
        if not reference.strip():
            raise _Nothing("is empty")
        for _ in range(MAX_REFERENCES):
            try:
                found = self._find_target(reference, uri, path)
            except FileUnreadable as error:
                if kind in self._sections and reference in self._section(kind) and "#" not in reference:
                    return self._files.root, (*self._sections[kind], reference)
                raise _Nothing(str(error)) from None
            if isinstance(found, _Onward):
                reference, uri, path = _append(found), found.uri, found.path
                continue
            leads_on = None if kind in ("", "schema") else self._reference_at(found)
            if leads_on is None:
                return found
            reference, (uri, path) = leads_on, found
        raise _Nothing("leads through too many references")

    def _find_target(self, reference: str, uri: str, path: Path) -> Target | _Onward:
        """The part that a reference names, or a reference on the way to it. Raises _Nothing and FileUnreadable."""
        named, _, fragment = reference.partition("#")
        pointer = unquote(fragment)
        resource = self._identifiers.find_resource(unquote(named), uri, path)
        if resource is not None:
            try:
                return self._descend(*resource, pointer)
            except _Nothing:
                pass  # many documents give schemas an $id, and refer to the whole document all the same
        return self._descend(self._files.resolve(reference, uri), (), pointer)

    def _descend(self, uri: str, start: Path, pointer: str) -> Target | _Onward:
        """The part behind a place of a file, by a pointer or an anchor. Raises _Nothing and FileUnreadable."""
        self._identifiers.add(uri, self._files.get(uri))
        anchor, slash, rest = pointer.partition("/")
        if anchor:
            anchored = self._identifiers.find_anchor(anchor, uri, start)
            if anchored is None:
                raise _Nothing("names an anchor that no schema has")
            start, pointer = anchored, slash + rest
        return _descend(self._find((uri, start)), split_pointer(pointer), uri, start)

    def _reference_at(self, target: Target) -> str | None:
        """The reference that a part is, None if it is anything else."""
        node = self._find(target)
        reference = node.get("$ref") if isinstance(node, dict) else None
        return reference if isinstance(reference, str) else None

    def _name(self, kind: str, target: Target) -> str:
        """The name of the component that a part is, or is made. Part after part is made from the list of those that wait."""
        uri, path = target
        section = self._sections[kind]
        if uri == self._files.root and len(path) == len(section) + 1 and path[:-1] == section:
            return str(path[-1])
        key = (kind, target)
        if key not in self._names:
            name = self._names[key] = _choose_name(uri, path, self._taken[kind])
            self._waiting.append((kind, name, target))
        return self._names[key]


class _Inside:
    """Brings a part in, and refuses one that contains itself."""

    def __init__(self, bundler: _Bundler, kind: str, target: Target) -> None:
        self._open = bundler._inside  # noqa: SLF001 - a part of the bundler
        self._key = (kind, target)

    def __enter__(self) -> None:
        if self._key in self._open or len(self._open) >= MAX_REFERENCES:
            raise _Nothing("leads in a circle")
        self._open.append(self._key)

    def __exit__(self, *_: object) -> None:
        self._open.pop()


class _Onward:
    """A reference that stands on the way to a part, its place, and the steps that are left behind it."""

    def __init__(self, reference: str, rest: list[str], uri: str, path: Path) -> None:
        self.reference = reference
        self.rest = rest
        self.uri = uri
        self.path = path


def _append(onward: _Onward) -> str:
    """The reference to what lies behind a reference."""
    pointer = join_pointer(onward.rest)
    if not pointer:
        return onward.reference
    return onward.reference + ("" if "#" in onward.reference else "#") + quote(pointer)


def _descend(node: Any, parts: list[str], uri: str, start: Path) -> Target | _Onward:
    """The path to a part behind a node, which has the path ``start``; a reference on the way, if there is one. Raises _Nothing."""
    path = start
    for index, part in enumerate(parts):
        if isinstance(node, dict) and part in node:
            path = (*path, part)
            node = node[part]
        elif isinstance(node, list) and part.isdecimal() and int(part) < len(node):
            path = (*path, int(part))
            node = node[int(part)]
        elif isinstance(node, dict) and isinstance(node.get("$ref"), str):
            return _Onward(node["$ref"], parts[index:], uri, path)
        else:
            raise _Nothing("leads to nothing")
    return uri, path


def _choose_name(uri: str, path: Path, names: UniqueNames) -> str:
    """A name for a part, from its file and its place there, that no other component has."""
    stem = uri.rpartition("/")[2].rpartition(".")[0] or uri.rpartition("/")[2]
    parts = [_NAME.sub("_", str(part)).strip("_") for part in path if str(part) not in _COMMON]
    short = [part for part in parts if part]
    named = short[-1] if len(path) <= 3 and short else ""  # noqa: PLR2004 - a named part of a file
    candidates = [name[:80] for name in (named, "_".join(short[-4:]), "_".join([_NAME.sub("_", stem), *short[-4:]])) if name and not name.isdecimal()]
    return names.take(next((name for name in candidates if name not in names.taken), (candidates or ["part"])[-1]))
