"""What is known of families only when all of them are found: what is above them, whose records they show, which of their keys a caller can know."""

from __future__ import annotations

from dataclasses import replace

from mockserver.openapi.inference.envelopes import find_list
from mockserver.openapi.inference.families import Survey
from mockserver.openapi.inference.identity import find_aliases
from mockserver.openapi.inference.model import Family
from mockserver.openapi.inference.routes import read_template
from mockserver.openapi.inference.shapes import body_schema, success_schema
from mockserver.openapi.operations import OperationSpec


def settle(survey: Survey) -> None:
    """Complete the families of a survey."""
    listed = _listed_components(survey)
    survey.replace({name: replace(family, is_open=True) for name, family in survey.families.items() if _is_open(survey, family, listed)})
    changed = {}
    for name, family in survey.families.items():
        template = read_template(family.item or family.collection)
        changed[name] = replace(
            _mirror(survey, family),
            scopes=survey.scopes_of(template, but_last=bool(family.item)),
            aliases=find_aliases(survey.shapes, family.schema, template.key, family.identity) if family.item else (),
        )
    survey.replace(changed)


def _is_made(survey: Survey, family: Family) -> bool:
    """Whether the document creates records of a family."""
    return bool(family.collection) and "POST" in survey.sites[read_template(family.collection).shape].operations


def _listed_components(survey: Survey) -> set[str]:
    """The components of which some operation shows a list."""
    found = set()
    for site in survey:
        read = site.get("GET")
        place = find_list(survey.shapes, success_schema(read), site.template.noun) if read is not None else None
        if place is not None:
            found.add(survey.shapes.component(place.schema))
    return found


def _is_open(survey: Survey, family: Family, listed: set[str]) -> bool:
    """Whether the document only reads records and nothing in it tells their keys: no list, no creation, no example."""
    if not family.item or family.collection or survey.shapes.component(family.schema) in listed - {""}:
        return False
    site = survey.sites[read_template(family.item).shape]
    if not set(site.operations) <= {"GET", "HEAD"}:
        return False
    return family.identity is None or not any(_has_example(survey, operation, site.template.key) for operation in site.operations.values())


def _has_example(survey: Survey, operation: OperationSpec, placeholder: str) -> bool:
    for parameter in operation.parameters:
        if parameter.get("in") == "path" and parameter.get("name") == placeholder:
            schema = survey.shapes.resolve(parameter.get("schema", {}))
            return bool({"example", "examples"} & parameter.keys() or {"example", "enum"} & schema.keys())
    return False


def _mirror(survey: Survey, family: Family) -> Family:
    """A family as it is, or as the pairs that it consists of, such as the members of a group: nothing creates records there that others show."""
    site = survey.sites.get(read_template(family.item).shape) if family.item else None
    if site is None or not {"PUT", "POST", "DELETE"} & site.operations.keys():
        return family
    change = site.get("PUT", "PATCH", "POST")
    if change is not None and body_schema(change) is not None:
        return family
    component, depth = survey.shapes.component(family.schema), len(site.template.segments)
    shows_nothing = not survey.shapes.of(family.schema).properties
    create = survey.sites[read_template(family.collection).shape].get("POST") if family.collection else None
    if create is not None and (not component or survey.shapes.component(body_schema(create)) == component):
        return family
    alike = (
        survey.by_component.get(component, ())
        if component
        else [one for one in survey.families.values() if shows_nothing and one.noun == family.noun]
    )
    for other in sorted(alike, key=lambda one: not _is_made(survey, one)):
        if other.name != family.name and other.identity is not None and len(read_template(other.item or other.collection).segments) < depth:
            return replace(family, mirrors=other.name, schema=other.schema, identity=other.identity, because=f"its records are those of {other.name}")
    return family
