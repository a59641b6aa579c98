"""What the contract tests and the recipes of an API need to know of a target: names of known records, roles, sign-ins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mockserver.openapi.operations import OperationSpec

from .contract import Contract

VENDORS = Path(__file__).parent.parent / "vendors"


def _read_sources(contract: Contract) -> str:
    files = [] if contract.is_foreign else sorted((VENDORS / contract.slug).glob("*.py"))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def _walk_texts(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text below a node, with the key that it stands under."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _walk_texts(value, str(name))
    elif isinstance(node, list):
        for value in node:
            yield from _walk_texts(value, key)
    elif isinstance(node, str):
        yield key, node


def _recipe_texts(contract: Contract) -> list[tuple[str, str]]:
    """The texts of the recipes of a document, with their keys."""
    return list(_walk_texts([operation.recipes for operation in contract.operations.values()]))


def find_path_values(contract: Contract) -> tuple[str, ...]:
    """The names of known values that the recipes of a foreign document take from the target file, because no step before the call keeps them."""
    return tuple(sorted(set().union(*map(find_values_of, contract.operations.values()))))


def find_values_of(operation: OperationSpec) -> set[str]:
    """The same of one operation."""
    works = operation.recipes.get("works", {})
    steps = works.get("after", ())
    kept = {name for step in steps for name in step.get("keep", {})}
    return {text[1:] for _, text in _walk_texts([works.get("send", {}), *(step.get("send", {}) for step in steps)]) if text[:1] == "$"} - kept


def find_names(contract: Contract) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of known records, and the roles that sign in."""
    text = _read_sources(contract)
    known = {*re.findall(r"known\(\"(\w+)\"\)", text), *re.findall(r"\"\$(\w+)\"", text)}
    known |= {text[1:] for _, text in _recipe_texts(contract) if re.fullmatch(r"\$[a-z]\w*", text)}
    logins = {"owner"} if "api.login(" in text else set()
    return tuple(sorted(known)), tuple(sorted(logins | set(re.findall(r"\.login\(\"(\w+)\"\)", text))))


def find_roles(contract: Contract) -> dict[str, tuple[str, ...]]:
    """The roles that tests use, each with the headers that carry credentials."""
    text = _read_sources(contract)
    named = {*re.findall(r"role=\"(\w+)\"", text), *re.findall(r"credentials\((?:api, )?\"(\w+)\"\)", text)}
    named |= {text for key, text in _recipe_texts(contract) if key == "role" and re.fullmatch(r"\w+", text)}
    headers = tuple(sorted(contract.document.credential_headers))
    return dict.fromkeys(("owner", *sorted(named - {"owner"})), headers)
