"""Material by category. Source: "Category Resources", "Resources"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver import Reply
from mockserver.apis.backoffice.state import CATEGORIES, RESOURCES

if TYPE_CHECKING:
    from mockserver import Transaction


def list_category_resources(world: Transaction) -> Reply:
    """Every category."""
    return Reply(200, {"list": [CATEGORIES.to_json(category) for category in world.table(CATEGORIES).all()]})


def list_resources(world: Transaction, id: int) -> Reply:
    """The resources of a category; an unknown one has none (backoffice.D25)."""
    shown = ("id", "title", "description", "video", "file")
    found = world.table(RESOURCES).select("category", id)
    return Reply(200, {"list": [{name: getattr(resource, name) for name in shown} for resource in found]})
