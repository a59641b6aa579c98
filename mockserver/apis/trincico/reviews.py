"""Reviews and their answers. Source: "Routes"; storing and showing is the engine's, the notices are sent here."""

from __future__ import annotations

from collections.abc import Callable

from mockserver import Reply, Transaction, VendorFault
from mockserver.apis.trincico import events
from mockserver.apis.trincico.community import REVIEWS
from mockserver.apis.trincico.ownership import any_service
from mockserver.apis.trincico.state import User


def review_service(world: Transaction, caller: User, service_id: str, infer: Callable[..., Reply]) -> Reply:
    """Review a service of another user; its owner gets a notice."""
    service = any_service(world, service_id)
    if service.owner_id == caller.id:
        raise VendorFault("non_processable")
    reply = infer()
    events.reviewed(world, service, caller, next(iter(world.table(REVIEWS).newest())))
    return reply


def answer_review(world: Transaction, review_id: str, infer: Callable[..., Reply]) -> Reply:
    """Answer a review of one of the caller's services; its author gets a notice."""
    reply = infer()
    events.answered(world, world.table(REVIEWS)[review_id.lower()])
    return reply
