"""The page behind the link of the welcome message: a customer's wallet with its balance and a barcode for the till (monedero.D38)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby

import barcode
from jinja2 import Environment, PackageLoader, StrictUndefined

from mockserver import NotFound, Reply, Transaction, read_digits
from mockserver.apis.monedero.points import shown
from mockserver.apis.monedero.state import CONTACTS, WALLETS, card_of

_TEMPLATES = Environment(
    loader=PackageLoader("mockserver.apis.monedero"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;color:#1d2125;background:#f4f1ea;margin:0;padding:1.5rem}"
    "main{max-width:22rem;margin:auto;padding:1.5rem;background:#fff;border-radius:1rem;text-align:center}"
    "h1{font-size:1.3rem}strong{font-size:2.5rem}svg{width:100%;height:5rem}"
)
_STYLE_HASH = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def get_card(world: Transaction, card: str) -> Reply:
    """The page of a customer, as HTML. Raises NotFound for a name that no message held."""
    number = read_digits(card.partition("-")[0])
    contact = None if number is None else world.table(CONTACTS).get(number)
    if contact is None or card_of(contact) != card:
        raise NotFound("card", card)
    bars = list(_bars(contact.phone))
    page = _TEMPLATES.get_template("card.html").render(
        style=_STYLE,
        contact=contact,
        wallet=world.table(WALLETS)[contact.wallet_id],
        balance=shown(contact.points),
        bars=bars,
        width=bars[-1][0] + bars[-1][1],
    )
    return Reply(200, page.encode(), _HEADERS, "text/html; charset=utf-8")


def _bars(text: str) -> Iterator[tuple[int, int]]:
    """Place and width of each bar of a text in Code 128."""
    place = 0
    for colour, run in groupby(barcode.get("code128", text).build()[0]):
        width = len(list(run))
        if colour == "1":
            yield place, width
        place += width
