"""What the contract tests and the recipes of an API need to know of a target: names of known records, roles, sign-ins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mockserver.openapi.documents import load_document

from .contract import Contract

VENDORS = Path(__file__).parent.parent / "vendors"


def _read_sources(slug: str) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted((VENDORS / slug).glob("*.py")))


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


def _recipe_texts(slug: str) -> list[tuple[str, str]]:
    """The texts of the recipes of a document, with their keys."""
    return list(_walk_texts([operation.recipes for operation in load_document(slug).operations]))


def find_names(slug: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of known records, and the roles that sign in."""
    text = _read_sources(slug)
    known = {*re.findall(r"known\(\"(\w+)\"\)", text), *re.findall(r"\"\$(\w+)\"", text)}
    known |= {text[1:] for _, text in _recipe_texts(slug) if re.fullmatch(r"\$[a-z]\w*", text)}
    logins = {"owner"} if "api.login(" in text else set()
    return tuple(sorted(known)), tuple(sorted(logins | set(re.findall(r"\.login\(\"(\w+)\"\)", text))))


def find_roles(contract: Contract) -> dict[str, tuple[str, ...]]:
    """The roles that tests use, each with the headers that carry credentials."""
    text = _read_sources(contract.slug)
    named = {*re.findall(r"role=\"(\w+)\"", text), *re.findall(r"credentials\((?:api, )?\"(\w+)\"\)", text)}
    named |= {text for key, text in _recipe_texts(contract.slug) if key == "role" and re.fullmatch(r"\w+", text)}
    headers = tuple(sorted(contract.document.credential_headers))
    return dict.fromkeys(("owner", *sorted(named - {"owner"})), headers)
