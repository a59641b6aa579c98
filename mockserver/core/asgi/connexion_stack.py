"""The parts of Connexion that are used here, imported without the warnings that its other parts raise on import."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import jsonschema_rs

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Connexion imports Starlette's test client and a deprecated resolver; we use neither
    from connexion.exceptions import InvalidSpecification
    from connexion.middleware.abstract import ROUTING_CONTEXT
    from connexion.middleware.main import ConnexionMiddleware
    from connexion.middleware.routing import RoutingAPI, RoutingMiddleware, RoutingOperation
    from connexion.operations.abstract import AbstractOperation
    from connexion.resolver import Resolver
    from connexion.spec import OpenAPISpecification, Specification, create_spec_validator

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ROUTING_CONTEXT",
    "AbstractOperation",
    "ConnexionMiddleware",
    "InvalidSpecification",
    "Resolver",
    "RoutingAPI",
    "RoutingMiddleware",
    "RoutingOperation",
    "Specification",
]

_OPENAPI = jsonschema_rs.Draft4Validator(OpenAPISpecification.openapi_schema)
_DATA = frozenset({"example", "examples", "enum"})
_check: Any = OpenAPISpecification._validate_spec  # noqa: SLF001 - Connexion offers no other way in


def _checked(document: dict[str, Any]) -> None:
    """Connexion's check of a document: its schema of OpenAPI, compiled, and its judgement of each default.

    As Connexion does it, this is a third of the time in which the server starts; it gets its turn where it has something to tell. Raises
    InvalidSpecification.
    """
    if not _OPENAPI.is_valid(document):
        _check(document)
    judging: Any = create_spec_validator(document)
    judge = judging({"properties": {}})
    if not all(judge.is_valid(node) for node in _with_default(document)):
        _check(document)


def _with_default(node: Any) -> Iterator[dict[str, Any]]:
    """Everything in a document that has a default."""
    if isinstance(node, list):
        for inner in node:
            yield from _with_default(inner)
    elif isinstance(node, dict):
        if "default" in node:
            yield node
        for name, inner in node.items():
            if name == "properties" and isinstance(inner, dict):
                yield from _with_default(list(inner.values()))  # properties may be called anything, also default
            elif name not in _DATA and not name.startswith("x-"):
                yield from _with_default(inner)


OpenAPISpecification._validate_spec = staticmethod(_checked)  # type: ignore[method-assign] # noqa: SLF001 - likewise
