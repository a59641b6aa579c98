"""Material by category. Source: "Category Resources", "Resources"."""

from __future__ import annotations

from mockserver import Reply, Transaction, fields_of
from mockserver.apis.backoffice.state import CATEGORIES, RESOURCES


def list_category_resources(world: Transaction) -> Reply:
    """Every category."""
    return Reply(200, {"list": [CATEGORIES.to_json(category) for category in world.table(CATEGORIES).all()]})


def list_resources(world: Transaction, id: int) -> Reply:
    """The resources of a category; an unknown one has none (backoffice.D25)."""
    found = world.table(RESOURCES).select("category", id)
    return Reply(200, {"list": [fields_of(resource, "id title description video file") for resource in found]})
