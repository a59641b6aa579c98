"""The parts of Connexion that are used here, imported without the warnings that its other parts raise on import.

Connexion itself is left as it is: its check of a document is made faster in a subclass, and documents reach it as objects of that subclass.
"""

from __future__ import annotations

import warnings
from typing import Any

import jsonschema_rs

with warnings.catch_warnings():
    # Connexion imports Starlette's test client and a deprecated resolver; neither is used here.
    warnings.simplefilter("ignore")
    from connexion.exceptions import InvalidSpecification
    from connexion.middleware.abstract import ROUTING_CONTEXT
    from connexion.middleware.main import API, ConnexionMiddleware
    from connexion.middleware.routing import RoutingAPI, RoutingMiddleware, RoutingOperation
    from connexion.operations.abstract import AbstractOperation
    from connexion.resolver import Resolver
    from connexion.spec import OpenAPISpecification, Specification, create_spec_validator

from collections.abc import Iterator

from starlette.types import ASGIApp

__all__ = [
    "ROUTING_CONTEXT",
    "AbstractOperation",
    "CheckedSpecification",
    "InvalidSpecification",
    "RoutingAPI",
    "RoutingMiddleware",
    "RoutingOperation",
    "Specification",
    "Stack",
]

_OPENAPI = jsonschema_rs.Draft4Validator(OpenAPISpecification.openapi_schema)
_DATA = frozenset({"example", "examples", "enum"})


class CheckedSpecification(OpenAPISpecification):
    """An OpenAPI 3.0 document, checked as Connexion checks it, but by a compiled validator.

    Connexion's own check is a third of the time in which the server starts. It runs only if the fast one finds something, because its error says
    what is wrong and where. Raises InvalidSpecification.
    """

    @classmethod
    def from_dict(cls, spec: dict[str, Any], *, base_uri: str = "") -> CheckedSpecification:
        """A document from its data; the data is not changed."""
        return cls(_with_text_keys(spec), base_uri=base_uri)

    @classmethod
    def _validate_spec(cls, spec: dict[str, Any]) -> None:
        # Connexion checks every default against the schema that contains it.
        validator: Any = create_spec_validator(spec)
        defaults = validator({"properties": {}})
        if not _OPENAPI.is_valid(spec) or not all(defaults.is_valid(node) for node in _find_defaults(spec)):
            check: Any = super()._validate_spec
            check(spec)


class Stack(ConnexionMiddleware):
    """Connexion's stack of middlewares around an application."""

    def __init__(self, app: ASGIApp, middlewares: list[Any]) -> None:
        super().__init__(app, middlewares=middlewares)

    def add_document(self, raw: dict[str, Any], base_path: str) -> None:
        """Add a document under a base path. Raises InvalidSpecification.

        ``add_api`` of Connexion takes data or a file only, and would check it by its own class.
        """
        self.apis.append(API(CheckedSpecification.from_dict(raw), base_path=base_path, resolver=Resolver(_keep_name)))


def _keep_name(operation_id: str) -> str:
    """The name of an operation in place of its function: handlers are bound and called without Connexion."""
    return operation_id


def _with_text_keys(node: Any) -> Any:
    """Objects with their keys as text: YAML reads the status 200 as a number."""
    return {str(key): _with_text_keys(inner) for key, inner in node.items()} if isinstance(node, dict) else node


def _find_defaults(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of a document that has a default."""
    if isinstance(node, list):
        for inner in node:
            yield from _find_defaults(inner)
    elif isinstance(node, dict):
        if "default" in node:
            yield node
        for name, inner in node.items():
            if name == "properties" and isinstance(inner, dict):
                # A property may have any name, `default` too.
                yield from _find_defaults(list(inner.values()))
            elif name not in _DATA and not name.startswith("x-"):
                yield from _find_defaults(inner)
