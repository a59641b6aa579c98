"""The causes of a broken schema: inside ``oneOf`` or ``anyOf`` those of the nearest branch, and for a missing or unknown member its own place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from jsonschema.exceptions import ValidationError

from mockserver.openapi.masking import MASK

_CHOICES = ("anyOf", "oneOf")


@dataclass(frozen=True)
class ErrorCause:
    """One broken keyword: place in the value, keyword, the value there, and the path from the schema that was applied."""

    path: tuple[str | int, ...]
    keyword: str
    text: str
    value: Any
    steps: tuple[str | int, ...]


def causes(errors: Iterable[ValidationError]) -> list[ErrorCause]:
    """The causes behind the errors of a schema, without those that a masked value explains."""
    return [cause for error in errors for cause in _causes(error)]


def _causes(error: ValidationError) -> Iterator[ErrorCause]:
    if error.instance == MASK:
        return
    keyword, path, steps = str(error.validator), tuple(error.absolute_path), tuple(error.absolute_schema_path)
    # a validator sets each of these; the types allow for an error that is not filled in yet
    wanted, schema, instance = cast("Any", error.validator_value), cast("Any", error.schema), cast("Any", error.instance)
    if keyword in _CHOICES and error.context:
        yield from _meant(error)
    elif keyword == "required":
        # the library reports each missing member by itself, and names it in its message only
        for name in wanted:
            if name not in instance and error.message.startswith(repr(name)):
                yield ErrorCause((*path, name), keyword, f"{name} is missing", None, steps)
    elif keyword == "additionalProperties" and isinstance(wanted, bool):
        known = schema.get("properties", {})
        for name in instance:
            if name not in known:
                yield ErrorCause((*path, name), keyword, f"{name} is not a documented member", instance[name], steps)
    else:
        yield ErrorCause(path, keyword, error.message, error.instance, steps)


def _meant(error: ValidationError) -> Iterator[ErrorCause]:
    """The causes in the branch that the value is nearest to: first by the discriminating properties, then by their number."""
    branches: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(int(inner.schema_path[0]), []).append(inner)
    found = {index: [cause for inner in branch for cause in _causes(inner)] for index, branch in branches.items()}
    if any(not causes for causes in found.values()):
        return  # one branch holds but for masked values
    if not found:
        yield ErrorCause(
            tuple(error.absolute_path),
            str(error.validator),
            "more than one of the documented shapes fits",
            error.instance,
            tuple(error.absolute_schema_path),
        )
        return
    yield from min(found.values(), key=lambda causes: _distance(causes, len(error.absolute_path)))


def _distance(found: Sequence[ErrorCause], depth: int) -> tuple[int, int, int]:
    wrong_type = sum(cause.keyword == "type" and len(cause.path) == depth for cause in found)
    telling = sum(cause.keyword in ("enum", "const", "required") for cause in found)
    return wrong_type, telling, len(found)
