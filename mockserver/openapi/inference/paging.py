"""Query parameters of a list: size and place of a page, filters, order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mockserver.openapi.inference.model import Filter, Paging
from mockserver.openapi.inference.shapes import Shapes, body_schema
from mockserver.openapi.inference.words import fold, split
from mockserver.openapi.operations import OperationSpec
from mockserver.openapi.pointers import escape_part

_SIZES = frozenset(
    """
    limit perpage pagesize first count maxresults top size pagelimit rows maxitems resultsperpage itemsperpage maxcount
    take num amount pagecount recordsperpage numresults
    """.split()
)
_PAGES = frozenset("page pagenumber pagenum pageno pageindex currentpage p".split())
_OFFSETS = frozenset("offset skip start startindex startat pageoffset startfrom from firstresult startrow".split())
_CURSORS = frozenset(
    """
    cursor after startingafter pagetoken nexttoken nextpagetoken marker pagemarker continuation continuationtoken
    nextcursor pagecursor pageafter startafter startcursor nextpage pagingtoken endcursor start scrollid bookmark
    aftercursor next
    """.split()
)
_BACKWARDS = frozenset("before endingbefore pagebefore beforecursor".split())
_TEXTS = frozenset("q query search searchfor searchquery searchterm term text keyword keywords filtertext fulltext".split())
_ORDERS = frozenset("sort orderby sortby order sortfield ordering sortkey sortcolumn orderbyfield".split())
_DIRECTIONS = frozenset("direction order sortorder orderdirection sortdirection dir sortdir orderdir orderbydirection".split())
_COMPARISONS = (
    ("gte", "ge"), ("gt", "gt"), ("lte", "le"), ("lt", "lt"), ("min", "ge"), ("max", "le"), ("from", "ge"), ("since", "ge"), ("after", "gt"),
    ("until", "le"), ("before", "lt"), ("to", "le"), ("start", "ge"), ("end", "le"), ("in", "eq"), ("ne", "ne"), ("eq", "eq"), ("exact", "eq"),
)  # fmt: skip
_PARTS = re.compile(r"\[([^\[\]]*)\]|\.|__")
DEFAULT_SIZE = 20
"""Items of a page if the document does not say."""


def find_paging(shapes: Shapes, parameters: Mapping[str, Mapping[str, Any]]) -> Paging:
    """What the parameters say of pages. A name that means text in one API and a number in another is classified by its type."""
    found: dict[str, str] = {}
    for name, parameter in parameters.items():
        folded, shape = fold(name), shapes.of(parameter.get("schema", {}))
        whole = "integer" in shape.kinds or "number" in shape.kinds
        if folded in _SIZES and (whole or shape.is_open or folded in ("limit", "perpage", "pagesize")):
            found.setdefault("size", name)
        elif folded in _PAGES and not (shape.kinds == {"string"} and "cursor" in str(parameter.get("description", "")).lower()):
            found.setdefault("page", name)
        elif folded in _OFFSETS and whole:
            found.setdefault("offset", name)
        elif folded in _CURSORS and ("string" in shape.kinds or shape.is_open):
            found.setdefault("cursor", name)
        elif folded in _BACKWARDS and "string" in shape.kinds and "date-time" not in shape.formats and "date" not in shape.formats:
            found.setdefault("backwards", name)
    if fold(found.get("size", "")) == "first" and (most := next((name for name in parameters if fold(name) == "max"), "")):
        found["offset"], found["size"] = found["size"], most
    if "page" in found and "cursor" in found and fold(found["page"]) not in _PAGES:
        del found["page"]
    size = shapes.resolve(parameters[found["size"]].get("schema", {})) if "size" in found else {}
    default = size.get("default", min(size.get("maximum", DEFAULT_SIZE), DEFAULT_SIZE))
    page = shapes.resolve(parameters[found["page"]].get("schema", {})) if "page" in found else {}
    first = 0 if page.get("minimum") == 0 or page.get("default") == 0 else 1
    usable = isinstance(default, int) and not isinstance(default, bool) and default > 0
    return Paging(**found, default=default if usable else DEFAULT_SIZE, first=first)


def query_parameters(operation: OperationSpec) -> dict[str, Mapping[str, Any]]:
    """The query parameters of an operation by name."""
    return {str(one["name"]): one for one in operation.parameters if one.get("in") == "query"}


def find_filters(shapes: Shapes, record: Any, parameters: Mapping[str, Mapping[str, Any]], taken: set[str]) -> dict[str, Filter]:
    """The parameters that name a property of the record, and how they compare."""
    properties = {fold(name): name for name in reversed(list(shapes.of(record).properties))}
    inner = shapes.of(record).properties.get("attributes")  # where JSON:API has the fields of a record
    within = {fold(name): name for name in reversed(list(shapes.of(inner).properties))} if inner is not None else {}
    found: dict[str, Filter] = {}
    for name, parameter in parameters.items():
        if name in taken:
            continue
        made = _find_filter(shapes, record, properties, name)
        if made is None and (nested := _find_filter(shapes, inner, within, name)) is not None:
            made = Filter(f"/attributes{nested.pointer}", nested.operator)
        if made is not None and not _contradicts(shapes, record, made, parameter):
            found[name] = made
    return found


def _find_filter(shapes: Shapes, record: Any, properties: Mapping[str, str], name: str) -> Filter | None:
    """What a parameter such as ``status``, ``filter[owner.name]``, ``price_gte`` or ``created_after`` selects by; None if by nothing."""
    opened = _PARTS.sub(lambda found: f" {found.group(1) or ''} ", name)
    parts = [part for part in opened.replace(".", " ").split() if part]
    if parts and parts[0].lower() in ("filter", "filters", "where"):
        parts = parts[1:]
    operator = dict(_COMPARISONS).get(parts[-1].lower(), "") if len(parts) > 1 else ""
    parts = parts[:-1] if operator else parts
    if parts and fold(parts[0]) in properties:
        pointer = _follow(shapes, record, properties, parts)
        return None if pointer is None else Filter(pointer, operator or "eq")
    return _by_words(properties, parts[0]) if len(parts) == 1 else None


def _follow(shapes: Shapes, record: Any, properties: Mapping[str, str], parts: list[str]) -> str | None:
    """The pointer to the property that some names lead to, None if they lead to none."""
    first = properties[fold(parts[0])]
    pointer, schema = f"/{escape_part(first)}", shapes.of(record).properties[first]
    for part in parts[1:]:
        inner = {fold(one): one for one in shapes.of(schema).properties}
        if fold(part) not in inner:
            return None
        schema = shapes.of(schema).properties[inner[fold(part)]]
        pointer += f"/{escape_part(inner[fold(part)])}"
    return pointer


def _by_words(properties: Mapping[str, str], name: str) -> Filter | None:
    """A comparison in the words of a name, such as ``created_after``; else the property of which the name is the plural or the key."""
    words, folded = split(name), fold(name)
    for word, comparison in _COMPARISONS:
        rest = words[:-1] if words[-1:] == [word] else words[1:] if words[:1] == [word] else []
        found = (
            next((properties["".join([*rest, end])] for end in ("", "at", "on", "date") if "".join([*rest, end]) in properties), None)
            if rest
            else None
        )
        if found is not None:
            return Filter(f"/{escape_part(found)}", comparison)
    near = (folded.removesuffix("s"), folded.removesuffix("ids") + "id", folded + "id")
    found = next((properties[one] for one in near if one != folded and one in properties), None)
    return None if found is None else Filter(f"/{escape_part(found)}")


def _contradicts(shapes: Shapes, record: Any, made: Filter, parameter: Mapping[str, Any]) -> bool:
    """Whether a parameter cannot be compared with its field: a flag with a text, or a list of words that the field never has."""
    schema = record
    for part in made.pointer.split("/")[1:]:
        schema = shapes.of(schema).properties.get(part.replace("~1", "/").replace("~0", "~"), {})
    field, sent = shapes.of(schema), shapes.of(parameter.get("schema", {}))
    sent = shapes.of(sent.items) if sent.is_list else sent
    field = shapes.of(field.items) if field.is_list else field
    if field.is_object:
        return True
    if "boolean" in sent.kinds and "boolean" not in field.kinds:
        return bool(field.kinds)
    return bool(field.enum and sent.enum and not set(map(str, field.enum)) & set(map(str, sent.enum)))


def find_order(shapes: Shapes, parameters: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    """The parameters that name the order and its direction; empty if there is none."""
    order = next((name for name in parameters if fold(name) in _ORDERS and fold(name) != "order"), "")
    if not order:
        order = next((name for name in parameters if fold(name) in _ORDERS and not _says_direction(shapes, parameters[name])), "")
    direction = next((name for name in parameters if name != order and fold(name) in _DIRECTIONS), "") if order else ""
    return order, direction


def _says_direction(shapes: Shapes, parameter: Mapping[str, Any]) -> bool:
    return {str(one).lower() for one in shapes.of(parameter.get("schema", {})).enum} <= {"asc", "desc", "ascending", "descending", "1", "-1"}


def find_text(shapes: Shapes, parameters: Mapping[str, Mapping[str, Any]], taken: set[str]) -> str:
    """The parameter that is looked for in any text, empty if there is none."""
    return next((name for name, one in parameters.items() if fold(name) in _TEXTS and name not in taken and _is_text(shapes, one)), "")


def _is_text(shapes: Shapes, parameter: Mapping[str, Any]) -> bool:
    shape = shapes.of(parameter.get("schema", {}))
    return "content" not in parameter and ("string" in shape.kinds or shape.is_open)


def list_parameters(shapes: Shapes, operation: OperationSpec) -> dict[str, Mapping[str, Any]]:
    """What a list can be asked by: the query parameters, and the fields of the body of a search."""
    schema = body_schema(operation)
    fields = {} if schema is None else shapes.of(schema).properties
    return {**{name: {"schema": inner} for name, inner in fields.items()}, **query_parameters(operation)}


def read_list_parameters(shapes: Shapes, record: Any, parameters: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What the parameters of a list ask for: the fields of a role by name."""
    paging = find_paging(shapes, parameters)
    taken = {paging.size, paging.page, paging.offset, paging.cursor, paging.backwards}
    order, direction = find_order(shapes, parameters)
    text = find_text(shapes, parameters, taken)
    filters = find_filters(shapes, record, parameters, taken | {order, direction, text})
    return {"paging": paging, "filters": filters, "order": order, "direction": direction, "text": text}
