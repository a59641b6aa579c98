"""Who gets the webhooks of a document: the records of families that hold an address, such as ``/webhooks`` and ``/subscriptions``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.core.state.world import Transaction
from mockserver.generic.engine import Engine
from mockserver.openapi.inference.words import fold, split

_NOUNS = frozenset("webhook hook subscription subscriber listener webhooks hooks subscriptions".split())
_ADDRESSES = (
    "url",
    "targeturl",
    "callbackurl",
    "webhookurl",
    "endpointurl",
    "notificationurl",
    "hookurl",
    "endpoint",
    "uri",
    "address",
    "target",
    "callback",
)
_TOPICS = frozenset("events event eventtypes eventtype types topics topic enabledevents categories triggers subscribedevents".split())
_SECRETS = frozenset("secret signingsecret webhooksecret secretkey sharedsecret hmackey".split())
_OFF = frozenset("disabled inactive paused suspended deleted".split())
_MOST = 20
"""Subscribers that one event is sent to at most."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    url: str
    secret: str


class Subscribers:
    """The families of a document whose records subscribe to webhooks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._families = {
            name: address
            for name, family in engine.model.families.items()
            if not family.is_singleton and _NOUNS & set(split(family.noun or name))
            if (address := _find_address(engine.values.shapes.of(family.schema).properties))
        }

    def of(self, world: Transaction, event: str) -> list[Subscriber]:
        """Those that want an event: all that are active, and do not name other events only."""
        found: list[Subscriber] = []
        for name, address in self._families.items():
            for item in self._engine.shelves[name].all(world, {}):
                url = item.data.get(address)
                if isinstance(url, str) and url and _wants(item.data, event) and len(found) < _MOST:
                    secret = next((value for key, value in item.data.items() if fold(key) in _SECRETS and isinstance(value, str)), "")
                    found.append(Subscriber(url, secret))
        return found


def _find_address(properties: Mapping[str, Any]) -> str:
    folded = {fold(name): name for name in properties}
    return next((folded[name] for name in _ADDRESSES if name in folded), "")


def _wants(data: Mapping[str, Any], event: str) -> bool:
    for name, value in data.items():
        folded = fold(name)
        if folded in ("enabled", "active", "isactive", "isenabled") and value is False:
            return False
        if folded in ("status", "state") and str(value).lower() in _OFF:
            return False
        if folded in _TOPICS and value:
            wanted = [str(one) for one in (value if isinstance(value, list) else [value])]
            if not any(one == "*" or fold(one) == fold(event) or (one.endswith("*") and event.startswith(one[:-1])) for one in wanted):
                return False
    return True
