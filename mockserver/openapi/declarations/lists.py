"""Pages, filters and order of a list by its declaration."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from mockserver.openapi.declarations.places import Places
from mockserver.openapi.declarations.reading import Declared
from mockserver.openapi.declarations.vocabulary import CHECKED, COMPARISONS, FILTER_KEYS, PAGE_KEYS, PAGES, SORT_KEYS
from mockserver.openapi.inference.model import Family, Filter, Paging, Role
from mockserver.openapi.operations import OperationSpec


def read_list(places: Places, family: Family, spec: OperationSpec, role: Role, declared: Declared) -> Role:
    """The role of a list with what ``x-list`` says of its query parameters."""
    names = places.parameters_of(spec, role.kind)
    if (page := declared.part("page")) is not None:
        role = replace(role, paging=_read_page(role.paging, page, names))
    if (filters := declared.part("filters")) is not None:
        role = replace(role, filters=_read_filters(places, family, role, filters, names))
    if (sort := declared.part("sort")) is not None:
        role = _read_sort(role, sort, names)
    if (text := declared.part("text")) is not None:
        role = replace(role, text=_parameter(text, names))
    if (keys := declared.part("keys")) is not None:
        role = replace(role, bare_keys=keys.is_true())
    if filters is not None:
        return role
    # A parameter has one meaning: what pages, sorts or searches does not filter, unless that is declared.
    taken = {*(value for value in vars(role.paging).values() if isinstance(value, str)), role.order, role.direction, role.text}
    return replace(role, filters={name: rule for name, rule in role.filters.items() if name not in taken})


def _parameter(declared: Declared, names: Collection[str]) -> str:
    """The name of a parameter; empty for false."""
    return "" if declared.value is False else declared.one_of(names, "query parameter")


def _read_page(before: Paging, declared: Declared, names: Collection[str]) -> Paging:
    """Parameters of pages; false for a list without pages."""
    if declared.value is False:
        return Paging()
    declared.check_keys(*PAGE_KEYS, *CHECKED["page"])
    found: dict[str, Any] = {}
    if (parameter := declared.part("parameter")) is not None:
        by = declared.part("by")
        word = "number" if by is None else by.one_of(PAGES, "way of paging")
        found = {"page": "", "offset": "", "cursor": "", PAGES[word]: _parameter(parameter, names)}
    if (also := declared.part("also")) is not None:
        also.check_keys(*PAGES)
        found |= {PAGES[word]: _parameter(inner, names) for word, inner in also.parts()}
    for key in ("size", "backwards"):
        if (inner := declared.part(key)) is not None:
            found[key] = _parameter(inner, names)
    if (first := declared.part("first")) is not None and isinstance(first.value, int):
        found["first"] = first.whole()
    if (default := declared.part("default")) is not None:
        found["default"] = _positive(default)
    return replace(before, **found)


def _positive(declared: Declared) -> int:
    if declared.whole() < 1:
        raise declared.refuse("write a whole number from 1")
    return declared.whole()


def _read_filters(places: Places, family: Family, role: Role, declared: Declared, names: Collection[str]) -> dict[str, Filter]:
    """The filters of a list with the declared ones. ``field: false`` takes a filter away."""
    found = dict(role.filters)
    for entry in declared.entries():
        entry.check_keys(*FILTER_KEYS, *CHECKED["filter"])
        parameter, field, compares = entry.part("parameter"), entry.part("field"), entry.part("compares")
        if parameter is None:
            continue  # what is sent as a whole is read by the behaviour checks only
        name = parameter.one_of(names, "query parameter")
        if field is None:
            raise entry.refuse(f"say which field {name} selects by, or field: false")
        if field.value is False:
            found.pop(name, None)
        else:
            operator = "eq" if compares is None else compares.one_of(COMPARISONS, "comparison")
            found[name] = Filter(places.field_of(family, field), operator)
    return found


def _read_sort(role: Role, declared: Declared, names: Collection[str]) -> Role:
    """The parameters that name order and direction; false for a list whose order is fixed."""
    if declared.value is False:
        return replace(role, order="", direction="")
    declared.check_keys(*SORT_KEYS)
    order, direction = declared.part("parameter"), declared.part("direction")
    return replace(
        role,
        order=role.order if order is None else _parameter(order, names),
        direction=role.direction if direction is None else _parameter(direction, names),
    )
