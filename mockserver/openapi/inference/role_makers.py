"""Roles of operations with what all of them have: the family, the placeholders, and where record and list stand in the bodies."""

from __future__ import annotations

from typing import Any

from mockserver.openapi.inference.body_places import BodyPlaces
from mockserver.openapi.inference.envelopes import find_list
from mockserver.openapi.inference.families import Survey
from mockserver.openapi.inference.model import Confidence, Family, Kind, Role, Scope
from mockserver.openapi.inference.paging import list_parameters, query_parameters, read_list_parameters
from mockserver.openapi.inference.routes import PLACEHOLDER, Template, read_template
from mockserver.openapi.inference.shapes import success_schema
from mockserver.openapi.inference.words import split
from mockserver.openapi.operations import OperationSpec


class RoleMaker:
    """Makes roles of the operations of a survey."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.shapes = survey.shapes
        self.places = BodyPlaces(survey.shapes)

    def _at_record(
        self, operation: OperationSpec, family: Family, kind: Kind, because: str, confidence: Confidence | None = None, **more: Any
    ) -> Role:
        template = read_template(operation.path)
        shown = self.places.find_shown(operation, family)
        sent = self.places.find_sent(operation, family)
        item = read_template(family.item).shape if family.item else (*read_template(family.collection).shape, "{}")
        number = next((n for n in range(len(template.segments)) if template.shape[: n + 1] == item), len(template.segments) - 1)
        key = PLACEHOLDER.findall(template.segments[number])[-1] if PLACEHOLDER.search(template.segments[number]) else template.key
        return Role(
            operation.id,
            kind,
            family.name,
            family.confidence if confidence is None else min(confidence, family.confidence),
            because,
            scopes=tuple(scope for scope in self._all_scopes(template) if scope.placeholder != key),
            key=key,
            answer=None if shown is None else shown.pointer,
            wrapped=shown is not None and shown.wrapped,
            sent="" if sent is None else sent.pointer,
            sent_wrapped=sent is not None and sent.wrapped,
            **more,
        )

    def _made(self, operation: OperationSpec, family: Family, confidence: Confidence, because: str) -> Role:
        sent = self.places.find_sent(operation, family)
        kind = Kind.BULK if sent is not None and sent.wrapped and not self._answers_one(operation, family) else Kind.CREATE
        shown = self.places.find_shown(operation, family)
        template = read_template(operation.path)
        return Role(
            operation.id,
            kind,
            family.name,
            min(confidence, family.confidence) if family.identity is not None or family.item else min(confidence, Confidence.LIKELY),
            because,
            scopes=self._all_scopes(template),
            answer=None if shown is None else shown.pointer,
            wrapped=shown is not None and shown.wrapped,
            sent="" if sent is None else sent.pointer,
            sent_wrapped=sent is not None and sent.wrapped,
        )

    def _answers_one(self, operation: OperationSpec, family: Family) -> bool:
        place = self.places.find_shown(operation, family)
        return place is not None and not place.wrapped

    def _list_role(self, operation: OperationSpec, family: Family, kind: Kind, confidence: Confidence, because: str) -> Role | None:
        schema = success_schema(operation)
        place = None if schema is None else find_list(self.shapes, schema, family.noun, self.shapes.component(family.schema))
        if place is None:
            return None
        item = self.shapes.of(place.schema)
        mine = self.shapes.of(family.schema)
        record = family.schema if mine.properties or mine.is_scalar else place.schema
        parameters = list_parameters(self.shapes, operation) if kind is Kind.SEARCH else query_parameters(operation)
        return Role(
            operation.id,
            kind,
            family.name,
            confidence,
            because,
            scopes=self._all_scopes(read_template(operation.path)),
            answer=place.pointer,
            **read_list_parameters(self.shapes, record, parameters),
            bare_keys=item.is_scalar,
        )

    def _all_scopes(self, template: Template) -> tuple[Scope, ...]:
        is_family = template.shape in self.survey.by_item
        return self.survey.scopes_of(template, but_last=is_family)

    def _mentions(self, operation: OperationSpec, words: frozenset[str]) -> bool:
        said = f"{operation.spec.get('operationId', '')} {operation.path.rpartition('/')[2]} {operation.summary}"
        return bool(words & set(split(said)))
