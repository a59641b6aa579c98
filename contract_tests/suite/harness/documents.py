"""The documents, read from disk: a target is never asked for its own contract."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from mockserver.openapi.overlays import apply_overlays, is_overlay, parse_overlay

SPECS = Path(__file__).resolve().parents[3] / "specs"
"""Beside `contract_tests`: in a checkout the project's folder, installed the folder inside the package `mockserver`."""


EACH_CALL = "each-call"
"""The value of ``x-volatile`` that says that a field differs even between two equal calls; ``true`` says that it differs between two runs."""


class _Loader(yaml.CSafeLoader):
    """YAML as JSON understands it: only ``true`` and ``false`` are booleans, dates stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


@cache
def document(slug: str) -> dict[str, Any]:
    """A vendor's document, with its parts if it is split by tag, and with its overlays applied."""
    whole = _read(SPECS / f"{slug}.yaml")
    overlays = []
    for file in sorted((SPECS / slug).rglob("*.yaml")):
        part = _read(file)
        if is_overlay(part):
            overlays.append(parse_overlay(part, str(file)))
            continue
        whole["paths"].update(part.get("paths", {}))
        for kind, found in part.get("components", {}).items():
            whole.setdefault("components", {}).setdefault(kind, {}).update(found)
    return apply_overlays(whole, overlays)


def _read(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(file.read_bytes(), Loader=_Loader)  # noqa: S506 - a safe loader with fewer types
    return loaded


def base_path(slug: str) -> str:
    """The path under which the mock serves a vendor's API."""
    return urlsplit(str(document(slug)["servers"][0]["url"])).path.rstrip("/")


@cache
def operation(slug: str, operation_id: str) -> dict[str, Any]:
    """One operation of a document, with its ``path`` and ``method``."""
    for path, item in document(slug)["paths"].items():
        for method, found in item.items():
            if isinstance(found, dict) and found.get("operationId") == operation_id:
                return {**found, "path": path, "method": method.upper()}
    raise KeyError(f"{slug} has no operation {operation_id}")
