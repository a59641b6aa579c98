"""Lists: filters, order, pages, and what a body says of its pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from mockserver.generic.records import Item
from mockserver.generic.values import MISSING, at
from mockserver.openapi.inference.model import Filter, Paging, Role
from mockserver.openapi.inference.words import fold

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "ge": lambda mine, sent: mine >= sent,
    "gt": lambda mine, sent: mine > sent,
    "le": lambda mine, sent: mine <= sent,
    "lt": lambda mine, sent: mine < sent,
}
_MOST = 1000
"""Items of a page at most."""


@dataclass(frozen=True)
class ListPage:
    """A page of a list: its items, how many there are in all, and where it begins."""

    items: Sequence[Item]
    total: int
    offset: int
    size: int
    paging: Paging
    query: Mapping[str, Any]
    address: str

    @property
    def has_more(self) -> bool:
        return self.offset + len(self.items) < self.total

    @property
    def number(self) -> int:
        return self.paging.first + (self.offset // self.size if self.size else 0)

    @property
    def pages(self) -> int:
        return -(-self.total // self.size) if self.size else 1

    @property
    def cursor(self) -> str:
        """Stands for the page after this one; opaque."""
        return base64.urlsafe_b64encode(self.items[-1].id.encode()).decode().rstrip("=") if self.items else ""

    def url(self, step: int) -> str:
        """The address of the page some pages further on."""
        query = {name: value for name, value in self.query.items() if value is not None}
        if self.paging.page:
            query[self.paging.page] = self.number + step
        elif self.paging.offset:
            query[self.paging.offset] = max(0, self.offset + step * self.size)
        elif self.paging.cursor and step > 0:
            query[self.paging.cursor] = self.cursor
        return f"{self.address}?{urlencode(query, doseq=True)}" if query else self.address


def select(role: Role, items: Sequence[Item], sent: Mapping[str, Any]) -> list[Item]:
    """The items that the filters and the text of a request select, in the order that it asks for."""
    found = list(items)
    for name, rule in role.filters.items():
        value = sent.get(name)
        if value is not None and value not in ("", []):
            found = [item for item in found if _matches(at(item.data, rule.pointer), rule, value)]
    text = sent.get(role.text) if role.text else None
    if isinstance(text, str) and text:
        found = [item for item in found if text.casefold() in _texts(item.data)]
    return _ordered(role, found, sent)


def _texts(node: Any) -> str:
    if isinstance(node, Mapping):
        return "\n".join(map(_texts, node.values()))
    if isinstance(node, list):
        return "\n".join(map(_texts, node))
    return node.casefold() if isinstance(node, str) else "" if isinstance(node, bool) or node is None else str(node)


def _matches(mine: Any, rule: Filter, sent: Any) -> bool:
    if isinstance(sent, list):
        return any(_matches(mine, rule, one) for one in sent)
    if isinstance(mine, list):
        return any(_matches(one, rule, sent) for one in mine)
    if isinstance(mine, Mapping):
        return any(_matches(inner, rule, sent) for name, inner in mine.items() if fold(name) in ("id", "name", "key", "slug"))
    if mine is MISSING or mine is None:
        return rule.operator == "ne"
    if rule.operator in ("eq", "ne"):
        return (_plain(mine) == _plain(sent)) is (rule.operator == "eq")
    numbers = _number(mine), _number(sent)
    return _COMPARE[rule.operator](*(numbers if None not in numbers else (str(mine), str(sent))))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _number(value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    try:
        return float(value) if len(str(value)) < 40 else None  # noqa: PLR2004 - longer than any number
    except (TypeError, ValueError):
        return None


def _ordered(role: Role, items: list[Item], sent: Mapping[str, Any]) -> list[Item]:
    said = sent.get(role.order) if role.order else None
    said = said[0] if isinstance(said, list) and said else said
    if not isinstance(said, str) or not items:
        return items
    name, descending = _order(said, sent.get(role.direction) if role.direction else None)
    properties = {fold(key): key for item in items for key in item.data}
    found = properties.get(fold(name))
    if found is None:
        return list(reversed(items)) if fold(said) in ("desc", "descending") else items

    def key(item: Item) -> tuple[int, Any]:
        value = item.data.get(found)
        if value is None or isinstance(value, list | Mapping):
            return (2, "")
        return (0, value) if isinstance(value, int | float) else (1, str(value))

    return sorted(items, key=key, reverse=descending)


def _order(said: str, direction: Any) -> tuple[str, bool]:
    """The property and whether the order descends, of ``-name``, ``name:desc``, ``name desc`` or ``name_desc``."""
    descending = isinstance(direction, str) and direction.lower().startswith("desc")
    name = said.split(",", maxsplit=1)[0].strip()
    if name[:1] in ("+", "-"):
        return name[1:], name[0] == "-"
    for mark in (":", " ", "_", ".", "-"):
        head, _, tail = name.rpartition(mark)
        if head and tail.lower() in ("asc", "desc", "ascending", "descending"):
            return head, tail.lower().startswith("desc")
    return name, descending


def cut(role: Role, items: Sequence[Item], sent: Mapping[str, Any], address: str) -> ListPage:
    """The page of a list that a request asks for."""
    paging = role.paging
    asked = sent.get(paging.size) if paging.size else None
    has_pages = bool(paging.size or paging.page or paging.offset or paging.cursor)
    size = asked if isinstance(asked, int) and not isinstance(asked, bool) and asked >= 0 else paging.default if has_pages else len(items)
    size = min(size, _MOST) if has_pages else size
    return ListPage(items[(start := _start(role, items, sent, size)) : start + size], len(items), start, size, paging, sent, address)


def _start(role: Role, items: Sequence[Item], sent: Mapping[str, Any], size: int) -> int:
    paging = role.paging
    page, offset, cursor, before = (sent.get(name) if name else None for name in (paging.page, paging.offset, paging.cursor, paging.backwards))
    if isinstance(cursor, str) and cursor:
        return next((number + 1 for number, item in enumerate(items) if item.id == _decode(cursor) or item.key == cursor), 0)
    if isinstance(before, str) and before:
        end = next((number for number, item in enumerate(items) if item.id == _decode(before) or item.key == before), size)
        return max(0, end - size)
    if isinstance(offset, int) and not isinstance(offset, bool):
        return max(0, offset)
    if isinstance(page, str) and page.isdigit() and len(page) < 10:  # noqa: PLR2004 - a page number
        page = int(page)
    return max(0, page - paging.first) * size if isinstance(page, int) and not isinstance(page, bool) else 0


def _decode(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""


_TOTALS = frozenset(
    """
    total totalcount totalitems totalresults totalelements totalrecords totalsize resultcount resultscount totalentries
    totalhits totalrows recordcount itemcount fullcount
    """.split()
)
_PAGES = frozenset("totalpages pagecount pages numpages pagescount numberofpages lastpage".split())
_NUMBERS = frozenset("page currentpage pagenumber pageindex number pagenum".split())
_SIZES = frozenset("limit perpage pagesize size itemsperpage pagelimit".split())
_OFFSETS = frozenset("offset skip start startindex from".split())
_MORE = frozenset("hasmore hasnext hasnextpage more moreresults hasmoreitems".split())
_BACK = frozenset("hasprevious hasprev hasprevpage haspreviouspage".split())
_NEXT = frozenset(
    """
    next nextpage nextcursor nexturl nextpagetoken nextlink nextpageurl nexttoken cursor after endcursor nextmarker
    nextpagecursor nextpageuri nexturi continuation continuationtoken endingbefore marker nextrecordsurl
    """.split()
)
_PREVIOUS = frozenset(
    """
    previous prev previouspage prevpage previousurl prevurl previouscursor prevcursor before previouslink prevlink
    startcursor prevpagetoken previouspagetoken previouspageurl
    """.split()
)
_OWN = frozenset({"self", "first", "last"})
_NESTED = frozenset("links paging pagination meta metadata page cursors pageinfo pager pagingmetadata listmeta responsemetadata".split())


def describe(page: ListPage, name: str, kinds: set[str], formats: set[str], *, has_total: bool) -> Any:
    """What a scalar beside a list says of the page, MISSING if its name says nothing of pages; None if there is no such page.

    ``has_total`` says that another property holds the number of all items, so that a count is that of the page.
    """
    folded = fold(name)
    whole = bool(kinds & {"integer", "number"}) or not kinds
    if folded in _OWN and "string" in kinds:
        return page.url(0)
    if folded in _NEXT or folded in _PREVIOUS:
        return _neighbour(page, 1 if folded in _NEXT else -1, folded, formats, whole=bool(kinds & {"integer", "number"}))
    says: tuple[tuple[bool, Any], ...] = (
        (folded in _TOTALS, page.total),
        (folded == "count", len(page.items) if has_total else page.total),
        ("boolean" in kinds and folded in _MORE, page.has_more),
        ("boolean" in kinds and folded in _BACK, page.offset > 0),
        (whole and folded in _PAGES, page.pages),
        (whole and folded in _NUMBERS, page.number),
        (whole and folded in _SIZES, page.size),
        (whole and folded in _OFFSETS, page.offset),
    )
    return next((value for fits, value in says if fits), MISSING)


def _neighbour(page: ListPage, step: int, folded: str, formats: set[str], *, whole: bool) -> Any:
    exists = page.has_more if step > 0 else page.offset > 0
    if not exists:
        return None
    if whole:
        return page.number + step
    if "cursor" in folded or "token" in folded or "marker" in folded or "continuation" in folded or folded in ("after", "before"):
        return page.cursor if step > 0 else None
    is_address = bool({"uri", "url", "uri-reference"} & formats) or "url" in folded or "link" in folded or "uri" in folded or not page.paging.cursor
    return page.url(step) if is_address else page.cursor if step > 0 else None


def is_nested(name: str) -> bool:
    """Whether a property may hold an object that describes pages."""
    return fold(name) in _NESTED


def says_total(names: Sequence[str]) -> bool:
    """Whether one of some properties holds the number of all items."""
    return any(fold(name) in _TOTALS for name in names)
