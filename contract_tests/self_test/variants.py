"""Conforming implementations that differ from the mock: the suite must find nothing in any of them."""

from __future__ import annotations

from dataclasses import dataclass

from .mutants import Edit, Spoil

WORLD = "mockserver/core/state/world.py"


@dataclass(frozen=True)
class Variant:
    """A conforming difference: edits and spoils like those of a violation, ways in ``between.py``, options of the server."""

    name: str
    changes: tuple[Edit | Spoil, ...] = ()
    ways: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


EVERYWHERE = (
    Variant("header names in title case", ways=("titled",)),
    Variant("30 ms slower", ways=("slow",)),
    Variant("bodies in chunks", ways=("chunked",)),
    Variant("more headers", ways=("more_headers",)),
    Variant("media type with a charset", ways=("charset",)),
    Variant("JSON spread over lines, its fields turned round", ways=("pretty",)),
    Variant("other data", options=("--seed", "77")),
    Variant("another date", options=("--freeze", "2031-03-09T04:05:06Z")),
    Variant(
        "ids with gaps",
        (
            Edit(
                WORLD,
                "start if number is None else number + 1",
                'start if number is None else number + (3 if "." in kind and " " not in kind and (kind != "backoffice.user" or number >= 20) else 1)',
            ),
        ),
    ),
)
"""Differences that any vendor may show."""
OWN: dict[str, tuple[Variant, ...]] = {
    "serpi": (
        Variant(
            "unknown id as HTTP 404, empty page and creation as HTTP 200",
            (
                Spoil("update_sucursal", 200, "status = 404 if body['success'] is False else 200"),
                Spoil("list_sucursales", 201, "status = 200"),
                Spoil("create_sucursal", 201, "status = 200"),
            ),
        ),
        Variant(
            "numbers of telephones as numbers",
            (
                Spoil(
                    "list_sucursales",
                    200,
                    "[row.update(movil=int(row['movil'])) for row in body['result'] if row['movil'].isdigit() and row['movil'][0] != '0']",
                ),
            ),
        ),
    ),
    "monedero": (
        Variant(
            "refusals as HTTP 200, without message, with the other codes",
            tuple(
                Spoil(name, 400, "status = 200; body.pop('message')")
                for name in ("add_contact", "get_contacts", "create_sale", "update_balance", "add_employee", "disable_employee")
            ),
        ),
        Variant(
            "points as text", tuple(Spoil(name, 200, "body['newBalance'] = str(body['newBalance'])") for name in ("create_sale", "update_balance"))
        ),
    ),
    "troyansys": (
        Variant(
            "successes as HTTP 201", tuple(Spoil(name, 200, "status = 201") for name in ("login_user", "get_company", "list_plans", "logout_user"))
        ),
        Variant("modules in another order", (Spoil("get_company", 200, "body['active_modules'].reverse()"),)),
    ),
    "trincico": (
        Variant(
            "payloads alone under data",
            tuple(Spoil(name, 200, "body = {'data': body}") for name in ("retrieve_invoice", "get_active_subscription", "get_profile")),
        ),
    ),
    "backoffice": (
        Variant(
            "creations as HTTP 201",
            tuple(Spoil(name, 200, "status = 201") for name in ("create_user", "create_token", "create_user_ticket", "create_thread")),
        ),
    ),
}
"""Readings of a vendor's page that the mock does not take, and its document accepts."""


def variants(slug: str) -> tuple[Variant, ...]:
    """The conforming variants of a vendor."""
    return (*EVERYWHERE, *OWN.get(slug, ()))
