"""The pictures behind the addresses in other answers. Not on the vendor's page; without them every image in a client would be broken."""

from __future__ import annotations

from mockserver import Reply, Table, Transaction, VendorFault, read_digits
from mockserver.apis.trincico import directory, pictures, state

_SQUARE, _WIDE = (5, 5), (15, 7)
"""Columns and rows of cells."""
_KINDS: dict[str, tuple[tuple[int, int], Table]] = {  # type: ignore[type-arg]  # of any record
    "avatar.png": (_SQUARE, state.USERS),
    "blog.png": (_WIDE, directory.BLOG_ENTRIES),
    "category.png": (_SQUARE, directory.CATEGORIES),
    "cover.png": (_WIDE, state.SERVICES),
    "gallery.png": (_WIDE, state.GALLERY),
    "logo.png": (_SQUARE, state.SERVICES),
}
"""Shape and table of each kind of picture, by file name."""


def get_picture(world: Transaction, record_id: str, name: str) -> Reply:
    """The picture of a record. Raises not_found."""
    shape, table = _KINDS[name]
    key = read_digits(record_id) if table.codec.fields["id"] is int else record_id
    if key is None or world.table(table).get(key) is None:
        raise VendorFault("not_found")
    return Reply(200, pictures.draw(f"{name} {key}", *shape), media_type="image/png")
