"""The witness of a planted violation: calls whose answers are right on the mock as it is, and wrong on the copy."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from msgspec import UNSET

from tests.mutation.documented import json_type, media_types, types_at
from tests.mutation.mutants import Step
from tests.mutation.response_middleware import values_at

if TYPE_CHECKING:
    import httpx

    from contract_tests.suite.harness import ApiClient
    from tests.mutation.mutants import AnswerChange, Mutant


def witness_holds(mutant: Mutant, api: ApiClient) -> bool:
    """Whether all is as it should be at a target: true on the mock as it is, false where the violation acts."""
    module = import_module(f"tests.mutation.witnesses.{mutant.slug}")
    if not mutant.witness and hasattr(module, mutant.name):
        return bool(getattr(module, mutant.name)(api))

    def answer_to(step: Step) -> httpx.Response:
        role = {} if step.role is UNSET else {"role": step.role}
        answer: httpx.Response = module.call(api, step.call or mutant.operation, headers=step.headers or None, **role, **step.send)
        return answer

    *before, last = mutant.witness or (Step(),)
    if not all(_is_as_expected(step, answer_to(step)) for step in before):
        return False
    answer = answer_to(last)
    return _is_as_expected(last, answer) and all(is_as_documented(mutant.slug, change, answer) for change in mutant.answers)


def _is_as_expected(step: Step, answer: httpx.Response) -> bool:
    if step.status not in (None, answer.status_code):
        return False
    if step.contains not in answer.text or (step.lacks and step.lacks in answer.text):
        return False
    return all(values_at(answer.json(), pointer) == [value] for pointer, value in step.body.items())


def is_as_documented(slug: str, change: AnswerChange, answer: httpx.Response) -> bool:
    """Whether an answer is still as the document describes it at the place of a change."""
    where = (slug, change.operation, change.status)
    if answer.status_code != change.status or change.operator in ("change_status", "replace_body"):
        return answer.status_code == change.status
    if change.operator == "change_media_type":
        return answer.headers["content-type"].partition(";")[0] in media_types(*where)
    values = values_at(answer.json(), change.at)
    match change.operator:
        case "drop_field" | "rename_field":
            return bool(values)
        case "add_field":
            return not values
        case "change_value":
            return change.to not in values
        case "change_type":
            return bool(values) and {json_type(value) for value in values} <= types_at(*where, change.at)
        case _:
            raise NotImplementedError(f"no witness follows from {change.operator}; write its steps into the row")
