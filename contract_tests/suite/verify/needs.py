"""What a target has to give to be judged: roles, sign-ins and known records, each with a sentence of the document that says what it has to be."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.openapi.documents import Document

from .asked import find_names, find_path_values, find_roles
from .contract import Contract
from .schemes import credential_names, describe_owner


@dataclass(frozen=True)
class KnownName:
    """A name under ``[known]``: what it has to be, the read that may propose a value, and the names whose values it must not have."""

    name: str
    says: str = ""
    source: Mapping[str, Any] | None = None
    differs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Needs:
    """Everything that the checks and contract tests of an API ask of a target."""

    roles: Mapping[str, str]
    headers: tuple[str, ...]
    logins: Mapping[str, str]
    login_fields: tuple[str, ...]
    known: tuple[KnownName, ...]


def find_needs(contract: Contract) -> Needs:
    """What the document of an API describes under ``x-roles``, ``x-logins`` and ``x-known``; without them, the bare names that tests use."""
    raw = contract.document.raw
    if contract.is_foreign:
        return _needs_of_any(contract)
    headers = tuple(sorted(contract.document.credential_headers))
    names, logins = find_names(contract)
    described = raw.get("x-known")
    known = tuple(_known_name(name, row) for name, row in described.items()) if described else tuple(map(KnownName, names))
    roles = _said(raw.get("x-roles", {})) or dict.fromkeys(find_roles(contract), "")
    return Needs(roles, headers, _said(raw.get("x-logins", {})) or dict.fromkeys(logins, ""), _login_fields(contract.document), known)


def _needs_of_any(contract: Contract) -> Needs:
    """What a foreign document asks: the credentials of its schemes, and the values of paths that no call of the API gives."""
    headers = credential_names(contract.document)
    known = (
        KnownName(name, f"A value for {{{name}}} in the paths of the API, which no call of the document gives.")
        for name in find_path_values(contract)
    )
    return Needs({"owner": describe_owner(contract.document)} if headers else {}, headers, {}, (), tuple(known))


def _known_name(name: str, row: Mapping[str, Any]) -> KnownName:
    return KnownName(name, row.get("says", ""), row.get("from"), tuple(row.get("differs", ())))


def _said(rows: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {name: row.get("says", "") for name, row in rows.items()}


def _login_fields(document: Document) -> tuple[str, ...]:
    """The fields that a sign-in sends, by the recipes that name them."""
    return tuple(dict.fromkeys(re.findall(r"\$login\.(\w+)", json.dumps([one.recipes for one in document.operations]))))


def find_unfit(needs: Needs, known: Mapping[str, str]) -> dict[str, str]:
    """Known names whose value breaks a condition, with the reason: they must differ from another. What needs them is not observable."""
    found: dict[str, str] = {}
    for one in needs.known:
        equal = next((other for other in one.differs if one.name in known and known.get(other) == known[one.name] and other not in found), None)
        if equal is not None:
            found[one.name] = f"{one.name} and {equal} under [known] are both {known[equal]}, and must differ"
    return found
