"""Lists of possible values. Source: "CryptoCurrencies Cashout", "Legs", "Locales", "Countries"."""

from __future__ import annotations

from mockserver import Reply, Transaction
from mockserver.apis.backoffice.countries import countries
from mockserver.apis.backoffice.state import CURRENCIES, LEGS, LOCALES


def list_cryptocurrency_cashouts(world: Transaction) -> Reply:
    """Currencies in which earnings are paid out."""
    return Reply(200, {"list": [CURRENCIES.to_json(currency) for currency in world.table(CURRENCIES).all()]})


def list_legs(world: Transaction) -> Reply:
    """Legs in which users are placed."""
    return Reply(200, {"list": [LEGS.to_json(leg) for leg in world.table(LEGS).all()]})


def list_locales(world: Transaction) -> Reply:
    """Languages with their flags."""
    return Reply(200, {"list": [LOCALES.to_json(locale) for locale in world.table(LOCALES).all()]})


def list_countries() -> Reply:
    """Countries in the order of their names."""
    return Reply(200, {"list": [{"id": code, "name": name} for code, name in countries().items()]})
