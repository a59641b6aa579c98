"""Makes every operation of a document one that can be served: with a name of its own, parameters that can be sent, a body and answers."""

from __future__ import annotations

import re
from typing import Any

from mockserver.openapi.documents import METHODS
from mockserver.openapi.foreign.defects import Defects, describe
from mockserver.openapi.foreign.grammar import Path
from mockserver.openapi.foreign.names import UniqueNames, clean_id, derive_id
from mockserver.openapi.foreign.path_repair import placeholders
from mockserver.openapi.pointers import split_pointer

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_BODYLESS = frozenset({"204", "304"})
_STATUS = re.compile(r"[1-5][0-9][0-9]")
_RANGE = re.compile(r"[1-5][xX][xX]")
_PLACES = ("path", "query", "header", "cookie")
_NOT_PARAMETERS = frozenset({"accept", "content-type", "authorization"})
"""Header parameters without meaning: OpenAPI says so, because content and security describe them."""
_STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
_LEFT_OUT = "left out; correct it"


class OperationRepair:
    """Repairs the operations of one document in place. Its components have been repaired before."""

    def __init__(self, raw: dict[str, Any], defects: Defects) -> None:
        self._raw = raw
        self._defects = defects
        self._names = UniqueNames()
        self._given: set[str] = set()

    def run(self) -> None:
        named = [(path, item, method) for path, item in self._raw["paths"].items() for method in METHODS if method in item]
        self._names = UniqueNames(self._written_id(item[method]) for _, item, method in named)
        for path, item, method in named:
            self._name(item[method], method, path, ("paths", path, method))
        for path, item, method in named:
            self._repair(item[method], item, path, ("paths", path, method))
        for path, item in self._raw["paths"].items():
            item.pop("parameters", None)
            del path

    def resolve(self, node: Any) -> Any:
        """What a reference to a component leads to; nothing if it leads nowhere."""
        for _ in range(20):
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                break
            found: Any = self._raw
            for part in split_pointer(node["$ref"][1:]):
                found = found.get(part) if isinstance(found, dict) else None
            node = found
        return node

    # Names

    @staticmethod
    def _written_id(operation: dict[str, Any]) -> str:
        written = operation.get("operationId")
        return clean_id(str(written)) if written is not None and not isinstance(written, dict | list) else ""

    def _name(self, operation: dict[str, Any], method: str, path: str, place: Path) -> None:
        own = name = self._written_id(operation)
        if not own or own in self._given:
            name = self._names.take(derive_id(method, path))
        if own in self._given:
            self._defects.at(
                (*place, "operationId"), f"the operationId {describe(own)} belongs to another operation", f"named {name}; name it otherwise"
            )
        self._given.add(name)
        operation["operationId"] = name

    # One operation

    def _repair(self, operation: dict[str, Any], item: dict[str, Any], path: str, place: Path) -> None:
        operation["parameters"] = self._parameters(operation, item, path, place)
        if "requestBody" in operation:
            self._repair_body(operation, place)
        self._repair_responses(operation, place)
        for key, kind in (("tags", list), ("callbacks", dict), ("externalDocs", dict)):
            if key in operation and not isinstance(operation[key], kind):
                del operation[key]

    def _parameters(self, operation: dict[str, Any], item: dict[str, Any], path: str, place: Path) -> list[Any]:
        """The parameters of an operation, those of its path included; each can be sent and has a schema or a content."""
        in_path = list(placeholders(path))
        found: dict[tuple[str, str], Any] = {}
        for owner, owned in ((operation, place), (item, place[:-1])):
            declared = owner.get("parameters") or []
            if not isinstance(declared, list):
                self._defects.at((*owned, "parameters"), "parameters is no list", "left out; write a list")
                continue
            own: set[tuple[str, str]] = set()
            for index, one in enumerate(declared):
                parameter = self.resolve(one)
                where = (*owned, "parameters", index)
                if not self._is_sendable(parameter, in_path, where):
                    continue
                name = parameter["name"].lower() if parameter["in"] == "header" else parameter["name"]
                key = (parameter["in"], name)
                if key in own:
                    self._defects.at(where, f"the parameter {describe(name)} in {key[0]} is declared twice", "the first one counts; remove the other")
                    continue
                own.add(key)
                found.setdefault(key, one)
        for name in in_path:
            if ("path", name) not in found:
                self._defects.at(place, f"the placeholder {{{name}}} of the path is no parameter", "read as a text; declare it in parameters")
                found["path", name] = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        return list(found.values())

    def _is_sendable(self, parameter: Any, in_path: list[str], where: Path) -> bool:
        """Whether a parameter can be sent; one that cannot is a defect."""
        if not isinstance(parameter, dict) or not isinstance(parameter.get("name"), str) or parameter.get("in") not in _PLACES:
            what = f"in {describe(parameter.get('in'))}" if isinstance(parameter, dict) and "name" in parameter else "without name"
            self._defects.at(where, f"a parameter {what}", "left out; write name, and one of path, query, header, cookie as in")
            return False
        name, kind = parameter["name"], parameter["in"]
        if kind == "path" and name not in in_path:
            self._defects.at(where, f"the path has no placeholder {{{describe(name)}}}", "left out; name it in the path")
            return False
        if kind == "header" and name.lower() in _NOT_PARAMETERS:
            return False
        if kind in ("header", "cookie") and not _TOKEN.fullmatch(name):
            self._defects.at(
                where, f"no client can send a {kind} of the name {describe(name)}", "left out; give it a name of letters, digits and dashes"
            )
            return False
        return True

    def _repair_body(self, operation: dict[str, Any], place: Path) -> None:
        body = self.resolve(operation["requestBody"])
        if not isinstance(body, dict):
            self._defects.at((*place, "requestBody"), "is no body", "left out; write a mapping with content")
            del operation["requestBody"]

    def _repair_responses(self, operation: dict[str, Any], place: Path) -> None:
        declared = operation.get("responses")
        kept: dict[str, Any] = {}
        for status, response in declared.items() if isinstance(declared, dict) else ():
            known = _read_status(status)
            if known is None:
                if not status.startswith("x-"):
                    self._defects.at((*place, "responses", status), f"{describe(status)} is no status", "left out; write a number, 2XX or default")
            elif isinstance(self.resolve(response), dict):
                kept.setdefault(known, self._without_body(response, (*place, "responses", status)) if known in _BODYLESS else response)
            elif response is None:
                kept.setdefault(known, {"description": ""})
            else:
                self._defects.at((*place, "responses", status), "is no response", "read as one without a body; write a mapping")
                kept.setdefault(known, {"description": ""})
        if not kept:
            self._defects.at(place, "the operation has no responses", "answered without a body; describe what it answers")
            kept["default"] = {"description": ""}
        operation["responses"] = kept

    def _without_body(self, response: Any, place: Path) -> Any:
        """A response of a status that has no body."""
        found = self.resolve(response)
        if not found.get("content"):
            return response
        self._defects.at(place, "a response of this status has no body", "its content is left out; remove it, or use another status")
        return {key: value for key, value in found.items() if key != "content"}


