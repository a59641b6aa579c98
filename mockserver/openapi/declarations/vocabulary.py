"""The keys of the declarations. Those that only the behaviour checks read are known here, so that a misspelt key can be refused."""

from __future__ import annotations

from mockserver.openapi.inference.model import Kind, Place

RESOURCE, LIST, ROLE = "x-resource", "x-list", "x-role"

PARTS = ("create", "read", "list", "change", "delete")
"""Operations of a resource, each an operationId or a mapping with ``call``."""
RESOURCE_KEYS = (
    *("collection", "item", "schema", "identity", "key", "singleton", "below", "references"),
    *("server-set", "write-only", "immutable", "starts", "aliases", "open", "mirrors"),
    *PARTS,
)
ROLE_KEYS = ("of", "kind", "key", "at", "in-list", "sent", "sent-in-list", "below", "key-in", "set", "from", "otherwise")
LIST_KEYS = ("of", "kind", "at", "below", "page", "filters", "sort", "text", "keys", "sent")
PAGE_KEYS = ("by", "parameter", "size", "first", "default", "also", "backwards")
FILTER_KEYS = ("parameter", "field", "compares")
SORT_KEYS = ("parameter", "direction")

CHECKED = {
    RESOURCE: ("owner", "find", "echo", "fields", "stored", "as-number", "unique", "clauses"),
    LIST: ("identity", "order", "send", "after", "whole", "total", "holds", "clauses"),
    "page": ("fixed", "walk", "next", "holds"),
    "filter": ("send", "equals", "after", "holds", "assumed", "clause"),
}
"""Keys that the behaviour checks read, by declaration."""

AT_RECORD = frozenset({Kind.READ, Kind.EXISTS, Kind.UPDATE, Kind.REPLACE, Kind.UPSERT, Kind.DELETE, Kind.ACTION})
"""Roles of operations at the path of one record."""
LISTS = (Kind.LIST, Kind.SEARCH)
PAGES = {"number": "page", "offset": "offset", "cursor": "cursor"}
"""By the word of the declaration, the field of the model that holds the parameter."""
COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
PLACES: tuple[Place, ...] = ("path", "query", "body")
"""Where a request names a record."""
SERVER, CLIENT = "server", "client"
"""Who chooses the key of a new record."""
