"""The model of a document with what the document and its overlays declare: a declaration wins over inference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mockserver.openapi.declarations.families import FamilyReader
from mockserver.openapi.declarations.origins import Origins
from mockserver.openapi.declarations.reading import Declared
from mockserver.openapi.declarations.roles import RoleReader
from mockserver.openapi.declarations.vocabulary import LIST, LISTS, RESOURCE, ROLE
from mockserver.openapi.documents import Document
from mockserver.openapi.inference.model import Family, Kind, Model, Role, Scope
from mockserver.openapi.inference.routes import PLACEHOLDER, read_template
from mockserver.openapi.inference.shapes import Shapes
from mockserver.openapi.operations import OperationSpec

_OF_OPERATIONS = (ROLE, LIST)


def correct(document: Document, model: Model) -> Model:
    """A model with the declarations of its document. Raises DocumentBroken, with file, line and the nearest name, for one that cannot be right."""
    resources, operations = list(_resources(document)), list(_operations(document))
    if not resources and not operations:
        return model
    shapes = Shapes(document)
    families = FamilyReader(document, shapes, model)
    for name, declared in resources:
        families.read(name, declared)
    played = [(name, declared) for name, declared in resources if name in families.families]
    for name, declared in played:
        families.relate(name, declared)
    roles = _rename(model, families)
    reader = RoleReader(shapes, families.families)
    for name, declared in played:
        for part, (spec, inner) in families.parts_of(declared).items():
            roles[spec.id] = reader.read_part(spec, roles[spec.id], _kind(part, spec, roles[spec.id], families.families[name]), name, inner)
    for spec, key, declared in operations:
        before = roles[spec.id]
        if key == LIST and ROLE in spec.spec and document.has_skeleton and before.kind not in LISTS:
            raise declared.refuse(f"{spec.label} is declared as {before.kind} by {ROLE}, so it has no {LIST}")
        if declared.value is False:
            roles[spec.id] = reader.turn_off(spec, before, declared)
        else:
            roles[spec.id] = (reader.read_role if key == ROLE else reader.read_list)(spec, before, declared)
    parents = families.parents()
    own = {spec.id for spec, _, declared in operations if isinstance(declared.value, dict) and {"below", "key"} & declared.value.keys()}
    return Model(
        {name: _without_lost(family, families) for name, family in families.families.items()},
        {name: _settle(role, document.by_id[name], {} if name in own else parents, families) for name, role in roles.items()},
    )


# What is declared


def _resources(document: Document) -> Iterator[tuple[str, Declared]]:
    found = document.raw.get(RESOURCE)
    origins = Origins(document)
    declared = Declared(origins, (RESOURCE,), found, 1)
    if found is None or not _is_ours(declared, is_ours=isinstance(found, dict)):
        return
    for name, inner in declared.parts():
        one = replace(inner, least=2)
        if _is_ours(one, is_ours=isinstance(one.value, dict) or one.value is False):
            yield name, one


def _operations(document: Document) -> Iterator[tuple[OperationSpec, str, Declared]]:
    origins = Origins(document)
    for spec in document.operations:
        # In a hand-written document a role names tables, and the engine for such tables reads it.
        keys = [key for key in (_OF_OPERATIONS if document.has_skeleton else (LIST,)) if key in spec.spec]
        for key in keys:
            value = spec.spec[key]
            declared = Declared(origins, ("paths", spec.path, spec.method.lower(), key), value, 4)
            if _is_ours(declared, is_ours=isinstance(value, dict) or value is False):
                yield spec, key, declared


def _is_ours(declared: Declared, *, is_ours: bool) -> bool:
    """Whether an extension has the form of a declaration. In a document another form is an extension of its authors, in an overlay a mistake."""
    if not is_ours and declared.is_of_an_overlay:
        raise declared.refuse("write a mapping, or false to turn off what was inferred")
    return is_ours


# What follows from it


def _kind(part: str, spec: OperationSpec, role: Role, family: Family) -> Kind:
    """The role of an operation that a resource names as a part."""
    if part == "change":
        changes = (Kind.UPDATE, Kind.REPLACE, Kind.UPSERT, Kind.SET)
        return role.kind if role.kind in changes else Kind.SET if family.is_singleton else Kind.REPLACE if spec.method == "PUT" else Kind.UPDATE
    if family.is_singleton and part in ("read", "delete"):
        return Kind.SHOW if part == "read" else Kind.UNSET
    if part == "create" and role.kind in (Kind.BULK, Kind.UPSERT):
        return role.kind
    return Kind.SEARCH if part == "list" and role.kind is Kind.SEARCH else Kind(part)


def _rename(model: Model, families: FamilyReader) -> dict[str, Role]:
    """The roles with the declared names of families; those of a family that was turned off are answered by examples."""
    found: dict[str, Role] = {}
    for name, role in model.roles.items():
        named = families.renamed.get(role.family, role.family)
        scopes = tuple(Scope(scope.placeholder, families.renamed.get(scope.parent, scope.parent)) for scope in role.scopes)
        if named and named not in families.families:
            found[name] = Role(role.operation, Kind.ANSWER, because=f"the resource {role.family} is turned off", scopes=scopes)
        else:
            found[name] = replace(role, family=named, scopes=scopes)
    for name, family in families.families.items():
        renamed = tuple(Scope(scope.placeholder, families.renamed.get(scope.parent, scope.parent)) for scope in family.scopes)
        references = {field: families.renamed.get(other, other) for field, other in family.references.items()}
        mirrors = families.renamed.get(family.mirrors, family.mirrors)
        families.families[name] = replace(family, scopes=renamed, references=references, mirrors=mirrors)
    return found


def _without_lost(family: Family, families: FamilyReader) -> Family:
    """A family without references to what was turned off."""
    known = families.families
    return replace(
        family,
        scopes=tuple(Scope(scope.placeholder, scope.parent if scope.parent in known else "") for scope in family.scopes),
        references={field: other for field, other in family.references.items() if other in known},
        mirrors=family.mirrors if family.mirrors in known else "",
    )


def _settle(role: Role, spec: OperationSpec, parents: dict[tuple[tuple[str, ...], str], str], families: FamilyReader) -> Role:
    """A role whose placeholders name the records of the declared parents."""
    template = read_template(spec.path)
    changed = {}
    for number, segment in enumerate(template.segments):
        for placeholder in PLACEHOLDER.findall(segment):
            parent = parents.get((template.shape[: number + 1], placeholder))
            if parent is not None:
                changed[placeholder] = parent
    found = tuple(Scope(scope.placeholder, changed.get(scope.placeholder, scope.parent)) for scope in role.scopes)
    return replace(role, scopes=tuple(scope if scope.parent in families.families else Scope(scope.placeholder) for scope in found))
