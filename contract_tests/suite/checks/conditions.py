"""Conditions in pairs: what a documented error refuses is refused in every variant of the call, and amounts are right over their whole range.

Each error has recipes that reach it with one kind of call. The computations of an operation say which other calls succeed; what is wrong in a
recipe is put into those, too. There any refusal counts, since the page does not say which of two errors comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..harness.envelope import Answer
from ..harness.findings import Verdict
from ..harness.sameness import same
from .model import BehaviourModel
from .run import Run
from .session import NotExercised, guarded
from .together import additive, amounts, computations

PAIRED = "a documented error holds in every variant of a call"
CROSSED = "what a variant does not need has no effect"
SPENT = "what is spent cannot be spent again"
RANGE = "computed values agree over the whole range"
ROUND = (3000, 50_000, 400_000)
"""Whole amounts, up to more than a 16-bit column of cents holds; a percentage of the larger ones is whole, however a target rounds."""
FAILED = 500
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
        for number, computation in enumerate(computations(run.model, name)):
            yield from guarded(RANGE, name, _range(run, name, computation, number))
            yield from guarded(CROSSED, name, _crossed(run, name, computation, number))
            yield from guarded(SPENT, name, _spent(run, name, computation, number))


def _variants(model: BehaviourModel, name: str) -> Iterator[Mapping[str, Any]]:
    """Calls that succeed and differ from the working one in a field with few values: the first send of each computation."""
    works = model.works(name)
    fields = model.fields(name)
    seen: set[str] = set()
    for computation in computations(model, name):
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
    send = _first(computation)
    fields = run.model.fields(name)
    field = next((one for one, value in send.items() if _is_amount(run.model, fields.get(one, ("", {}, False))[1], value)), None)
    if field is None or "then" in computation or not any(f"sent.{field}" in formula for formula in computation["holds"]):
        return
    tried = False
    for amount in ROUND:
        if not run.model.fits(fields[field][1], amount) or amount == send[field]:
            continue
        answer, broken = _computed(run, name, computation, {**send, field: amount}, f"range {name} {number} {amount}")
        if answer.is_refusal:
            continue  # how large an amount may be is said by the schema, if anywhere
        tried = True
        if broken:
            yield broken[0]
            return
    if tried:
        yield run.session(f"range {name}").held(RANGE, name)


def _crossed(run: Run, name: str, computation: Mapping[str, Any], number: int) -> Iterator[Verdict]:
    """The formulas of a computation, with the fields in its call that another computation sends and it does not."""
    send = _first(computation)
    others = [_first(one) for one in computations(run.model, name) if one is not computation]
    fields = run.model.fields(name)
    extra = {field: value for other in others for field, value in other.items() if field not in send and not isinstance(value, dict)}
    extra = {field: value for field, value in extra.items() if _is_amount(run.model, fields.get(field, ("", {}, False))[1], value)}
    if not extra or "then" in computation or "role" in computation:
        return
    answer, broken = _computed(run, name, computation, {**send, **extra}, f"crossed {name} {number}")
    if answer.is_refusal:
        return  # a page that does not need a field may forbid it
    for verdict in broken:
        finding = verdict.finding
        text = f"{name} with {', '.join(extra)}, which this variant does not need: {verdict.reason.partition(': ')[2]}"
        yield replace(
            verdict, subject=CROSSED, reason=text, finding=finding and replace(finding, check=CROSSED, sentence=text, pointer=", ".join(extra))
        )
        return
    yield run.session(f"crossed {name}").held(CROSSED, name)


def _first(computation: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first call of a computation."""
    said: Any = computation.get("send", {})
    found: Mapping[str, Any] = said[0] if isinstance(said, list) else said
    return found


def _computed(run: Run, name: str, computation: Mapping[str, Any], send: Mapping[str, Any], label: str) -> tuple[Answer, list[Verdict]]:
    """The answer to a call of a computation, and the verdicts on the formulas that do not hold."""
    session = run.session(label)
    session.spend(name, computation)
    session.steps(computation.get("after", run.model.works(name).get("after", ())))
    left = computation.get("without", [])
    left_out = [one for one in ([left] if isinstance(left, str) else left) if one not in send]
    sent = session.prepare(name, {"after": [], "send": send, "without": left_out})
    session.scope["sent"] = sent
    before = session.observed(computation.get("observe", {}))
    role = str(computation.get("role", run.model.works(name).get("role", "")))
    answer = session.dispatch(name, sent, role=role)
    if answer.is_refusal:
        return answer, []
    names = session.names(**answer.names, before=before, after=session.observed(computation.get("observe", {})))
    return answer, list(session.judged(RANGE, name, computation["holds"], names, computation.get("clause")))


def _spent(run: Run, name: str, computation: Mapping[str, Any], number: int) -> Iterator[Verdict]:
    """A call that takes all there is, twice: the second one is refused."""
    found = additive(computation["holds"])
    said = computation.get("send", {})
    every = [
        one for one in (said if isinstance(said, list) else [said]) if any(isinstance(value, dict) and "formula" in value for value in one.values())
    ]
    if found is None or not every:
        return
    session = run.session(f"spent {name} {number}")
    session.spend(name, computation)
    session.steps(computation.get("after", run.model.works(name).get("after", ())))
    sent = session.prepare(name, {"after": [], "send": every[0], "without": computation.get("without", [])})
    session.scope["sent"] = sent
    start, change = amounts(session, computation, *found, sent)
    if not change or not same(start + change, 0):
        return
    role = str(computation.get("role", run.model.works(name).get("role", "")))
    first = session.dispatch(name, sent, role=role)
    if first.is_refusal:
        raise NotExercised(f"{name} was refused: {first}")
    second = session.dispatch(name, sent, role=role)
    if second.is_refusal and second.status < FAILED:
        yield session.held(SPENT, name)
    else:
        text = f"{name}: a call that took all there was is not refused when it is made again"
        yield session.broken(SPENT, name, text, clause=computation.get("clause"), expected="a refusal", got=str(second))


def _is_amount(model: BehaviourModel, schema: Any, value: object) -> bool:
    declared = model.document.merge_all_of(schema)
    is_number = declared.get("type") in ("integer", "number") and "enum" not in declared
    return is_number and isinstance(value, (int, float)) and not isinstance(value, bool) and not same(value, 0)
