"""The addresses of several documents on one server, each of which belongs to one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mockserver.openapi.documents import Document
from mockserver.openapi.errors import SetupError

PUBLISHED = "/openapi.json"
"""The path below its base path at which a document is published."""

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def check_addresses(documents: Sequence[Document], reserved: Sequence[str]) -> None:
    """Check that no address belongs to two documents, and none of the server's own documents lies at or below a reserved path.

    A document that was not written for the server may have an address below a reserved path: its operation then wins over the page there. Raises
    SetupError, in one line, that names the documents and the address.
    """
    holders: dict[str, Document] = {}
    for document in documents:
        for path in _list_paths(document):
            address = document.base_path + path or "/"
            own = next((prefix for prefix in reserved if address == prefix or address.startswith(prefix + "/")), None)
            if own is not None and not document.has_skeleton:
                raise SetupError(f"{document.source}: {address} belongs to the server itself, like all below {own}; change the base path in servers")
            # Templates that differ only in the names of their placeholders are one address.
            holder = holders.setdefault(_PLACEHOLDER.sub("{}", address.rstrip("/") or "/"), document)
            if holder is not document:
                raise SetupError(
                    f"{holder.source} and {document.source} both have {address}, so one would hide the other; change the base path of one in servers,"
                    f" or by --base-path {document.slug}=/path"
                )


def _list_paths(document: Document) -> Iterator[str]:
    """Every path of a document below its base path: its operations, their further paths, and the document itself if it is sure of a place."""
    for operation in document.operations:
        yield operation.path
        yield from operation.aliases
    if not document.has_skeleton:
        yield PUBLISHED
