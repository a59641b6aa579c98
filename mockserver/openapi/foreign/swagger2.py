"""Converts OpenAPI 2.0 to OpenAPI 3.0.

The document has been brought together before: its references lead to ``definitions``, ``parameters`` and ``responses``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.openapi.foreign.defects import Defects, describe
from mockserver.openapi.foreign.grammar import Path, walk
from mockserver.openapi.pointers import escape_part, split_pointer

JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_SCHEMA_KEYS = frozenset(
    "type format items default enum maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems"
    " multipleOf x-nullable nullable".split()
)
_KEPT = frozenset({"name", "in", "description", "required", "allowEmptyValue"})
_GONE = frozenset({"swagger", "host", "basePath", "schemes", "consumes", "produces", "definitions", "parameters", "responses", "securityDefinitions"})
_FLOWS = {"implicit": "implicit", "password": "password", "application": "clientCredentials", "accessCode": "authorizationCode"}
_ORIGINS = {"schemas": "definitions", "responses": "responses", "securitySchemes": "securityDefinitions"}


def convert(raw: Mapping[str, Any], defects: Defects) -> dict[str, Any]:
    """A document of OpenAPI 2.0 in OpenAPI 3.0."""
    return _Converter(raw, defects).run()


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


class _Converter:
    def __init__(self, raw: Mapping[str, Any], defects: Defects) -> None:
        self._raw = raw
        self._defects = defects
        self._parameters = _as_dict(raw.get("parameters"))
        self._responses = _as_dict(raw.get("responses"))

    def run(self) -> dict[str, Any]:
        raw = self._raw
        out: dict[str, Any] = {"openapi": "3.0.3", **{key: value for key, value in raw.items() if key not in _GONE and key != "paths"}}
        out["servers"] = self._servers()
        components = {
            "schemas": {name: self._schema(schema) for name, schema in _as_dict(raw.get("definitions")).items()},
            "responses": {name: self._response(response, self._types(raw, "produces")) for name, response in self._responses.items()},
            "securitySchemes": {name: _security(scheme) for name, scheme in _as_dict(raw.get("securityDefinitions")).items()},
        }
        for section, found in components.items():
            for name in found:
                old = self._defects.origins.get((_ORIGINS[section], name)) or f"{self._defects.source}#/{_ORIGINS[section]}/{escape_part(name)}"
                self._defects.origins["components", section, name] = old
        out["components"] = {section: found for section, found in components.items() if found}
        out["paths"] = {path: self._path(item, ("paths", path)) for path, item in _as_dict(raw.get("paths")).items()}
        return out

    def _servers(self) -> list[dict[str, Any]]:
        host, base = self._raw.get("host"), str(self._raw.get("basePath") or "/")
        base = base if base.startswith("/") else "/" + base
        schemes = [scheme for scheme in _as_list(self._raw.get("schemes")) if isinstance(scheme, str)] or ["https"]
        return [{"url": f"{scheme}://{host}{base}"} for scheme in schemes] if isinstance(host, str) and host else [{"url": base}]

    def _types(self, place: Mapping[str, Any], key: str) -> list[str]:
        """Media types that an operation takes or gives; those of the document if it has none of its own, else JSON."""
        found = place.get(key, self._raw.get(key))
        return [one for one in _as_list(found) if isinstance(one, str) and one] or [JSON]

    # Schemas

    def _schema(self, schema: Any) -> Any:
        """A schema, changed in place."""
        for _, kind, node in walk("schema", schema):
            if kind == "schema" and isinstance(node, dict):
                _convert_schema(node)
        return schema

    # Paths

    def _path(self, item: Any, path: Path) -> Any:
        if not isinstance(item, dict):
            return item
        shared = [self._resolved(one, self._parameters) for one in _as_list(item.get("parameters"))]
        plain = [one for one in shared if one.get("in") not in ("body", "formData")]
        out = {key: value for key, value in item.items() if key not in _METHODS and key != "parameters"}
        if plain:
            out["parameters"] = [self._parameter(one, (*path, "parameters")) for one in plain]
        bodies = [one for one in shared if one not in plain]
        for method in _METHODS:
            if isinstance(item.get(method), dict):
                out[method] = self._operation(item[method], bodies, (*path, method))
        return out

    def _operation(self, operation: dict[str, Any], shared: list[dict[str, Any]], path: Path) -> dict[str, Any]:
        own = [self._resolved(one, self._parameters) for one in _as_list(operation.get("parameters"))]
        named = {(one.get("in"), one.get("name")) for one in own}
        everything = [*own, *(one for one in shared if (one.get("in"), one.get("name")) not in named)]
        out = {key: value for key, value in operation.items() if key not in ("parameters", "responses", "consumes", "produces", "schemes")}
        plain = [one for one in everything if one.get("in") not in ("body", "formData")]
        if plain:
            out["parameters"] = [self._parameter(one, (*path, "parameters")) for one in plain]
        body = next((one for one in everything if one.get("in") == "body"), None)
        form = [one for one in everything if one.get("in") == "formData"]
        if body is not None:
            out["requestBody"] = self._body(body, self._types(operation, "consumes"))
        elif form:
            out["requestBody"] = self._form(form, self._types(operation, "consumes"))
        types = self._types(operation, "produces")
        responses = _as_dict(operation.get("responses"))
        out["responses"] = {status: self._response(response, types) for status, response in responses.items()}
        return out

    def _resolved(self, node: Any, section: Mapping[str, Any]) -> dict[str, Any]:
        for _ in range(len(section) + 1):
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                break
            node = section.get(split_pointer(node["$ref"])[-1])
        return node if isinstance(node, dict) else {}

    def _parameter(self, parameter: dict[str, Any], path: Path) -> dict[str, Any]:
        out = {key: value for key, value in parameter.items() if key in _KEPT or (key.startswith("x-") and key not in ("x-nullable", "x-example"))}
        if "x-example" in parameter:
            out["example"] = parameter["x-example"]
        out["schema"] = self._plain_schema(parameter)
        if out["schema"].get("type") == "array":
            out |= self._style(str(parameter.get("collectionFormat", "csv")), str(parameter.get("in")), (*path, str(parameter.get("name"))))
        return out

    def _style(self, separator: str, place: str, path: Path) -> dict[str, Any]:
        if separator == "multi":
            return {"style": "form", "explode": True}
        if place in ("path", "header"):
            return {"style": "simple", "explode": False}
        if separator == "tsv":
            self._defects.at(path, "values separated by tabs, which OpenAPI 3 does not have", "read as separated by commas; change collectionFormat")
        return {"style": {"ssv": "spaceDelimited", "pipes": "pipeDelimited"}.get(separator, "form"), "explode": False}

    def _plain_schema(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """The schema of a parameter, a header or a form field, whose keywords stand beside its name."""
        found = {key: value for key, value in node.items() if key in _SCHEMA_KEYS}
        converted: dict[str, Any] = self._schema(found)
        return converted

    def _body(self, body: dict[str, Any], types: list[str]) -> dict[str, Any]:
        schema = self._schema(body.get("schema", {}))
        types = [one for one in types if one not in (URLENCODED, MULTIPART)] or [JSON]
        examples = _as_dict(body.get("x-examples"))
        content = {one: {"schema": schema, **({"example": examples[one]} if one in examples else {})} for one in types}
        out: dict[str, Any] = {"content": content, "required": bool(body.get("required", False))}
        return {**out, "description": body["description"]} if isinstance(body.get("description"), str) else out

    def _form(self, fields: list[dict[str, Any]], types: list[str]) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        required: list[str] = []
        has_file = False
        for one in fields:
            name = str(one.get("name"))
            has_file = has_file or one.get("type") == "file"
            properties[name] = self._plain_schema(one)
            if isinstance(one.get("description"), str):
                properties[name]["description"] = one["description"]
            if one.get("required") is True:
                required.append(name)
        schema: dict[str, Any] = {"type": "object", "properties": properties, **({"required": required} if required else {})}
        forms = [MULTIPART] if has_file else [one for one in types if one in (URLENCODED, MULTIPART)] or [URLENCODED]
        return {"content": {one: {"schema": schema} for one in forms}, "required": bool(required)}

    def _response(self, response: Any, types: list[str]) -> Any:
        if not isinstance(response, dict):
            return response
        if isinstance(response.get("$ref"), str):
            name = split_pointer(response["$ref"])[-1]
            return {"$ref": f"#/components/responses/{escape_part(name)}"}
        out = {key: value for key, value in response.items() if key not in ("schema", "examples", "headers")}
        headers = _as_dict(response.get("headers"))
        if headers:
            out["headers"] = {name: self._header(header) for name, header in headers.items()}
        examples = _as_dict(response.get("examples"))
        if "schema" in response or examples:
            out["content"] = self._content(response.get("schema"), examples, types)
        return out

    def _content(self, schema: Any, examples: Mapping[str, Any], types: list[str]) -> dict[str, Any]:
        if isinstance(schema, dict) and schema.get("type") == "file" and types == [JSON]:
            types = ["application/octet-stream"]
        if not any("/" in name for name in examples):  # examples without media types are one example
            examples = dict.fromkeys(types, examples) if examples else {}
        media: dict[str, Any] = {} if schema is None else {"schema": self._schema(schema)}
        shown = types if schema is not None else list(examples)
        return {one: {**media, **({"example": examples[one]} if one in examples else {})} for one in dict.fromkeys([*shown, *examples])}

    def _header(self, header: Any) -> Any:
        if not isinstance(header, dict):
            return header
        out = {key: value for key, value in header.items() if key == "description" or (key.startswith("x-") and key != "x-nullable")}
        return {**out, "schema": self._plain_schema(header)}


def _convert_schema(node: dict[str, Any]) -> None:
    reference = node.get("$ref")
    if isinstance(reference, str):
        node["$ref"] = reference.replace("#/definitions/", "#/components/schemas/", 1)
    if node.get("type") == "file":
        node |= {"type": "string", "format": "binary"}
    if "x-nullable" in node:
        node["nullable"] = node.pop("x-nullable") is True
    discriminator = node.get("discriminator")
    if isinstance(discriminator, str):
        node["discriminator"] = {"propertyName": discriminator}


def _security(scheme: Any) -> Any:
    if not isinstance(scheme, dict):
        return scheme
    kept = {key: value for key, value in scheme.items() if key == "description" or key.startswith("x-")}
    if scheme.get("type") == "basic":
        return {**kept, "type": "http", "scheme": "basic"}
    if scheme.get("type") != "oauth2":
        return dict(scheme)
    flow = {key: scheme[key] for key in ("authorizationUrl", "tokenUrl") if isinstance(scheme.get(key), str)}
    flow["scopes"] = _as_dict(scheme.get("scopes"))
    name = _FLOWS.get(describe(scheme.get("flow")), "implicit")
    return {**kept, "type": "oauth2", "flows": {name: flow}}
