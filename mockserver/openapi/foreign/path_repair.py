"""Makes the paths of a document ones that can be routed: each begins with a slash, has no query, and is one entry only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from mockserver.openapi.documents import METHODS
from mockserver.openapi.foreign.defects import Defects, describe

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")
_PER_PATH = frozenset({"summary", "description", "servers", "parameters"})


def repair_paths(raw: dict[str, Any], defects: Defects) -> None:
    """Repair the paths of a document in place."""
    written = raw.get("paths")
    if written is not None and not isinstance(written, dict):
        defects.at(("paths",), "paths is no mapping", "read as if there were none; write a mapping of paths")
    paths: dict[str, dict[str, Any]] = {}
    shapes: dict[str, str] = {}
    for path, item in written.items() if isinstance(written, dict) else ():
        if path.startswith("x-"):
            continue
        if not isinstance(item, dict):
            if item is not None:
                defects.at(("paths", path), f"{describe(item)} is no path item", "left out; write a mapping of methods")
            continue
        routed = _repair_path(path, defects)
        _keep_methods(path, item, defects)
        shape = _PLACEHOLDER.sub("{}", routed.rstrip("/") or "/")
        if shape in shapes:
            _join(paths[shapes[shape]], shapes[shape], item, path, defects)
        else:
            shapes[shape] = routed
            paths[routed] = item
            if routed != path:
                defects.origins.setdefault(("paths", routed), defects.place(("paths", path)))
    raw["paths"] = paths


def _repair_path(path: str, defects: Defects) -> str:
    """A path as a server can route it."""
    found = path
    for mark in ("#", "?"):
        held = re.sub(r"\{[^{}]*\}", lambda name: name[0].replace("?", "").replace("#", ""), found)  # `{id?}` is no query
        if mark in held:
            defects.at(
                ("paths", path), f"the path has a {'query' if mark == '?' else 'fragment'}", "read without it; declare query parameters instead"
            )
            held = held.partition(mark)[0]
        found = held
    spaced = re.sub(r"\{\s*[+/.;*]?([^{}]*?)[*+]?\s*\}", r"{\1}", found)
    if _UNPRINTABLE.search(_PLACEHOLDER.sub("", spaced)):
        spaced = spaced.strip()
    decoded = unquote(spaced)
    if "%" in spaced and decoded.count("/") == spaced.count("/") and _PLACEHOLDER.findall(decoded) == _PLACEHOLDER.findall(spaced):
        spaced = decoded  # a server finds paths after they are decoded
    if not spaced.startswith("/"):
        defects.at(("paths", path), "the path does not begin with a slash", "read as if it did; write the slash")
        spaced = "/" + spaced
    return re.sub(r"/{2,}", "/", spaced)


def _keep_methods(path: str, item: dict[str, Any], defects: Defects) -> None:
    """Leave out what is no operation."""
    for key in list(item):
        lower = key.lower()
        if key in METHODS or lower in METHODS:
            if not isinstance(item[key], dict):
                if item[key] is not None:
                    defects.at(("paths", path, key), f"{describe(item[key])} is no operation", "left out; write a mapping")
                del item[key]
            elif key != lower and lower not in item:
                defects.at(("paths", path, key), f"the method {key} is not written in lower case", f"read as {lower}; write it so")
                item[lower] = item.pop(key)
        elif key not in _PER_PATH and not key.startswith("x-"):
            defects.at(("paths", path, key), f"{key} is no method of OpenAPI", "left out")
            del item[key]


def _join(into: dict[str, Any], path: str, item: dict[str, Any], written: str, defects: Defects) -> None:
    """Add the operations of a path that differs from another in the names of its placeholders only."""
    renamed = dict(zip(_PLACEHOLDER.findall(written), _PLACEHOLDER.findall(path), strict=False))
    shared = item.get("parameters")
    for method in METHODS:
        if method not in item:
            continue
        place = ("paths", written, method)
        if method in into:
            defects.at(place, f"{method.upper()} {path} is another spelling of this path", "left out: no call reaches it; remove one of both")
            continue
        operation = item[method]
        own = operation.get("parameters")
        joined = [*(own if isinstance(own, list) else []), *(shared if isinstance(shared, list) else [])]
        operation["parameters"] = [_rename(one, renamed) for one in joined]
        into[method] = operation
        defects.origins["paths", path, method] = defects.place(place)
        if written.rstrip("/") != path.rstrip("/"):
            defects.at(place, f"the path is {path} with other names", f"served as {path}; write both paths as one")


def _rename(parameter: Any, renamed: dict[str, str]) -> Any:
    if isinstance(parameter, dict) and parameter.get("in") == "path" and parameter.get("name") in renamed:
        return {**parameter, "name": renamed[parameter["name"]]}
    return parameter


def placeholders(path: str) -> Iterator[str]:
    """The names of the placeholders of a path, each once."""
    yield from dict.fromkeys(_PLACEHOLDER.findall(path))