def _read_status(written: str) -> str | None:
    text = written.strip()
    if _STATUS.fullmatch(text):
        return text
    return text.upper() if _RANGE.fullmatch(text) else "default" if text.lower() == "default" else None


def repair_parameter(parameter: dict[str, Any], path: Path, defects: Defects) -> None:
    """Give a parameter a schema or a content, and a style that its place allows."""
    place = parameter.get("in")
    content = parameter.get("content")
    if isinstance(content, dict) and content and not isinstance(parameter.get("schema"), dict):
        parameter["content"] = {name: media for name, media in list(content.items())[:1] if isinstance(media, dict)} or {"application/json": {}}
        parameter.pop("schema", None)
    else:
        parameter.pop("content", None)
        if not isinstance(parameter.get("schema"), dict):
            kept = {key: parameter[key] for key in ("type", "format", "enum", "items", "default", "pattern") if key in parameter}
            what = "stands beside the name, as in OpenAPI 2.0" if kept else "is missing"
            defects.at(path, f"the schema of the parameter {describe(parameter.get('name'))} {what}", "read from there, or as a text; write schema")
            parameter["schema"] = kept or {"type": "string"}
    if place == "path":
        parameter["required"] = True
    elif "required" in parameter and not isinstance(parameter["required"], bool):
        parameter["required"] = str(parameter["required"]).lower() == "true"
    allowed = _STYLES.get(str(place), ())
    if "style" in parameter and parameter["style"] not in allowed:
        defects.at((*path, "style"), f"{describe(parameter['style'])} is no style of a parameter in {place}", f"read as {(*allowed, 'form')[0]}")
        del parameter["style"]
    if "explode" in parameter and not isinstance(parameter["explode"], bool):
        del parameter["explode"]


def repair_content(holder: dict[str, Any], path: Path, defects: Defects, *, is_body: bool) -> None:
    """Make the content of a body or a response a mapping of media types."""
    content = holder.get("content")
    if content is None and is_body:
        holder["content"] = {"application/json": {}}
        defects.at(path, "the body has no content", "read as any JSON; describe its content")
        return
    if content is None:
        holder.pop("content", None)
        return
    if not isinstance(content, dict):
        defects.at((*path, "content"), "is no mapping of media types", _LEFT_OUT)
        content = {}
    holder["content"] = {name.strip(): media if isinstance(media, dict) else {} for name, media in content.items() if not name.startswith("x-")}
    for name in [one for one in holder["content"] if "/" not in one]:
        media = holder["content"].pop(name)
        if name == "*":
            holder["content"]["*/*"] = media
            continue
        defects.at((*path, "content", name), f"{describe(name)} is no media type", "left out; write one such as application/json")
    if is_body and not holder["content"]:
        holder["content"] = {"application/json": {}}
