"""The dashboard of a member. Source: "Dashboard"."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from mockserver import Reply, Transaction
from mockserver.apis.backoffice.countries import countries
from mockserver.apis.backoffice.shown import ZONE, money
from mockserver.apis.backoffice.state import TRANSACTIONS, WALLETS, User, user_by
from mockserver.apis.backoffice.trees import MATRIX_LEGS, MATRIX_LEVELS, team_of

DAYS = 8
"""Days of the chart, today included; as many as the page's sample has."""
POPULAR = 10
FLAGS = "https://cdnjs.cloudflare.com/ajax/libs/flag-icon-css/3.4.6/flags/1x1"


def get_dashboard(world: Transaction, id: int) -> Reply:
    """Balances, and the growth and the countries of the whole team."""
    user = user_by(world, id)
    team = list(team_of(world, user))
    return Reply(
        200,
        {
            "wallets": [{"name": wallet.name, "amount": money(_balance(world, wallet.id, user))} for wallet in world.table(WALLETS).all()],
            "matrix_dimensions": f"{len(MATRIX_LEGS)} / {MATRIX_LEVELS}",
            "permanent_mising": money(0),
            "temporal_mising": money(0),
            "matrix_pending_directs": None,
            "team_growth_chart": _growth(world, team),
            "top_leaders": [],
            "traffic_funnel": [],
            "efficiency_funnel": [],
            "popular_countries": _popular(team),
        },
    )


def _balance(world: Transaction, wallet_id: int, user: User) -> int:
    last = next(world.table(TRANSACTIONS).select("ledger", (wallet_id, user.id)).newest(), None)
    return 0 if last is None else last.balance


def _growth(world: Transaction, team: list[User]) -> dict[str, Any]:
    today = world.now.astimezone(ZONE).date()
    joined = Counter(member.joined_at.astimezone(ZONE).date() for member in team)
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return {"dates": [day.isoformat() for day in days], "users": [joined[day] for day in days]}


def _popular(team: list[User]) -> list[dict[str, Any]]:
    """The countries with most members; of equal ones, the one whose first member joined earlier."""
    numbers = Counter(member.country_code for member in team)
    return [{"country": countries()[code], "number": number, "image": f"{FLAGS}/{code.lower()}.svg"} for code, number in numbers.most_common(POPULAR)]
