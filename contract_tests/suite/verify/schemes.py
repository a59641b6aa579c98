"""What a foreign document asks of a caller, in words: the headers of its security schemes, and what each has to hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.openapi.documents import Document

from ..checks.model import header_of

_OTHER = "`Bearer`, a space, and a token that the authorization server of the API has issued"
_BY_TYPE: Mapping[str, str] = {"oauth2": _OTHER, "openIdConnect": _OTHER}
_BY_SCHEME: Mapping[str, str] = {
    "bearer": "`Bearer`, a space, and a token",
    "basic": "`Basic`, a space, and name:password in Base64",
    "digest": "`Digest`, a space, and the answer to the challenge of the server",
}


def credential_names(document: Document) -> tuple[str, ...]:
    """What a role of the target file has to give: names of headers, and of query parameters with ``?`` before them."""
    found = {header_of(scheme): _written(scheme) for scheme in document.security_schemes.values()}
    return tuple(sorted(found.values()))


def describe_owner(document: Document) -> str:
    """A sentence that says what the first role of a target file has to be."""
    said: dict[str, list[str]] = {}
    for name, scheme in document.security_schemes.items():
        said.setdefault(_written(scheme), []).append(f"{_describe(scheme)} (scheme {name})")
    parts = [f"{header} takes {' or '.join(ways)}" for header, ways in said.items()]
    return "A caller who may use every operation, and whose records may be created and deleted. " + "; ".join(parts) + ("." if parts else "")


def _written(scheme: Mapping[str, Any]) -> str:
    """The name as the document writes it."""
    return str(scheme["name"]) if scheme.get("in") == "header" else header_of(scheme).title() if scheme.get("in") != "query" else f"?{scheme['name']}"


def _describe(scheme: Mapping[str, Any]) -> str:
    kind, place = scheme.get("type", ""), scheme.get("in")
    if kind == "apiKey":
        return f"{scheme['name']}=KEY" if place == "cookie" else "an API key"
    return _BY_TYPE.get(kind) or _BY_SCHEME.get(str(scheme.get("scheme", "")).lower(), f"a credential of the scheme {scheme.get('scheme', kind)}")
