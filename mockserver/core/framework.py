"""The parts of Connexion that are used here, imported without the warnings that its other parts raise on import."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Connexion imports Starlette's test client and a deprecated resolver; we use neither
    from connexion.exceptions import InvalidSpecification
    from connexion.middleware.abstract import ROUTING_CONTEXT
    from connexion.middleware.main import ConnexionMiddleware
    from connexion.middleware.routing import RoutingAPI, RoutingMiddleware, RoutingOperation
    from connexion.operations.abstract import AbstractOperation
    from connexion.resolver import Resolver
    from connexion.spec import Specification

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
