"""Where a request belongs in a document, whether it was sent to a mock's world or through a proxy that doubles slashes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.openapi.documents import Document
    from mockserver.openapi.operations import Route

_DOUBLED = re.compile(r"(?<=[^/])/{2,}")
_WORLD = re.compile(r"^/~[A-Za-z0-9][A-Za-z0-9._-]{0,63}(?=/|$)")


def without_world(path: str) -> str:
    """A path without the name of a mock's world at its beginning."""
    return _WORLD.sub("", path, count=1) or "/"


def api_path(document: Document, path: str, host: str = "") -> str | None:
    """The path of a request below the base path of the API; None if the request goes elsewhere."""
    return document.below_base(_DOUBLED.sub("/", without_world(path)), host)


def find_route(document: Document, method: str, path: str) -> Route | None:
    """The operation of a request, None if there is none; a HEAD belongs to the GET of its path if the document has no HEAD there."""
    found = document.route(method, path)
    return document.route("GET", path) if found is None and method == "HEAD" else found
