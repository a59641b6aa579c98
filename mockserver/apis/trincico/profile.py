"""The signed-in user, computed from everything else. Source: "Profile"."""

from __future__ import annotations

from mockserver import Reply, Transaction, fields_of
from mockserver.apis.trincico import wire
from mockserver.apis.trincico.state import FAVORITES, SERVICES, User, current_subscriptions


def get_profile(world: Transaction, caller: User) -> Reply:
    """The caller with services, favorites, permissions and the present subscription."""
    held = current_subscriptions(world, caller.id)
    liked = (world.table(SERVICES).get(favorite.service_id) for favorite in world.table(FAVORITES).select("user", caller.id))
    return Reply(
        200,
        {
            "id": caller.id,
            "roles": wire.roles(world, caller),
            **fields_of(caller, "email first_name last_name"),
            "avatar": wire.avatar(),
            "refer_code": caller.refer_code,
            "phone": caller.phone,
            "services": [wire.service(world, service) for service in world.table(SERVICES).select("owner", caller.id)],
            "favorites": [wire.service_short(service) for service in liked if service is not None],
            "reviews": [],
            "address": "",
            "city": None,
            "state": None,
            "country": caller.country,
            "zip_code": None,
            "permissions": wire.permissions(world, caller),
            "current_subscription": wire.subscription_summary(world, held[-1]) if held else None,
            "selected_language": "en",
            "created_at": caller.created_at,
            "updated_at": caller.updated_at,
        },
    )
