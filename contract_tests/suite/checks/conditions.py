"""Conditions in pairs: what a documented error refuses is refused in every variant of the call, and amounts are right over their whole range.

Each error has recipes that reach it with one kind of call. The computations of an operation say which other calls succeed; what is wrong in a
recipe is put into those, too. There any refusal counts, since the page does not say which of two errors comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..harness.findings import Verdict
from ..harness.sameness import same
from .formulas import Unreadable, holds
from .model import BehaviourModel
from .run import Run
from .session import NotExercised, guarded

PAIRED = "a documented error holds in every variant of a call"
RANGE = "computed values agree over the whole range"
ROUND = (3000, 50_000, 400_000)
"""Whole amounts, up to more than a 16-bit column of cents holds; a percentage of the larger ones is whole, however a target rounds."""
VARIANTS = 3
"""Variants of a call in which each error is tried."""


def check(run: Run) -> Iterator[Verdict]:
    if run.is_quick:
        return
    for name, operation in run.model.operations.items():
        variants = list(_variants(run.model, name))
        if not run.wants(name) or not variants:
            continue
        for code, recipes in operation.recipes.items():
            if code in operation.errors:
                yield from guarded(PAIRED, name, _paired(run, name, code, recipes if isinstance(recipes, list) else [recipes], variants))
        for number, computation in enumerate(operation.spec.get("x-computed", ())):
            yield from guarded(RANGE, name, _range(run, name, computation, number))


def _variants(model: BehaviourModel, name: str) -> Iterator[Mapping[str, Any]]:
    """Calls that succeed and differ from the working one in a field with few values: the first send of each computation."""
    works = model.works(name)
    fields = model.fields(name)
    seen: set[str] = set()
    for computation in model.operations[name].spec.get("x-computed", ()):
        said = computation.get("send", {})
        send: Mapping[str, Any] = said[0] if isinstance(said, list) else said
        few = {one: value for one, value in send.items() if "enum" in model.document.merge_all_of(fields.get(one, ("", {}, False))[1])}
        few |= {one: value for one, value in send.items() if isinstance(value, bool)}
        if not few or str(few) in seen or computation.get("spends") or "role" in computation or "then" in computation:
            continue
        seen.add(str(few))
        if any(value != works.get("send", {}).get(one) for one, value in few.items()):
            yield {"send": send, "without": computation.get("without", []), "after": computation.get("after", works.get("after", ()))}


def _paired(run: Run, name: str, code: str, recipes: list[Mapping[str, Any]], variants: list[Mapping[str, Any]]) -> Iterator[Verdict]:
    tried = False
    for recipe in recipes:
        for number, variant in enumerate(variants[:VARIANTS]):
            send, left_out = recipe.get("send", {}), recipe.get("without", [])
            left = [left_out] if isinstance(left_out, str) else list(left_out)
            if not (send or left) or set(send) & set(variant["send"]) or "formula" in str(send):
                continue
            gone = [variant["without"]] if isinstance(variant["without"], str) else list(variant["without"])
            if any(one in gone for one in (*left, *send)) or any(one not in _needed(run.model, name, variant) for one in left):
                continue
            session = run.session(f"paired {name} {code} {number}")
            session.steps([*variant["after"], *recipe.get("after", ())])
            both = {**recipe, "after": [], "send": {**variant["send"], **send}, "without": [*gone, *left]}
            sent = session.prepare(name, both)
            answer = session.send(name, both, sent)
            tried = True
            clause = recipe.get("clause", run.model.operations[name].errors[code].get("clause"))
            what = ", ".join(f"{one} {value}" for one, value in variant["send"].items())
            if not answer.is_refusal:
                text = f"{name} with {what}: {code} was to be answered, but the call was not refused"
                yield session.broken(PAIRED, name, text, clause=clause, pointer=code, expected=code, got=str(answer))
                return
    if tried:
        yield run.session(f"paired {name} {code}").held(PAIRED, name)


def _needed(model: BehaviourModel, name: str, variant: Mapping[str, Any]) -> set[str]:
    """Fields without which a call is refused: those that its schema requires."""
    return {field for field, (_, _, needs) in model.fields(name).items() if needs} - set(variant["send"])


def _range(run: Run, name: str, computation: Mapping[str, Any], number: int) -> Iterator[Verdict]:
    """The formulas of a computation with amounts of every size in the place of the one that it names."""
    said = computation.get("send", {})
    send: Mapping[str, Any] = said[0] if isinstance(said, list) else said
    fields = run.model.fields(name)
    field = next((one for one, value in send.items() if _is_amount(run.model, fields.get(one, ("", {}, False))[1], value)), None)
    used = [formula for formula in computation["holds"] if f"sent.{field}" in formula]
    if field is None or not used or "then" in computation:
        return
    tried = False
    for amount in ROUND:
        if not run.model.fits(fields[field][1], amount) or amount == send[field]:
            continue
        session = run.session(f"range {name} {number} {amount}")
        session.spend(name, computation)
        session.steps(computation.get("after", run.model.works(name).get("after", ())))
        sent = session.prepare(name, {"after": [], "send": {**send, field: amount}, "without": computation.get("without", [])})
        session.scope["sent"] = sent
        before = session.observed(computation.get("observe", {}))
        role = str(computation.get("role", run.model.works(name).get("role", "")))
        answer = session.dispatch(name, sent, role=role)
        if answer.is_refusal:
            continue  # how large an amount may be is said by the schema, if anywhere
        tried = True
        names = session.names(**answer.names, before=before, after=session.observed(computation.get("observe", {})))
        for formula in used:
            try:
                if holds(formula, names):
                    continue
            except Unreadable as error:
                raise NotExercised(str(error)) from None
            verdict = next(session.judged(RANGE, name, [formula], names, computation.get("clause")))
            yield verdict
            return
    if tried:
        yield run.session(f"range {name}").held(RANGE, name)


def _is_amount(model: BehaviourModel, schema: Any, value: object) -> bool:
    declared = model.document.merge_all_of(schema)
    is_number = declared.get("type") in ("integer", "number") and "enum" not in declared
    return is_number and isinstance(value, (int, float)) and not isinstance(value, bool) and not same(value, 0)
