"""Members: read, registered, changed. Source: "Operaciones de usuario"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver import DeferredViolations, Reply, Transaction, Upload, VendorFault, Violation, read_image
from mockserver.apis.backoffice import state
from mockserver.apis.backoffice.countries import is_country
from mockserver.apis.backoffice.faults import wrong
from mockserver.apis.backoffice.shown import picture_url
from mockserver.apis.backoffice.trees import free_place

_KEPT_AS_SENT = ("first_name", "last_name", "email", "mobile", "default_leg", "country_code")
_SHOWN = (*_KEPT_AS_SENT, "username", "language", "matrix_on", "request_token_on_edit")


def get_user(world: Transaction, id: int) -> Reply:
    """The data of a user without the id."""
    user = state.user_by(world, id)
    return Reply(200, {**{name: getattr(user, name) for name in _SHOWN}, "profile_image": picture_url(world, user)})


def create_user(world: Transaction, body: Mapping[str, Any], late: DeferredViolations) -> Reply:
    """Register a user, who joins the sponsor's team and matrix and starts with the first plan.

    Blank fields are reported first; otherwise all violations are reported at once. The sponsor has to exist (backoffice.D28).
    """
    sound = late.sound(body)
    sponsor = state.user_named(world, sound.get("sponsor", ""))
    found = [*_new_names(world, sound), *_shared_rules(world, sound, None)]
    if sponsor is None:
        raise late.refusal(*found, wrong("sponsor", "sponsor_unknown"))
    late.refuse(*found)
    plan = next(iter(world.table(state.PLANS).all()))
    parent_id, leg = free_place(world, sponsor)
    user = world.table(state.USERS).add(
        state.User(
            id=world.draw("backoffice.user"),
            username=body["user_name"],
            password_digest=state.password_digest(body["password"]),
            first_name=body["first_name"],
            last_name=body["last_name"],
            email=body["email"],
            country_code=body["country_code"],
            mobile=body["mobile"],
            default_leg="binary_tank",
            language="en",
            picture_id=None,
            matrix_on=False,
            request_token_on_edit=False,
            plan_id=plan.id,
            sponsor_id=sponsor.id,
            parent_id=parent_id,
            leg=leg,
            joined_at=world.now,
        )
    )
    world.table(state.PURCHASES).add(state.Purchase(world.draw("backoffice.purchase"), user.id, plan.id))
    return Reply(200, {"message": "User created successfully."})


def update_user(world: Transaction, id: int, body: Mapping[str, Any], late: DeferredViolations) -> Reply:
    """Change the fields that are sent. The edit token is checked before the fields (backoffice.D26).

    Language and locale are not checked; language is used if both are sent (backoffice.D14).
    """
    user = state.user_by(world, id)
    sound = late.sound(body)
    if user.request_token_on_edit and not _is_valid_token(world, user, sound.get("token", "")):
        raise VendorFault("edit_token_invalid")
    late.refuse(*_shared_rules(world, sound, user))

    changes = {name: body[name] for name in _KEPT_AS_SENT if name in body}
    language = body.get("language") or body.get("locale")
    if language:
        changes["language"] = language
    if "password" in body:
        changes["password_digest"] = state.password_digest(body["password"])
    if "profile_image" in body:
        changes["picture_id"] = _store_picture(world, user, body["profile_image"])
    world.table(state.USERS).change(user, **changes)
    return Reply(200, {"message": "User updated successfully."})


def _new_names(world: Transaction, fields: Mapping[str, Any]) -> Iterator[Violation]:
    if "user_name" in fields and state.user_named(world, fields["user_name"]) is not None:
        yield wrong("user_name", "taken")


def _shared_rules(world: Transaction, fields: Mapping[str, Any], user: state.User | None) -> Iterator[Violation]:
    """Rules for new users and for changes of ``user``."""
    owner = state.user_at(world, fields["email"]) if "email" in fields else None
    if owner is not None and (user is None or owner.id != user.id):
        yield wrong("email", "taken")
    if "country_code" in fields and not is_country(fields["country_code"]):
        yield wrong("country_code", "not_included")


def _is_valid_token(world: Transaction, user: state.User, token: str) -> bool:
    return any(held.token == token and world.now < held.expires_at for held in world.table(state.EDIT_TOKENS).select("user", user.id))


def _store_picture(world: Transaction, user: state.User, upload: Upload) -> int:
    """Keep a picture in place of the one before. Its name is ours: nothing that the client says of the file is used."""
    pictures = world.table(state.PICTURES)
    if user.picture_id is not None:
        pictures.remove(user.picture_id)
    image = read_image(upload.data)
    assert image is not None, "the document lets pictures pass only"  # noqa: S101 - tells the type checker what was judged before
    number = world.draw("backoffice.picture")
    picture = state.Picture(number, user.id, f"profile.{image.extension}", image.media_type, len(upload.data), upload.data)
    return pictures.add(picture).id
