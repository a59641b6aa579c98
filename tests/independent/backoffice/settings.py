"""What the environment chooses: the reading of the page, and the planted bug.

Each field of a reading names the discrepancy of the catalogue that leaves the choice open; README.md quotes the sentences.
"""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """One way to understand the page. The defaults follow what is printed."""

    created: int = 200  # D21
    nil_token: int = 403  # D05
    expiry_first: bool = False  # D06
    wrong_login: int = 401  # D07
    blank: int = 422  # D04: login and new users
    ticket_blank: int = 404  # D01
    ticket_unknown: int = 404  # D01
    thread_blank: int = 404  # D02
    thread_unknown: int = 404  # D02
    wallet_blank: int = 422  # D03
    other_body: bool = False  # D08: the other of the two bodies for an unknown user
    query_fields: bool = False  # D09: form fields are read from the query string as well
    extra_key: bool = False  # D11, D18, D19: ids where the page prints none, a second spelling
    cut_nodes: bool = False  # D12: a node has only the children that are there
    language_field: str = "both"  # D14: which of language and locale counts
    whole_details: bool = False  # D15
    strict_fields: bool = False  # D17: formats of e-mail, name, telephone, password
    proper_link: bool = False  # D22
    local_exp: bool = False  # D23
    all_countries: bool = False  # D24
    unknown_parent: str = ""  # D25: "" for an empty list, "error" and "errors" for 404
    token_setting: str = "user"
    single_use: bool = False  # D26
    token_blank: int = 404  # D27
    any_sponsor: bool = False  # D28
    newest_first: bool = False  # D30
    empty_pages: int = 1  # D30
    low_page: str = "first"  # D30: page 0 is the first page, an empty page, or refused
    relative_images: bool = False  # D32
    comment: str = "div"  # D33: how a comment becomes the first thread; "none" for not at all
    content: str = "div"  # D33
    strangers: bool = True  # D34
    matrix_off: bool = True  # D36: a user with matrix_on false has a matrix all the same
    zone: str = "fixed"  # moments at -07:00 all the year, or on the Pacific coast
    cast_ids: bool = False  # 12x is read as 12, as Ruby does
    fold_mail: bool = False  # an e-mail is stored in lower case
    json_bodies: bool = False  # a JSON object is read like a form
    refuse_nul: bool = False  # PostgreSQL has no NUL in texts
    blank_edit: str = "ignored"  # a blank field of an edit is not given, or refused
    key_first: bool = False  # an unknown route asks for the key before it is 404
    depth: int = 2  # levels of the matrix below its root


READINGS = {
    "a": Reading(),
    "b": Reading(
        created=201,
        nil_token=401,
        wrong_login=422,
        ticket_blank=422,
        ticket_unknown=422,
        thread_blank=422,
        thread_unknown=422,
        wallet_blank=400,
        other_body=True,
        query_fields=True,
        extra_key=True,
        language_field="locale",
        whole_details=True,
        strict_fields=True,
        proper_link=True,
        local_exp=True,
        all_countries=True,
        unknown_parent="error",
        token_setting="none",
        single_use=True,
        token_blank=422,
        newest_first=True,
        empty_pages=0,
        low_page="empty",
        relative_images=True,
        comment="plain",
        content="plain",
        matrix_off=False,
        cast_ids=True,
        fold_mail=True,
        json_bodies=True,
        refuse_nul=True,
        blank_edit="refused",
        key_first=True,
        depth=3,
    ),
    "c": Reading(
        expiry_first=True,
        wrong_login=403,
        blank=400,
        thread_blank=422,
        wallet_blank=404,
        cut_nodes=True,
        language_field="language",
        unknown_parent="errors",
        token_setting="all",
        any_sponsor=True,
        low_page="refused",
        comment="none",
        content="escaped",
        strangers=False,
        zone="pacific",
        blank_edit="refused",
    ),
}

READING = READINGS[os.environ.get("READING") or "a"]
BUGS = frozenset(os.environ.get("BUG", "").split(","))
"""One planted bug, or several with commas between them."""


def has_bug(name: str) -> bool:
    """Whether this server is to have the planted bug."""
    return name in BUGS
