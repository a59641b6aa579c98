"""How records are shown, by schema of the document: one projection for each object, whichever operation shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver import Transaction, fields_of
from mockserver.apis.trincico import community, directory, state, wire


def profile(world: Transaction, user: state.User) -> dict[str, Any]:
    """A user as the user sees it, with services, favorites, reviews, permissions and the present subscription."""
    held = state.current_subscriptions(world, user.id)
    liked = (world.table(state.SERVICES).get(favorite.service_id) for favorite in world.table(state.FAVORITES).select("user", user.id))
    return {
        "id": user.id,
        "roles": wire.roles(world, user),
        **fields_of(user, "email first_name last_name"),
        "avatar": wire.avatar(world, user),
        "refer_code": user.refer_code,
        "phone": user.phone,
        "services": [wire.service(world, service) for service in world.table(state.SERVICES).select("owner", user.id)],
        "favorites": [wire.service_short(service) for service in liked if service is not None],
        "reviews": [wire.review(world, review) for review in world.table(community.REVIEWS).select("author", user.id)],
        **fields_of(user, "address city state country zip_code"),
        "permissions": wire.permissions(world, user),
        "current_subscription": wire.subscription_summary(world, held[-1]) if held else None,
        **fields_of(user, "selected_language created_at updated_at"),
    }


def chat(world: Transaction, record: community.Chat, caller: state.User) -> dict[str, Any]:
    """A chat as one of its members sees it."""
    messages = list(world.table(community.CHAT_MESSAGES).select("chat", record.id))
    service = None if record.service_id is None else world.table(state.SERVICES).get(record.service_id)
    return {
        "id": record.id,
        "members": [wire.person(world, state.user_of(world, user_id)) for user_id in (record.user_id, record.other_id)],
        "service": None if service is None else wire.service_short(service),
        "last_message": fields_of(messages[-1], "id chat_id author_id text created_at received_at") if messages else None,
        "unread": sum(message.author_id != caller.id and message.received_at is None for message in messages),
        "created_at": record.created_at,
    }


def _service(world: Transaction, record: state.Service, _caller: object) -> Mapping[str, Any]:
    return wire.service(world, record)


def _category(world: Transaction, record: directory.Category, _caller: object) -> Mapping[str, Any]:
    return wire.category(world, record)


def _blog_entry(world: Transaction, record: directory.BlogEntry, _caller: object) -> Mapping[str, Any]:
    return wire.blog_entry(world, record)


def _customer(_world: Transaction, record: state.Customer, _caller: object) -> Mapping[str, Any]:
    return wire.customer_shown(record)


def _payment(world: Transaction, record: state.Payment, _caller: object) -> Mapping[str, Any]:
    return wire.payment(world, record)


def _profile(world: Transaction, record: state.User, _caller: object) -> Mapping[str, Any]:
    return profile(world, record)


def _public_profile(world: Transaction, record: state.User, _caller: object) -> Mapping[str, Any]:
    published = [service for service in world.table(state.SERVICES).select("owner", record.id) if service.status == "published"]
    return {
        **wire.person(world, record),
        **fields_of(record, "city state country"),
        "services": list(map(wire.service_short, published)),
        "created_at": record.created_at,
    }


def _person(world: Transaction, record: state.User, _caller: object) -> Mapping[str, Any]:
    return wire.person(world, record)


def _reserve(world: Transaction, record: state.Booking, _caller: object) -> Mapping[str, Any]:
    at = state.moment(record.at)
    return {
        "id": record.id,
        "service": wire.service_short(world.table(state.SERVICES)[record.service_id]),
        "user": wire.person(world, state.user_of(world, record.user_id)),
        "date": at.date().isoformat(),
        "time": f"{at:%H:%M}",
        **fields_of(record, "status phone text"),
        "canceled_by": record.canceled_by or None,
        "created_at": record.created_at,
    }


def _review(world: Transaction, record: community.Review, _caller: object) -> Mapping[str, Any]:
    return wire.review(world, record)


def _visit(_world: Transaction, record: state.Visit, _caller: object) -> Mapping[str, Any]:
    return wire.visit(record)


PROJECTIONS: Mapping[str, Callable[[Transaction, Any, Any], Mapping[str, Any]]] = {
    "BlogEntry": _blog_entry,
    "Category": _category,
    "Chat": chat,
    "Customer": _customer,
    "PaymentRecord": _payment,
    "Person": _person,
    "Profile": _profile,
    "PublicProfile": _public_profile,
    "Reserve": _reserve,
    "Review": _review,
    "Service": _service,
    "Visit": _visit,
}
