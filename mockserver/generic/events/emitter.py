"""Puts callbacks and webhooks into the outbox of a world, and queues those that have an address."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any

import orjson

from mockserver.core.base.replies import Reply
from mockserver.core.state.deliveries import Delivery, add_delivery, delivery_table
from mockserver.core.state.world import Change, Transaction
from mockserver.generic.engine import Engine
from mockserver.generic.events.declared import EventSpec, Trigger, callbacks_of, triggers_of, webhooks_of
from mockserver.generic.events.expressions import CallContext, fill_template
from mockserver.generic.events.payloads import make_payload
from mockserver.generic.events.subscribers import Subscriber, Subscribers
from mockserver.openapi.documents import Document
from mockserver.openapi.inference.words import fold
from mockserver.openapi.operations import OperationSpec

SECRET = "demo-secret"  # noqa: S105 - published, like the demo credentials
_REFUSED = 400
_MOST = 20
"""Messages that one call sends at most."""
_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


Outgoing = tuple[EventSpec, Mapping[str, Any], Subscriber]
"""A message, what it is about, and to whom it goes."""


class Events:
    """The callbacks and webhooks of one document."""

    def __init__(self, document: Document, engine: Engine) -> None:
        self._slug = document.slug
        self._engine = engine
        self._webhooks = {event.name: event for event in webhooks_of(document)}
        self._triggers = triggers_of(document, engine.model)
        self._subscribers = Subscribers(engine)
        name = "delivery"
        while name in engine.model.families:
            name += "-"
        self.table = delivery_table(f"{self._slug}.{name}")

    def wrap(self, spec: OperationSpec, handler: Callable[..., Reply]) -> Callable[..., Reply]:
        """A handler that sends what the document says after a call that succeeded; the handler itself if there is nothing to send."""
        callbacks = callbacks_of(spec)
        declared = spec.spec.get("x-webhooks")
        named = tuple(self._webhooks[name] for name in declared if name in self._webhooks) if isinstance(declared, list) else ()
        if not callbacks and not named and (spec.method in _SAFE or not self._triggers):
            return handler

        @wraps(handler)
        def handle(**arguments: Any) -> Reply:
            reply = handler(**arguments)
            if reply.status < _REFUSED:
                self._send(arguments["world"], CallContext(arguments["request"], arguments["sent"], reply), callbacks, named)
            return reply

        return handle

    def _send(self, world: Transaction, call: CallContext, callbacks: tuple[EventSpec, ...], named: tuple[EventSpec, ...]) -> None:
        changes = world.changes
        messages = [*self._called_back(world, call, callbacks), *self._triggered(world, call, named, changes)]
        for event, known, subscriber in messages[:_MOST]:
            self._emit(world, event, known, subscriber)

    def _called_back(self, world: Transaction, call: CallContext, callbacks: tuple[EventSpec, ...]) -> Iterator[Outgoing]:
        for event in callbacks:
            address = fill_template(event.target, call)
            if address is None and not event.target.startswith(("{$", "$", "http")):  # a name that stands for the address of each subscriber
                for subscriber in self._subscribers.of(world, event.name):
                    yield event, call.told, subscriber
            elif address is not None:
                yield event, call.told, Subscriber(address, "")

    def _triggered(self, world: Transaction, call: CallContext, named: tuple[EventSpec, ...], changes: tuple[Change, ...]) -> Iterator[Outgoing]:
        for event in named:
            yield from self._to_subscribers(world, event, call.told)
        for change in changes:
            for trigger in self._triggers:
                records = self._engine.shelves[trigger.family]
                if change.table == records.table.name and trigger.event not in named and _fits(trigger, change):
                    record = change.before if change.after is None else change.after
                    shown = self._engine.makers[trigger.family].shown(record)
                    yield from self._to_subscribers(world, trigger.event, shown)

    def _to_subscribers(self, world: Transaction, event: EventSpec, known: Mapping[str, Any]) -> Iterator[Outgoing]:
        """A message for each subscriber; without one it goes to the outbox only."""
        for subscriber in self._subscribers.of(world, event.name) or [Subscriber("", "")]:
            yield event, known, subscriber

    def _emit(self, world: Transaction, event: EventSpec, known: Mapping[str, Any], subscriber: Subscriber) -> None:
        values = self._engine.values
        number = (world.drawn("message") or 0) + 1
        values.seed(world.seed, "event", event.name, number)
        body = orjson.dumps(make_payload(world, values, event, known)).decode()
        world.send(self._slug, "webhook", subscriber.url, body, event.name)
        if not subscriber.url.startswith(("http://", "https://")):
            return
        delivery = Delivery(
            number,
            event.name,
            event.method,
            subscriber.url,
            ("Content-Type: application/json",),
            body,
            world.now,
            signed=event.headers,
            secret=subscriber.secret or SECRET,
        )
        add_delivery(world, self.table, delivery)


def _fits(trigger: Trigger, change: Change) -> bool:
    """Whether a change of a record is what a webhook is about."""
    if trigger.change in ("created", "deleted", "changed"):
        return {"created": change.before is None, "deleted": change.after is None}.get(
            trigger.change, change.before is not None and change.after is not None
        )
    if change.after is None:
        return False
    before = {} if change.before is None else change.before.data
    now = {fold(str(value)) for name, value in change.after.data.items() if isinstance(value, str) and value != before.get(name)}
    flags = {fold(name) for name, value in change.after.data.items() if value is True and before.get(name) is not True}
    return trigger.change in now | flags
