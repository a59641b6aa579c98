"""Lists of a foreign document as ``x-list`` declares them: where the records stand, how pages follow, what filters select."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.openapi.documents import Document
from mockserver.openapi.inference.model import Family, Role
from mockserver.openapi.inference.shapes import success_schema
from mockserver.openapi.inference.words import fold
from mockserver.openapi.operations import OperationSpec

LARGE, SMALL = 100, 3
"""Records of the largest and of the smallest page that is asked for, if the document allows them."""
FIRST_PAGE = 10
"""Records from which a list may be only a first page, if it has pages of a size that nothing says."""
_NEXT = frozenset("next nextcursor nextpagetoken nexttoken nextpage endcursor cursor nextpagecursor continuationtoken pagetoken".split())
_LAST_KEY = frozenset("after startingafter pageafter".split())
_SCALARS = frozenset({"string", "integer", "boolean"})


def declare_list(document: Document, operation: OperationSpec, role: Role, family: Family) -> dict[str, Any] | None:
    """The declaration of a list without its filters; None if its records have no key."""
    key = plain_identity(family)
    if role.answer is None or role.bare_keys or key is None or has_other_required(operation, role):
        return None
    declared: dict[str, Any] = {"at": role.answer, "identity": key}
    paging = role.paging
    if paging.page or paging.offset or paging.cursor:
        declared["below"] = FIRST_PAGE  # unless the next page can be asked for
    size = bounds_of(document, operation, role.paging.size)
    if size is not None:
        low, high = size
        declared["whole"] = {role.paging.size: max(low, min(high, LARGE))}
        declared |= {"below": declared["whole"][role.paging.size], "size": role.paging.size}
        page = _page(document, operation, role, key)
        if page is not None:
            del declared["below"]
            declared["page"] = {**page, "size": role.paging.size, "walk": max(low, min(high, SMALL))}
    return declared


def first_page(operation: OperationSpec, declared: Mapping[str, Any]) -> dict[str, Any]:
    """What a list has to be sent for its first page, if the document requires it."""
    page = declared.get("page", {})
    required = {str(one["name"]) for one in operation.parameters if one.get("required")}
    return {page["parameter"]: page["first"]} if page.get("parameter") in required and page.get("first") is not None else {}


def bounds_of(document: Document, operation: OperationSpec, name: str) -> tuple[int, int] | None:
    """The least and the largest value of a size; None if there is no such parameter, or it has no whole number."""
    for parameter in operation.parameters if name else ():
        if parameter.get("name") == name and parameter.get("in") == "query":
            schema = document.merge_all_of(parameter.get("schema", {}))
            low, high = schema.get("minimum", 1), schema.get("maximum", LARGE)
            return (max(1, int(low)), int(high)) if isinstance(low, int | float) and isinstance(high, int | float) else None
    return None


def _page(document: Document, operation: OperationSpec, role: Role, key: str) -> dict[str, Any] | None:
    """How the next page is asked for; None if the document does not say."""
    paging = role.paging
    if paging.page:
        return {"by": "number", "parameter": paging.page, "first": paging.first}
    if paging.offset:
        return {"by": "offset", "parameter": paging.offset, "first": 0}
    if not paging.cursor:
        return None
    found = _next_pointer(document, success_schema(operation), role.answer or "")
    if found is None and fold(paging.cursor) in _LAST_KEY:
        found = f"{role.answer}/-1/{key}"
    return None if found is None else {"by": "cursor", "parameter": paging.cursor, "first": None, "next": found}


def _next_pointer(document: Document, schema: Any, list_at: str) -> str | None:
    """Where the answer shows the cursor of the next page: a text beside the list whose name says so, and that is no address."""
    top = document.merge_all_of(schema) if schema is not None else {}
    for name, inner in top.get("properties", {}).items():
        shape = document.merge_all_of(inner)
        if f"/{name}" == list_at:
            continue
        if fold(name) in _NEXT and _is_cursor(shape):
            return f"/{name}"
        for deeper, one in shape.get("properties", {}).items():
            if fold(deeper) in _NEXT and _is_cursor(document.merge_all_of(one)):
                return f"/{name}/{deeper}"
    return None


def _is_cursor(shape: Mapping[str, Any]) -> bool:
    return shape.get("type") == "string" and shape.get("format") not in ("uri", "url", "uri-reference")


def has_other_required(operation: OperationSpec, role: Role) -> bool:
    """Whether a list has to be sent a query parameter that may leave records out."""
    paging = {role.paging.size, role.paging.page, role.paging.offset, role.paging.cursor}
    return any(one.get("in") == "query" and one.get("required") and one.get("name") not in paging for one in operation.parameters)


def plain_identity(family: Family) -> str | None:
    """The name of the property that holds a record's key; None if none does, or no pointer can name it."""
    return None if family.identity is None or "/" in family.identity else family.identity


def filtered_fields(document: Document, role: Role, family: Family) -> dict[str, str]:
    """By query parameter the property of the record that it has to be equal to, where both hold one plain value."""
    found: dict[str, str] = {}
    properties = dict(document.properties(family.schema))
    for name, rule in role.filters.items():
        field = rule.pointer[1:]
        if rule.operator != "eq" or "/" in field or field not in properties:
            continue
        if document.merge_all_of(properties[field]).get("type") in _SCALARS:
            found[name] = field
    return found
