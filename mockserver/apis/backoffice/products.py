"""Plans that members have. Source: "Products"; the key is plans, and plan holds the name (backoffice.D35)."""

from __future__ import annotations

from mockserver import Reply, Transaction
from mockserver.apis.backoffice.shown import PLAN_PICTURE
from mockserver.apis.backoffice.state import PLANS, PURCHASES, user_by


def get_products(world: Transaction, id: int) -> Reply:
    """The plans of a user, oldest first.

    Units: ``price`` is a number in ``currency`` (backoffice.D31).
    """
    user = user_by(world, id)
    plans = world.table(PLANS)
    return Reply(
        200,
        {
            "plans": [
                {"id": purchase.id, "plan": plan.name, "image": world.own_url + PLAN_PICTURE, "price": plan.price / 100, "currency": plan.currency}
                for purchase in world.table(PURCHASES).select("user", user.id)
                if (plan := plans.get(purchase.plan_id)) is not None
            ]
        },
    )
