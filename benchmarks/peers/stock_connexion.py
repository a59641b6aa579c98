"""Connexion's AsyncApp with default settings and response validation. ``python -m benchmarks.peers.stock_connexion PORT``."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import uvicorn

from benchmarks.reference import payloads

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Connexion imports deprecated parts of its dependencies
    from connexion.apps.asynchronous import AsyncApp
    from connexion.resolver import Resolver


async def list_plans(limit: int = payloads.PAGE, page: int = 1) -> dict[str, Any]:  # noqa: ARG001 - what the document names
    """The page."""
    return PAGE


async def get_plan(plan_id: int) -> dict[str, Any]:  # noqa: ARG001 - what the document names
    """The plan."""
    return PLAN


async def create_subscription(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The subscription, made from the body."""
    return {**payloads.SUBSCRIPTION, **body}, 201


def key_info(key: str, **_: Any) -> dict[str, Any] | None:
    """The owner of the key."""
    return {"sub": "benchmark"} if key == payloads.KEY else None


PAGE, PLAN = payloads.page(), payloads.plan(1)
HANDLERS = {function.__name__: function for function in (list_plans, get_plan, create_subscription)}


def app() -> AsyncApp:
    """The application."""
    document = payloads.document_with_examples()
    document["components"]["securitySchemes"]["key"]["x-apikeyInfoFunc"] = f"{key_info.__module__}.{key_info.__name__}"
    made = AsyncApp("reference")
    made.add_api(document, resolver=Resolver(HANDLERS.__getitem__), validate_responses=True)
    return made


if __name__ == "__main__":
    sys.modules.setdefault("benchmarks.peers.stock_connexion", sys.modules["__main__"])
    key_info.__module__ = "benchmarks.peers.stock_connexion"
    uvicorn.run(app(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
