"""What an app asks for when it starts. Source: "Routes", by name only."""

from __future__ import annotations

from mockserver import Reply, Transaction, fields_of
from mockserver.apis.trincico import directory, wire
from mockserver.apis.trincico.allowance import CREATE, allowed
from mockserver.apis.trincico.state import PLANS, SERVICES, User

VERSION = "1.0.0"
MAINTENANCE = "trincico.maintenance"


def get_version() -> Reply:
    """The version of the app that the API is for."""
    return Reply(200, {"version": VERSION})


def get_maintenance(world: Transaction) -> Reply:
    """Whether the control plane has switched maintenance on."""
    return Reply(200, {"maintenance": world.is_down(MAINTENANCE)})


def get_data(world: Transaction) -> Reply:
    """Catalogues and state that an app needs."""
    plans = sorted((plan for plan in world.table(PLANS).all() if plan.active), key=lambda plan: plan.weight)
    return Reply(
        200,
        {
            "version": VERSION,
            "maintenance": world.is_down(MAINTENANCE),
            "categories": [wire.category(world, category) for category in world.table(directory.CATEGORIES).all()],
            "countries": [fields_of(country, "id name") for country in world.table(directory.COUNTRIES).all()],
            "plans": [wire.plan(world, plan, embedded=False) for plan in plans],
        },
    )


def check_shop(world: Transaction, caller: User) -> Reply:
    """Whether the plan of the caller allows another service."""
    most, held = allowed(world, caller, CREATE), len(world.table(SERVICES).select("owner", caller.id))
    return Reply(200, {"may_sell": held < most, "services": held, "max_allowed_value": most})
