"""Repairs a document that is one tree, of OpenAPI 3.x: what is wrong is corrected or left out, and listed once."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from mockserver.openapi.foreign.circles import cut_circles
from mockserver.openapi.foreign.defects import Defects, describe
from mockserver.openapi.foreign.grammar import SECTIONS, walk
from mockserver.openapi.foreign.operation_repair import OperationRepair, repair_content, repair_parameter
from mockserver.openapi.foreign.path_repair import repair_paths
from mockserver.openapi.foreign.schema_repair import repair_schemas
from mockserver.openapi.foreign.vocabulary import leave_out_others

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_NEWER = re.compile(r"3\.(?:[1-9]|\d\d)(?:\.|$)")
_PLACES = ("query", "header", "cookie")
_LEFT_OUT = "left out; correct it"


def repair(raw: dict[str, Any], defects: Defects) -> dict[str, Any]:
    """The repaired document. The tree given is changed."""
    version = str(raw.get("openapi", "3.0.3"))
    is_2020 = _NEWER.match(version) is not None
    if not is_2020 and not version.startswith("3.0"):
        defects.at(("openapi",), f"{describe(version)} is no known version of OpenAPI", "read as 3.0.3; write the version of the document")
        version = "3.0.3"
    info = raw.get("info")
    raw = {**raw, "openapi": version, "info": {"title": "", "version": "", **(info if isinstance(info, dict) else {})}}
    for key in ("title", "version"):
        if raw["info"][key] in ("", None):
            raw["info"][key] = {"title": "API", "version": "0"}[key]
            defects.at(("info",), f"the document has no {key}", f"read as {raw['info'][key]}; write it")
    raw["servers"] = _repair_servers(raw, defects)
    _repair_components(raw, defects)
    repair_paths(raw, defects)
    _repair_objects(raw, defects)
    repair_schemas(raw, defects, is_2020=is_2020)
    cut_circles(raw, defects)
    _repair_schemes(raw, defects)
    OperationRepair(raw, defects).run()
    _repair_security(raw, defects)
    return raw


def _repair_servers(raw: dict[str, Any], defects: Defects) -> list[dict[str, Any]]:
    """The servers, with the defaults of their variables in their addresses; ``/`` if there are none."""
    found: list[dict[str, Any]] = []
    declared = raw.get("servers")
    for index, server in enumerate(declared if isinstance(declared, list) else []):
        if not isinstance(server, dict) or not isinstance(server.get("url"), str):
            defects.at(("servers", index), "a server has no url", _LEFT_OUT)
            continue
        variables = server.get("variables")
        url = _fill(server["url"].strip(), variables if isinstance(variables, dict) else {})
        try:
            path = urlsplit(url).path
        except ValueError:
            defects.at(("servers", index, "url"), f"{describe(url)} is no address", _LEFT_OUT)
            continue
        if "//" not in url and not url.startswith("/"):
            url = "/" + url.removeprefix("./")
        elif "//" in path or " " in path:
            url = url.replace(path, re.sub(r"/{2,}", "/", path.strip()))
        found.append({**{key: value for key, value in server.items() if key not in ("url", "variables")}, "url": url})
    return found or [{"url": "/"}]


def _fill(url: str, variables: dict[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        variable = variables.get(match[1])
        default = variable.get("default") if isinstance(variable, dict) else None
        return match[1] if default is None or isinstance(default, dict | list) else str(default).strip("/") if match.start() else str(default)

    return _VARIABLE.sub(value, url)


def _repair_components(raw: dict[str, Any], defects: Defects) -> None:
    """Leave out components that are no objects."""
    components = raw.get("components")
    if components is not None and not isinstance(components, dict):
        defects.at(("components",), "is no mapping", _LEFT_OUT)
    kept: dict[str, Any] = {}
    for section, found in components.items() if isinstance(components, dict) else ():
        if section not in {*SECTIONS.values(), "pathItems", "mediaTypes"} or found is None:
            if section.startswith("x-"):
                kept[section] = found
            continue
        if not isinstance(found, dict):
            defects.at(("components", section), "is no mapping", _LEFT_OUT)
            continue
        is_schema = section == "schemas"
        wrong: set[str] = set()
        for name in [
            one for one, node in found.items() if not isinstance(node, dict | bool if is_schema else dict) and not (is_schema and node is None)
        ]:
            what = "read as a schema that allows everything; correct it" if is_schema else _LEFT_OUT  # what refers to a schema is kept
            defects.at(("components", section, name), f"{describe(found[name])} is no object", what)
            wrong.add(name)
        kept[section] = {name: {} if name in wrong else node for name, node in found.items() if is_schema or name not in wrong}
    raw["components"] = kept


def _repair_objects(raw: dict[str, Any], defects: Defects) -> None:
    """Repair parameters, headers, bodies, responses and contents, wherever they stand."""
    for path, kind, node in walk("document", raw):
        if not isinstance(node, dict):
            continue
        leave_out_others(node, path, defects)
        if "$ref" in node:
            continue
        if kind == "parameter":
            repair_parameter(node, path, defects)
        elif kind == "header":
            if not isinstance(node.get("schema"), dict):
                node["schema"] = {key: node[key] for key in ("type", "format", "items", "enum") if key in node}
        elif kind in ("body", "response"):
            if kind == "response":
                node["description"] = str(node.get("description") or "")
                _repair_headers(node)
            else:
                node["required"] = node.get("required") in (True, "true", "True")
            repair_content(node, path, defects, is_body=kind == "body")
        elif kind == "media":
            _repair_examples(node)


def _repair_headers(response: dict[str, Any]) -> None:
    """Leave out headers that are none, and Content-Type, which the content says."""
    if "headers" in response:
        headers = response["headers"]
        kept = headers.items() if isinstance(headers, dict) else ()
        response["headers"] = {name: header for name, header in kept if isinstance(header, dict) and name.lower() != "content-type"}
    if not isinstance(response.get("links", {}), dict):
        del response["links"]


def _repair_examples(media: dict[str, Any]) -> None:
    """Bring examples into the form ``{name: {value: …}}``; documents also have lists, or the values themselves."""
    examples = media.get("examples")
    if isinstance(examples, list):
        examples = {f"example_{number}": {"value": value} for number, value in enumerate(examples, 1)}
    if not isinstance(examples, dict):
        media.pop("examples", None)
        return
    known = ("value", "externalValue", "$ref", "dataValue", "serializedValue")
    media["examples"] = {
        name: one if isinstance(one, dict) and any(key in one for key in known) else {"value": one}
        for name, one in examples.items()
        if one is not None
    }


def _repair_schemes(raw: dict[str, Any], defects: Defects) -> None:
    """Leave out security schemes that no client could follow."""
    schemes = raw["components"].get("securitySchemes", {})
    for name, scheme in list(schemes.items()):
        if "$ref" in scheme:
            continue
        kind = scheme.get("type")
        place = ("components", "securitySchemes", name)
        if kind == "apiKey" and isinstance(scheme.get("name"), str) and scheme.get("in") in _PLACES:
            continue
        if kind == "http":
            if not isinstance(scheme.get("scheme"), str):
                defects.at(place, "the scheme of http is missing", "read as bearer; write scheme")
                scheme["scheme"] = "bearer"
        elif kind not in ("oauth2", "openIdConnect", "mutualTLS"):
            defects.at(place, f"{describe(kind)} is no security scheme, or it lacks name and place", _LEFT_OUT)
            del schemes[name]


def _repair_security(raw: dict[str, Any], defects: Defects) -> None:
    """Leave out requirements of schemes that are not declared."""
    known = raw["components"].get("securitySchemes", {})
    holders: list[tuple[tuple[str | int, ...], dict[str, Any]]] = [((), raw)]
    holders += [(path, node) for path, kind, node in walk("document", raw) if kind == "operation" and isinstance(node, dict)]
    for path, holder in holders:
        if "security" not in holder:
            continue
        declared = holder["security"]
        ways = [
            way for way in ([declared] if isinstance(declared, dict) else declared if isinstance(declared, list) else []) if isinstance(way, dict)
        ]
        for unknown in sorted({name for way in ways for name in way if name not in known}):
            defects.at((*path, "security"), f"the security scheme {describe(unknown)} is not declared", "left out; declare it in components")
        kept = [
            {name: scopes if isinstance(scopes, list) else [] for name, scopes in way.items()} for way in ways if all(name in known for name in way)
        ]
        holder["security"] = kept
