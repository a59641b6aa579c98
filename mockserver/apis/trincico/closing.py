"""The end of an account: nothing of it goes on, and what others refer to stays."""

from __future__ import annotations

from mockserver import Transaction
from mockserver.apis.trincico import billing, state


def close(world: Transaction, user_id: str) -> None:
    """Replace the token of a user by one that is not published, end the subscriptions and unpublish the services."""
    world.table(state.USERS).change(state.user_of(world, user_id), active=False, token=world.token("trincico.closed", 40))
    for subscription in state.current_subscriptions(world, user_id):
        world.cancel(billing.PERIOD_ENDS, subscription.id)
        world.table(state.SUBSCRIPTIONS).change(subscription, status="canceled", canceled_at=state.seconds(world), next_plan_id=None)
    for service in world.table(state.SERVICES).select("owner", user_id):
        if service.status == "published":
            world.table(state.SERVICES).change(service, status="unpublished")
